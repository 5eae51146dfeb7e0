//! Families: which headers a proxy writes about its client, and how they are read and written.

mod apache;
mod azure;
mod cloudflare;
mod cloudfront;
mod google;
mod haproxy;
mod load_balancer;
mod named;
mod nginx;
mod rfc9440;
mod traefik;
mod xfcc;

use std::sync::Arc;

use super::chain::Forwarded;
use super::field::{FieldName, Gathered};
use super::produced::{Presented, Produced, Unproducible, within_limits};
use super::rejection::Rejection;
use super::signature::{SIGNATURE, SIGNATURE_INPUT};
use crate::cert::Certificate;
use crate::error::{Error, ErrorKind};
use crate::limits;

/// Which headers a proxy writes about its client, and in which form.
///
/// It is configuration: what a value looks like never decides how it is read, since one name has
/// several forms in the wild. Names can be changed with [`Family::renamed`] where an administrator
/// chooses them.
///
/// ```
/// use countersign::forwarded::Family;
///
/// let family = Family::haproxy().renamed("X-SSL-Client-DER", "X-Client-DER").unwrap();
/// assert!(family.names().any(|name| name == "x-client-der"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    format: Format,
    names: Arc<[FieldName]>,
}

/// How the values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Rfc9440,
    Xfcc { trusted_hops: usize },
    Nginx,
    Apache,
    LoadBalancer,
    LoadBalancerPassthrough,
    Traefik,
    HaProxy,
    AppService,
    Cloudflare,
    Google,
    CloudFront,
}

impl Family {
    /// RFC 9440: `Client-Cert` and `Client-Cert-Chain`. Read and written.
    pub fn rfc9440() -> Self {
        Self::new(Format::Rfc9440, &rfc9440::NAMES)
    }

    /// Envoy's `X-Forwarded-Client-Cert`, with `Cert` or `Chain` in it. Read and written.
    ///
    /// Each proxy on the way adds an element at the right: give the number of them, one for a proxy that
    /// its clients reach directly. The first of so many elements is about the client. More are
    /// `malformed`: the outermost proxy has to drop what clients send (`SANITIZE_SET`), and an element
    /// too many is one that a name in a certificate has made. Leave `uri` and `dns` off in Envoy.
    ///
    /// # Errors
    /// No hop, or more than [`limits::XFCC_ELEMENTS`].
    pub fn xfcc(trusted_hops: usize) -> Result<Self, Error> {
        if !(1..=limits::XFCC_ELEMENTS).contains(&trusted_hops) {
            let most = limits::XFCC_ELEMENTS;
            let message = format!("1 to {most} hops can be trusted, not {trusted_hops}");
            return Err(Error::new(ErrorKind::Usage, message));
        }
        Ok(Self::new(Format::Xfcc { trusted_hops }, &xfcc::NAMES))
    }

    /// nginx: `$ssl_client_escaped_cert` in `ssl-client-cert` and `$ssl_client_verify` in
    /// `ssl-client-verify`, as ingress-nginx sets them. Read and written.
    pub fn nginx() -> Self {
        Self::new(Format::Nginx, &nginx::NAMES)
    }

    /// Apache httpd: `%{SSL_CLIENT_CERT}s` in `X-SSL-Client-Cert` and `%{SSL_CLIENT_VERIFY}s` in
    /// `X-SSL-Client-Verify`. Read and written.
    pub fn apache() -> Self {
        Self::new(Format::Apache, &apache::NAMES)
    }

    /// An AWS Application Load Balancer that verifies: `X-Amzn-Mtls-Clientcert-Leaf` and its like. Read.
    pub fn alb_verify() -> Self {
        Self::new(Format::LoadBalancer, &load_balancer::VERIFY_NAMES)
    }

    /// An AWS Application Load Balancer that passes the chain on without looking at it:
    /// `X-Amzn-Mtls-Clientcert`. Read.
    pub fn alb_passthrough() -> Self {
        Self::new(Format::LoadBalancerPassthrough, &load_balancer::PASSTHROUGH_NAMES)
    }

