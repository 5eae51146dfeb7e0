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
    backend: u16,
    folder: &Path,
) -> Result<(Vec<PathBuf>, Address), Failure> {
    let address = match situation.over {
        Over::Unix => Address::Unix(folder.join("socket")),
        Over::Loopback => Address::Loopback(([127, 0, 0, 1], free_port()?).into()),
    };
    let load = match contestant.is_ours() {
        true => format!("load_module {};", module.display()),
        false => String::new(),
    };
    let http = http(contestant, situation, &address, backend);
    Ok((command(folder, &http, &load)?, address))
}

/// Writes a configuration with this in its `http` and before everything; what is to be started.
pub(crate) fn command(folder: &Path, http: &str, before: &str) -> Result<Vec<PathBuf>, Failure> {
    let here = folder.display();
    // As who runs the bench: nobody else can read its files.
    let user = if geteuid().is_root() { "user root;" } else { "" };
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {here}/temp-{kind};\n"))
        .concat();
    let file = folder.join("nginx.conf");
    let configuration = format!(
        "{before} {user} daemon off; pid {here}/pid; error_log stderr warn;
         worker_processes 1; events {{ worker_connections 512; }}
         http {{ {paths} access_log off; {http} }}\n"
    );
    fs::write(&file, configuration)?;
    let command = [PROGRAM.as_ref(), "-e".as_ref(), "stderr".as_ref(), "-p".as_ref(), folder];
    let command = command.into_iter().chain(["-c".as_ref(), file.as_ref()]);
    Ok(command.map(Path::to_owned).collect())
}

/// nginx does not take port 0. Where somebody else takes this one first, nginx does not start.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// What all have in common: sessions that are in tickets or not at all. OpenSSL would hand out two
/// tickets for TLS 1.3 all the same.
fn http(contestant: Contestant, situation: &Situation, address: &Address, backend: u16) -> String {
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
    let location = match contestant {
        Contestant::StockProxy => {
            "proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection \"\";
             proxy_set_header ssl-client-cert $ssl_client_escaped_cert;
             proxy_set_header ssl-client-verify $ssl_client_verify;"
        }
        _ => "return 200 \"in\";",
    };
    format!(
        "ssl_certificate ../server.pem; ssl_certificate_key ../server.key;
         ssl_protocols {version}; ssl_session_cache off; {sessions}
         upstream behind {{ server 127.0.0.1:{backend}; keepalive 64; }}
         server {{ listen {address} ssl; server_name localhost;
                   {server} location / {{ {location} }} }}"
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
