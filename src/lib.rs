//! Loopwarden finds the code that stalls an event loop or wastes threads under the GIL.
pub mod base;
pub mod finding;
pub mod ir;
pub mod lang;
