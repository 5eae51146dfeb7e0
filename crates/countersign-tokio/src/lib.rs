//! Mutual TLS for [tokio]: only approved clients get in, and each stream says whose it is.
//!
//! A thin layer over [`countersign::engine`], which does the handshake and the deciding; here are
//! the socket, the deadline and the tasks. An [`Acceptor`] makes a [`Stream`] of a socket, or says
//! why not, with the verdict.
//!
//! ```no_run
//! use std::sync::Arc;
//! use countersign::{Verifier, engine::{self, Credential, Entry}};
//! use countersign_tokio::{Acceptor, Stream};
//! use tokio::{io::AsyncWriteExt, net::{TcpListener, TcpStream}};
//!
//! async fn listen(listener: TcpListener) -> Result<(), Box<dyn std::error::Error>> {
//!     let verifier = Arc::new(Verifier::from_file("policy.toml")?);
//!     let credential = Credential::from_files("server.pem", "server.key")?;
//!     let entry = Entry::required(credential, verifier);
//!     let acceptor = Acceptor::new(engine::Acceptor::builder().default_entry(entry).build()?);
//!     loop {
//!         let (socket, peer) = listener.accept().await?;
//!         let acceptor = acceptor.clone();
//!         tokio::spawn(async move {
//!             match acceptor.accept(socket).await {
//!                 Ok(stream) => serve(stream).await,
//!                 Err(refused) => eprintln!("{peer}: {refused}"),
//!             }
//!         });
//!     }
//! }
//!
//! async fn serve(mut stream: Stream<TcpStream>) {
//!     let greeting = format!("hello, {}\n", stream.session().client().unwrap_or("whoever"));
//!     if let Err(error) = stream.write_all(greeting.as_bytes()).await {
//!         eprintln!("{error}");
//!     }
//!     let _ = stream.shutdown().await;
//! }
//! ```
//!
//! An acceptor that is [tracking](Acceptor::tracking) its streams can [review](Acceptor::review) them
//! after the policy was reloaded, and ends those whose clients would not be let in any more.
//!
//! The examples `echo` and `hyper` are servers to begin with.

#![forbid(unsafe_code)]

mod acceptor;
mod channel;
mod clock;
mod farewell;
mod inbox;
mod refused;
mod registry;
mod stream;

pub use acceptor::Acceptor;
pub use refused::Refused;
pub use registry::Ended;
pub use stream::Stream;
