//! The verifier as its users call it: verdicts, reloads, resumption, the journal, the counters.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::site::{BILLING, POLICY, Site, now};
use countersign::{
    Decision, ErrorKind, JournalEntry, Particulars, Reason, UnixTime, Verdict, Verifier,
};
use countersign_testkit::forge::{Leaf, NOW};

fn later(seconds: i64) -> UnixTime {
    UnixTime::from_secs(NOW + seconds)
}

#[test]
fn an_approved_client_is_allowed_by_name_and_rule() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let leaf = site.leaf(BILLING);
    let verdict = verifier.verify(&site.chain(&leaf), now());
    assert_eq!((verdict.decision(), verdict.reason()), (Decision::Allow, Reason::Allowed));
    assert_eq!(verdict.client(), Some("acme-billing"));
    assert_eq!(verdict.rule().as_deref(), Some("uri:spiffe://acme.example/billing"));
    assert_eq!((verdict.chain_index(), verdict.generation()), (None, 1));
    assert_eq!(
        verdict.to_string(),
        "allow allowed acme-billing (uri:spiffe://acme.example/billing)"
    );
}

#[test]
fn whoever_is_not_listed_is_denied_and_told_apart_from_whoever_has_no_path() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let stranger = site.leaf("spiffe://acme.example/other");
    assert_eq!(verifier.verify(&site.chain(&stranger), now()).reason(), Reason::NotListed);
    let own = Leaf::self_signed("client");
    let verdict = verifier.verify(&[&own.certificate], now());
    assert_eq!((verdict.reason(), verdict.chain_index()), (Reason::UnknownIssuer, Some(0)));
    assert_eq!(verifier.verify(&[], now()).reason(), Reason::NoCertificate);
    assert_eq!(verifier.verify(&[b"junk"], now()).reason(), Reason::Malformed);
}

#[test]
fn the_default_verdict_denies() {
    let verdict = Verdict::default();
    assert!(!verdict.is_allowed());
    assert_eq!(
        (verdict.reason(), verdict.client(), verdict.generation()),
        (Reason::Internal, None, 0)
    );
}

#[test]
fn size_limits_hold_before_anything_is_parsed() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let leaf = site.leaf(BILLING);
    let with = |extra: &[&[u8]]| {
        let mut chain = site.chain(&leaf).to_vec();
        chain.extend_from_slice(extra);
        verifier.verify(&chain, now()).reason()
    };
    assert_eq!(with(&[&b"junk"[..]; 14]), Reason::Allowed, "junk beside a good path is ignored");
    assert_eq!(with(&[&b"junk"[..]; 15]), Reason::LimitExceeded);
    let used: usize = site.chain(&leaf).iter().map(|c| c.len()).sum();
    assert_eq!(with(&[&vec![0; 65_536 - used]]), Reason::Allowed);
    assert_eq!(with(&[&vec![0; 65_537 - used]]), Reason::LimitExceeded);
}

#[test]
fn junk_in_place_of_the_intermediate_is_malformed() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let leaf = site.leaf(BILLING);
    let verdict = verifier.verify(&[&leaf.certificate, b"junk"], now());
    assert_eq!((verdict.reason(), verdict.chain_index()), (Reason::Malformed, Some(1)));
}

#[test]
fn the_second_time_is_remembered_and_says_the_same() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let leaf = site.leaf(BILLING);
    let fresh = verifier.verify(&site.chain(&leaf), now());
    let again = verifier.verify(&site.chain(&leaf), now());
    assert!(!fresh.is_cached() && again.is_cached());
    assert_eq!(fresh.to_string(), again.to_string());
    assert_eq!(fresh.binding(), again.binding());
    let metrics = verifier.metrics();
    assert_eq!((metrics.chain_hits(), metrics.chain_misses()), (1, 1));
    assert_eq!(metrics.decisions(Reason::Allowed), 2);
}

#[test]
fn particulars_are_those_of_the_verdict_and_are_counted_alike() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let (leaf, stranger) = (site.leaf(BILLING), site.leaf("spiffe://acme.example/other"));
    let owned = |told: &Particulars<'_>| {
        let (client, rule) = (told.client.to_vec(), told.rule.to_vec());
        (told.reason, client, rule, told.generation, told.is_cached, told.binding.copied())
    };
    for (leaf, hits) in [(&leaf, 3), (&stranger, 0)] {
        let chain = site.chain(leaf);
        let fresh = verifier.verify_with(&chain, now(), owned);
        let again = verifier.verify_with(&chain, now(), owned);
        let verdict = verifier.verify(&chain, now());
        assert_eq!(owned(&verdict.particulars()), again);
        assert_eq!((fresh.4, again.4), (false, hits > 0));
        assert_eq!((fresh.0, &fresh.1, &fresh.2), (again.0, &again.1, &again.2));
        assert_eq!((fresh.3, fresh.5), (again.3, again.5));
        let record = verdict.to_record();
        let recorded = owned(&record.particulars());
        assert_eq!((recorded.0, recorded.1, recorded.2), (again.0, again.1, again.2));
        assert!(verifier.verify_with(&chain, now(), owned).4 == (hits > 0));
    }
    assert_eq!(verifier.verify_with(&[], now(), |told| told.reason), Reason::NoCertificate);
    let metrics = verifier.metrics();
    assert_eq!(metrics.decisions(Reason::Allowed), 4);
    assert_eq!((metrics.chain_hits(), metrics.chain_misses()), (3, 1 + 4));
}

