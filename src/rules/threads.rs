//! What the rules on threads share: what is handed to one, and what lies below it.

pub mod below;
pub mod handed;
pub mod pure;
