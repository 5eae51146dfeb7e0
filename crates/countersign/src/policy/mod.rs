//! The policy: who is approved, who is denied, and what vouches for them.
//!
//! `syntax` reads the text into a document whose every part knows its place, `compile` reads the
//! files it names and `lists` the large sets, all through `files`, which knows what they were; what
//! they say goes into the tables of a `matcher`, which then answers for every leaf. `rule` is what
//! all of them mean by a rule.

mod compile;
mod files;
mod lists;
mod matcher;
mod rule;
mod syntax;
#[cfg(test)]
mod testing;

pub(crate) use compile::{CompiledPolicy, Given};
pub(crate) use files::{Drift, FilesSeen, Reading};
#[cfg(feature = "internal")]
pub(crate) use lists::only as only_list;
pub(crate) use matcher::{
    ClientIndex, ClientRecord, Judgement, Matcher, Outcome as Ruling, RuleRef,
};
pub(crate) use syntax::document::{Admit, Mode};
