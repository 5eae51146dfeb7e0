//! What must not come in from outside: headers that say who the client is.

use super::family::Family;
use super::field::{FieldName, fold, is_token, trim};
use super::signature::{LABEL, SIGNATURE, SIGNATURE_INPUT};
use super::structured;

/// Which headers of a request a proxy drops before it sets its own: always, also where the client
/// presented no certificate.
///
/// Trailers go through it like headers. Names are compared without case and with `_` as `-`, for
/// there are servers behind that take one for the other. Looking up costs one pass over the name and no
/// allocation.
///
/// ```
/// use countersign::forwarded::Strip;
///
/// let strip = Strip::all();
/// assert!(strip.drops(b"Client_CERT", b"whatever"));
/// assert!(strip.drops(b"Connection", b"close, X-Forwarded-Client-Cert"));
/// assert!(!strip.drops(b"Accept", b"*/*") && !strip.drops(b"Connection", b"close"));
/// ```
#[derive(Clone, Debug)]
pub struct Strip {
    names: Vec<FieldName>,
    /// A power of two of places, at least half of them empty. A name is at the place of its hash or
    /// behind it, before the first empty one.
    table: Vec<Option<(u32, Meaning)>>,
}

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// A family's.
    Forwarded,
    /// `Signature` or `Signature-Input`: a dictionary in which others have their places.
    Signature,
    /// Names headers that the next proxy takes out.
    Connection,
}

/// `Proxy-Connection` never was a standard, and there are proxies that obey it.
const CONNECTION: [&str; 2] = ["connection", "proxy-connection"];

impl Default for Strip {
    fn default() -> Self {
        Self::all()
    }
}

impl Strip {
    /// Drops the headers of every family, under their default names.
    pub fn all() -> Self {
        Self::of(&Family::all())
    }

    /// Drops the headers of these families only. Whatever the servers behind look at has to be among
    /// them.
    pub fn of(families: &[Family]) -> Self {
        let mut strip = Self { names: Vec::new(), table: Vec::new() };
        strip.insert(CONNECTION.map(FieldName::known), Meaning::Connection);
        strip.insert([SIGNATURE, SIGNATURE_INPUT].map(FieldName::known), Meaning::Signature);
        for family in families {
            strip.insert(family.field_names().iter().cloned(), Meaning::Forwarded);
        }
        strip
    }

    /// And those of one more family: one with names of its own.
    #[must_use]
    pub fn and(mut self, family: &Family) -> Self {
        self.insert(family.field_names().iter().cloned(), Meaning::Forwarded);
        self
    }

    fn insert(&mut self, names: impl IntoIterator<Item = FieldName>, meaning: Meaning) {
        let mut all: Vec<(FieldName, Meaning)> = Vec::new();
        for (index, known) in self.table.iter().flatten() {
            all.push((self.names[*index as usize].clone(), *known));
        }
        for name in names {
            let text = name.text().as_bytes();
            // What is in Connection's place stays what it is, whatever an administrator calls his.
            if !all.iter().any(|(known, _)| same(known.text().as_bytes(), text)) {
                all.push((name, meaning));
            }
        }
        self.table = vec![None; (2 * all.len()).next_power_of_two()];
        self.names.clear();
        for (name, meaning) in all {
            let mut place = self.place(name.text().as_bytes());
            while self.table[place].is_some() {
                place = (place + 1) & (self.table.len() - 1);
            }
            self.table[place] = Some((self.names.len() as u32, meaning));
            self.names.push(name);
        }
    }

    /// Where to begin to look for a name: FNV-1a over it as it is compared. Names come from the table's
    /// maker, so that nobody can make them collide; how long a look-up may take does not depend on
    /// the name that is looked for.
    fn place(&self, name: &[u8]) -> usize {
        let mix = |hash: u32, byte: &u8| (hash ^ u32::from(fold(*byte))).wrapping_mul(0x0100_0193);
        let hash = name.iter().fold(0x811c_9dc5, mix);
        (hash ^ hash >> 15) as usize & (self.table.len() - 1)
    }

