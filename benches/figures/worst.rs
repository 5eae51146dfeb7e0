//! The most CPU time that one hostile peer can cost: every chain made to be expensive, and the
//! pathological ones of x509-limbo where the vectors are at hand, with rustls-webpki beside; and
//! every hello made to be expensive, with rustls beside.

use std::time::{Duration, Instant};

use countersign::{UnixTime, Verdict, Verifier, limits};
use countersign_benches::contest::{
    Countersign, Failure, Library, Material, Rustls, Server, Situation,
};
use countersign_benches::effort;
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_benches::quiet::Watch;
use countersign_testkit::PolicyDir;
use countersign_testkit::forge::NOW;
use countersign_testkit::{vectors, worst};
use rustls_pki_types::CertificateDer;
use webpki::{EndEntityCert, KeyUsage};

/// Runs of each; the quickest is closest to the CPU time that the work needs.
const RUNS: usize = 12;

struct Case {
    name: String,
    chain: Vec<Vec<u8>>,
    anchors: Vec<Vec<u8>>,
    crls: Vec<Vec<u8>>,
    time: i64,
}

struct Cost {
    name: String,
    reason: &'static str,
    ours: f64,
    webpki: f64,
}

const WORST: &str = "Worst CPU time that one hostile peer can cost";

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let figures = [chains(), hellos()];
    figures.iter().for_each(|figure| said.say(figure));
    Ok(())
}

fn chains() -> Figure {
    let mut watch = Watch::default();
    let mut costs: Vec<Cost> =
        cases().iter().filter_map(|case| measure(case, &mut watch)).collect();
    costs.sort_by(|a, b| b.ours.total_cmp(&a.ours));
    println!("\nWorst CPU time of one decision, nothing remembered");
    println!("  {:<56}{:>10}{:>12}  reason", "case", "ms", "webpki ms");
    for cost in costs.iter().take(25) {
        let Cost { name, reason, ours, webpki } = cost;
        println!("  {:<56}{ours:>10.3}{webpki:>12.3}  {reason}", shortened(name));
    }
    let worst = costs.first().map_or(0.0, |cost| cost.ours);
    let webpki = costs.iter().map(|cost| cost.webpki).fold(0.0, f64::max);
    figure(
        &format!("the worst of {} chains", costs.len()),
        worst,
        "rustls-webpki, its worst",
        webpki,
    )
}

/// Where the goal is missed.
const OF_THE_WORST: &str = "The work budget is counted in nanoseconds of a processor at its full clock; where it \
    has less, as in this run, all cases take longer alike. Dearer units of work would \
    close it, and refuse more.";

/// From milliseconds.
fn figure(what: &str, ours: f64, who: &str, its: f64) -> Figure {
    Figure::new(WORST, what, Unit::Time, ours * 1e6).goal(2e6).if_missed(OF_THE_WORST).beside(
        Against::Peer,
        who,
        its * 1e6,
        ours / its,
    )
}

/// What a hello costs that nobody has to show anything to send.
fn hellos() -> Figure {
    let material = Material::new(0);
    let server = |library: &dyn Library| {
        library.server(&material, Situation::RESUMED).expect("a configuration that is in order")
    };
    let (ours, rustls) = (server(&Countersign), server(&Rustls::USUAL));
    println!("\nWorst CPU time of one ClientHello");
    println!("  {:<56}{:>10}{:>12}", "full of", "ms", "rustls ms");
    let (mut worst, mut peer, mut watch) = (0.0_f64, 0.0_f64, Watch::default());
    for hello in worst::hellos(limits::HELLO_BYTES, limits::HANDSHAKE_RECORDS as usize) {
        let costs = [&ours, &rustls].map(|server| hearing(&**server, &hello.wire, &mut watch));
        println!("  {:<56}{:>10.3}{:>12.3}", hello.name, costs[0], costs[1]);
        (worst, peer) = (worst.max(costs[0]), peer.max(costs[1]));
    }
    figure("the worst ClientHello", worst, "rustls, its worst", peer)
}

