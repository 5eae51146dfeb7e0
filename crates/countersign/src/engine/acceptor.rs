//! The acceptor: every entry of a server, made ready once and shared by all its connections.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::version::{TLS12, TLS13};
use rustls::{NamedGroup, ServerConfig};

use super::configuration::{Configuration, ConfiguredEntry};
use super::connection::Connection;
use super::entry::{Entry, no_group};
use super::names::NameTable;
use super::resolver::EntryResolver;
use super::resumption::{Gate, Resumption};
use super::session::TlsVersion;
use crate::clock::Moment;
use crate::crypto::tls_provider;
use crate::error::{Error, ErrorKind};
use crate::limits;

/// Makes [`Connection`]s. Immutable; cloning it shares it.
///
/// ```no_run
/// use std::sync::Arc;
/// use countersign::engine::{Acceptor, Credential, Entry, Resumption, TicketKeys};
/// use countersign::{Moment, Verifier};
///
/// # fn main() -> Result<(), countersign::Error> {
/// let verifier = Arc::new(Verifier::from_file("policy.toml")?);
/// let credential = Credential::from_files("server.pem", "server.key")?;
/// let acceptor = Acceptor::builder()
///     .entry(Entry::required(credential, verifier).named("api.example"))
///     .alpn(["h2", "http/1.1"])
///     .resumption(Resumption::tickets(Arc::new(TicketKeys::per_process()?)))
///     .build()?;
/// let connection = acceptor.accept(Moment::now());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Acceptor(Arc<Configuration>);

impl Acceptor {
    /// Begins with no entry; everything else has a default.
    pub fn builder() -> AcceptorBuilder {
        AcceptorBuilder {
            entries: Vec::new(),
            defaults: Vec::new(),
            alpn: Vec::new(),
            versions: vec![TlsVersion::Tls13, TlsVersion::Tls12],
            groups: None,
            resumption: Resumption::off(),
            tickets: 1,
            session_age: limits::SESSION_AGE,
            handshake_time: limits::HANDSHAKE_TIME,
            compressed_certificates: false,
            secret_export: false,
            extended_master_secret: true,
        }
    }

    /// A connection that a peer has just opened.
    pub fn accept(&self, now: Moment) -> Connection {
        Connection::new(Arc::clone(&self.0), now)
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor")
            .field("names", &self.0.names)
            .field("entries", &self.0.entries.len())
            .finish_non_exhaustive()
    }
}

/// Settings of an [`Acceptor`]. At least one entry is needed.
#[derive(Clone, Debug)]
pub struct AcceptorBuilder {
    entries: Vec<Entry>,
    /// One at most, once it is built.
    defaults: Vec<Entry>,
    alpn: Vec<Vec<u8>>,
    versions: Vec<TlsVersion>,
    groups: Option<Vec<u16>>,
    resumption: Resumption,
    tickets: usize,
    session_age: Duration,
    handshake_time: Duration,
    compressed_certificates: bool,
    secret_export: bool,
    extended_master_secret: bool,
}

impl AcceptorBuilder {
    /// Adds an entry for the server names it has.
    #[must_use]
    pub fn entry(mut self, entry: Entry) -> Self {
        self.entries.push(entry);
        self
    }

    /// The entry for every other name, and for clients that name none. Without one they are refused
    /// with `unrecognized_name`. There can be one only.
    #[must_use]
    pub fn default_entry(mut self, entry: Entry) -> Self {
        self.defaults.push(entry);
        self
    }

    /// Application protocols, the preferred first. With any, a client that offers only others is
    /// refused (RFC 7301). Default: none.
    #[must_use]
    pub fn alpn<P: Into<Vec<u8>>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.alpn = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Protocol versions. Default: TLS 1.3 and 1.2.
    #[must_use]
    pub fn versions(mut self, versions: impl IntoIterator<Item = TlsVersion>) -> Self {
        self.versions = versions.into_iter().collect();
        self
    }

    /// Key exchanges to take, by their numbers in the TLS registry: 29 is X25519, 23 P-256, 24
    /// P-384, 4588 X25519MLKEM768. The client's order decides among them. Default: all that the
    /// crypto provider has.
    #[must_use]
    pub fn key_exchanges(mut self, groups: impl IntoIterator<Item = u16>) -> Self {
        self.groups = Some(groups.into_iter().collect());
        self
    }

    /// Whether and how sessions resume. Default: they do not.
    #[must_use]
    pub fn resumption(mut self, resumption: Resumption) -> Self {
        self.resumption = resumption;
        self
    }

    /// Sessions given to a TLS 1.3 client after each handshake, unless it asks for another number
    /// (RFC 9149, at most 4). Default: 1; at most [`limits::TICKETS`].
    #[must_use]
    pub fn tickets(mut self, each: usize) -> Self {
        self.tickets = each.min(limits::TICKETS);
        self
    }

