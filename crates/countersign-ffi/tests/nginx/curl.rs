//! `curl`: one request, or several on a connection, and what came of it.

use std::process::Command;

use crate::nginx::Nginx;
use crate::process::outcome;

/// The versions of TLS, as curl says them.
pub(crate) const VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// The versions of HTTP.
pub(crate) const PROTOCOLS: [&str; 2] = ["--http1.1", "--http2"];

/// Every client there is; `None` has no certificate.
pub(crate) const CLIENTS: [Option<&str>; 5] =
    [Some("billing"), Some("leaver"), Some("stranger"), Some("outsider"), None];

/// A request to be sent.
pub(crate) struct Request<'n> {
    curl: Command,
    nginx: &'n Nginx<'n>,
    url: String,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// 0 where there was none.
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) complaint: String,
}

impl Reply {
    pub(crate) fn is_secret(&self) -> bool {
        self.body.contains("secret")
    }
}

impl<'n> Request<'n> {
    pub(crate) fn new(nginx: &'n Nginx<'_>, url: &str) -> Self {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "50", "--write-out"])
            .arg("\n%{stderr}status %{http_code}\n")
            .arg("--cacert")
            .arg(nginx.site.path().join("root.pem"))
            .arg("--unix-socket")
            .arg(nginx.socket("https"));
        Self { curl, nginx, url: url.to_owned() }
    }

    /// With this client's certificate and key, or without.
    pub(crate) fn by(mut self, who: Option<&str>) -> Self {
        if let Some(who) = who {
            let file = |kind| self.nginx.site.path().join(format!("{who}.{kind}"));
            let (chain, key) = (file("pem"), file("key"));
            self.curl.arg("--cert").arg(chain).arg("--key").arg(key);
        }
        self
    }

    /// By this version of TLS.
    pub(crate) fn over(self, version: &str) -> Self {
        self.with(&["--tls-max", version]).with(&[&format!("--tlsv{version}")])
    }

    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.curl.args(arguments);
        self
    }

    /// For another host than the handshake is for.
    pub(crate) fn host(self, name: &str) -> Self {
        self.with(&["--header", &format!("Host: {name}")])
    }

    #[track_caller]
    pub(crate) fn send(mut self) -> Reply {
        let output = outcome(self.curl.arg(&self.url));
        let complaint = String::from_utf8(output.stderr).unwrap();
        let status = complaint.lines().find_map(|line| line.strip_prefix("status ")).unwrap();
        Reply {
            status: status.parse().unwrap(),
            body: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            complaint: complaint.clone(),
        }
    }

    /// The same `times` times on one connection, a second apart: the statuses.
    #[track_caller]
    pub(crate) fn repeat(mut self, times: usize) -> std::thread::JoinHandle<Vec<String>> {
        self.curl.args(["--rate", "1/s"]).arg(format!("{}?[1-{times}]", self.url));
        let mut curl = self.curl;
        std::thread::spawn(move || {
            let output = outcome(&mut curl);
            let told = String::from_utf8(output.stderr).unwrap();
            told.lines().filter_map(|l| l.strip_prefix("status ")).map(str::to_owned).collect()
        })
    }
}
