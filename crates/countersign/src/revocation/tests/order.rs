//! Whatever the CRLs and their order: the verdict is what a plain reading of the rules gives.

use countersign_testkit::forge::distribution_point::IssuingDistributionPoint;
use countersign_testkit::forge::{Extension, RevokedEntry, extension};
use proptest::prelude::*;

use super::*;

/// What one CRL says about the client, by construction.
#[derive(Clone, Copy, Debug)]
struct Facts {
    authentic: bool,
    lists: bool,
    covers: bool,
    fresh: bool,
}

/// How to make one of many CRLs of the CA.
#[derive(Clone, Copy, Debug)]
struct Recipe {
    signer: u8,
    listing: u8,
    flaw: u8,
    update: u8,
}

fn recipe() -> impl Strategy<Value = Recipe> {
    (0u8..4, 0u8..6, 0u8..7, 0u8..5).prop_map(|(signer, listing, flaw, update)| Recipe {
        signer,
        listing,
        flaw,
        update,
    })
}

impl Recipe {
    fn facts(self) -> Facts {
        Facts {
            authentic: self.signer != 0,
            lists: self.listing == 0,
            covers: self.flaw >= 4,
            fresh: self.update >= 3,
        }
    }

    fn der(self, world: &World, stranger: &Key) -> Vec<u8> {
        let serial = || RevokedEntry::of(&world.leaf.certificate);
        let crl = match self.listing {
            0 => world.crl().entry(&serial().reason(1)),
            1 => world.crl().entry(&serial().reason(8)),
            2 => world.crl().revoke(&[0x11]),
            _ => world.crl(),
        };
        let ca_only = IssuingDistributionPoint { only_ca_certificates: true, ..Default::default() };
        let user_only =
            IssuingDistributionPoint { only_user_certificates: true, ..Default::default() };
        let indirect = IssuingDistributionPoint { indirect: true, ..Default::default() };
        let crl = match self.flaw {
            0 => crl.delta_of(1),
            1 => crl.with(Extension::new(extension::id::UNKNOWN, vec![5, 0]).critical()),
            2 => crl.scope(&ca_only),
            3 => crl.scope(&indirect),
            4 => crl.scope(&user_only),
            _ => crl,
        };
        let crl = match self.update {
            0 => crl.this_update(NOW - 900).next_update(NOW - 1),
            1 => crl.this_update(NOW + 900),
            2 => crl.without_next_update(),
            n => crl.next_update(NOW + 100 * i64::from(n)),
        };
        if self.signer == 0 { crl.sign(stranger) } else { world.signed(&crl) }
    }
}

/// The rules, read plainly.
fn expected(facts: &[Facts], settings: Settings) -> Result<(), Reason> {
    let believed = || facts.iter().filter(|f| f.authentic);
    let covered = |stale| believed().any(|f| f.covers && (f.fresh || stale));
    if believed().any(|f| f.lists) {
        Err(Reason::Revoked)
    } else if covered(settings.stale == Stale::Accept) {
        Ok(())
    } else if covered(true) {
        Err(Reason::CrlExpired)
    } else if facts.is_empty() && settings.mode == Mode::IfAvailable {
        Ok(())
    } else {
        Err(Reason::RevocationUnknown)
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    let mode = prop_oneof![Just(Mode::Require), Just(Mode::IfAvailable)];
    let stale = prop_oneof![Just(Stale::Deny), Just(Stale::Accept)];
    (mode, stale).prop_map(|(mode, stale)| Settings { mode, stale })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_order_of_any_crls_gives_the_verdict_that_the_rules_give(
        recipes in proptest::collection::vec(recipe(), 0..4),
        settings in settings(),
    ) {
        let world = World::new();
        let stranger = Key::seeded(KeyKind::P256, "stranger");
        let crls: Vec<_> = recipes.iter().map(|recipe| recipe.der(&world, &stranger)).collect();
        let facts: Vec<_> = recipes.iter().map(|recipe| recipe.facts()).collect();
        let outcome = world.judge(&crls, settings).map(|_| ()).map_err(|(reason, _)| reason);
        prop_assert_eq!(outcome, expected(&facts, settings));
    }

    #[test]
    fn a_verdict_holds_to_the_end_of_its_window(
        recipes in proptest::collection::vec(recipe(), 1..4),
        later in 0i64..1000,
    ) {
        let world = World::new();
        let stranger = Key::seeded(KeyKind::P256, "stranger");
        let mut crls: Vec<_> = recipes.iter().map(|r| r.der(&world, &stranger)).collect();
        crls.push(world.root_crl());
        if let Ok(until) = world.case().judge(&crls, REQUIRE) {
            let then = world.case().judge_at(&crls, REQUIRE, NOW + later);
            prop_assert!(NOW + later > until || then.is_ok(), "{later} of {}", until - NOW);
        }
    }
}

#[test]
fn the_digest_of_a_set_does_not_depend_on_order_or_repetition() {
    let world = World::new();
    let (a, b) = (world.root_crl(), world.signed(&world.crl()));
    let digest = |crls: &[&Vec<u8>]| {
        let mut set = CrlSet::default();
        crls.iter().for_each(|crl| set.add(crl.to_vec()).unwrap());
        (set.digest(), set.len())
    };
    assert_eq!(digest(&[&a, &b]), digest(&[&b, &a, &b]));
    assert_ne!(digest(&[&a]), digest(&[&a, &b]));
}
