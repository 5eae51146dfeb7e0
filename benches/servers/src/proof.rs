//! Whether a server does what it is measured for: one that lets in whom it should not has no row.

use countersign_load::{Crowd, Identity, Kind};

use crate::rounds::{Lane, plan, roots};
use crate::site::Site;
use crate::situation::{Crls, Situation};

/// Shows that the server lets an approved client in, and nobody else: no stranger, nobody without
/// a certificate, no revoked client where there is a CRL, and with a policy nobody who is not
/// listed.
pub(crate) fn prove(lane: &Lane, situation: &Situation, site: &Site) -> Result<(), String> {
    let plan = plan(lane.contestant, situation, &lane.server, Kind::Full, 1);
    let ask = |who: &Identity| {
        let who = std::slice::from_ref(who);
        let crowd = Crowd::new(plan.clone(), roots(site)?, who);
        Ok::<_, String>(crowd.map_err(|misuse| misuse.to_string())?.once())
    };
    ask(&site.regulars[0])?.map_err(|failure| format!("an approved client: {failure}"))?;
    let mut others = vec![
        ("a stranger", &site.stranger),
        ("a client without a certificate", &Identity::ANONYMOUS),
    ];
    if situation.crls == Crls::Large {
        others.push(("a revoked client", &site.revoked));
    }
    if lane.contestant.is_ours() {
        others.push(("a client that is not listed", &site.unlisted));
    }
    for (who, identity) in others {
        match ask(identity)? {
            Err(failure) if failure.is_refusal() => (),
            Err(failure) => return Err(format!("{who}: {failure}")),
            Ok(_) => return Err(format!("{who} was let in")),
        }
    }
    Ok(())
}
