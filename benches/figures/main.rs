//! Every figure beside its peers. `cargo bench --package countersign-benches --bench figures` has all
//! of them; names behind `--` have some: handshakes, chains, decisions, parts, forwarded, lists, loading,
//! reloads, worst, instructions.
#![forbid(unsafe_code)]

mod chains;
mod decisions;
mod forwarded;
mod handshakes;
mod instructions;
mod lists;
mod loading;
mod parts;
mod reloads;
mod worst;

use countersign_benches::contest::Failure;
use countersign_benches::figure::Said;
use countersign_benches::pin::on_one_core;

type Figures = fn(&mut Said) -> Result<(), Failure>;

const ALL: [(&str, Figures); 10] = [
    ("handshakes", handshakes::figures),
    ("chains", |said| on_one_core(|| chains::figures(said))),
    ("decisions", decisions::figures),
    ("parts", |said| on_one_core(|| parts::figures(said))),
    ("forwarded", |said| on_one_core(|| forwarded::figures(said))),
    ("lists", lists::figures),
    ("loading", loading::figures),
    ("reloads", reloads::figures),
    ("worst", |said| on_one_core(|| worst::figures(said))),
    ("instructions", instructions::figures),
];

fn main() -> Result<(), Failure> {
    if instructions::is_rerun() {
        return Ok(());
    }
    // cargo says `--bench` to every bench.
    let names: Vec<String> = std::env::args().skip(1).filter(|name| name != "--bench").collect();
    if let Some(other) = names.iter().find(|name| ALL.iter().all(|(known, _)| known != name)) {
        let known = ALL.map(|(name, _)| name).join(", ");
        return Err(format!("there are no figures of {other:?}; there are {known}").into());
    }
    let mut said = Said::default();
    for (name, figures) in ALL {
        if names.is_empty() || names.iter().any(|asked| asked == name) {
            figures(&mut said)?;
        }
    }
    Ok(())
}