    /// Traefik 3: `X-Forwarded-Tls-Client-Cert`. Read and written. `X-Forwarded-Tls-Client-Cert-Info` is
    /// stripped and never read or written: names in it are not escaped.
    pub fn traefik() -> Self {
        Self::new(Format::Traefik, &traefik::NAMES)
    }

    /// HAProxy's convention: `ssl_c_used`, `ssl_c_verify` and `ssl_c_der` in `X-SSL-Client-Used`,
    /// `X-SSL-Client-Verify` and `X-SSL-Client-DER`. Read and written. The headers about names are
    /// stripped and never read or written.
    pub fn haproxy() -> Self {
        Self::new(Format::HaProxy, &haproxy::NAMES)
    }

    /// Azure App Service: `X-ARR-ClientCert`. Read and written.
    pub fn azure_app_service() -> Self {
        Self::new(Format::AppService, &azure::NAMES)
    }

    /// Cloudflare: `Cf-Client-Cert-Der-Base64` and `Cf-Client-Cert-Sha256`. Read and written.
    pub fn cloudflare() -> Self {
        Self::new(Format::Cloudflare, &cloudflare::NAMES)
    }

    /// Google Cloud: `X-Client-Cert-Present`, `X-Client-Cert-Chain-Verified`, `X-Client-Cert-Error`,
    /// `X-Client-Cert-Leaf`, `X-Client-Cert-Chain` and their like. Read.
    pub fn google_cloud() -> Self {
        Self::new(Format::Google, &google::NAMES)
    }

    /// Amazon CloudFront: `CloudFront-Viewer-Cert-Present`, `CloudFront-Viewer-Cert-Pem` and their like.
    /// Read.
    pub fn cloudfront() -> Self {
        Self::new(Format::CloudFront, &cloudfront::NAMES)
    }

    /// Every family with its default names: what [`Strip`](super::Strip) drops unless told otherwise.
    pub fn all() -> [Self; 12] {
        [
            Self::rfc9440(),
            Self::new(Format::Xfcc { trusted_hops: 1 }, &xfcc::NAMES),
            Self::nginx(),
            Self::apache(),
            Self::alb_verify(),
            Self::alb_passthrough(),
            Self::traefik(),
            Self::haproxy(),
            Self::azure_app_service(),
            Self::cloudflare(),
            Self::google_cloud(),
            Self::cloudfront(),
        ]
    }

    fn new(format: Format, names: &[&str]) -> Self {
        Self { format, names: names.iter().map(|name| FieldName::known(name)).collect() }
    }

    /// The same family with another name for one of its headers. Both are compared without case.
    ///
    /// # Errors
    /// A header that the family does not have; a name that is none, that it has already, or that means
    /// something else to proxies: `Connection`, `Signature` and their like.
    pub fn renamed(mut self, name: &str, to: &str) -> Result<Self, Error> {
        let old = FieldName::known(name);
        let Some(place) = self.names.iter().position(|own| *own == old) else {
            let message = format!("the family has no header `{name}`");
            return Err(Error::new(ErrorKind::Usage, message));
        };
        let new = FieldName::new(to)?;
        let is_taken = |own: &FieldName| own != &old && own.is_like(new.text().as_bytes());
        if self.names.iter().any(is_taken) {
            let message = format!("the family has a header `{to}` already");
            return Err(Error::new(ErrorKind::Usage, message));
        }
        if ["connection", "proxy-connection", SIGNATURE, SIGNATURE_INPUT]
            .iter()
            .any(|reserved| new.is_like(reserved.as_bytes()))
        {
            let message = format!("`{to}` means something else to proxies: choose another name");
            return Err(Error::new(ErrorKind::Usage, message));
        }
        Arc::make_mut(&mut self.names)[place] = new;
        Ok(self)
    }

