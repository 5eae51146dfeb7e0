//! Who gets in, and what the others are told.

use std::io;

use countersign::Reason;
use countersign::engine::{Alert, Cause, TlsVersion};
use countersign_tokio::Refused;
use rustls::AlertDescription;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use crate::peer::Client;
use crate::scene::{LISTED, Scene, VERSIONS, connect, connector, echo, loopback};

#[tokio::test]
async fn an_approved_client_gets_in_and_its_session_says_who_it_is() {
    let scene = Scene::new();
    for version in VERSIONS {
        let (here, there) = loopback().await;
        let (mut client, mut server) = scene.pair_over(version, LISTED, here, there).await;
        let session = server.session();
        assert_eq!(session.client(), Some("acme-billing"));
        assert_eq!(
            session.version() == TlsVersion::Tls13,
            version.version == rustls::ProtocolVersion::TLSv1_3
        );
        echo(&mut client, &mut server, b"halt, who goes there").await;

        client.shutdown().await.unwrap();
        assert_eq!(server.read(&mut [0; 1]).await.unwrap(), 0);
        server.shutdown().await.unwrap();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
        assert_eq!(server.session().client(), Some("acme-billing"), "also when it is over");
        let error = server.write(b"more").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}

/// A TLS 1.3 client has sent its request before it can know. Closing the socket on it would reset
/// the connection, and take the alert away.
#[tokio::test]
async fn a_client_that_is_not_listed_sees_access_denied_whatever_it_has_sent() {
    let scene = Scene::new();
    for version in VERSIONS {
        let client = scene.client(version, "spiffe://acme.example/other");
        let (seen, refused) = refused(&scene, client).await;
        assert_eq!(seen, AlertDescription::AccessDenied);
        assert_eq!(refused.reason(), Some(Reason::NotListed));
        assert_eq!(refused.verdict().unwrap().generation(), scene.verifier.generation());
        let refusal = refused.refusal().unwrap();
        assert_eq!((refusal.cause(), refusal.alert()), (Cause::Denied, Some(Alert::ACCESS_DENIED)));
        let error = io::Error::from(refused);
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert!(error.downcast::<Refused>().is_ok());
    }
}

#[tokio::test]
async fn a_client_without_a_certificate_is_told_so() {
    let scene = Scene::new();
    for version in VERSIONS {
        let nobody = connector(&Client::nobody(version, &scene.clock));
        let (seen, refused) = refused(&scene, nobody).await;
        assert_eq!(seen, AlertDescription::CertificateRequired);
        assert_eq!(refused.reason(), Some(Reason::NoCertificate));
    }
}

/// The alert that a client sees over loopback, however much it sends before it looks, and what
/// the server says.
async fn refused(scene: &Scene, client: TlsConnector) -> (AlertDescription, Refused) {
    let (here, there) = loopback().await;
    let asking = async {
        let mut client = connect(client, here).await?;
        client.write_all(&[0; 500_000]).await?;
        client.read(&mut [0; 1]).await
    };
    let (seen, refused) = tokio::join!(asking, scene.acceptor.accept(there));
    let seen = seen.unwrap_err();
    match seen.get_ref().and_then(|error| error.downcast_ref()) {
        Some(rustls::Error::AlertReceived(alert)) => (*alert, refused.unwrap_err()),
        _ => panic!("the client saw no alert: {seen}"),
    }
}

#[test]
fn what_goes_to_another_thread_can() {
    fn is_send<T: Send>(_: T) {}
    let scene = Scene::new();
    let (_, io) = tokio::io::duplex(1);
    is_send(scene.acceptor.accept(io));
}
