//! The policy: who is approved, who is denied, and what vouches for them.
//!
//! `syntax` reads the text into a `document`, `compile` reads the files it names, `builder` fills
//! the tables of a `matcher`, which then answers for every leaf.

mod builder;
mod compile;
mod digests;
mod document;
mod exact;
mod holds;
mod interner;
mod items;
mod key;
mod label;
mod lists;
mod matcher;
mod probe;
mod ranges;
mod rulebook;
mod search;
mod section;
mod spelling;
mod subject;
mod subjects;
mod syntax;
#[cfg(test)]
mod testing;
mod texts;
mod time;
mod value;

pub(crate) use compile::CompiledPolicy;
pub(crate) use document::{Admit, Mode};
#[cfg(feature = "internal")]
pub(crate) use lists::only as only_list;
pub(crate) use matcher::{
    ClientIndex, ClientRecord, Judgement, Matcher, Outcome as Ruling, RuleRef,
};
