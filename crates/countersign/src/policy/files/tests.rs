use std::fs;
use std::io::Write as _;

use countersign_testkit::PolicyDir;

use super::*;

fn read(part: Part, path: &Path) -> (Reading, Result<Vec<u8>, Error>) {
    let mut reading = Reading::new();
    let bytes = reading.whole(part, path);
    (reading, bytes)
}

#[test]
fn a_file_is_looked_at_before_it_is_read() {
    let folder = PolicyDir::new();
    let path = folder.write("list", "before");
    let before = Seen::of(&fs::metadata(&path).unwrap());
    let mut reading = Reading::new();
    let length = reading.stream(Part::Clients, &path, |list| {
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b", during").unwrap();
        let mut bytes = Vec::new();
        list.read_to_end(&mut bytes).map_err(|e| Error::io(&path, e))?;
        Ok(bytes.len())
    });
    assert_eq!(length.unwrap(), 14);
    let mut files = reading.into_files();
    assert!(files.only().is_like(&before));
    assert_eq!(files.drift(), Drift::Changed);
}

/// In no way in which it could be another time's file: what cannot be looked at is said to have changed.
#[cfg(unix)]
#[test]
fn a_file_in_whose_place_there_is_nothing_to_be_opened_has_changed() {
    let folder = PolicyDir::new();
    let path = folder.write("list", "before");
    let mut files = read(Part::Clients, &path).0.into_files();
    assert_eq!(files.drift(), Drift::None);
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&path, &path).unwrap();
    assert_eq!(files.drift(), Drift::Changed, "a link to itself");
}

#[test]
fn files_of_the_same_size_and_time_are_told_apart() {
    let folder = PolicyDir::new();
    let [one, two] = ["one", "two"].map(|name| folder.write(name, name));
    let time = fs::metadata(&one).unwrap().modified().unwrap();
    File::options().write(true).open(&two).unwrap().set_modified(time).unwrap();
    let [one, two] = [one, two].map(|path| Seen::of(&fs::metadata(path).unwrap()));
    assert!(one.is_like(&one) && !one.is_like(&two));
}

#[test]
fn a_time_of_modification_that_was_set_back_hides_nothing() {
    let folder = PolicyDir::new();
    let path = folder.write("list", "before");
    let before = fs::metadata(&path).unwrap();
    // The clock of the file system must tick in between.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let mut file = File::options().write(true).open(&path).unwrap();
    file.write_all(b"behind").unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    let after = file.metadata().unwrap();
    assert_eq!(after.modified().unwrap(), before.modified().unwrap());
    assert!(!Seen::of(&after).is_like(&Seen::of(&before)));
}

#[test]
fn a_file_that_was_written_lately_is_known_by_its_bytes() {
    let folder = PolicyDir::new();
    let path = folder.write("list", "now");
    let Seen::There { stamp, .. } = Seen::of(&fs::metadata(&path).unwrap()) else { panic!() };
    let drift = |is_settled, bytes: Option<&str>| {
        let content = bytes.map(|bytes| sha256(bytes.as_bytes()));
        let mut files = FilesSeen::default();
        files.push(&path, Seen::There { stamp, is_settled, content });
        files.drift()
    };
    // Before, within one tick of the file system's clock.
    assert_eq!(drift(false, Some("old")), Drift::Changed);
    assert_eq!(drift(false, Some("now")), Drift::None);
    assert_eq!(drift(false, None), Drift::Unknown);
    assert_eq!(drift(true, Some("old")), Drift::None, "it costs a stat and no more");
}

#[test]
fn the_digest_is_over_kind_length_and_bytes_of_each_piece() {
    let folder = PolicyDir::new();
    let path = folder.write("policy", "abc");
    let (reading, bytes) = read(Part::Policy, &path);
    assert_eq!(bytes.unwrap(), b"abc");
    let mut expected = b"countersign policy v1\x01\0\0\0\0\0\0\0\x03".to_vec();
    expected.extend(sha256(b"abc"));
    assert_eq!(reading.digest(), sha256(&expected));
    let mut from_memory = Reading::new();
    from_memory.add(Part::Policy, b"abc");
    assert_eq!(from_memory.digest(), reading.digest());
    let (as_anchors, _) = read(Part::Anchors, &path);
    assert_ne!(as_anchors.digest(), reading.digest());
}