    /// How long after a full handshake its sessions may resume, at most; certificates and CRLs may
    /// end them earlier. Default: a day.
    #[must_use]
    pub fn session_age(mut self, age: Duration) -> Self {
        self.session_age = age;
        self
    }

    /// How long a handshake may take. Default: 10 s.
    #[must_use]
    pub fn handshake_time(mut self, time: Duration) -> Self {
        self.handshake_time = time;
        self
    }

    /// Lets clients compress their certificates with zlib (RFC 8879); what comes out is bounded at
    /// 64 KiB. It saves the client some bytes and costs the server 6 % of a handshake and 59 kB
    /// of memory while it lasts. Default: off.
    #[cfg(feature = "compressed-certificates")]
    #[must_use]
    pub fn compressed_certificates(mut self, on: bool) -> Self {
        self.compressed_certificates = on;
        self
    }

    /// Whether TLS 1.2 clients must bind the master secret to the handshake (RFC 7627). Without it, a
    /// session that resumes may be another connection's. Clients without it are older than OpenSSL
    /// 1.1.0 (2016), or Go before 1.21 held to TLS 1.2. Default: they must.
    #[must_use]
    pub fn require_extended_master_secret(mut self, on: bool) -> Self {
        self.extended_master_secret = on;
        self
    }

    /// Lets [`Connection::into_kernel_tls`] hand out a connection's secrets. Default: off.
    #[must_use]
    pub fn secret_export(mut self, on: bool) -> Self {
        self.secret_export = on;
        self
    }

    /// Makes every entry ready.
    ///
    /// # Errors
    /// No entry, an entry that no client could reach, two defaults, a name that is none or is taken,
    /// no version, a key exchange that the crypto provider does not have.
    pub fn build(self) -> Result<Acceptor, Error> {
        let names = Arc::new(self.name_table()?);
        let groups: Option<Vec<NamedGroup>> =
            self.groups.as_ref().map(|groups| groups.iter().map(|g| (*g).into()).collect());
        let provider = Arc::new(tls_provider(groups.as_deref()).map_err(no_group)?);
        let mut entries = Vec::new();
        for (i, entry) in self.entries.iter().chain(&self.defaults).enumerate() {
            let resolver = EntryResolver {
                names: Arc::clone(&names),
                entry: i,
                credential: entry.credential(),
            };
            let versions: Vec<_> =
                self.versions.iter().map(|version| version.supported()).collect();
            let mut config = entry.config(&provider, &versions, resolver)?;
            self.set_up(&mut config, entry);
            entries.push(ConfiguredEntry {
                config: Arc::new(config),
                verifier: entry.verifier.clone(),
                client_auth: entry.client_auth,
            });
        }
        Ok(Acceptor(Arc::new(Configuration {
            names,
            entries,
            handshake_time: self.handshake_time,
            has_tls13: self.versions.contains(&TlsVersion::Tls13),
        })))
    }

    fn name_table(&self) -> Result<NameTable, Error> {
        let usage = |message: &str| Err(Error::new(ErrorKind::Usage, message));
        if self.entries.is_empty() && self.defaults.is_empty() {
            return usage("an acceptor needs an entry: add one, or a default");
        }
        if self.versions.is_empty() {
            return usage("an acceptor needs a protocol version");
        }
        let mut names = NameTable::default();
        for (i, entry) in self.entries.iter().enumerate() {
            if entry.names.is_empty() {
                return usage(
                    "an entry without a server name, which nobody could reach: name it, or make \
                     it the default",
                );
            }
            entry.names.iter().try_for_each(|name| names.add(name, i))?;
        }
        for (i, default) in (self.entries.len()..).zip(&self.defaults) {
            default.names.iter().try_for_each(|name| names.add(name, i))?;
            names.set_default(i)?;
        }
        Ok(names)
    }

    fn set_up(&self, config: &mut ServerConfig, entry: &Entry) {
        config.alpn_protocols.clone_from(&self.alpn);
        config.enable_secret_extraction = self.secret_export;
        config.require_ems =
            self.extended_master_secret && self.versions.contains(&TlsVersion::Tls12);
        if !self.compressed_certificates {
            config.cert_decompressors = Vec::new();
        }
        let verifier = entry.verifier.clone();
        let gate = Gate::new(&entry.names, entry.client_auth, verifier, self.session_age);
        self.resumption.install(config, gate, self.tickets);
    }
}

impl TlsVersion {
    fn supported(self) -> &'static rustls::SupportedProtocolVersion {
        match self {
            Self::Tls12 => &TLS12,
            Self::Tls13 => &TLS13,
        }
    }
}
