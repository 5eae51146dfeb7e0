//! Scopes, demanded of verdicts under the policy in force.

use countersign::{Reason, VerdictRecord, Verifier};

use crate::site::{BILLING, Site, now};

const SCOPED: &str = r#"
version = 1
[trust]
anchors = ["ca.pem"]
[[client]]
id = "acme-billing"
match = [ { uri = "spiffe://acme.example/billing" } ]
scopes = ["payments", "reports"]
[[client]]
id = "acme-stock"
match = [ { uri = "spiffe://acme.example/stock" } ]
scopes = ["stock"]
"#;

fn verdict(verifier: &Verifier, site: &Site, uri: &str) -> VerdictRecord {
    verifier.verify(&site.chain(&site.leaf(uri)), now()).to_record()
}

fn reason(verifier: &Verifier, verdict: &VerdictRecord, scope: &str) -> Reason {
    let mut verdict = verdict.clone();
    verifier.require_scope(&mut verdict, scope);
    verdict.reason()
}

#[test]
fn a_client_has_the_scopes_of_its_record_and_no_others() {
    let site = Site::new();
    let verifier = site.verifier(SCOPED);
    let billing = verdict(&verifier, &site, BILLING);
    for scope in ["payments", "reports"] {
        assert_eq!(reason(&verifier, &billing, scope), Reason::Allowed, "{scope}");
    }
    for scope in ["stock", "payment", "paymentsx", "Payments", "payments ", "payments\0", ""] {
        assert_eq!(reason(&verifier, &billing, scope), Reason::OutOfScope, "{scope}");
    }
    let stock = verdict(&verifier, &site, "spiffe://acme.example/stock");
    assert_eq!(reason(&verifier, &stock, "stock"), Reason::Allowed);
    assert_eq!(reason(&verifier, &stock, "payments"), Reason::OutOfScope);
    assert_eq!(verifier.metrics().decisions(Reason::OutOfScope), 8);
}

#[test]
fn out_of_scope_says_who_it_was_and_makes_no_session() {
    let site = Site::new();
    let verifier = site.verifier(SCOPED);
    let mut billing = verdict(&verifier, &site, BILLING);
    assert!(billing.binding().is_some());
    verifier.reload().unwrap();
    verifier.require_scope(&mut billing, "stock");
    assert!(!billing.is_allowed() && billing.binding().is_none());
    assert_eq!((billing.client(), billing.generation()), (Some("acme-billing"), 2));
    assert_eq!(billing.rule(), Some("uri:spiffe://acme.example/billing"));
    assert_eq!(billing.detail(), Reason::OutOfScope.describe());
}

#[test]
fn the_policy_in_force_decides_and_not_the_one_that_let_the_client_in() {
    let site = Site::new();
    let verifier = site.verifier(SCOPED);
    let billing = verdict(&verifier, &site, BILLING);
    let reloaded = |policy: &str| {
        site.write("policy.toml", policy.as_bytes());
        verifier.reload().unwrap();
        reason(&verifier, &billing, "payments")
    };
    assert_eq!(reloaded(&SCOPED.replace("\"payments\", ", "")), Reason::OutOfScope);
    assert_eq!(reloaded(SCOPED), Reason::Allowed);
    assert_eq!(reloaded(&SCOPED.replace("acme-billing", "acme-books")), Reason::OutOfScope);
    assert_eq!(reloaded(&SCOPED.replace("scopes", "# scopes")), Reason::OutOfScope);
}

#[test]
fn whoever_has_no_record_has_no_scope() {
    let site = Site::new();
    let other = "spiffe://acme.example/other";
    site.write("clients.txt", format!("uri:{other} from-a-list\n").as_bytes());
    let issued = SCOPED.replacen("version = 1", "version = 1\nadmit = \"issued\"", 1);
    let audit = SCOPED.replacen("version = 1", "version = 1\nmode = \"audit\"", 1);
    let listed = format!("{SCOPED}[lists]\nclients = [\"clients.txt\"]\n");
    for policy in [issued, audit, listed] {
        let verifier = site.verifier(&policy);
        let other = verdict(&verifier, &site, other);
        assert!(other.is_allowed());
        assert_eq!(reason(&verifier, &other, "payments"), Reason::OutOfScope);
        let billing = verdict(&verifier, &site, BILLING);
        assert_eq!(reason(&verifier, &billing, "payments"), Reason::Allowed);
        assert_eq!(reason(&verifier, &billing, "stock"), Reason::OutOfScope);
    }
}

#[test]
fn a_deny_stays_as_it_is() {
    let site = Site::new();
    let verifier = site.verifier(SCOPED);
    for mut denied in [verdict(&verifier, &site, "spiffe://o/x"), VerdictRecord::default()] {
        let before = denied.clone();
        verifier.require_scope(&mut denied, "payments");
        assert_eq!(denied, before);
    }
    assert_eq!(verifier.metrics().decisions(Reason::OutOfScope), 0);
}
