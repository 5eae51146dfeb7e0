use super::*;

const NOW: UnixTime = UnixTime::from_secs(1_795_000_000);
const ONE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const TWO: &str = "f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

struct SecretFile(tempfile::TempDir);

impl SecretFile {
    fn new(text: &str) -> Self {
        let file = Self(tempfile::tempdir().unwrap());
        file.write(text);
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("ticket.secret")
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
        self.chmod(0o600);
    }

    #[cfg(unix)]
    fn chmod(&self, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(self.path(), permissions).unwrap();
    }

    #[cfg(not(unix))]
    fn chmod(&self, _: u32) {}

    fn keys(&self) -> TicketKeys {
        TicketKeys::from_file(self.path()).unwrap()
    }
}

fn ticket(keys: &TicketKeys) -> Vec<u8> {
    keys.seal(NOW, &[b"con", b"tents"]).unwrap()
}

fn opens(keys: &TicketKeys, now: UnixTime, ticket: &[u8]) -> bool {
    match keys.open(now, ticket) {
        Some(contents) => {
            assert_eq!(contents, b"contents");
            true
        }
        None => false,
    }
}

#[test]
fn any_node_with_the_secret_opens_the_tickets_of_every_other() {
    let file = SecretFile::new(ONE);
    let (here, there) = (file.keys(), file.keys());
    assert!(opens(&there, NOW, &ticket(&here)));
    assert!(!opens(&TicketKeys::per_process().unwrap(), NOW, &ticket(&here)));
    assert!(!opens(&SecretFile::new(TWO).keys(), NOW, &ticket(&here)));
}

#[test]
fn a_ticket_counts_for_the_accepted_windows_and_not_longer() {
    let file = SecretFile::new(ONE);
    let keys = file.keys().with_windows(Duration::from_secs(600), 3);
    let ticket = ticket(&keys);
    let from_start = |seconds| UnixTime::from_secs(NOW.as_secs().div_euclid(600) * 600 + seconds);
    assert!(opens(&keys, from_start(4 * 600 - 1), &ticket));
    assert!(!opens(&keys, from_start(4 * 600), &ticket));
    // The other node's clock is behind by up to a window.
    assert!(opens(&keys, from_start(-600), &ticket));
    assert!(!opens(&keys, from_start(-601), &ticket));
    assert!(!opens(&keys, UnixTime::MAX, &ticket) && !opens(&keys, UnixTime::MIN, &ticket));
    assert_eq!(keys.lifetime(), Duration::from_secs(1_800));
    let other_length = file.keys().with_windows(Duration::from_secs(601), u32::MAX);
    assert!(!opens(&other_length, NOW, &ticket));
}

#[test]
fn no_byte_of_a_ticket_can_be_changed() {
    let keys = TicketKeys::per_process().unwrap();
    let ticket = ticket(&keys);
    for i in 0..ticket.len() {
        let mut changed = ticket.clone();
        changed[i] ^= 1;
        assert!(!opens(&keys, NOW, &changed), "byte {i}");
        assert!(!opens(&keys, NOW, &ticket[..i]), "{i} bytes");
    }
    assert!(opens(&keys, NOW, &ticket));
}

#[test]
fn a_new_secret_takes_over_without_a_restart() {
    let file = SecretFile::new(ONE);
    let keys = file.keys();
    let old = ticket(&keys);
    file.write(&format!("{TWO}\n{ONE}"));
    keys.reload().unwrap();
    let new = ticket(&keys);
    assert!(opens(&keys, NOW, &old) && opens(&keys, NOW, &new));
    file.write(TWO);
    keys.reload().unwrap();
    assert!(!opens(&keys, NOW, &old) && opens(&keys, NOW, &new));
}

#[test]
fn a_file_that_does_not_load_leaves_the_secrets_in_use() {
    let file = SecretFile::new(ONE);
    let keys = file.keys();
    let old = ticket(&keys);
    file.write("nonsense");
    let error = keys.reload().unwrap_err();
    assert_eq!((error.line(), error.file()), (Some(1), Some(&*file.path())));
    assert!(opens(&keys, NOW, &old));
}

#[test]
#[cfg(unix)]
fn a_secret_that_others_can_get_at_is_refused() {
    let file = SecretFile::new(ONE);
    for mode in [0o640, 0o604, 0o620, 0o610, 0o602, 0o644, 0o666] {
        file.chmod(mode);
        let error = TicketKeys::from_file(file.path()).unwrap_err();
        assert!(error.message().contains(&format!("mode {mode:04o}")), "{error}");
    }
    for mode in [0o600, 0o400] {
        file.chmod(mode);
        file.keys();
    }
    assert!(TicketKeys::from_file(file.0.path()).is_err(), "a folder");
    assert!(TicketKeys::from_file(file.0.path().join("none")).is_err());
}

#[test]
fn keys_that_are_kept_are_bounded() {
    let keys = TicketKeys::per_process().unwrap().with_windows(Duration::from_secs(1), 10_000);
    for i in 0..1_100 {
        keys.seal(NOW.saturating_add(i), &[b"contents"]).unwrap();
    }
    assert_eq!(keys.derived.load().len(), DERIVED_KEYS);
}

/// Two that reload at a time: the one that read the older file must not have the last word.
#[test]
fn a_secret_that_was_rotated_out_stays_out() {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    let file = SecretFile::new(ONE);
    let keys = file.keys();
    let name_in_force = || keys.secrets.load()[0].name;
    let names = [name_in_force(), SecretFile::new(TWO).keys().secrets.load()[0].name];
    let (spare, reloads, is_over) =
        (SecretFile::new(TWO), AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                keys.reload().unwrap();
                reloads.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut came_back = false;
        for round in 1..300 {
            spare.write([ONE, TWO][round % 2]);
            std::fs::rename(spare.path(), file.path()).unwrap();
            keys.reload().unwrap();
            // Until whatever the other was at is done.
            let since = reloads.load(Ordering::Relaxed);
            while reloads.load(Ordering::Relaxed) < since + 2 {
                came_back |= name_in_force() != names[round % 2];
            }
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(!came_back);
    });
}

/// A peer that has seen a ticket can write the fronts of others, each with a key to derive.
#[test]
fn a_handshake_tries_a_few_tickets_only() {
    use crate::engine::ClientAuth;
    use crate::engine::exchange::{Declined, Exchange, during};
    use crate::engine::resumption::{callbacks::Tickets, gate::Gate};
    use rustls::server::ProducesTickets as _;

    let keys = Arc::new(TicketKeys::per_process().unwrap());
    let gate = Gate::new(&[], ClientAuth::Off, None, Duration::from_secs(3_600));
    let tickets = Tickets { gate, keys: Arc::clone(&keys) };
    let name = keys.secrets.load()[0].name;
    let mut exchange = Exchange { now: NOW, ..Exchange::default() };
    for age in 0..20 {
        let window = (keys.window_of(NOW) - age).to_be_bytes();
        let made_up = [&[VERSION][..], &name, &window, &[7; 40]].concat();
        during(&mut exchange, || assert_eq!(tickets.decrypt(&made_up), None));
        assert_eq!(exchange.declined, Some(Declined::Unreadable));
    }
    assert_eq!(keys.derived.load().len(), crate::limits::TICKETS_TRIED as usize);
}
