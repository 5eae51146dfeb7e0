//! A suite of path-validation cases, ours beside theirs.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_testkit::vectors::Case;

use super::exceptions::{Exceptions, Ground};
use super::orders::orders;
use super::table::{Differences, Row};
use super::{ours, theirs};

/// A named suite.
pub(super) struct Suite {
    name: &'static str,
    cases: Vec<Case>,
    ids: BTreeSet<String>,
}

impl Suite {
    pub(super) fn new(name: &'static str, cases: Vec<Case>) -> Self {
        let ids = cases.iter().map(|case| case.id.clone()).collect();
        Self { name, cases, ids }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Runs every case; whatever is neither as expected nor as documented goes to `failures`.
    pub(super) fn evaluate(&self, exceptions: &Exceptions, failures: &mut Vec<String>) -> Row {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let mut row = Row {
            suite: self.name,
            cases: self.cases.len(),
            ours: Differences::default(),
            public_web: 0,
            security: 0,
            theirs: Differences::default(),
        };
        for case in &self.cases {
            let accepted = answer(case, now, failures);
            row.ours.count(case.expected, accepted);
            row.theirs.count(case.expected, theirs::accepts(case, now));
            match exceptions.judge(&case.id, case.expected, accepted) {
                Ok(None) => {}
                Ok(Some(Ground::PublicWeb)) => row.public_web += 1,
                Ok(Some(Ground::Security)) => row.security += 1,
                Err(failure) => failures.push(failure),
            }
        }
        row
    }
}

/// Our answer, which must be the same for every order of the CRLs.
fn answer(case: &Case, now: i64, failures: &mut Vec<String>) -> bool {
    let orders = orders(case.crls.len());
    let accepted = orders.iter().filter(|order| ours::accepts(case, now, order)).count();
    if accepted != 0 && accepted != orders.len() {
        let id = &case.id;
        failures.push(format!("{id}: accepted under {accepted} of {} orders", orders.len()));
    }
    accepted != 0
}
