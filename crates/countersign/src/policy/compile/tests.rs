use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use countersign_testkit::forge;

use super::*;
use crate::ErrorKind;
use crate::policy::testing::{GeneralName, Leaf};

/// A directory of its own, gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("countersign-policy-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.0.join(name), content).unwrap();
        self
    }

    fn compile(&self) -> Result<CompiledPolicy, Error> {
        let policy = self.0.join("policy.toml");
        CompiledPolicy::from_file(&policy, &Given::default(), &mut Reading::new())
    }

    /// The error without the folder's name.
    fn error(&self) -> (ErrorKind, String) {
        let error = self.compile().expect_err("a wrong policy");
        let folder = format!("{}{}", self.0.display(), std::path::MAIN_SEPARATOR);
        (error.kind(), error.to_string().replace(&folder, ""))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const ANCHORED: &str = "version = 1\n[trust]\nanchors = [\"ca.pem\"]\n";

fn pem(label: &str, der: &[u8]) -> String {
    forge::pem(label, der)
}

#[test]
fn files_are_found_beside_the_policy_and_their_der_is_kept_in_order() {
    let folder = Folder::new()
        .with("policy.toml", "version = 1\n[trust]\nanchors = [\"a.pem\", \"b.pem\"]\ncrls = [\"a.crl\", \"b.crl\"]\n")
        .with("a.pem", pem("CERTIFICATE", &[1]) + "text\n" + &pem("CERTIFICATE", &[2]))
        .with("b.pem", pem("CERTIFICATE", &[3]).replace('\n', "\r\n"))
        .with("a.crl", pem("X509 CRL", &[4]))
        .with("b.crl", [0x30, 0x81, 0x80]);
    let policy = folder.compile().unwrap();
    let at = |name: &str, der: &[u8]| (folder.0.join(name), der.to_vec());
    assert_eq!(policy.anchors, [at("a.pem", &[1]), at("a.pem", &[2]), at("b.pem", &[3])]);
    assert_eq!(policy.crls, [at("a.crl", &[4]), at("b.crl", &[0x30, 0x81, 0x80])]);
    let text = fs::read_to_string(folder.0.join("policy.toml")).unwrap();
    let same =
        CompiledPolicy::from_toml(text, &folder.0, &Given::default(), &mut Reading::new()).unwrap();
    assert_eq!(same.anchors, policy.anchors);
}

#[test]
fn revocation_is_required_where_crls_are_given_unless_said_otherwise() {
    for (trust, expected) in [
        ("", revocation::Mode::Off),
        ("crls = []\n", revocation::Mode::Off),
        ("crls = [\"ca.crl\"]\n", revocation::Mode::Require),
        ("crls = [\"ca.crl\"]\nrevocation = \"if_available\"\n", revocation::Mode::IfAvailable),
        ("crls = [\"ca.crl\"]\nrevocation = \"off\"\n", revocation::Mode::Off),
        ("revocation = \"require\"\n", revocation::Mode::Require),
    ] {
        let folder = Folder::new()
            .with("policy.toml", format!("{ANCHORED}{trust}"))
            .with("ca.pem", pem("CERTIFICATE", &[1]))
            .with("ca.crl", pem("X509 CRL", &[1]));
        assert_eq!(folder.compile().unwrap().revocation, expected, "{trust}");
    }
}

#[test]
fn a_bad_ca_file_is_never_ignored() {
    let whole = pem("CERTIFICATE", &[7; 60]);
    let without = Folder::new().with("policy.toml", ANCHORED);
    assert_eq!(without.error(), (ErrorKind::Io, "ca.pem: file not found".to_owned()));
    for (content, message) in [
        (
            String::new(),
            "ca.pem: no certificate (`-----BEGIN CERTIFICATE-----`) found: the file must hold at \
             least one",
        ),
        (
            whole[..whole.len() / 2].to_owned(),
            "ca.pem:1:1: the `CERTIFICATE` block has no END: the file is cut off",
        ),
        (
            whole.clone() + &whole[..whole.len() - 2],
            "ca.pem:8:1: the `CERTIFICATE` block that line 5 begins must end with `-----END \
             CERTIFICATE-----`",
        ),
        (
            pem("X509 CRL", &[1]),
            "ca.pem:1:1: a `X509 CRL` block where only `CERTIFICATE` blocks may stand",
        ),
        (
            whole.clone() + &pem("PRIVATE KEY", &[1]),
            "ca.pem:5:1: a `PRIVATE KEY` block where only `CERTIFICATE` blocks may stand; a private \
             key does not belong in this file: remove it, and treat it as exposed",
        ),
    ] {
        let folder = Folder::new().with("policy.toml", ANCHORED).with("ca.pem", content);
        let (kind, found) = folder.error();
        assert_eq!((kind, found.as_str()), (ErrorKind::Config, message));
    }
    let folder = Folder::new().with("policy.toml", ANCHORED);
    fs::create_dir(folder.0.join("ca.pem")).unwrap();
    let (kind, message) = folder.error();
    assert_eq!(kind, ErrorKind::Io);
    assert!(message.starts_with("ca.pem: cannot be read: "), "{message}");
}

#[test]
fn bad_crl_and_list_files_are_never_ignored() {
    let folder = |trust: &str, lists: &str| {
        let policy = format!("{ANCHORED}{trust}\n[lists]\n{lists}\n");
        Folder::new().with("policy.toml", policy).with("ca.pem", pem("CERTIFICATE", &[1]))
    };
    assert_eq!(folder("crls = [\"x.crl\"]", "").error().1, "x.crl: file not found");
    let empty = folder("crls = [\"x.crl\"]", "").with("x.crl", "");
    assert!(empty.error().1.starts_with("x.crl: no CRL"));
    for side in ["clients", "deny"] {
        let lists = format!("{side} = [\"x.txt\"]");
        assert_eq!(folder("", &lists).error().1, "x.txt: file not found");
        let wrong = folder("", &lists).with("x.txt", "dns:a a\ndns:*.a a\n");
        assert_eq!(
            wrong.error().1,
            "x.txt:2:5: `*.a` is no DNS name: wildcards are not supported; use `dns_suffix`"
        );
        assert!(folder("", &lists).with("x.txt", "").compile().is_ok());
    }
}

#[test]
fn a_bad_policy_file_is_an_error_with_its_place() {
    let missing = Folder::new();
    assert_eq!(missing.error(), (ErrorKind::Io, "policy.toml: file not found".to_owned()));
    let binary = Folder::new().with("policy.toml", b"version = 1\n# \xc3\xa9\xff");
    assert_eq!(binary.error().1, "policy.toml:2:4: a policy is UTF-8 text; this is not");
    let wrong = Folder::new().with("policy.toml", "version = 1\nmod = 1\n");
    assert_eq!(
        wrong.error().1,
        "policy.toml:2:1: unknown key `mod` in the policy: did you mean `mode`?"
    );
}

#[test]
fn clients_and_lists_end_up_in_one_matcher() {
    let policy = format!(
        "{ANCHORED}[[client]]\nid = \"acme\"\nmatch = [ {{ dns = \"a.example\" }} ]\n\
         [lists]\nclients = [\"one.txt\", \"two.txt\"]\ndeny = [\"denied.txt\"]\n"
    );
    let folder = Folder::new()
        .with("policy.toml", policy)
        .with("ca.pem", pem("CERTIFICATE", &[1]))
        .with("one.txt", "dns:b.example acme\n")
        .with("two.txt", "dns:c.example new\ndns:d.example new\n")
        .with("denied.txt", "dns:d.example stolen laptop\n");
    let matcher = folder.compile().unwrap().matcher;
    assert_eq!(matcher.client_count(), 2);
    for (name, client, rule) in [
        ("a.example", Some("acme"), Some("dns:a.example")),
        ("b.example", Some("acme"), Some("dns:b.example")),
        ("c.example", Some("new"), Some("dns:c.example")),
        ("d.example", None, Some("dns:d.example")),
        ("e.example", None, None),
    ] {
        let leaf = Leaf::with_names([GeneralName::dns(name)]);
        let decided = leaf.decided_by(&matcher);
        assert_eq!(decided, (client.map(Into::into), rule.map(Into::into)), "{name}");
    }
}
