//! `curl`, which keeps sessions for as long as it runs: two visits are two addresses.

use std::process::Command;

use countersign::engine::{Alert, TlsVersion};

use super::process::{Heard, run};
use super::scenarios::{Call, Peer};
use super::site::{Site, Way};

struct Curl;

super::scenarios_of!(Curl);

/// CURLE_SSL_CONNECT_ERROR: refused during the handshake.
const IN_HANDSHAKE: i32 = 35;
/// CURLE_RECV_ERROR: refused when its handshake was over, which under TLS 1.3 it is first.
const IN_READING: i32 = 56;
/// CURLE_PEER_FAILED_VERIFICATION, which it takes for the reason when a certificate has expired,
/// whose ever it is.
const EXPIRED: i32 = 60;
/// CURLE_SSL_CLIENTCERT: it should have had a certificate.
const CERTIFICATE_REQUIRED: i32 = 98;

impl Peer for Curl {
    const PROGRAM: &'static str = "curl";

    fn visit(&self, site: &Site, call: &Call<'_>) -> Heard {
        run(&mut client(site, call, 1), "")
    }

    fn visit_and_resume(&self, site: &Site, call: &Call<'_>) -> Heard {
        run(&mut client(site, call, 2), "")
    }

    fn is_content(heard: &Heard) -> bool {
        heard.code == Some(0) && heard.stdout.contains("GET / HTTP/1.1")
    }

    fn says_resumed(heard: &Heard) -> bool {
        heard.stderr.contains("SSL reusing session ID") || heard.stderr.contains("SSL re-using")
    }

    fn says_alert(heard: &Heard, alert: Alert, version: TlsVersion) -> bool {
        let code = match (version, alert) {
            (TlsVersion::Tls13, _) => IN_READING,
            (_, Alert::CERTIFICATE_EXPIRED) => EXPIRED,
            (_, Alert::CERTIFICATE_REQUIRED) => CERTIFICATE_REQUIRED,
            _ => IN_HANDSHAKE,
        };
        // Level and description together; 2 is fatal.
        let number = (2 << 8) + i32::from(alert.code());
        heard.code == Some(code) && heard.stderr.contains(&format!("({number})"))
    }

    /// libcurl turns OpenSSL's tickets off (SSL_OP_NO_TICKET, since CVE-2010-3864), which in TLS 1.2
    /// leaves sessions that the server keeps.
    fn can_resume(way: Way, version: TlsVersion) -> bool {
        match way {
            Way::Nowhere => false,
            Way::Tickets => version == TlsVersion::Tls13,
            Way::Cache => true,
        }
    }
}

fn client(site: &Site, call: &Call<'_>, times: usize) -> Command {
    let port = call.server.address().port();
    let version = match call.version {
        TlsVersion::Tls12 => ["--tlsv1.2", "--tls-max", "1.2"],
        TlsVersion::Tls13 => ["--tlsv1.3", "--tls-max", "1.3"],
    };
    let mut command = Command::new("curl");
    // -q first: nobody's own configuration.
    command
        .args(["-q", "--silent", "--verbose", "--noproxy", "*", "--max-time", "30"])
        .args(["--resolve", &format!("localhost:{port}:127.0.0.1")])
        .args(version)
        .arg("--cacert")
        .arg(site.file("ca.pem"));
    if let Some(name) = call.identity {
        command.arg("--cert").arg(site.file(format!("{name}.pem")));
        command.arg("--key").arg(site.file(format!("{name}.key")));
    }
    command.args(std::iter::repeat_n(format!("https://localhost:{port}/"), times));
    command
}
