//! A chain that nobody has seen before, verified: ours - with its policy - beside the raw signatures
//! and all others, from the same bytes.

use countersign_benches::contest::{
    Chain, Countersign, Discipline, Failure, InProcess, Material, Target, Task, compare, field,
};
use countersign_benches::figure::Said;

/// In a turn.
const CHAINS: usize = 40;

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let material = Material::new(0);
    let mut ours = InProcess::new(Countersign, &material);
    let mut field = field(&material, Discipline::Chains)?;
    for chain in Chain::ALL {
        let group = "Cold decision: nothing remembered but the policy";
        let targets = targets(chain);
        said.say(&compare(group, Task::Verify(chain), CHAINS, &mut ours, &mut field, targets)?);
    }
    Ok(())
}

/// Ours keeps the root's key parsed, which pays with RSA.
/// Where the goal of a chain that nobody has seen is missed.
pub(crate) const OF_COLD: &str = "A decision does 3 µs of work besides: it parses two certificates, finds the path, looks into \
    four tables and enters what it found, in memory that the system has to clear first. Where memory is slow, so is \
    that. To remember a client at its second visit only would close it, and cost every second visit its signatures.";

fn targets(chain: Chain) -> &'static [Target] {
    const LIMIT: &str = "its raw operations";
    match chain {
        Chain::P256 => &[Target { name: LIMIT, bound: 1.03, gap: OF_COLD }],
        Chain::Rsa2048 => &[Target { name: LIMIT, bound: 0.92, gap: OF_COLD }],
        Chain::Ed25519 => &[],
    }
}
