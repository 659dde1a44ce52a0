//! What the rules on asynchronous code share.

pub mod done;
pub mod given;
pub mod loops;
pub mod rejected;
pub mod returned;
pub mod settled;
pub mod statements;
pub mod taken;
pub mod told;
pub mod waited;
