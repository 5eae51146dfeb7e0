//! `gnutls-cli`, which with `--resume` connects, says goodbye, and comes back with its session.

use std::process::Command;

use countersign::engine::{Alert, TlsVersion};

use super::process::{Heard, run};
use super::scenarios::{Call, Peer};
use super::site::Site;

struct GnuTls;

super::scenarios_of!(GnuTls);

const LINE: &str = "friend\n";

impl Peer for GnuTls {
    const PROGRAM: &'static str = "gnutls-cli";

    fn visit(&self, site: &Site, call: &Call<'_>) -> Heard {
        run(&mut client(site, call), LINE)
    }

    fn visit_and_resume(&self, site: &Site, call: &Call<'_>) -> Heard {
        run(client(site, call).arg("--resume"), LINE)
    }

    fn is_content(heard: &Heard) -> bool {
        heard.code == Some(0) && heard.stdout.contains(LINE)
    }

    fn says_resumed(heard: &Heard) -> bool {
        heard.stdout.contains("*** This is a resumed session")
    }

    fn says_alert(heard: &Heard, alert: Alert, _: TlsVersion) -> bool {
        let said = format!("{}{}", heard.stdout, heard.stderr);
        heard.code == Some(1) && said.contains(&format!("Received alert [{}]", alert.code()))
    }
}

fn client(site: &Site, call: &Call<'_>) -> Command {
    let mut command = Command::new("gnutls-cli");
    command
        .args(["--sni-hostname=localhost", "--verify-hostname=localhost", "127.0.0.1"])
        .arg(format!("--port={}", call.server.address().port()))
        .arg(match call.version {
            TlsVersion::Tls12 => "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2",
            TlsVersion::Tls13 => "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3",
        })
        .arg("--x509cafile")
        .arg(site.file("ca.pem"));
    if let Some(name) = call.identity {
        command.arg("--x509certfile").arg(site.file(format!("{name}.pem")));
        command.arg("--x509keyfile").arg(site.file(format!("{name}.key")));
    }
    command
}