#[test]
fn what_is_remembered_of_a_client_is_counted_with_its_chain() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    let held_under = |id: &str| {
        let verifier = site.verifier(&POLICY.replace("acme-billing", id));
        assert!(verifier.verify(&site.chain(&leaf), now()).is_allowed());
        verifier.footprint().chain_bytes
    };
    assert_eq!(held_under(&"a".repeat(255)) - held_under("a"), 254);
}

#[test]
fn a_refusal_is_never_remembered() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let stranger = site.leaf("spiffe://acme.example/other");
    for _ in 0..3 {
        assert!(!verifier.verify(&site.chain(&stranger), now()).is_cached());
    }
}

#[test]
fn a_remembered_client_still_expires() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let leaf = site.ca.leaf_with("client", |c| {
        c.san([countersign_testkit::forge::GeneralName::uri(BILLING)]).validity(NOW, NOW + 60)
    });
    let at = |t| verifier.verify(&site.chain(&leaf), later(t)).reason();
    assert_eq!(
        [at(0), at(60), at(61), at(0), at(-1)],
        [Reason::Allowed, Reason::Allowed, Reason::Expired, Reason::Allowed, Reason::NotYetValid]
    );
}

#[test]
fn a_reload_takes_effect_at_once_and_a_bad_one_not_at_all() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let leaf = site.leaf(BILLING);
    let reason = || verifier.verify(&site.chain(&leaf), now()).reason();
    assert_eq!(reason(), Reason::Allowed);
    site.write("policy.toml", POLICY.replace("billing\" }", "gone\" }").as_bytes());
    assert_eq!(verifier.reload().unwrap(), 2);
    assert_eq!((verifier.generation(), reason()), (2, Reason::NotListed));
    for bad in ["", "version = 2", "version = 1\n[trust]\nanchors = [\"missing.pem\"]"] {
        site.write("policy.toml", bad.as_bytes());
        verifier.reload().unwrap_err();
        assert_eq!((verifier.generation(), reason()), (2, Reason::NotListed));
    }
    std::fs::remove_file(site.path().join("policy.toml")).unwrap();
    assert_eq!(verifier.reload().unwrap_err().kind(), ErrorKind::Io);
    let metrics = verifier.metrics();
    assert_eq!((metrics.reloads(), metrics.failed_reloads()), (1, 4));
    site.write("policy.toml", POLICY.as_bytes());
    verifier.reload().unwrap();
    assert_eq!((verifier.generation(), reason()), (3, Reason::Allowed));
}

#[test]
fn readers_see_whole_policies_while_others_reload() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let leaf = site.leaf(BILLING);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut last = 0;
                    while !done.load(Ordering::Relaxed) {
                        let verdict = verifier.verify(&site.chain(&leaf), now());
                        // Odd generations know the client, even ones do not.
                        let known = verdict.generation() % 2 == 1;
                        assert_eq!(verdict.is_allowed(), known, "{verdict:?}");
                        assert!(verdict.generation() >= last);
                        last = verdict.generation();
                        let told = |told: &Particulars<'_>| (told.generation, told.reason);
                        let (generation, reason) =
                            verifier.verify_with(&site.chain(&leaf), now(), told);
                        assert_eq!(reason == Reason::Allowed, generation % 2 == 1);
                        assert!(generation >= last, "{generation} after {last}");
                        last = generation;
                    }
                })
            })
            .collect();
        for generation in 2..60 {
            let policy = if generation % 2 == 1 {
                POLICY.to_owned()
            } else {
                POLICY.replace("billing\" }", "gone\" }")
            };
            site.write("policy.toml", policy.as_bytes());
            assert_eq!(verifier.reload().unwrap(), generation);
        }
        done.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

#[test]
fn a_resumed_session_is_judged_by_the_policy_in_force() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let leaf = site.leaf(BILLING);
    let binding = verifier.verify(&site.chain(&leaf), now()).binding().copied().unwrap();
    let resume = |at| {
        let verdict = verifier.reauthorize(&leaf.certificate, binding.as_bytes(), at);
        (verdict.reason(), verdict.client_id(), verdict.rule())
    };
    let fresh = verifier.verify(&site.chain(&leaf), now());
    assert_eq!(resume(now()), (fresh.reason(), fresh.client_id(), fresh.rule()));
    assert_eq!(resume(UnixTime::MAX).0, Reason::SessionStale, "past the certificates' time");
    site.write("policy.toml", POLICY.replace("billing\" }", "gone\" }").as_bytes());
    verifier.reload().unwrap();
    assert_eq!(resume(now()).0, Reason::NotListed, "no longer approved");
    let other = countersign_testkit::forge::Authority::root("other");
    site.write(
        "ca.pem",
        countersign_testkit::forge::certificates_pem([&other.certificate]).as_bytes(),
    );
    site.write("policy.toml", POLICY.as_bytes());
    verifier.reload().unwrap();
    assert_eq!(resume(now()).0, Reason::SessionStale, "other trust: authenticate afresh");
}

