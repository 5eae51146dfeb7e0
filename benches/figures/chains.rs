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
fn targets(chain: Chain) -> &'static [Target] {
    const LIMIT: &str = "its raw operations";
    match chain {
        Chain::P256 => &[Target { name: LIMIT, bound: 1.03, gap: "" }],
        Chain::Rsa2048 => &[Target { name: LIMIT, bound: 0.92, gap: "" }],
        Chain::Ed25519 => &[],
    }
}
