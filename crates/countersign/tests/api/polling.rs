//! Reloading where a file has changed, as a server that polls does it.

use std::fs::{self, File};

use countersign::{Error, Reason, Reload, Verifier};
use countersign_testkit::forge::certificates_pem;

use crate::site::{BILLING, POLICY, Site, now};

fn failed(reload: Reload) -> Error {
    match reload {
        Reload::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}

fn is_unchanged(verifier: &Verifier) -> bool {
    matches!(verifier.reload_if_changed(), Reload::Unchanged)
}

fn is_still_failed(verifier: &Verifier) -> bool {
    matches!(verifier.reload_if_changed(), Reload::StillFailed)
}

/// The generation that is in force now and was not before.
fn done(verifier: &Verifier) -> u64 {
    match verifier.reload_if_changed() {
        Reload::Done(generation) => generation,
        other => panic!("{other:?}"),
    }
}

fn reason(verifier: &Verifier, site: &Site) -> Reason {
    verifier.verify(&site.chain(&site.leaf(BILLING)), now()).reason()
}

#[test]
fn what_has_not_changed_is_not_read_again() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    assert!(is_unchanged(&verifier) && is_unchanged(&verifier));
    assert_eq!((verifier.generation(), verifier.metrics().reloads()), (1, 0));
}

#[test]
fn a_changed_policy_is_in_force_at_the_next_look() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    site.write("policy.toml", POLICY.replace("/billing", "/builder").as_bytes());
    assert_eq!(done(&verifier), 2);
    assert_eq!(reason(&verifier, &site), Reason::NotListed);
    assert!(is_unchanged(&verifier));
    site.write("policy.toml", POLICY.as_bytes());
    verifier.reload().unwrap();
    assert!(is_unchanged(&verifier), "a reload on demand saw it, too");
}

#[test]
fn a_change_in_any_file_that_the_policy_names_counts() {
    let site = Site::new();
    site.write_crl("ca.crl", &site.ca.crl().sign(&site.ca.key));
    site.write("clients.txt", b"uri:spiffe://acme.example/till till\n");
    site.write("deny.txt", b"uri:spiffe://acme.example/thief\n");
    let rest = "crls = [\"ca.crl\"]\n[lists]\nclients = [\"clients.txt\"]\ndeny = [\"deny.txt\"]\n";
    let policy = POLICY.replace("[[client]]", &format!("{rest}[[client]]"));
    let verifier = site.verifier(&policy);
    for (changed, name) in (2..).zip(["ca.pem", "ca.crl", "clients.txt", "deny.txt", "policy.toml"])
    {
        assert!(is_unchanged(&verifier));
        let bytes = [&fs::read(site.path().join(name)).unwrap()[..], b"\n"].concat();
        site.write(name, &bytes);
        assert_eq!(done(&verifier), changed, "{name}");
    }
}

#[test]
fn another_file_of_the_same_size_and_time_is_another_file() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let policy = site.path().join("policy.toml");
    let time = fs::metadata(&policy).unwrap().modified().unwrap();
    let new = site.write("new.toml", POLICY.replace("/billing", "/builder").as_bytes());
    File::options().write(true).open(&new).unwrap().set_modified(time).unwrap();
    fs::rename(new, &policy).unwrap();
    assert_eq!(done(&verifier), 2);
}

#[test]
fn a_failure_is_told_once_until_something_changes() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    site.write("policy.toml", b"version = 2");
    let error = failed(verifier.reload_if_changed());
    assert!(error.to_string().contains("policy.toml:1:11: "), "{error}");
    assert!(is_still_failed(&verifier) && is_still_failed(&verifier));
    assert_eq!((verifier.metrics().failed_reloads(), verifier.generation()), (1, 1));
    assert_eq!(reason(&verifier, &site), Reason::Allowed, "what was in force is in force");
    site.write("policy.toml", b"version = 3");
    failed(verifier.reload_if_changed());
    assert!(is_still_failed(&verifier));
    site.write("policy.toml", POLICY.as_bytes());
    assert_eq!(done(&verifier), 2);
    assert!(is_unchanged(&verifier));
    site.write("policy.toml", b"version = 2");
    verifier.reload().unwrap_err();
    assert!(is_still_failed(&verifier), "whoever reloaded was told");
}

