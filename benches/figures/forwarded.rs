//! A certificate in headers: written, stripped, read, signed, checked, judged.

use std::hint::black_box;

use aws_lc_rs::hmac;
use countersign::forwarded::Family;
use countersign_benches::contest::Failure;
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_benches::measure;
use countersign_benches::relayed::Relayed;
use countersign_benches::series::Series;

const FORWARDED: &str = "Forwarded certificate: P-256 leaf and intermediate";

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let relayed = Relayed::new();
    for (certificates, what) in [(1, "write Client-Cert"), (2, "write Client-Cert and its chain")] {
        let [ours, limit] = measure::in_turns([&mut || relayed.produce(certificates), &mut || {
            relayed.encode(certificates);
        }]);
        say(said, what, &ours, "base64 of the same", &limit);
    }
    let stripped = measure::least_ns(|| relayed.strip());
    said.say(&Figure::new(FORWARDED, "strip twenty headers", Unit::Time, stripped));
    for (family, name) in [
        (Family::rfc9440(), "RFC 9440"),
        (Family::xfcc(1)?, "Envoy's, leaf twice"),
        (Family::nginx(), "nginx's, leaf alone"),
    ] {
        let lines = relayed.lines(&family);
        let [ours, limit] = measure::in_turns([&mut || lines.read(), &mut || lines.decode()]);
        let what = format!("read {name}, {} bytes", lines.bytes());
        say(said, &what, &ours, "base64 of the same", &limit);
    }
    signatures(&relayed, said);
    let lines = relayed.lines(&Family::rfc9440());
    let [ours, limit] = measure::in_turns([&mut || relayed.judge(&lines), &mut || lines.decode()]);
    say(said, "from unsigned headers to a warm verdict", &ours, "base64 of the same", &limit);
    Ok(())
}

/// A signature counts once: what checking takes is what is beyond signing.
fn signatures(relayed: &Relayed, said: &mut Said) {
    let base = relayed.signature_base();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
    let mut sign = relayed.signing();
    let [ours, limit] = measure::in_turns([&mut sign, &mut || {
        black_box(hmac::sign(&key, black_box(&base)));
    }]);
    let what = format!("sign, hmac-sha256, {} bytes", base.len());
    say(said, &what, &ours, "HMAC of the same", &limit);
    for (with_verdict, what) in
        [(false, "read and check"), (true, "from signed headers to a warm verdict")]
    {
        let [signed, checked, limit] = measure::in_turns([
            &mut || drop(black_box(relayed.sign())),
            &mut || relayed.check(with_verdict),
            &mut || {
                black_box(hmac::sign(&key, black_box(&base)));
            },
        ]);
        let ours = checked.beside(&signed, |both, sign| both - sign);
        say(said, what, &ours, "HMAC of the same", &limit);
    }
}

fn say(said: &mut Said, what: &str, ours: &Series, who: &str, limit: &Series) {
    let figure = Figure::new(FORWARDED, what, Unit::Time, ours);
    said.say(&figure.beside(Against::Limit, who, limit, ours.ratio(limit)));
}
