use super::*;

fn error(kind: Kind, value: &str) -> String {
    match key(kind, value) {
        Err(message) => message,
        Ok(key) => panic!("{value:?} made {key}"),
    }
}

#[test]
fn values_are_brought_into_their_normal_form() {
    let hex = "AB".repeat(32);
    for (kind, value, normal) in [
        (Kind::Spki, &hex[..], hex.to_lowercase()),
        (Kind::Cert, &hex, hex.to_lowercase()),
        (Kind::IssuerSerial, &format!("{hex}/0A"), format!("{}/0a", hex.to_lowercase())),
        (Kind::Uri, "spiffe://Acme.example/B", "spiffe://Acme.example/B".into()),
        (Kind::Uri, "urn:uuid:1", "urn:uuid:1".into()),
        (Kind::UriPrefix, "spiffe://Acme.example/", "spiffe://Acme.example/".into()),
        (Kind::Dns, "Billing.Acme.Example", "billing.acme.example".into()),
        (Kind::DnsSuffix, ".Acme.Example", ".acme.example".into()),
        (Kind::Email, "Ops@Acme.Example", "Ops@acme.example".into()),
        (Kind::Ip, "192.0.2.7", "192.0.2.7".into()),
        (Kind::Ip, "192.0.2.7/32", "192.0.2.7".into()),
        (Kind::Ip, "192.0.2.0/24", "192.0.2.0/24".into()),
        (Kind::Ip, "2001:DB8::/32", "2001:db8::/32".into()),
        (Kind::Ip, "0.0.0.0/0", "0.0.0.0/0".into()),
    ] {
        assert_eq!(key(kind, value).unwrap().to_string(), format!("{}:{normal}", kind.name()));
    }
}

#[test]
fn a_wrong_digest_says_what_to_write() {
    assert_eq!(error(Kind::Spki, "abc"), "a SHA-256 is 64 hex digits, this has 3 characters");
    assert_eq!(
        error(Kind::Cert, &"xy".repeat(32)),
        "a SHA-256 is 64 hex digits, this has 64 characters, one of them `x`"
    );
    let colons = vec!["AB"; 32].join(":");
    assert_eq!(
        error(Kind::Spki, &colons),
        format!("write a SHA-256 without separators: {}", "ab".repeat(32))
    );
}

#[test]
fn a_wrong_serial_says_what_to_write() {
    let issuer = "00".repeat(32);
    for (serial, message) in [
        ("", "a serial number is hex digits only, without `0x`, colons or blanks"),
        ("0x1f", "a serial number is hex digits only, without `0x`, colons or blanks"),
        ("abc", "a serial number is whole bytes of hex: write `0abc`"),
        ("00ff", "a serial number has no padding: write `ff`"),
        ("0000", "a serial number has no padding: write `00`"),
        (&"81".repeat(20), "a serial number has at most 20 bytes"),
        (&"11".repeat(21), "a serial number has at most 20 bytes"),
    ] {
        assert_eq!(error(Kind::IssuerSerial, &format!("{issuer}/{serial}")), message);
    }
    assert!(error(Kind::IssuerSerial, &issuer).starts_with("an issuer_serial is two hex numbers"));
    assert_eq!(
        error(Kind::IssuerSerial, "ff/01"),
        "the issuer's SHA-256 is wrong: a SHA-256 is 64 hex digits, this has 2 characters"
    );
}

#[test]
fn names_that_can_never_match_are_errors() {
    for (kind, value, message) in [
        (
            Kind::Dns,
            "*.acme.example",
            "`*.acme.example` is no DNS name: wildcards are not supported; use `dns_suffix`",
        ),
        (
            Kind::Dns,
            "bücher.example",
            "`bücher.example` is no DNS name: it is not ASCII; write the A-label form, `xn--…`",
        ),
        (
            Kind::Dns,
            "acme.example.",
            "`acme.example.` is no DNS name: it ends in a dot; leave that out",
        ),
        (Kind::Dns, "192.0.2.7", "`192.0.2.7` is an IP address, no DNS name: use `ip`"),
        (Kind::DnsSuffix, "acme.example", "a dns_suffix begins with a dot: write `.acme.example`"),
        (
            Kind::DnsSuffix,
            "*.acme.example",
            "a dns_suffix begins with a dot: write `.acme.example`",
        ),
        (Kind::DnsSuffix, ".", "`.` is no suffix of DNS names: it is empty"),
        (
            Kind::DnsSuffix,
            "..a",
            "`..a` is no suffix of DNS names: every label has 1 to 63 letters, digits and inner \
             hyphens, the last one not only digits",
        ),
        (Kind::Email, "ops", "`ops` is no email address: it has no `@`"),
        (
            Kind::Uri,
            "spiffe://a/*",
            "`*` is no wildcard in a uri: use uri_prefix = \"spiffe://a/\"",
        ),
    ] {
        assert_eq!(error(kind, value), message);
    }
}

#[test]
fn a_uri_is_what_a_certificate_can_hold() {
    for value in ["acme", "s://a b", "spiffe:///x", "1s://a", "", "s://a/\0", "s://ü/", "s:"] {
        assert_eq!(
            error(Kind::Uri, value),
            format!(
                "`{}` is no URI as certificates hold it: `scheme:` and a host where it has one, as \
                 in `spiffe://acme.example/billing`, in visible ASCII",
                value.escape_debug()
            )
        );
    }
}

#[test]
fn a_uri_prefix_names_a_host_and_ends_with_a_whole_segment() {
    for (value, message) in [
        (
            "spiffe:",
            "`spiffe:` names no host: write `scheme://host/` and a path, as in \
             `spiffe://acme.example/jobs/`",
        ),
        (
            "spiffe:///jobs/",
            "`spiffe:///jobs/` names no host: write `scheme://host/` and a path, as in \
             `spiffe://acme.example/jobs/`",
        ),
        (
            "spiffe://acme",
            "a uri_prefix ends in `/`, so that it ends with a whole segment: write `spiffe://acme/`",
        ),
        (
            "spiffe://acme/jobs*",
            "a uri_prefix ends in `/`, so that it ends with a whole segment: write \
             `spiffe://acme/jobs/`",
        ),
        ("https://acme/?a/", "a uri_prefix ends inside the path: leave out `?` and `#`"),
        ("spiffe://a/../b/", "this can never match: it has a `.` or `..` segment"),
        ("spiffe://a//b/", "this can never match: it has an empty segment (`//`)"),
        ("spiffe://a/%2e/", "this can never match: it has a percent-encoded `/` or `.`"),
    ] {
        assert_eq!(error(Kind::UriPrefix, value), message);
    }
}

#[test]
fn networks_have_no_host_bits() {
    assert_eq!(
        error(Kind::Ip, "192.0.2.1/24"),
        "`192.0.2.1/24` has bits set behind its mask: write `192.0.2.0/24` for the network or \
         `192.0.2.1` for the one address"
    );
    for value in ["192.0.2.0/33", "192.0.2.0/", "192.0.2.0/+8", "192.0.2.0/08", "::/129"] {
        assert!(error(Kind::Ip, value).contains("must be a number of bits from 0 to"), "{value}");
    }
    for value in ["192.0.2", "192.0.02.1", "fe80::1%eth0", "", "acme.example"] {
        assert!(error(Kind::Ip, value).contains("is no IP address or network"), "{value}");
    }
}
