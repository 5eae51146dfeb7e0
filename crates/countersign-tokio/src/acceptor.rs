//! Sockets in, streams out.

use std::sync::Arc;

use countersign::engine;
use countersign::{Moment, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::channel::Channel;
use crate::clock::{Calendar, Clock};
use crate::farewell::farewell;
use crate::refused::Refused;
use crate::registry::{Ended, Registry};
use crate::stream::Stream;

/// Does the handshake on sockets that were accepted, and lets only those in whom the policy allows.
/// Clones share everything.
///
/// ```no_run
/// use std::sync::Arc;
/// use countersign::Verifier;
/// use countersign::engine::{self, Credential, Entry};
/// use countersign_tokio::Acceptor;
///
/// # fn main() -> Result<(), countersign::Error> {
/// let verifier = Arc::new(Verifier::from_file("policy.toml")?);
/// let credential = Credential::from_files("server.pem", "server.key")?;
/// let entry = Entry::required(credential, Arc::clone(&verifier));
/// let acceptor = Acceptor::new(engine::Acceptor::builder().default_entry(entry).build()?).tracking();
///
/// // Later, when the policy's files have changed:
/// verifier.reload()?;
/// for ended in acceptor.review() {
///     println!("{:?}: {ended}", ended.client());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Acceptor {
    engine: engine::Acceptor,
    calendar: Calendar,
    registry: Option<Arc<Registry>>,
}

impl Acceptor {
    /// An acceptor for what the engine's one is set up for.
    pub fn new(engine: engine::Acceptor) -> Self {
        Self { engine, calendar: Calendar::System, registry: None }
    }

    /// Keeps track of its live streams, so that [`review`](Self::review) can end them. Each stream
    /// then has a copy of its client's chain, and each read and write takes a lock that is its own.
    #[must_use]
    pub fn tracking(mut self) -> Self {
        self.registry = Some(Arc::default());
        self
    }

    /// Another calendar than the system's, by which certificates and tickets are judged. Deadlines
    /// are tokio's.
    #[must_use]
    pub fn calendar(mut self, now: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.calendar = Calendar::Given(Arc::new(now));
        self
    }

    /// Does the handshake on a socket.
    ///
    /// It takes the time that the engine's acceptor allows a handshake
    /// ([`handshake_time`](engine::AcceptorBuilder::handshake_time)) at most, and where an alert has to
    /// be delivered, two seconds more: the peer is given the time to read it. So give each connection
    /// a task.
    ///
    /// If the future is dropped, so is the socket, and nothing stays behind.
    ///
    /// # Errors
    /// The client is not allowed in, its handshake failed otherwise, or the socket did.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    pub async fn accept<IO>(&self, io: IO) -> Result<Stream<IO>, Refused>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let clock = Clock::start(self.calendar.clone());
        let mut channel = Channel::new(io, &self.engine, clock);
        let outcome = channel.handshake().await;
        if let Some(refusal) = channel.connection.refusal() {
            let refusal = Box::new(refusal.clone());
            farewell(&mut channel).await;
            return Err(Refused::Handshake(refusal));
        }
        outcome?;
        let place = self.registry.as_ref().zip(channel.connection.lease()).map(|(all, lease)| {
            let client = channel.connection.session().and_then(|session| session.client());
            let Moment { unix, .. } = channel.clock.now();
            all.enter(client, lease, unix)
        });
        Ok(Stream::new(channel, place))
    }

    /// Ends the live streams whose clients would not be let in any more, and says which: after a
    /// [reload](countersign::Verifier::reload), or now and then, as certificates and CRLs expire. The
    /// peer is sent close_notify, and whoever reads from such a stream or writes to it gets an error
    /// of kind [`PermissionDenied`](std::io::ErrorKind::PermissionDenied) that holds the [`Ended`];
    /// tasks that wait for it are woken. The others notice nothing.
    ///
    /// It judges each client's chain again where the policy has changed, which takes a tenth of a
    /// microsecond to a millisecond each: with many thousands of streams, call it where blocking is
    /// allowed ([`spawn_blocking`](https://docs.rs/tokio/latest/tokio/task/fn.spawn_blocking.html)).
    ///
    /// An acceptor that is not [tracking](Self::tracking) ends nothing. Streams without a client are
    /// not tracked.
    pub fn review(&self) -> Vec<Ended> {
        let now = self.calendar.now();
        self.registry.as_ref().map_or_else(Vec::new, |registry| registry.review(now))
    }

    /// How many live streams are tracked.
    pub fn tracked(&self) -> usize {
        self.registry.as_ref().map_or(0, |registry| registry.len())
    }
}

impl From<engine::Acceptor> for Acceptor {
    fn from(engine: engine::Acceptor) -> Self {
        Self::new(engine)
    }
}
