//! nginx, running. It listens on sockets in the site's folder, so that no port is anybody's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::build::{Build, each};
use crate::curl::Request;
use crate::lines::PATIENCE;
use crate::process::{outcome, text};
use crate::site::Site;

/// It ends with the test, whatever becomes of the test.
pub(crate) struct Nginx<'s> {
    pub(crate) site: &'s Site,
    build: &'static Build,
    workers: usize,
    /// `None` where somebody else started it and ends it.
    master: Option<Child>,
}

/// What differs between tests.
pub(crate) struct Setup<'c> {
    /// Inside `http`; "LISTEN" is the socket for TLS, which both versions of HTTP speak, "FOLDER"
    /// the site's.
    pub(crate) http: &'c str,
    /// Inside `stream`; "LISTEN" is its socket, "FOLDER" the site's.
    pub(crate) stream: &'c str,
    pub(crate) workers: usize,
    /// Whether our modules are.
    pub(crate) is_loaded: bool,
    /// What servers show.
    pub(crate) tls: &'c str,
    /// Whom the workers run as, instead of who runs the test.
    pub(crate) user: Option<&'c str>,
    /// A library that stands before the others.
    pub(crate) preload: Option<&'c Path>,
    /// A defence that is left out, of a build that can.
    pub(crate) without: Option<&'c str>,
}

impl Setup<'_> {
    pub(crate) const DEFAULT: Self = Self {
        http: "",
        stream: "",
        workers: 2,
        is_loaded: true,
        tls: TLS,
        user: None,
        preload: None,
        without: None,
    };
}

/// Runs a test with every nginx that is to be had, with these servers and a site of its own. It has to
/// end well.
pub(crate) fn serve(http: &str, test: impl Fn(&Nginx<'_>)) {
    each(|build| {
        let site = Site::new();
        let nginx = Nginx::start(build, &site, http);
        test(&nginx);
        nginx.ends_well();
    });
}

impl<'s> Nginx<'s> {
    /// With these servers, and 2 workers.
    pub(crate) fn start(build: &'static Build, site: &'s Site, http: &str) -> Self {
        Self::start_with(build, site, &Setup { http, ..Setup::DEFAULT })
    }

    pub(crate) fn start_with(build: &'static Build, site: &'s Site, setup: &Setup<'_>) -> Self {
        write_configuration(build, site, setup);
        // Of one that was there before.
        let _ = fs::remove_file(site.path().join("error.log"));
        let mut command = nginx(build, site);
        let master = Some(spawn(&mut command, setup));
        let mut nginx = Self { site, build, workers: setup.workers, master };
        let until = Instant::now() + PATIENCE;
        // A signal that comes before is lost.
        while nginx.log().matches("start worker process ").count() < setup.workers {
            let ended = nginx.master.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "{ended:?}: {}", nginx.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        nginx
    }

    /// One that runs already, in this site.
    pub(crate) fn adopt(build: &'static Build, site: &'s Site) -> Self {
        Self { site, build, workers: 1, master: None }
    }

    /// Has it have another configuration from the next reload on.
    pub(crate) fn write(&self, setup: &Setup<'_>) {
        write_configuration(self.build, self.site, setup);
    }

    /// What nginx says of a configuration.
    pub(crate) fn check(build: &'static Build, site: &Site, setup: &Setup<'_>) -> Output {
        write_configuration(build, site, setup);
        outcome(nginx(build, site).arg("-t"))
    }

    /// A request to be sent.
    pub(crate) fn get(&self, url: &str) -> Request<'_> {
        Request::new(self, url)
    }

    pub(crate) fn socket(&self, name: &str) -> PathBuf {
        self.site.path().join(name)
    }

    /// All that it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.site.path().join("error.log")).unwrap_or_default()
    }

    /// Waits until it has logged this so many times.
    #[track_caller]
    pub(crate) fn says(&self, what: &str, times: usize) {
        let until = Instant::now() + PATIENCE;
        while self.log().matches(what).count() < times {
            assert!(Instant::now() < until, "it never said {what:?}, but {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// `nginx -s reload`; returns when the old workers take no more connections.
    #[track_caller]
    pub(crate) fn reload(&self) {
        let sign = "gracefully shutting down";
        let before = self.log().matches(sign).count();
        self.signal(Signal::HUP);
        self.says(sign, before + self.workers);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.master.as_ref().unwrap()), signal).unwrap();
    }

    pub(crate) fn master(&self) -> u32 {
        self.master.as_ref().unwrap().id()
    }

    /// The processes that serve.
    pub(crate) fn workers(&self) -> Vec<i32> {
        let children = format!("/proc/{0}/task/{0}/children", self.master());
        let children = fs::read_to_string(children).unwrap();
        children.split_whitespace().map(|child| child.parse().unwrap()).collect()
    }

    /// Has it end in good order, with nothing logged that somebody has to look at.
    #[track_caller]
    pub(crate) fn ends_well(mut self) {
        self.signal(Signal::QUIT);
        let status = self.master.as_mut().unwrap().wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
        for level in ["[error]", "[crit]", "[alert]", "[emerg]"] {
            assert!(!self.log().contains(level), "{}: {}", self.build.nginx.display(), self.log());
        }
    }
}

impl Drop for Nginx<'_> {
    fn drop(&mut self) {
        // The master ends its workers. It has ended already where all went well.
        if let Some(master) = &mut self.master {
            let _ = kill_process(Pid::from_child(master), Signal::TERM);
            let _ = master.wait();
        }
    }
}

