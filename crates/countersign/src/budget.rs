//! A work budget: what one unauthenticated peer can make us spend, counted before it is spent.

/// What a decision may still cost, in modelled nanoseconds of CPU.
///
/// Every step that a peer can multiply (a signature, a name comparison, a step of the search)
/// is charged before it is done, at a price measured on the machine class this is built for. The
/// prices are next to the work they stand for.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    remaining_ns: u64,
}

/// The budget does not cover the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OverBudget;

impl Budget {
    pub(crate) const fn new(ns: u64) -> Self {
        Self { remaining_ns: ns }
    }

    /// How many steps at this price it covers.
    pub(crate) const fn covers(&self, ns: u64) -> u64 {
        self.remaining_ns / ns
    }

    /// Takes `ns` from the budget, or nothing where it holds less.
    #[inline]
    pub(crate) fn charge(&mut self, ns: u64) -> Result<(), OverBudget> {
        let Some(remaining) = self.remaining_ns.checked_sub(ns) else {
            core::hint::cold_path();
            return Err(OverBudget);
        };
        self.remaining_ns = remaining;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_is_not_covered_takes_nothing() {
        let mut budget = Budget::new(10);
        assert_eq!(budget.charge(7), Ok(()));
        assert_eq!(budget.charge(4), Err(OverBudget));
        assert_eq!((budget.covers(3), budget.covers(2), budget.covers(4)), (1, 1, 0));
        assert_eq!(budget.charge(3), Ok(()));
        assert_eq!(budget.charge(1), Err(OverBudget));
    }
}
