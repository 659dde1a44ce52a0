//! What the rules of pools, threads and processes share.

pub mod order;
pub mod pools;
pub mod told;