    /// The names of its headers, in lower case.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(|name| &**name.text())
    }

    pub(super) fn field_names(&self) -> &[FieldName] {
        &self.names
    }

    /// What a request's headers say of its client. Other headers are skipped; one pass over all of
    /// them, in time linear in their size.
    ///
    /// It says nothing of who wrote them: a [`Receiver`](super::Receiver) does.
    ///
    /// # Errors
    /// Whatever is not exactly what the family's proxy writes, and whatever it does not vouch for.
    pub fn read<'h>(
        &self,
        headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    ) -> Result<Forwarded, Rejection> {
        self.read_gathered(&Gathered::gather(&self.names, headers)?)
    }

    /// As [`Family::read`], of fields whose first names are this family's.
    pub(super) fn read_gathered(&self, fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
        if fields.has_none_of_first(self.names.len()) {
            return Ok(Forwarded::NoCertificate);
        }
        // Also of what is never read: who gives something twice is no proxy.
        for name in (0..self.names.len()).filter(|name| !self.may_repeat(*name)) {
            fields.one(name)?;
        }
        match self.format {
            Format::Rfc9440 => rfc9440::read(fields),
            Format::Xfcc { trusted_hops } => xfcc::read(fields, trusted_hops),
            Format::Nginx => nginx::read(fields),
            Format::Apache => apache::read(fields),
            Format::LoadBalancer => load_balancer::read_verified(fields),
            Format::LoadBalancerPassthrough => load_balancer::read_passed_through(fields),
            Format::Traefik => traefik::read(fields),
            Format::HaProxy => haproxy::read(fields),
            Format::AppService => azure::read(fields),
            Format::Cloudflare => cloudflare::read(fields),
            Format::Google => google::read(fields),
            Format::CloudFront => cloudfront::read(fields),
        }
    }

    /// Whether a header may come in several lines.
    fn may_repeat(&self, name: usize) -> bool {
        match self.format {
            Format::Rfc9440 => name == rfc9440::CHAIN,
            Format::Xfcc { .. } => true,
            _ => false,
        }
    }

    /// The headers that say whom a proxy saw. Everything under the family's names has to be dropped
    /// before they are set, also where there are none to set.
    ///
    /// Certificates behind the leaf that do not parse are left out: the verdict did without them, and a
    /// strict reader would not.
    ///
    /// # Errors
    /// A family that only its own system writes, or a client whom the format cannot describe without a
    /// doubt. The request must then not go on as if there were no client.
    pub fn produce(&self, presented: Presented<'_>) -> Result<Produced, Unproducible> {
        let chain = match presented {
            Presented::Nobody => None,
            Presented::Verified(chain) if within_limits(chain) => {
                let parses = |der: &&[u8]| Certificate::parse(der).is_ok();
                let leaf = chain.split_first().filter(|(leaf, _)| parses(leaf));
                let (leaf, others) = leaf.ok_or(Unproducible::NoChain)?;
                let others = others.iter().copied().filter(parses);
                Some(core::iter::once(*leaf).chain(others).collect())
            }
            Presented::Verified(_) => return Err(Unproducible::NoChain),
        };
        let chain = chain.as_ref();
        let mut out = Produced::new(Arc::clone(&self.names), chain.is_some());
        match self.format {
            Format::Rfc9440 => rfc9440::write(&mut out, chain),
            Format::Xfcc { .. } => xfcc::write(&mut out, chain)?,
            Format::Nginx => nginx::write(&mut out, chain),
            Format::Apache => apache::write(&mut out, chain),
            Format::Traefik => traefik::write(&mut out, chain),
            Format::HaProxy => haproxy::write(&mut out, chain),
            Format::AppService => azure::write(&mut out, chain),
            Format::Cloudflare => cloudflare::write(&mut out, chain),
            Format::LoadBalancer
            | Format::LoadBalancerPassthrough
            | Format::Google
            | Format::CloudFront => return Err(Unproducible::NotWritten),
        }
        Ok(out)
    }
}

/// A chain to write, leaf first; never empty.
type Written<'c> = arrayvec::ArrayVec<&'c [u8], { limits::CHAIN_CERTIFICATES }>;

/// Appends base64, padded and without line breaks.
fn push_base64(text: &mut String, der: &[u8]) {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode_string(der, text);
}

/// Length of a certificate in base64.
const fn base64_len(der: &[u8]) -> usize {
    der.len().div_ceil(3) * 4
}
