//! nginx, running with one worker, on a socket in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use countersign_benches::contest::Failure;
use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::contestant::Contestant;
use crate::modules::Modules;
use crate::process::Worker;
use crate::site::Site;

const PATIENCE: Duration = Duration::from_secs(30);

/// It ends with this program, whatever becomes of that.
pub(crate) struct Nginx {
    master: Child,
    folder: PathBuf,
    pub(crate) worker: Worker,
}

impl Nginx {
    pub(crate) fn start(
        contestant: &Contestant,
        modules: &Modules,
        site: &Site,
    ) -> Result<Self, Failure> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let folder = site.path().join(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir(&folder)?;
        fs::write(folder.join("nginx.conf"), configuration(contestant, modules, &folder))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--", "/usr/sbin/nginx", "-p"]).arg(&folder);
        command.arg("-c").arg(folder.join("nginx.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut master = command.spawn()?;
        let until = Instant::now() + PATIENCE;
        let worker = loop {
            if let Some(worker) = Worker::of(master.id()) {
                break worker;
            }
            if master.try_wait()?.is_some() || Instant::now() > until {
                let _ = kill_process(Pid::from_child(&master), Signal::TERM);
                let log = fs::read_to_string(folder.join("error.log")).unwrap_or_default();
                return Err(format!("nginx does not start: {log}").into());
            }
            sleep(Duration::from_millis(5));
        };
        Ok(Self { master, folder, worker })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Has it end in good order, with nothing logged that somebody has to look at.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        kill_process(Pid::from_child(&self.master), Signal::QUIT)?;
        let status = self.master.wait()?;
        let log = fs::read_to_string(self.folder.join("error.log"))?;
        if !status.success() || !log.is_empty() {
            return Err(format!("nginx ended with {status} and said: {log}").into());
        }
        Ok(())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its worker. It has ended already where all went well.
        if matches!(self.master.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.master), Signal::TERM);
            let _ = self.master.wait();
        }
    }
}

/// What all have in common: one worker, and nothing by which a session could go on. OpenSSL would
/// hand out two tickets all the same.
fn configuration(contestant: &Contestant, modules: &Modules, folder: &Path) -> String {
    let here = folder.display();
    // As who runs the bench: nobody else can read its files.
    let user = if geteuid().is_root() { "user root;" } else { "" };
    let (load, zone) = if contestant.is_ours {
        (modules.load(), "countersign_zone shared:1m;")
    } else {
        (String::new(), "")
    };
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {here}/temp-{kind};\n"))
        .concat();
    let server = contestant.server;
    format!(
        "{load} {user} daemon off; pid {here}/pid; error_log {here}/error.log warn;
         worker_processes 1; events {{ worker_connections 512; }}
         http {{
           {paths} {zone} access_log off;
           ssl_certificate ../server.pem; ssl_certificate_key ../server.key;
           ssl_protocols TLSv1.3; ssl_session_cache off; ssl_session_tickets off;
           ssl_conf_command NumTickets 0;
           server {{ listen unix:{here}/socket ssl; server_name localhost;
                     {server} location / {{ return 200 \"in\"; }} }}
         }}\n"
    )
}
