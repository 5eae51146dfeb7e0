//! `conformance/exceptions.toml`: the cases whose answer we differ on, each with why.

use std::collections::BTreeMap;
use std::io;

use serde::Deserialize;

use super::paths::Suite;

/// Where the file stands in this package.
const FILE: &str = "conformance/exceptions.toml";

/// What a difference may rest on; nothing else is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ground {
    /// A rule of the public web PKI that a private client CA does not follow.
    PublicWeb,
    /// A security choice of ours.
    Security,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Accept,
    Reject,
}

/// Our answer to one case, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    case: String,
    answer: Answer,
    ground: Ground,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    exception: Vec<Exception>,
}

/// All exceptions, by case.
pub(super) struct Exceptions(BTreeMap<String, Exception>);

impl Exceptions {
    pub(super) fn load() -> io::Result<Self> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        Self::parse(&std::fs::read_to_string(path)?)
    }

    fn parse(text: &str) -> io::Result<Self> {
        let wrong = |what: String| io::Error::other(format!("{FILE}: {what}"));
        let document: Document = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let mut by_case = BTreeMap::new();
        for exception in document.exception {
            if exception.reason.trim().is_empty() || exception.reason.contains('\n') {
                return Err(wrong(format!("{}: a reason is one line", exception.case)));
            }
            if let Some(twice) = by_case.insert(exception.case.clone(), exception) {
                return Err(wrong(format!("{} is listed twice", twice.case)));
            }
        }
        Ok(Self(by_case))
    }

    /// What the difference between `accepted` and `expected` in a case rests on, `None` where
    /// there is none; an error where the file says otherwise.
    pub(super) fn judge(
        &self,
        case: &str,
        expected: bool,
        accepted: bool,
    ) -> Result<Option<Ground>, String> {
        let differs = expected != accepted;
        let answer = if accepted { Answer::Accept } else { Answer::Reject };
        match self.0.get(case) {
            None if !differs => Ok(None),
            None => Err(format!("{case}: {answer:?}ed, and no exception says so")),
            Some(_) if !differs => Err(format!("{case}: is as expected, but listed as different")),
            Some(listed) if listed.answer == answer => Ok(Some(listed.ground)),
            Some(listed) => Err(format!("{case}: listed as {:?}, was {answer:?}", listed.answer)),
        }
    }

    /// Complaints about exceptions for cases that no suite has.
    pub(super) fn of_unknown_cases(&self, suites: &[Suite]) -> Vec<String> {
        let unknown = self.0.keys().filter(|case| !suites.iter().any(|suite| suite.has(case)));
        unknown.map(|case| format!("{case}: listed in {FILE}, but in no suite")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[[exception]]\ncase = 'a::b'\nanswer = 'accept'\nground = 'public-web'\n";

    fn one() -> Exceptions {
        Exceptions::parse(&format!("{ONE}reason = 'why'")).unwrap()
    }

    #[test]
    fn an_unexpected_pass_fails_like_an_unexpected_failure() {
        assert_eq!(one().judge("a::b", false, true), Ok(Some(Ground::PublicWeb)));
        assert!(one().judge("a::b", false, false).is_err());
        assert!(one().judge("a::b", true, false).is_err(), "the other way about");
        assert_eq!(one().judge("a::c", true, true), Ok(None));
        assert!(one().judge("a::c", true, false).is_err());
        assert_eq!(one().of_unknown_cases(&[]).len(), 1);
    }

    #[test]
    fn an_exception_has_a_ground_and_a_reason_of_one_line() {
        for wrong in ["", "reason = ' '", "reason = \"two\\nlines\"", "reason = 'x'\nmore = 1"] {
            assert!(Exceptions::parse(&format!("{ONE}{wrong}")).is_err(), "{wrong}");
        }
        let other = ONE.replace("public-web", "convenience");
        assert!(Exceptions::parse(&format!("{other}reason = 'x'")).is_err());
        assert!(Exceptions::parse(&format!("{ONE}reason = 'x'\n{ONE}reason = 'x'")).is_err());
    }
}
