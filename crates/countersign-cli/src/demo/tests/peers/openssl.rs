//! `openssl s_client`.

use std::path::PathBuf;
use std::process::Command;

use countersign::Reason;
use countersign::engine::{Alert, Declined, TlsVersion};

use super::process::{Heard, is_here, run};
use super::scenarios::{Call, Peer, VERSIONS};
use super::site::{Site, Way, next};
use crate::demo::cases::REPORTS;
use crate::demo::server::Farewell;

struct OpenSsl;

super::scenarios_of!(OpenSsl);

const LINE: &str = "friend\n";

impl Peer for OpenSsl {
    const PROGRAM: &'static str = "openssl";

    fn visit(&self, site: &Site, call: &Call<'_>) -> Heard {
        run(&mut client(site, call), LINE)
    }

    fn visit_and_resume(&self, site: &Site, call: &Call<'_>) -> Heard {
        let session = tempfile::tempdir().unwrap();
        let session: PathBuf = session.path().join("session.pem");
        let first = run(client(site, call).arg("-sess_out").arg(&session), LINE);
        assert!(Self::is_content(&first) && !Self::says_resumed(&first), "{first:?}");
        let mut again = client(site, call);
        // Where the server gave no session there is none to offer.
        if session.exists() {
            again.arg("-sess_in").arg(&session);
        }
        run(&mut again, LINE)
    }

    fn is_content(heard: &Heard) -> bool {
        heard.code == Some(0) && heard.stdout.contains(LINE)
    }

    fn says_resumed(heard: &Heard) -> bool {
        heard.stdout.contains("Reused, TLSv1.")
    }

    /// Under TLS 1.3 it learns of a refusal after its own handshake, when it reads.
    fn says_alert(heard: &Heard, alert: Alert, _: TlsVersion) -> bool {
        let name = alert.name().unwrap_or_default().replace('_', " ");
        heard.code == Some(1) && heard.stderr.contains(&format!("alert {name}"))
    }
}

/// It offers whatever session it is given; other programs keep the names apart.
#[test]
fn a_session_of_one_server_name_is_declined_under_another() {
    if !is_here(OpenSsl::PROGRAM) {
        return;
    }
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let server = &site.serve_two_names();
    for version in VERSIONS {
        for name in ["spiffe", "approved"] {
            let call = Call { server, way: Way::Tickets, version, identity: Some(name) };
            let session = folder.path().join(format!("{name} {version}"));
            let first = run(client(&site, &call).arg("-sess_out").arg(&session), LINE);
            assert!(next(server).is_ok() && OpenSsl::is_content(&first), "{first:?}");
            let mut elsewhere = client(&site, &call);
            elsewhere.arg("-sess_in").arg(&session).args(["-servername", REPORTS]);
            let heard = run(&mut elsewhere, LINE);
            assert!(!OpenSsl::says_resumed(&heard), "{heard:?}");
            let declined = match next(server) {
                Ok(welcome) => {
                    assert_eq!(welcome.server_name.as_deref(), Some(REPORTS));
                    assert!(name == "spiffe" && OpenSsl::is_content(&heard), "{heard:?}");
                    welcome.declined
                }
                Err(Farewell::Refused(refusal)) => {
                    assert_eq!((name, refusal.reason()), ("approved", Some(Reason::NotListed)));
                    assert!(OpenSsl::says_alert(&heard, Alert::ACCESS_DENIED, version));
                    refusal.declined()
                }
                Err(farewell) => panic!("{farewell}: {heard:?}"),
            };
            assert_eq!(declined, Some(Declined::OtherEntry), "{name} {version}");
        }
    }
}

fn client(site: &Site, call: &Call<'_>) -> Command {
    let mut command = Command::new("openssl");
    command
        .args(["s_client", "-nocommands", "-verify_return_error", "-servername", "localhost"])
        .args(["-connect", &call.server.address().to_string()])
        .arg(match call.version {
            TlsVersion::Tls12 => "-tls1_2",
            TlsVersion::Tls13 => "-tls1_3",
        })
        .arg("-CAfile")
        .arg(site.file("ca.pem"));
    if let Some(name) = call.identity {
        let chain = site.file(format!("{name}.pem"));
        command.arg("-cert").arg(&chain).arg("-cert_chain").arg(&chain);
        command.arg("-key").arg(site.file(format!("{name}.key")));
    }
    command
}
