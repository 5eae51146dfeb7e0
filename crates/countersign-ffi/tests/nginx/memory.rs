//! What nginx has in use: nothing that grows with reloads, nothing that valgrind objects to.

use std::fs;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::build::once;
use crate::curl::CLIENTS;
use crate::lines::PATIENCE;
use crate::nginx::{Nginx, Setup, serve};
use crate::policies::SERVER;
use crate::process::are_here;
use crate::site::Site;

#[test]
fn reloads_leave_nothing_behind() {
    serve(SERVER, |nginx| {
        let after = |reloads: usize| {
            for _ in 0..reloads {
                nginx.reload();
                // Workers that end send HTTP/2's clients away, which is too much for some.
                let reply = nginx.get("https://a.test/").by(Some("billing"));
                let reply = reply.with(&["--http1.1"]).send();
                assert_eq!(reply.status, 200, "{reply:?} {}", nginx.log());
            }
            own_kilobytes(nginx.master())
        };
        let before = after(5);
        let after = after(20);
        // What a policy takes, 20 times, is far more.
        assert!(after < before + 1024, "{nginx:?}: {before} kB, then {after} kB");
        let until = std::time::Instant::now() + PATIENCE;
        while nginx.workers().len() > 2 {
            assert!(std::time::Instant::now() < until, "old workers stay");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
}

/// OpenSSL keeps what a module has registered with it.
#[test]
fn nginx_outlives_the_module() {
    serve(SERVER, |nginx| {
        let get = || nginx.get("https://a.test/").with(&["--http1.1"]).send().status;
        assert_eq!(get(), 403);
        let http = "server { LISTEN; location / { return 200; } }";
        nginx.write(&Setup { http, is_loaded: false, ..Setup::DEFAULT });
        for _ in 0..3 {
            nginx.reload();
            assert_eq!(get(), 200);
        }
        nginx.write(&Setup { http: SERVER, ..Setup::DEFAULT });
        nginx.reload();
        assert_eq!(get(), 403);
    });
}

/// Memory of its own, whether its workers still share it or not.
fn own_kilobytes(process: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
    let size = rollup.lines().find_map(|line| line.strip_prefix("Anonymous:")).unwrap();
    size.trim().trim_end_matches(" kB").parse().unwrap()
}

/// What nginx as a single process never frees: its events and its environment.
const NGINX_ITSELF: &str = "
{
   events
   Memcheck:Leak
   fun:malloc
   fun:ngx_alloc
   obj:*/nginx
   fun:ngx_single_process_cycle
   fun:main
}
{
   environment
   Memcheck:Leak
   fun:malloc
   fun:ngx_alloc
   fun:ngx_set_environment
   fun:ngx_single_process_cycle
   fun:main
}
";

/// One process that serves, reloads, and ends.
#[test]
fn valgrind_has_no_objections() {
    if !are_here(&["valgrind"]) {
        return;
    }
    once(|build| {
        let site = Site::new();
        let setup = Setup { http: SERVER, ..Setup::DEFAULT };
        assert!(Nginx::check(build, &site, &setup).status.success());
        let configuration = fs::read_to_string(site.path().join("nginx.conf")).unwrap();
        site.write("nginx.conf", format!("{configuration} master_process off;"));
        let log = site.path().join("valgrind");
        let known = site.write("known", NGINX_ITSELF);
        let mut valgrind = Command::new("setpriv");
        valgrind.args(["--pdeathsig", "TERM", "--", "valgrind", "--leak-check=full"]);
        valgrind.args(["--errors-for-leak-kinds=definite", "--error-exitcode=99"]);
        valgrind.arg(format!("--log-file={}", log.display()));
        valgrind.arg(format!("--suppressions={}", known.display())).arg(&build.nginx);
        valgrind.arg("-p").arg(site.path()).arg("-c").arg(site.path().join("nginx.conf"));
        valgrind.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = valgrind.spawn().unwrap();
        let nginx = Nginx::adopt(build, &site);
        let until = std::time::Instant::now() + PATIENCE;
        while nginx.get("https://a.test/").by(Some("billing")).send().status != 200 {
            assert!(std::time::Instant::now() < until, "{}", nginx.log());
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        for who in CLIENTS {
            let status = nginx.get("https://a.test/").by(who).send().status;
            assert_eq!(status, if matches!(who, Some("billing" | "leaver")) { 200 } else { 403 });
        }
        site.revoke();
        nginx.says("was read again", 1);
        assert_eq!(nginx.get("https://a.test/").by(Some("leaver")).send().status, 403);
        kill_process(Pid::from_child(&process), Signal::QUIT).unwrap();
        let status = process.wait().unwrap();
        let said = fs::read_to_string(log).unwrap();
        assert_eq!(status.code(), Some(0), "{said}");
    });
}
