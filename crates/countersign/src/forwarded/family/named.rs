//! Families by the names that people write into configuration files.

use core::str::FromStr;

use super::Family;
use crate::error::{Error, ErrorKind};

/// In the order of [`Family::all`].
const NAMES: [&str; 12] = [
    "rfc9440",
    "xfcc",
    "nginx",
    "apache",
    "alb-verify",
    "alb-passthrough",
    "traefik",
    "haproxy",
    "azure-app-service",
    "cloudflare",
    "google-cloud",
    "cloudfront",
];

impl FromStr for Family {
    type Err = Error;

    /// By its name: `rfc9440`, `xfcc` (of one hop), `nginx`, `apache`, `alb-verify`, `alb-passthrough`,
    /// `traefik`, `haproxy`, `azure-app-service`, `cloudflare`, `google-cloud`, `cloudfront`.
    ///
    /// ```
    /// use countersign::forwarded::Family;
    ///
    /// assert_eq!("haproxy".parse::<Family>().unwrap(), Family::haproxy());
    /// assert!("HAProxy".parse::<Family>().unwrap_err().message().contains("rfc9440"));
    /// ```
    fn from_str(name: &str) -> Result<Self, Error> {
        let mut named = NAMES.into_iter().zip(Self::all());
        let named = named.find(|(known, _)| *known == name).map(|(_, family)| family);
        named.ok_or_else(|| {
            let known = NAMES.join(", ");
            let message = format!("`{name}` is no family of headers; there are {known}");
            Error::new(ErrorKind::Usage, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_its_name() {
        let families: [fn() -> Family; 12] = [
            Family::rfc9440,
            || Family::xfcc(1).unwrap(),
            Family::nginx,
            Family::apache,
            Family::alb_verify,
            Family::alb_passthrough,
            Family::traefik,
            Family::haproxy,
            Family::azure_app_service,
            Family::cloudflare,
            Family::google_cloud,
            Family::cloudfront,
        ];
        for (name, family) in NAMES.iter().zip(families) {
            assert_eq!(name.parse::<Family>().unwrap(), family(), "{name}");
        }
    }

    #[test]
    fn whoever_writes_another_name_is_told_all_of_them() {
        for name in ["", "rfc9440 ", "envoy", "RFC9440"] {
            let error = name.parse::<Family>().unwrap_err();
            assert!(NAMES.iter().all(|known| error.message().contains(known)), "{error}");
        }
    }
}
