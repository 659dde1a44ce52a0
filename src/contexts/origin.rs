//! Where a context comes from, and how far that is to be believed.

use crate::base::{FileId, Span};
use crate::facts::{Effect, Entry};
use crate::finding::Confidence;
use std::sync::Arc;

/// Where a context of a function comes from.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub struct Origin {
    /// `FastAPI route`, `async function`
    pub label: String,
    /// The entry's file.
    pub file: FileId,
    /// The entry's place.
    pub span: Span,
    /// How sure it is that others wait there.
    pub confidence: Confidence,
    /// The fact that makes it an entry; none for coroutines of which no fact speaks.
    pub entry: Option<Arc<Entry>>,
    /// What the function is called with comes from clients.
    pub clients: bool,
    /// What clients decide of that is a few kilobytes.
    pub head: bool,
    /// A coroutine of a program: nothing shows that it runs while others are served. It may run more than once all the same.
    pub unserved: bool,
    /// It stands in a project that installs commands: one of them may be all that leads there, unless others are seen on the same loop.
    pub of_command: bool,
    /// A listener or a callback, and nothing shows that the function which registers it serves.
    pub lone: bool,
}

impl Origin {
    /// How sure it is that others wait while the code computes. A coroutine of which no fact speaks may be alone on its loop, in a
    /// program that is there to compute.
    #[must_use]
    pub fn while_computing(&self) -> Confidence {
        if self.entry.is_none() { Confidence::Low } else { self.confidence }
    }

    /// Whether what stands so many calls from an origin that is only half sure is too far to be believed: from a coroutine of which no
    /// entry is known, or from a callback of a timer or an event. Of such findings in real code a quarter or less was true: what
    /// lies there is mostly done once, for a program's own configuration, for what is done already, or in a program whose loop nobody shares.
    /// In a project that installs commands so much less: of its files read and modules loaded in such coroutines two in five stalled
    /// somebody, as of what is two calls away; of its processes, requests and pauses in the coroutine itself, nine in ten.
    /// Of what lies two calls from a listener that no server's function registers, one in nine was true.
    #[must_use]
    pub fn is_far(&self, steps: usize, effect: Effect) -> bool {
        let most = match effect {
            Effect::File | Effect::Load if self.of_command => 0,
            Effect::Wait | Effect::Regex | Effect::Stdin => 1,
            _ if self.of_command || self.lone => 1,
            Effect::File => 2,
            _ => 3,
        };
        self.confidence < Confidence::High && steps > most
    }
}