    fn meaning(&self, name: &[u8]) -> Option<Meaning> {
        if name.len() > crate::limits::FIELD_NAME_BYTES {
            return None;
        }
        let mut place = self.place(name);
        while let Some((index, meaning)) = self.table[place] {
            if same(self.names[index as usize].text().as_bytes(), name) {
                return Some(meaning);
            }
            place = (place + 1) & (self.table.len() - 1);
        }
        None
    }

    /// Whether a header of this name and value must be dropped.
    ///
    /// The value matters for two: a line of `Connection` that names one of ours would have the next
    /// proxy take out what this one sets, and a line of `Signature` or `Signature-Input` is dropped
    /// where our label is in it, or where it cannot be told.
    pub fn drops(&self, name: &[u8], value: &[u8]) -> bool {
        // A blank between name and colon is no part of a name, for those who take it at all.
        let name = trim(name);
        match self.meaning(name) {
            None => false,
            Some(Meaning::Forwarded) => true,
            Some(Meaning::Signature) => {
                let is_itself = !name.contains(&b'_');
                let others = |member: Result<structured::Member<'_>, _>| {
                    member.is_ok_and(|member| member.key != LABEL.as_bytes())
                };
                !is_itself || !structured::dictionary(value).all(others)
            }
            Some(Meaning::Connection) => value.split(|byte| !is_token(*byte)).any(|option| {
                matches!(self.meaning(option), Some(Meaning::Forwarded | Meaning::Signature))
            }),
        }
    }

    /// All names that are looked at, in lower case: for proxies that take a list.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let listed = self.table.iter().flatten();
        let ours = listed.filter(|(_, meaning)| *meaning != Meaning::Connection);
        ours.map(|(index, _)| &**self.names[*index as usize].text())
    }
}

/// Whether two names are one to a server that takes `_` for `-`.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fold(*a) == fold(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_every_family_is_found_and_no_other() {
        let strip = Strip::all();
        for family in Family::all() {
            for name in family.names() {
                assert!(strip.drops(name.as_bytes(), b""), "{name}");
                for other in [format!("{name}x"), format!("x{name}"), name[1..].to_owned()] {
                    let is_ours = strip.names().any(|known| known == other);
                    assert_eq!(strip.drops(other.as_bytes(), b""), is_ours, "{other}");
                }
            }
        }
        assert!(!strip.drops(b"", b"") && !strip.drops(&[b'a'; 10_000], b""));
        assert!(strip.table.len() <= 4 * strip.names.len());
    }

    #[test]
    fn a_name_may_be_as_long_as_the_limit() {
        let long = "x".repeat(crate::limits::FIELD_NAME_BYTES);
        let family = Family::azure_app_service().renamed("X-ARR-ClientCert", &long).unwrap();
        let strip = Strip::all().and(&family);
        assert!(strip.drops(long.as_bytes(), b"") && strip.drops(b"X-ARR-ClientCert", b""));
    }

    #[test]
    fn an_administrators_name_does_not_hide_connection() {
        let family = Family::azure_app_service().renamed("X-ARR-ClientCert", "Connection").unwrap();
        assert!(Strip::of(&[family]).drops(b"Connection", b"signature"));
    }

    #[test]
    fn a_clients_own_signature_passes_and_ours_does_not() {
        let strip = Strip::all();
        for value in
            ["sig1=:AA==:", "sig1=(\"a,countersign=\");k=\"countersign\"", "countersignx=:AA==:"]
        {
            assert!(!strip.drops(b"Signature", value.as_bytes()), "{value}");
        }
        for value in [
            "countersign=:AA==:",
            "sig1=:AA==:, countersign=:AA==:",
            "countersign",
            "",
            "(",
            "Sig=1",
        ] {
            assert!(strip.drops(b"Signature-Input", value.as_bytes()), "{value}");
        }
        assert!(strip.drops(b"Signature_Input", b"sig1=:AA==:"));
    }
}
