//! Loading a CRL of a million entries, and a policy without one.

use countersign_benches::contest::Failure;
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_benches::loaded::Loaded;
use countersign_benches::series::median;
use countersign_benches::{allocations, crls, effort, measure};
use countersign_testkit::PolicyDir;
use countersign_testkit::forge::Authority;
use webpki::OwnedCertRevocationList;

const POLICY: &str = "version = 1\nadmit = \"issued\"\n[trust]\nanchors = [\"ca.pem\"]\n";

/// How rustls has its CRLs.
const WEBPKI: &str = "rustls-webpki, owned CRL: its signature is verified at each use";

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let root = Authority::seeded_root("root");
    let folder = PolicyDir::new();
    folder.write_certificates("ca.pem", [&root.certificate]);
    let small: Vec<f64> = (0..101).map(|_| Loaded::new(POLICY, &folder).time).collect();
    let what = "load one of an anchor and no list";
    let group = "Policy: loading and holding lists";
    said.say(&Figure::new(group, what, Unit::Time, median(small)));

    let entries = effort::entries(1_000_000, 100_000);
    let crl = crls::signed(&root, entries);
    let der_bytes = crl.len() as f64;
    folder.write("ca.crl", &crl);
    let without = Loaded::new(POLICY, &folder);
    let loaded = Loaded::new(&format!("{POLICY}crls = [\"ca.crl\"]\n"), &folder);

    let load = || OwnedCertRevocationList::from_der(&crl).expect("a CRL");
    let mut timed = None;
    let webpki_ns = measure::once_ns(|| timed = Some(load()));
    drop(timed);
    let (_webpki, holds) = allocations::counted(load);
    let webpki_bytes = holds.held as f64;

    let group = format!("CRL of {entries} entries, {:.1} MB of DER", der_bytes / 1e6);
    let what = "load: read, signature verified, indexed";
    let figure = Figure::new(&group, what, Unit::Time, loaded.time).goal(1e9);
    said.say(&figure.beside(Against::Peer, WEBPKI, webpki_ns, loaded.time / webpki_ns));
    let [ours, its] = [loaded.bytes - without.bytes, webpki_bytes].map(|bytes| bytes / der_bytes);
    let figure = Figure::new(&group, "hold it, to its DER", Unit::Ratio, ours).goal(1.5);
    said.say(&figure.beside(Against::Peer, WEBPKI, its, ours / its));
    let peak = loaded.peak_bytes / der_bytes;
    said.say(&Figure::new(&group, "held at once while loading, to its DER", Unit::Ratio, peak));
    Ok(())
}
