//! Path building: depth first from the leaf, by name, the most promising issuer first.

use arrayvec::ArrayVec;

use super::signatures::{IssuerId, Signatures};
use super::validate::validate;
use super::{Chosen, Failure, Path, Question};
use crate::budget::{Budget, OverBudget};
use crate::cert::Certificate;
use crate::limits;
use crate::reason::Reason;
use crate::trust::Anchor;

/// Price of looking at one candidate issuer, in ns: two comparisons of short names and a look at
/// the certificate, measured at 30–60 ns. What longer names take comes on top of it.
const STEP_NS: u64 = 60;

/// Octets that are compared in a nanosecond as long as they are the same.
const SAME_OCTETS_PER_NS: u64 = 16;

/// Finds a path that is valid and that `accept` takes.
///
/// Every path that the names allow is tried until one is accepted or the budget ends.
///
/// # Errors
/// The most telling of the failures met.
pub(crate) fn find<'p, 'a, T>(
    question: &Question<'p, 'a>,
    budget: &mut Budget,
    accept: &mut dyn FnMut(&Path<'p, 'a>, &mut Budget) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let signatures = Signatures::new(question.facts);
    let mut search = Search { question, budget, accept, signatures, failure: None };
    let mut chosen = Chosen::new();
    chosen.push(0);
    match search.extend(&mut chosen) {
        Some(found) => Ok(found),
        None => Err(search.failure.unwrap_or(Failure::new(Reason::UnknownIssuer, Some(0), ""))),
    }
}

struct Search<'s, 'p, 'a, T> {
    question: &'s Question<'p, 'a>,
    budget: &'s mut Budget,
    accept: &'s mut dyn FnMut(&Path<'p, 'a>, &mut Budget) -> Result<T, Failure>,
    signatures: Signatures<'s>,
    failure: Option<Failure>,
}