#[test]
fn a_binding_that_is_none_is_stale_and_never_an_identity() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let leaf = site.leaf(BILLING);
    let good = *verifier.verify(&site.chain(&leaf), now()).binding().unwrap().as_bytes();
    for bytes in [&[][..], &good[..63], &[0; 64], &[good.as_slice(), &[0]].concat()] {
        let verdict = verifier.reauthorize(&leaf.certificate, bytes, now());
        assert_eq!(verdict.reason(), Reason::SessionStale);
    }
    assert!(verifier.verify(&[], now()).binding().is_none(), "a deny has no binding");
}

#[test]
fn the_journal_sees_every_decision() {
    type Seen = Vec<(Reason, Option<String>, bool, Option<[u8; 32]>)>;
    let seen = Arc::new(Mutex::new(Seen::new()));
    let sink = Arc::clone(&seen);
    let journal = move |entry: &JournalEntry<'_>| {
        let v = entry.verdict;
        let row = (v.reason(), v.client_id(), v.is_cached(), entry.leaf_sha256);
        sink.lock().unwrap().push(row);
    };
    let site = Site::new();
    let verifier = Verifier::builder_from_toml(POLICY, site.path())
        .journal(Arc::new(journal))
        .build()
        .unwrap();
    let leaf = site.leaf(BILLING);
    verifier.verify(&site.chain(&leaf), now());
    verifier.verify(&site.chain(&leaf), now());
    verifier.verify(&[], now());
    let digest = Some(countersign_testkit::forge::sha256(&leaf.certificate));
    let client = Some("acme-billing".to_owned());
    assert_eq!(
        *seen.lock().unwrap(),
        [
            (Reason::Allowed, client.clone(), false, digest),
            (Reason::Allowed, client, true, digest),
            (Reason::NoCertificate, None, false, None),
        ]
    );
}

#[test]
fn audit_mode_lets_a_valid_path_through_and_says_what_enforcement_would() {
    let site = Site::new();
    let verifier = site.verifier(&POLICY.replace("version = 1", "version = 1\nmode = \"audit\""));
    let stranger = site.leaf("spiffe://acme.example/other");
    let verdict = verifier.verify(&site.chain(&stranger), now());
    assert_eq!((verdict.decision(), verdict.reason()), (Decision::Allow, Reason::AllowedAudit));
    assert_eq!(verdict.audit_reason(), Some(Reason::NotListed));
    let own = Leaf::self_signed("client");
    assert!(!verifier.verify(&[&own.certificate], now()).is_allowed(), "a path is always needed");
}

#[test]
fn audit_mode_needs_a_pin_in_force_where_there_is_no_path() {
    let site = Site::new();
    let own = Leaf::self_signed("till");
    let pin: String = own.key.spki_sha256().iter().map(|b| format!("{b:02x}")).collect();
    let policy = |until: &str| {
        format!(
            "version = 1\nmode = \"audit\"\n[[client]]\nid = \"till\"\ntrust = \"pinned\"\n\
             not_after = {until}\nmatch = [ {{ spki_sha256 = \"{pin}\" }} ]\n"
        )
    };
    let reason = |until| site.verifier(&policy(until)).verify(&[&own.certificate], now()).reason();
    assert_eq!(reason("2026-12-31T00:00:00Z"), Reason::Allowed);
    assert_eq!(reason("2026-01-01T00:00:00Z"), Reason::ApprovalExpired);
}

#[test]
fn under_issued_a_path_is_enough_but_a_deny_rule_still_holds() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    let pin = countersign_testkit::forge::sha256(leaf.key.spki());
    let hex: String = pin.iter().map(|b| format!("{b:02x}")).collect();
    let issued = "version = 1\nadmit = \"issued\"\n[trust]\nanchors = [\"ca.pem\"]\n";
    let verdict = site.verifier(issued).verify(&site.chain(&leaf), now());
    assert_eq!((verdict.reason(), verdict.client()), (Reason::Allowed, None));
    assert_eq!(verdict.rule().as_deref(), Some("issued"));
    let denied = format!("{issued}[[deny]]\nmatch = [ {{ spki_sha256 = \"{hex}\" }} ]\n");
    let verdict = site.verifier(&denied).verify(&site.chain(&leaf), now());
    assert_eq!(verdict.reason(), Reason::Denied);
    assert_eq!(verdict.rule(), Some(format!("spki_sha256:{hex}")));
}
