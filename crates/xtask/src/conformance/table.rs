//! The table that is printed.

/// Answers that differ from what a suite expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    pub(super) false_accepts: usize,
    pub(super) false_rejects: usize,
}

impl Differences {
    /// Counts one answer.
    pub(super) fn count(&mut self, expected: bool, accepted: bool) {
        self.false_accepts += usize::from(accepted && !expected);
        self.false_rejects += usize::from(!accepted && expected);
    }
}

/// One suite.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) suite: &'static str,
    pub(super) cases: usize,
    pub(super) ours: Differences,
    /// How many of our differences have a documented reason, by what it rests on.
    pub(super) public_web: usize,
    pub(super) security: usize,
    pub(super) theirs: Differences,
}

pub(super) fn print(rows: &[Row]) {
    println!(
        "                       |       countersign       | of these, by exception |      rustls-webpki"
    );
    println!(
        "suite           cases  | false accepts   rejects | public-web    security | false accepts   rejects"
    );
    for row in rows {
        let Row { suite, cases, ours, public_web, security, theirs } = row;
        println!(
            "{suite:15} {cases:5}  | {:13} {:9} | {public_web:10} {security:11} | {:13} {:9}",
            ours.false_accepts, ours.false_rejects, theirs.false_accepts, theirs.false_rejects,
        );
    }
}
