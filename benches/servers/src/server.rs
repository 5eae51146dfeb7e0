//! A server, running in a folder of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use countersign_benches::contest::Failure;
use countersign_load::Address;
use rustix::process::{Pid, Signal, kill_process};

use crate::backend::Backend;
use crate::contestant::Contestant;
use crate::examples::Examples;
use crate::nginx;
use crate::process::Process;
use crate::site::Site;
use crate::situation::Situation;

const PATIENCE: Duration = Duration::from_secs(30);

/// What is needed to start one.
pub(crate) struct Programs {
    pub(crate) module: PathBuf,
    pub(crate) examples: Examples,
    pub(crate) backend: Backend,
}

/// It ends with this program, whatever becomes of that.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: Address,
    /// The one that serves: for nginx, its worker.
    pub(crate) process: Process,
    is_nginx: bool,
    folder: PathBuf,
}

impl Server {
    pub(crate) fn start(
        contestant: Contestant,
        situation: &Situation,
        programs: &Programs,
        site: &Site,
    ) -> Result<Self, Failure> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let folder = site.path().join(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir(&folder)?;
        let (command, address) = match contestant {
            Contestant::Epoll => (programs.examples.epoll(site.path()), None),
            Contestant::Openssl => (programs.examples.openssl(site.path()), None),
            Contestant::Tokio => (programs.examples.tokio(site.path()), None),
            Contestant::Serve => {
                (programs.examples.serve(site.path(), programs.backend.port), None)
            }
            _ => {
                let (module, behind) = (&programs.module, programs.backend.port);
                let prepared = nginx::prepare(contestant, situation, module, behind, &folder);
                prepared.map(|(command, address)| (command, Some(address)))?
            }
        };
        let mut child = spawn(&command, &folder)?;
        match wait_for(&mut child, address.as_ref(), &folder) {
            Ok((process, seen)) => {
                Ok(Self { child, address: seen, process, is_nginx: address.is_some(), folder })
            }
            Err(failure) => {
                let _ = kill_process(Pid::from_child(&child), Signal::TERM);
                let _ = child.wait();
                Err(format!("{}: {failure}", contestant.name()).into())
            }
        }
    }

    /// Has it end in good order. nginx has nothing to say that nobody has to look at.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        let signal = if self.is_nginx { Signal::QUIT } else { Signal::INT };
        kill_process(Pid::from_child(&self.child), signal)?;
        let status = self.child.wait()?;
        let said = said(&self.folder);
        if !status.success() || (self.is_nginx && !said.is_empty()) {
            return Err(format!("a server ended with {status} and said: {said}").into());
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where all went well. The master of nginx ends its worker.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

pub(crate) fn spawn(command: &[PathBuf], folder: &Path) -> Result<Child, Failure> {
    let out = File::create(folder.join("said"))?;
    let mut setpriv = Command::new("setpriv");
    setpriv.args(["--pdeathsig", "TERM", "--"]).args(command).stdin(Stdio::null());
    Ok(setpriv.stdout(out.try_clone()?).stderr(out).spawn()?)
}

/// Until nginx has its worker, or another has said where it listens.
fn wait_for(
    child: &mut Child,
    address: Option<&Address>,
    folder: &Path,
) -> Result<(Process, Address), Failure> {
    until_there_is(child, folder, |id| match address {
        Some(address) => Process::child_of(id).map(|worker| (worker, address.clone())),
        None => listening(&said(folder)).map(|seen| (Process::new(id), seen)),
    })
}

/// Looks for something of this process's until it is there.
pub(crate) fn until_there_is<T>(
    child: &mut Child,
    folder: &Path,
    look: impl Fn(u32) -> Option<T>,
) -> Result<T, Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look(child.id()) {
            return Ok(seen);
        }
        if child.try_wait()?.is_some() || Instant::now() > until {
            return Err(format!("does not start: {}", said(folder)).into());
        }
        sleep(Duration::from_millis(5));
    }
}

fn said(folder: &Path) -> String {
    fs::read(folder.join("said"))
        .map_or_else(|error| error.to_string(), |said| String::from_utf8_lossy(&said).into_owned())
}

/// They say it alike, that for HTTP as an URL, and the proxy also what is behind it.
fn listening(said: &str) -> Option<Address> {
    // Only a whole line has the whole port.
    let (line, _) = said.split_once('\n')?;
    let address = line.strip_prefix("listening on ")?;
    let address = address.strip_prefix("https://").unwrap_or(address);
    address.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_says_where_it_is() {
        let address = || "127.0.0.1:8443".parse().ok();
        assert_eq!(listening("listening on 127.0.0.1:8443\nmore"), address());
        assert_eq!(listening("listening on https://127.0.0.1:8443\n"), address());
        assert_eq!(listening("listening on 127.0.0.1:8443, to http://127.0.0.1:1\n"), address());
        for early in ["", "listening on 127.0.0.1:84", "error\nlistening on 127.0.0.1:8443\n"] {
            assert_eq!(listening(early), None, "{early:?}");
        }
    }
}
