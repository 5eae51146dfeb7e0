//! `countersign serve`: a proxy that ends mutual TLS and lets approved clients through, to an HTTP
//! server or a TCP one.
//!
//! ```text
//!  listener ─► a place ─► handshake ── refused ─► report
//!                             │ in: whose connection it is
//!                             ├─► tcp     bytes both ways
//!                             └─► http ─► exchange    for this host? claims out, the truth in, signed
//!                                             └─► upstream
//!  follow      reads the policy again, ends the connections of those who are out
//! ```

mod authority;
mod counters;
mod exchange;
mod follow;
mod forward;
mod headers;
mod http;
mod listener;
mod metrics;
mod places;
mod presented;
mod report;
mod settings;
mod signals;
mod silence;
mod tally;
mod target;
mod tcp;
mod upload;
mod upstream;

pub(crate) use forward::Forward;
pub(crate) use target::Target;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::Answer;
use crate::args::Serve;
use crate::failure::Failure;
use listener::{Stopping, listen};
use metrics::Watch;
use places::{Most, Places};
use report::Event;
use settings::Settings;
use signals::{Ending, Hangup};

/// Serves until a signal ends it.
pub(crate) fn run(args: &Serve) -> Result<Answer, Failure> {
    let settings = Settings::of(args)?;
    let no_runtime = |error| Failure::new(format!("cannot start: {error}"));
    let runtime = Runtime::new().map_err(no_runtime)?;
    let report = Arc::clone(&settings.shared.report);
    let served = runtime.block_on(serve(args, settings));
    // What is still under way had its time.
    runtime.shutdown_background();
    report.finish();
    served.map(|()| Answer::Yes)
}

async fn serve(args: &Serve, settings: Settings) -> Result<(), Failure> {
    let Settings { shared, service, follower } = settings;
    let (listener, address) = settings::bind("--listen", args.listen).await?;
    let watched = match args.metrics {
        Some(address) => Some(settings::bind("--metrics", address).await?),
        None => None,
    };
    let no_signals = |error| Failure::new(format!("cannot listen for signals: {error}"));
    let mut ending = Ending::new().map_err(no_signals)?;
    let hangup = Hangup::new().map_err(no_signals)?;
    let metrics_address = watched.as_ref().map(|(_, address)| *address);

    let (stop, stopping) = watch::channel(false);
    let stopping = Stopping(stopping);
    let counters = Arc::clone(&shared.counters);
    if let Some((listener, _)) = watched {
        let verifier = Arc::clone(&follower.verifier);
        let watch = Watch { verifier, counters, stopping: stopping.clone() };
        tokio::spawn(watch.serve(listener));
    }
    let following = tokio::spawn(follower.follow(Duration::from_secs(args.reload_every), hangup));
    let of_one_address =
        args.max_handshakes_per_address.unwrap_or(args.max_connections.div_ceil(2));
    let places = Places::new(Most {
        connections: args.max_connections,
        of_one_client: args.max_connections_per_client,
        of_one_address: Some(of_one_address),
    });
    let listening =
        tokio::spawn(listen(listener, Arc::clone(&shared), service, Arc::clone(&places), stopping));
    let (to, report) = (args.to.to_string(), &shared.report);
    report.tell(&Event::Listening { address, metrics: metrics_address, to });

    ending.next().await;
    report.tell(&Event::Ending { grace_seconds: args.grace });
    let _ = stop.send(true);
    let _ = listening.await;
    // All places are free once everyone is gone. Whoever asks a second time is in a hurry.
    let all_gone = timeout(Duration::from_secs(args.grace), places.all_free());
    tokio::select! {
        _ = all_gone => {}
        () = ending.next() => {}
    }
    following.abort();
    report.tell(&Event::Stopped { cut: places.taken() });
    Ok(())
}
