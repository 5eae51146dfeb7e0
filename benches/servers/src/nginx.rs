//! How nginx is set up.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use countersign_benches::contest::Failure;
use countersign_load::{Address, Version};
use rustix::process::geteuid;

use crate::contestant::Contestant;
use crate::situation::{Crls, Over, Situation};

/// Where the distribution has it.
pub(crate) const PROGRAM: &str = "/usr/sbin/nginx";

/// Writes its configuration into this folder. What is to be started, and where it will listen.
pub(crate) fn prepare(
    contestant: Contestant,
    situation: &Situation,
    module: &Path,
    folder: &Path,
) -> Result<(Vec<PathBuf>, Address), Failure> {
    let address = match situation.over {
        Over::Unix => Address::Unix(folder.join("socket")),
        Over::Loopback => Address::Loopback(([127, 0, 0, 1], free_port()?).into()),
    };
    let file = folder.join("nginx.conf");
    let load = match contestant.is_ours() {
        true => format!("load_module {};", module.display()),
        false => String::new(),
    };
    let configuration = configuration(contestant, situation, &address, folder);
    fs::write(&file, format!("{load} {configuration}"))?;
    let command = [PROGRAM.as_ref(), "-e".as_ref(), "stderr".as_ref(), "-p".as_ref(), folder];
    let command = command.into_iter().chain(["-c".as_ref(), file.as_ref()]);
    Ok((command.map(Path::to_owned).collect(), address))
}

/// nginx does not take port 0. Where somebody else takes this one first, nginx does not start.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// What all have in common: one worker, and sessions that are in tickets or not at all. OpenSSL
/// would hand out two tickets for TLS 1.3 all the same.
fn configuration(
    contestant: Contestant,
    situation: &Situation,
    address: &Address,
    folder: &Path,
) -> String {
    let here = folder.display();
    // As who runs the bench: nobody else can read its files.
    let user = if geteuid().is_root() { "user root;" } else { "" };
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {here}/temp-{kind};\n"))
        .concat();
    let version = match situation.version {
        Version::Tls12 => "TLSv1.2",
        Version::Tls13 => "TLSv1.3",
    };
    // No session is to end before the bench does.
    let sessions = match situation.has_tickets {
        true => "ssl_session_timeout 1d;",
        false => "ssl_session_tickets off; ssl_conf_command NumTickets 0;",
    };
    let server = server(contestant, situation.crls);
    format!(
        "{user} daemon off; pid {here}/pid; error_log stderr warn;
         worker_processes 1; events {{ worker_connections 512; }}
         http {{
           {paths} access_log off;
           ssl_certificate ../server.pem; ssl_certificate_key ../server.key;
           ssl_protocols {version}; ssl_session_cache off; {sessions}
           server {{ listen {address} ssl; server_name localhost;
                     {server} location / {{ return 200 \"in\"; }} }}
         }}\n"
    )
}

/// What its server has besides that.
fn server(contestant: Contestant, crls: Crls) -> String {
    let (policy, crl) = match crls {
        Crls::None => ("policy.toml", ""),
        Crls::Large => ("policy-crl.toml", "ssl_crl ../all.crl;"),
    };
    match contestant {
        Contestant::ModuleByHandshake => {
            format!("countersign_policy ../{policy}; countersign_mode handshake;")
        }
        Contestant::ModuleByRequest => {
            let mode = "countersign_mode request; countersign_require on;";
            format!("countersign_policy ../{policy}; {mode}")
        }
        _ => format!("ssl_verify_client on; ssl_client_certificate ../root.pem; {crl}"),
    }
}
