//! What a condition comes down to, in either language.

use crate::ir::{Branch, Test};
use smallvec::SmallVec;

/// Conjuncts of one test that are followed.
pub(super) const CONJUNCTS: usize = 4;

/// Nodes of one condition that are looked at: chains of operators nest to the left.
pub(super) const MOST_NODES: usize = 24;

/// Tests and how they come out.
pub(super) type Tests = SmallVec<[(Test, Branch); 2]>;

/// Which tests a condition comes down to.
pub(super) struct Condition {
    /// Where it is true.
    pub holds: Tests,
    /// Where it is false.
    pub fails: Tests,
}