const TLS: &str = "ssl_certificate server.pem; ssl_certificate_key server.key;
                   ssl_protocols TLSv1.2 TLSv1.3;";

/// The child dies with the thread that made it: nothing is left where a test is killed.
fn spawn(command: &mut Command, setup: &Setup<'_>) -> Child {
    if let Some(defence) = setup.without {
        command.env("COUNTERSIGN_WITHOUT", defence);
    }
    if let Some(library) = setup.preload {
        command.env("LD_PRELOAD", library);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn nginx(build: &Build, site: &Site) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).arg(&build.nginx).arg("-p").arg(site.path());
    command.arg("-c").arg(site.path().join("nginx.conf"));
    command.env_remove("COUNTERSIGN_WITHOUT");
    // What is free goes back to the system at once: what a process has is what it uses.
    let tunables = ["arena_max=1", "trim_threshold=0", "mmap_threshold=32768"];
    command
        .env("GLIBC_TUNABLES", tunables.map(|tunable| format!("glibc.malloc.{tunable}")).join(":"));
    command
}

fn write_configuration(build: &Build, site: &Site, setup: &Setup<'_>) {
    let here = site.path().display().to_string();
    let load = if setup.is_loaded { build.load() } else { build.load_stream() };
    let workers = setup.workers;
    // As who runs the test: nobody else can read its files.
    let user = setup.user.or(rustix::process::geteuid().is_root().then_some("root"));
    let user = user.map(|user| format!("user {user};")).unwrap_or_default();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {here}/temp-{kind};\n"))
        .concat();
    let http = setup.http.replace("LISTEN", "listen unix:FOLDER/https ssl http2");
    let stream = setup.stream.replace("LISTEN", "listen unix:FOLDER/tls ssl");
    let [http, stream] = [http, stream].map(|text| text.replace("FOLDER", &here));
    let tls = setup.tls;
    let text = format!(
        "{load} {user} daemon off; pid {here}/pid; error_log {here}/error.log info;
         worker_processes {workers}; env COUNTERSIGN_WITHOUT;
         events {{ worker_connections 512; }}
         http {{ {paths} {tls} access_log off; keepalive_timeout 30; {http} }}
         stream {{ {tls} {stream} }}\n"
    );
    site.write("nginx.conf", text);
}

impl std::fmt::Debug for Nginx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.build.nginx.display().to_string())
    }
}

/// What somebody sees of the check of a configuration.
pub(crate) fn verdict(output: &Output) -> String {
    text(output)
}