impl<'p, 'a, T> Search<'_, 'p, 'a, T> {
    fn note(&mut self, failure: Failure) {
        Failure::keep_more_telling(&mut self.failure, failure);
    }

    /// Whether the search is over: nothing tells more than a spent budget.
    fn is_spent(&self) -> bool {
        self.failure.is_some_and(|f| f.reason == Reason::LimitExceeded)
    }

    /// Tries every issuer of the last chosen certificate.
    fn extend(&mut self, chosen: &mut Chosen) -> Option<T> {
        let question = self.question;
        let last = usize::from(*chosen.last()?);
        let child = &question.presented[last];
        let mut candidates = Candidates::new();
        self.add_candidates(&child.certificate, chosen, &mut candidates);
        for &(issuer, _) in &candidates {
            let found = match issuer {
                IssuerId::Anchor(id, anchor) => self.complete(chosen, id, anchor),
                IssuerId::Presented(index) => {
                    chosen.push(index);
                    let found = self.extend(chosen);
                    chosen.pop();
                    found
                }
            };
            if found.is_some() || self.is_spent() {
                return found;
            }
        }
        if candidates.is_empty() {
            self.note(Failure::new(Reason::UnknownIssuer, Some(child.position), ""));
        }
        None
    }

    /// Adds the issuers that the child's issuer name allows, best first, to a list too long to be
    /// moved about.
    fn add_candidates(
        &mut self,
        child: &Certificate<'a>,
        chosen: &Chosen,
        found: &mut Candidates<'p>,
    ) {
        if let Err(over) = self.collect(child, chosen, found) {
            self.note(over.into());
        }
        // Stable: among equals anchors come first, then the order of presentation.
        found.sort_by_key(|(_, rank)| *rank);
    }

    fn collect(
        &mut self,
        child: &Certificate<'a>,
        chosen: &Chosen,
        found: &mut Candidates<'p>,
    ) -> Result<(), OverBudget> {
        let question = self.question;
        let issuer = child.issuer();
        self.budget.charge(issuer.hash_ns())?;
        for (id, anchor) in question.trust.named(issuer) {
            self.budget.charge(STEP_NS + anchor.subject().compare_ns(&issuer))?;
            keep(found, IssuerId::Anchor(id, anchor), self.rank_anchor(child, anchor));
        }
        // Index 0 is the leaf, which issues nothing.
        for (index, presented) in question.presented.iter().enumerate().skip(1) {
            if chosen.is_full() {
                break;
            }
            let candidate = &presented.certificate;
            self.budget.charge(STEP_NS)?;
            // Certificate and name would be there twice: see `repeats`.
            if chosen.contains(&(index as u8)) {
                continue;
            }
            self.budget.charge(candidate.subject().compare_ns(&issuer))?;
            if candidate.subject() == issuer && !self.repeats(chosen, candidate)? {
                let rank = self.rank_presented(child, candidate);
                keep(found, IssuerId::Presented(index as u8), rank);
            }
        }
        Ok(())
    }

    /// Whether a name and key are already in the path: passing through them again adds nothing
    /// (RFC 4158 section 2.4.2).
    fn repeats(
        &mut self,
        chosen: &Chosen,
        candidate: &Certificate<'a>,
    ) -> Result<bool, OverBudget> {
        for index in chosen {
            let earlier = &self.question.presented[usize::from(*index)].certificate;
            let (spki, other) = (earlier.spki().der, candidate.spki().der);
            if spki.len() != other.len() {
                continue;
            }
            self.budget.charge(spki.len() as u64 / SAME_OCTETS_PER_NS)?;
            if spki == other {
                self.budget.charge(earlier.subject().compare_ns(&candidate.subject()))?;
                if earlier.subject() == candidate.subject() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn rank_anchor(&self, child: &Certificate<'_>, anchor: &Anchor) -> u8 {
        let usable = anchor.validity().contains(self.question.now)
            && anchor.basic_constraints().is_none_or(|b| b.ca);
        rank(usable, child.authority_key_id(), anchor.subject_key_id())
    }

    fn rank_presented(&self, child: &Certificate<'_>, issuer: &Certificate<'_>) -> u8 {
        let usable = issuer.validity().contains(self.question.now) && issuer.is_ca();
        rank(usable, child.authority_key_id(), issuer.subject_key_id())
    }

    fn complete(&mut self, chosen: &Chosen, id: u32, anchor: &'p Anchor) -> Option<T> {
        let path = validate(self.question, chosen, (id, anchor), &mut self.signatures, self.budget);
        let judged = path.and_then(|path| (self.accept)(&path, self.budget));
        judged.map_err(|failure| self.note(failure)).ok()
    }
}

/// Most issuers considered for one certificate: every presented one, and more anchors of one
/// name than anyone rolls over at a time.
const CANDIDATES: usize = limits::SEARCHED_CERTIFICATES + 16;

/// Issuers to try, each with its rank.
type Candidates<'p> = ArrayVec<(IssuerId<'p>, u8), CANDIDATES>;

/// Adds a candidate. A full list gives up its worst for a better one, so that one CA among very
/// many of one name is still found by its key identifier.
fn keep<'p>(found: &mut Candidates<'p>, issuer: IssuerId<'p>, rank: u8) {
    let Err(full) = found.try_push((issuer, rank)) else { return };
    let worst = found.iter_mut().max_by_key(|(_, rank)| *rank);
    if let Some(worst) = worst.filter(|(_, worst)| rank < *worst) {
        *worst = full.element();
    }
}

/// Usable before unusable; then a matching key identifier before none before another. A key
/// identifier orders, it never decides (RFC 4158 section 3.5.12).
fn rank(usable: bool, wanted: Option<&[u8]>, has: Option<&[u8]>) -> u8 {
    let key_id = match (wanted, has) {
        (Some(wanted), Some(has)) if wanted == has => 0,
        (Some(_), Some(_)) => 2,
        _ => 1,
    };
    key_id + if usable { 0 } else { 4 }
}
