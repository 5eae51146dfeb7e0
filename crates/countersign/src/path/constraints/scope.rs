//! One set of constraints: the nameConstraints of one CA, ready to judge names.

use arrayvec::ArrayVec;

use super::index::{Index, Sides};
use super::subtree::{Side, compare_ns, contains};
use super::{Found, Presented};
use crate::budget::{Budget, OverBudget};
use crate::cert::{NameConstraints, Subtree, kind};

/// Up to so many subtrees are compared one by one; more are indexed. Comparing costs about what
/// the index costs to ask at this number, and real CAs state fewer.
const FEW: usize = 16;

/// Reading one subtree, measured with `NAME_NS`: 30 to 35 ns.
const SUBTREE_NS: u64 = 40;
pub(super) struct Scope<'a> {
    permitted: Kinds,
    constrained: Kinds,
    subtrees: Subtrees<'a>,
}

#[expect(clippy::large_enum_variant, reason = "few subtrees are the rule, and need no allocation")]
enum Subtrees<'a> {
    Few(ArrayVec<(Side, Subtree<'a>), FEW>),
    Many(Box<Index<'a>>),
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        constraints: NameConstraints<'a>,
        budget: &mut Budget,
    ) -> Result<Self, OverBudget> {
        let mut scope = Self {
            permitted: Kinds::NONE,
            constrained: Kinds::NONE,
            subtrees: Subtrees::Few(ArrayVec::new()),
        };
        let permitted = constraints.permitted().map(|subtree| (Side::Permitted, subtree));
        let excluded = constraints.excluded().map(|subtree| (Side::Excluded, subtree));
        for (side, subtree) in permitted.chain(excluded) {
            budget.charge(SUBTREE_NS)?;
            scope.add(side, subtree, constraints.der_len(), budget)?;
        }
        if let Subtrees::Many(index) = &mut scope.subtrees {
            index.seal();
        }
        Ok(scope)
    }

    fn add(
        &mut self,
        side: Side,
        subtree: Subtree<'a>,
        all_octets: usize,
        budget: &mut Budget,
    ) -> Result<(), OverBudget> {
        let kind = kind_of(&subtree);
        self.constrained.insert(kind);
        if side == Side::Permitted {
            self.permitted.insert(kind);
        }
        match &mut self.subtrees {
            Subtrees::Few(few) if !few.is_full() => few.push((side, subtree)),
            Subtrees::Few(few) => {
                let mut index = Box::new(Index::with_room_for(all_octets, budget));
                for (side, subtree) in few.drain(..) {
                    index.add(side, subtree, budget)?;
                }
                index.add(side, subtree, budget)?;
                self.subtrees = Subtrees::Many(index);
            }
            Subtrees::Many(index) => index.add(side, subtree, budget)?,
        }
        Ok(())
    }

    /// Whether any subtree is of this kind, given by its tag.
    pub(super) const fn constrains(&self, kind: u8) -> bool {
        self.constrained.contains(kind)
    }

    /// Whether these constraints let a CA certify this name.
    pub(super) fn judge(&self, name: &Presented<'_>, budget: &mut Budget) -> Result<(), Found> {
        let kind = name.kind();
        if !self.constrains(kind) {
            return Ok(());
        }
        if let Presented::Opaque(_) = name {
            // "implementations MUST either process this constraint or reject the certificate"
            return Err(Found::violation("name constraints: a name that cannot be compared"));
        }
        let sides = self.find(name, budget)?;
        if sides.contains(Side::Excluded) {
            return Err(Found::violation("name constraints: a name is excluded"));
        }
        if self.permitted.contains(kind) && !sides.contains(Side::Permitted) {
            return Err(Found::violation("name constraints: a name is not permitted"));
        }
        Ok(())
    }

    fn find(&self, name: &Presented<'_>, budget: &mut Budget) -> Result<Sides, OverBudget> {
        let few = match &self.subtrees {
            Subtrees::Many(index) => return index.find(name, budget),
            Subtrees::Few(few) => few,
        };
        let mut sides = Sides::NONE;
        for (side, subtree) in few {
            budget.charge(compare_ns(subtree, name))?;
            if contains(*side, subtree, name) {
                sides.insert(*side);
            }
        }
        Ok(sides)
    }
}

/// A set of kinds of names, by tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kinds(u16);

impl Kinds {
    const NONE: Self = Self(0);

    /// The tag numbers of the kinds are 0 to 8.
    const fn bit(kind: u8) -> u16 {
        1 << (kind & 0x0f)
    }

    const fn insert(&mut self, kind: u8) {
        self.0 |= Self::bit(kind);
    }

    const fn contains(self, kind: u8) -> bool {
        self.0 & Self::bit(kind) != 0
    }
}

const fn kind_of(subtree: &Subtree<'_>) -> u8 {
    match subtree {
        Subtree::Dns(_) => kind::DNS,
        Subtree::Email(_) => kind::EMAIL,
        Subtree::Uri(_) => kind::URI,
        Subtree::Ip { .. } => kind::IP,
        Subtree::Directory(_) => kind::DIRECTORY,
        Subtree::Unsupported(tag) => *tag,
    }
}
