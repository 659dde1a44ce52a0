//! What the rules of the group cpu share.

pub mod judged;
pub mod origin;
pub(super) mod rewrite;