#[test]
fn a_failure_in_a_file_that_the_policy_names_is_over_when_that_file_is_right() {
    let site = Site::new();
    site.write("clients.txt", b"");
    let listing = "[lists]\nclients = [\"clients.txt\"]\n[[client]]";
    let verifier = site.verifier(&POLICY.replace("[[client]]", listing));
    for (fixed, (name, bad)) in
        (2..).zip([("ca.pem", "-----BEGIN CERTIFICATE-----\n"), ("clients.txt", "dns\n")])
    {
        let good = fs::read(site.path().join(name)).unwrap();
        site.write(name, bad.as_bytes());
        let error = failed(verifier.reload_if_changed());
        assert!(error.file().unwrap().ends_with(name), "{error}");
        assert!(is_still_failed(&verifier));
        fs::remove_file(site.path().join(name)).unwrap();
        assert_eq!(failed(verifier.reload_if_changed()).message(), "file not found");
        assert!(is_still_failed(&verifier));
        site.write(name, &good);
        assert_eq!(done(&verifier), fixed, "{name}");
    }
}

#[test]
fn what_cannot_be_read_is_tried_again_and_told_once() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let anchors = site.path().join("ca.pem");
    fs::remove_file(&anchors).unwrap();
    fs::create_dir(&anchors).unwrap();
    failed(verifier.reload_if_changed());
    assert!(is_still_failed(&verifier) && is_still_failed(&verifier));
    fs::remove_dir(&anchors).unwrap();
    site.write("ca.pem", certificates_pem([&site.root.certificate]).as_bytes());
    assert_eq!(done(&verifier), 2);
}

#[test]
fn a_missing_policy_is_told_apart_for_as_long_as_it_is_missing() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let policy = site.path().join("policy.toml");
    fs::rename(&policy, site.path().join("away")).unwrap();
    let Reload::Missing(Some(error)) = verifier.reload_if_changed() else { panic!("it is new") };
    assert_eq!((error.file(), error.message()), (Some(&*policy), "file not found"));
    for _ in 0..2 {
        assert!(matches!(verifier.reload_if_changed(), Reload::Missing(None)));
    }
    assert_eq!(verifier.metrics().failed_reloads(), 1);
    assert_eq!(reason(&verifier, &site), Reason::Allowed, "what was in force is in force");
    site.write("policy.toml", b"version = 2");
    failed(verifier.reload_if_changed());
    fs::remove_file(&policy).unwrap();
    assert!(matches!(verifier.reload_if_changed(), Reload::Missing(Some(_))));
    fs::rename(site.path().join("away"), &policy).unwrap();
    assert_eq!(done(&verifier), 2);
}

#[test]
fn a_policy_from_memory_changes_with_its_files() {
    let site = Site::new();
    let verifier = Verifier::from_toml(POLICY, site.path()).unwrap();
    site.write("policy.toml", b"of nobody");
    assert!(is_unchanged(&verifier));
    fs::remove_file(site.path().join("ca.pem")).unwrap();
    failed(verifier.reload_if_changed());
    site.write("ca.pem", certificates_pem([&site.root.certificate]).as_bytes());
    assert_eq!(done(&verifier), 2);

    let pinned = format!(
        "version = 1\n[[client]]\nid = \"p\"\ntrust = \"pinned\"\nmatch = [ {{ spki_sha256 = \"{}\" }} ]",
        "5a".repeat(32)
    );
    verifier.reload_from(Verifier::builder_from_toml(POLICY, "/nowhere")).unwrap_err();
    assert!(is_unchanged(&verifier), "what did not get into force is not looked at");
    verifier.reload_from(Verifier::builder_from_toml(&pinned, "/nowhere")).unwrap();
    fs::remove_file(site.path().join("ca.pem")).unwrap();
    assert!(is_unchanged(&verifier), "it names no file");
}