fn hearing(server: &dyn Server, wire: &[u8], watch: &mut Watch) -> f64 {
    least_ms(watch, || {
        let (mut input, mut output) = (wire.to_vec(), Vec::new());
        // Whether it is answered or refused does not matter.
        drop(server.accept().step(&mut input, &mut output));
    })
}

fn shortened(name: &str) -> String {
    name.chars().take(54).collect()
}

fn cases() -> Vec<Case> {
    let made = worst::all().into_iter().map(|case| Case {
        name: case.name,
        chain: case.chain,
        anchors: case.anchors,
        crls: case.crls,
        time: NOW,
    });
    made.chain(published()).collect()
}

fn published() -> Vec<Case> {
    let folder = match vectors::Folder::locate() {
        Ok(folder) => folder,
        Err(absent) => {
            println!("without the pathological cases of x509-limbo: {absent}");
            return Vec::new();
        }
    };
    let limbo = folder.limbo().expect("readable vectors");
    let pathological = limbo.into_iter().filter(|case| case.id.contains("pathological"));
    pathological
        .map(|case| Case {
            name: case.id,
            chain: [vec![case.leaf], case.untrusted].concat(),
            anchors: case.trusted,
            crls: case.crls,
            time: case.time.unwrap_or(NOW),
        })
        .collect()
}

/// A case whose anchors or CRLs no policy would load says so and is left out.
fn measure(case: &Case, watch: &mut Watch) -> Option<Cost> {
    let verifier = match verifier(case) {
        Ok(verifier) => verifier,
        Err(error) => {
            println!("{}: not loaded: {error}", case.name);
            return None;
        }
    };
    let chain: Vec<&[u8]> = case.chain.iter().map(Vec::as_slice).collect();
    let decide = || verifier.verify(&chain, UnixTime::from_secs(case.time));
    let reason = Verdict::reason(&decide()).token();
    Some(Cost {
        name: case.name.clone(),
        reason,
        ours: least_ms(watch, || drop(decide())),
        webpki: least_ms(watch, || webpki(case)),
    })
}

fn verifier(case: &Case) -> Result<Verifier, countersign::Error> {
    let folder = PolicyDir::new();
    folder.write_certificates("ca.pem", &case.anchors);
    let mut crls = Vec::new();
    for (i, crl) in case.crls.iter().enumerate() {
        folder.write(&format!("{i}.crl"), crl);
        crls.push(format!("\"{i}.crl\""));
    }
    let policy = format!(
        "version = 1\nadmit = \"issued\"\n[trust]\nanchors = [\"ca.pem\"]\ncrls = [{}]\n{}",
        crls.join(", "),
        if crls.is_empty() { "revocation = \"off\"\n" } else { "" },
    );
    let builder = Verifier::builder_from_toml(&policy, folder.path());
    builder.chain_cache(0, 0).fact_cache(0).build()
}

fn webpki(case: &Case) {
    let [leaf, others @ ..] = &case.chain[..] else { return };
    let leaf = CertificateDer::from(leaf.as_slice());
    let others: Vec<_> = others.iter().map(|c| CertificateDer::from(c.as_slice())).collect();
    let anchors: Vec<_> = case.anchors.iter().map(|c| CertificateDer::from(c.as_slice())).collect();
    let anchors: Vec<_> =
        anchors.iter().filter_map(|c| webpki::anchor_from_trusted_cert(c).ok()).collect();
    let Ok(leaf) = EndEntityCert::try_from(&leaf) else { return };
    let since = Duration::from_secs(u64::try_from(case.time).unwrap_or(0));
    let time = rustls_pki_types::UnixTime::since_unix_epoch(since);
    let usage = KeyUsage::client_auth();
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let _ = std::hint::black_box(
        leaf.verify_for_usage(algorithms, &anchors, &others, time, usage, None, None).is_ok(),
    );
}

fn least_ms(watch: &mut Watch, mut work: impl FnMut()) -> f64 {
    let once = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e3
    };
    let run = |_| {
        watch.wait();
        once(&mut work)
    };
    (0..effort::rounds(RUNS)).map(run).fold(f64::INFINITY, f64::min)
}
