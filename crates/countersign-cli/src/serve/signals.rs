//! What the system tells a process: end, and read the policy again.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT.
pub(super) struct Ending {
    #[cfg(unix)]
    signals: [Signal; 2],
}

/// SIGHUP, where there is such a thing.
pub(super) struct Hangup(#[cfg(unix)] Signal);

impl Ending {
    pub(super) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        return Ok(Self {
            signals: [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?],
        });
        #[cfg(not(unix))]
        Ok(Self {})
    }

    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [terminate, interrupt] = &mut self.signals;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Hangup {
    pub(super) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        return signal(SignalKind::hangup()).map(Self);
        #[cfg(not(unix))]
        Ok(Self())
    }

    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        self.0.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
