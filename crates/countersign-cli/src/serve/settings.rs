//! From what was typed to what serves, checked before anything listens.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign::Verifier;
use countersign::engine::{self, Credential, Entry, Resumption, TicketKeys};
use countersign::forwarded::{Signer, SigningKey};
use countersign_tokio::Acceptor;
use tokio::net::TcpListener;

use super::counters::Counters;
use super::follow::Follower;
use super::forward::{Forward, Forwarder};
use super::http::{ALPN, Http};
use super::listener::{Service, Shared};
use super::presented;
use super::report::Report;
use super::target::Protocol;
use super::tcp::Tcp;
use super::upstream::Upstream;
use crate::args::Serve;
use crate::failure::Failure;

/// Everything that is needed to serve.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) shared: Arc<Shared>,
    pub(super) service: Service,
    pub(super) follower: Follower,
}

impl Settings {
    /// # Errors
    /// Options that do not go together, and files that cannot be used.
    pub(super) fn of(args: &Serve) -> Result<Self, Failure> {
        check(args)?;
        let forwarder = forwarder(args)?;
        let verifier =
            Verifier::builder_from_file(&args.policy).journal(Arc::new(presented::note)).build()?;
        let verifier = Arc::new(verifier);
        let tickets = Arc::new(match &args.ticket_secret {
            Some(file) => TicketKeys::from_file(file)?,
            None => TicketKeys::per_process()?,
        });
        let acceptor = acceptor(args, &verifier, &tickets)?;
        let unable = |error: io::Error| Failure::new(format!("cannot start: {error}"));
        let report = Arc::new(Report::new(args.json).map_err(unable)?);
        let shared = Arc::new(Shared {
            acceptor: acceptor.clone(),
            counters: Arc::new(Counters::default()),
            report: Arc::clone(&report),
            idle_time: Duration::from_secs(args.idle_timeout),
        });
        let counters = Arc::clone(&shared.counters);
        let follower = Follower { verifier, acceptor, tickets, counters, report };
        Ok(Self { service: service(args, &shared, forwarder), shared, follower })
    }
}

/// What must not go together.
fn check(args: &Serve) -> Result<(), Failure> {
    if args.to.protocol == Protocol::Tcp {
        let has_headers = args.forward.is_some() || args.sign_key.is_some();
        if has_headers {
            let message = "there are no headers in TCP: leave --forward and --sign-key away, or \
                           write --to http://HOST:PORT";
            return Err(Failure::new(message));
        }
    }
    if args.sign_key.is_some() && args.forward == Some(Forward::None) {
        let message = "--sign-key signs what --forward writes: choose a family instead of `none`";
        return Err(Failure::new(message));
    }
    match args.metrics {
        Some(address) if !address.ip().is_loopback() && !args.metrics_public => {
            let message = format!(
                "--metrics {address}: anyone who reaches it could read the metrics: take a \
                 loopback address, or add --metrics-public"
            );
            Err(Failure::new(message))
        }
        _ => Ok(()),
    }
}

fn forwarder(args: &Serve) -> Result<Forwarder, Failure> {
    let signer = match (&args.sign_key, &args.sign_id) {
        (Some(file), Some(id)) => Some(Signer::new(SigningKey::from_file(id, file)?)),
        _ => None,
    };
    Forwarder::new(args.forward.unwrap_or(Forward::Rfc9440), signer)
}

fn acceptor(
    args: &Serve,
    verifier: &Arc<Verifier>,
    tickets: &Arc<TicketKeys>,
) -> Result<Acceptor, Failure> {
    let credential = Credential::from_files(&args.cert, &args.key)?;
    let mut entry = Entry::required(credential, Arc::clone(verifier));
    for name in &args.server_name {
        entry = entry.named(name);
    }
    let builder = engine::Acceptor::builder();
    let builder = if args.server_name.is_empty() {
        builder.default_entry(entry)
    } else {
        builder.entry(entry)
    };
    let builder = match args.to.protocol {
        Protocol::Http => builder.alpn(ALPN),
        Protocol::Tcp => builder,
    };
    let engine = builder.resumption(Resumption::tickets(Arc::clone(tickets))).build()?;
    Ok(Acceptor::new(engine).tracking())
}

fn service(args: &Serve, shared: &Arc<Shared>, forwarder: Forwarder) -> Service {
    let shared = Arc::clone(shared);
    let upstream_timeout = Duration::from_secs(args.upstream_timeout);
    match args.to.protocol {
        Protocol::Http => {
            let authority = args.to.authority.clone();
            let upstream = Upstream::new(authority, upstream_timeout, shared.idle_time);
            let has_names = !args.server_name.is_empty();
            Service::Http(Arc::new(Http { shared, forwarder, upstream, has_names }))
        }
        Protocol::Tcp => {
            let target = args.to.clone();
            Service::Tcp(Arc::new(Tcp { shared, target, upstream_timeout }))
        }
    }
}

/// Listens, and says where.
pub(super) async fn bind(
    option: &str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), Failure> {
    let unable = |error: io::Error| {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => ": another process listens there; choose another port",
            io::ErrorKind::PermissionDenied => {
                ": ports below 1024 need CAP_NET_BIND_SERVICE; grant it or choose another port"
            }
            io::ErrorKind::AddrNotAvailable => ": this machine does not have that address",
            _ => "",
        };
        Failure::new(format!("{option}: cannot listen on {address}: {error}{advice}"))
    };
    let listener = TcpListener::bind(address).await.map_err(unable)?;
    let bound = listener.local_addr().map_err(unable)?;
    Ok((listener, bound))
}
