//! Which entry answers to which server name.

use std::borrow::Cow;
use std::collections::HashMap;

use rustls::pki_types::DnsName;

use crate::error::{Error, ErrorKind};

/// Server names and the entries they lead to, by position.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    exact: HashMap<Box<str>, usize>,
    /// What stands behind `*.`.
    wildcard: HashMap<Box<str>, usize>,
    default: Option<usize>,
}

impl NameTable {
    /// Leads a name, or `*.` and a name, to an entry.
    ///
    /// # Errors
    /// What is no name, and a name that is taken.
    pub(super) fn add(&mut self, pattern: &str, entry: usize) -> Result<(), Error> {
        let (table, name) = match pattern.strip_prefix("*.") {
            Some(parent) => (&mut self.wildcard, parent),
            None => (&mut self.exact, pattern),
        };
        let name = DnsName::try_from(name).map_err(|_| {
            let expected = "write a DNS name in ASCII (IDNs as A-labels), or `*.` and a name";
            Error::new(ErrorKind::Usage, format!("`{pattern}` is no server name: {expected}"))
        })?;
        match table.insert(normal(&name).into(), entry) {
            None => Ok(()),
            Some(_) => {
                let message = format!("two entries for the server name `{pattern}`");
                Err(Error::new(ErrorKind::Usage, message))
            }
        }
    }

    /// Leads every other name, and a hello without one, to an entry.
    ///
    /// # Errors
    /// Another entry is the default already.
    pub(super) fn set_default(&mut self, entry: usize) -> Result<(), Error> {
        match self.default.replace(entry) {
            None => Ok(()),
            Some(_) => Err(Error::new(
                ErrorKind::Usage,
                "two default entries: give all but one of them server names",
            )),
        }
    }

    /// The entry for what a client asked for: the exact name, else a wildcard for its last labels,
    /// else the default. Letter case and one trailing dot make no difference, or a client could
    /// choose by its spelling whose policy it meets (CVE-2026-53622).
    pub(super) fn find(&self, name: Option<&DnsName<'_>>) -> Option<usize> {
        let Some(name) = name else { return self.default };
        let name = normal(name);
        let exact = self.exact.get(&*name);
        let wildcard = || self.wildcard.get(name.split_once('.')?.1);
        let entry = exact.or_else(wildcard);
        entry.copied().or(self.default)
    }
}

/// In lower case, as most names are. A `DnsName` has no trailing dot, however it was written.
fn normal<'n>(name: &'n DnsName<'_>) -> Cow<'n, str> {
    let name = name.as_ref();
    if name.bytes().any(|octet| octet.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table() -> NameTable {
        let mut table = NameTable::default();
        table.add("api.example", 0).unwrap();
        table.add("*.shop.example", 1).unwrap();
        table.add("till.shop.example", 2).unwrap();
        table
    }

    fn find(table: &NameTable, name: &str) -> Option<usize> {
        table.find(Some(&DnsName::try_from(name).unwrap()))
    }

    #[test]
    fn an_exact_name_wins_over_a_wildcard_and_a_wildcard_over_the_default() {
        let mut table = table();
        table.set_default(9).unwrap();
        assert_eq!(find(&table, "api.example"), Some(0));
        assert_eq!(find(&table, "a.shop.example"), Some(1));
        assert_eq!(find(&table, "till.shop.example"), Some(2));
        assert_eq!(find(&table, "shop.example"), Some(9));
        assert_eq!(table.find(None), Some(9));
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let table = table();
        assert_eq!(find(&table, "a.b.shop.example"), None);
        assert_eq!(find(&table, "shop.example"), None);
        assert_eq!(find(&table, "xshop.example"), None);
        assert_eq!(table.find(None), None);
    }

    #[test]
    fn what_is_no_name_or_taken_is_refused() {
        let mut table = table();
        for pattern in
            ["", "*", "*.", "a b", "*.*.example", "a.*.example", "192.0.2.1", "é.example"]
        {
            assert!(table.add(pattern, 7).is_err(), "{pattern}");
        }
        for pattern in ["API.example.", "*.SHOP.example"] {
            let error = table.add(pattern, 7).unwrap_err();
            assert!(error.message().contains("two entries"), "{error}");
        }
        table.set_default(1).unwrap();
        assert!(table.set_default(2).is_err());
    }

    proptest! {
        #[test]
        fn no_spelling_reaches_another_entry(
            name in prop::sample::select(&["api", "till.shop", "a.shop", "b", "a.b.shop"][..]),
            upper in any::<u32>(),
            dot in any::<bool>(),
        ) {
            let name = format!("{name}.example");
            let spelt: String = name
                .char_indices()
                .map(|(i, c)| if upper >> (i % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c })
                .chain(dot.then_some('.'))
                .collect();
            let mut table = table();
            prop_assert_eq!(find(&table, &spelt), find(&table, &name));
            table.set_default(9).unwrap();
            prop_assert_eq!(find(&table, &spelt), find(&table, &name));
        }
    }
}
