//! A chain that nobody has seen before, verified: ours - with its policy - beside the raw signatures
//! and all others, from the same bytes.
#![forbid(unsafe_code)]

use countersign_benches::contest::{
    Chain, Countersign, Failure, InProcess, Material, Target, Task, compare, cores, field, pin,
};
use countersign_benches::figure::Said;

/// In a turn.
const CHAINS: usize = 40;

fn main() -> Result<(), Failure> {
    if !pin(cores().last().copied().unwrap_or_default()) {
        println!("not pinned to a core: expect wider spreads");
    }
    let material = Material::new(0);
    let mut ours = InProcess::new(Countersign, &material);
    let mut field = field(&material)?;
    let mut said = Said::default();
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
