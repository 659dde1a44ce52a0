//! What several rules ask of a program: each is made when the first rule asks, once for a run.

use crate::advice::Advisor;
use crate::effects::conditions::Callers;
use crate::effects::pauses::Pauses;
use crate::rules::Program;
use crate::rules::asynchronous::given::Awaitables;
use crate::rules::asynchronous::waited::Waited;
use crate::rules::cpu::origin::Origins;
use crate::rules::gil::pools::Pools;
use crate::rules::threads::below::Below;
use std::cell::OnceCell;

/// The program, and what is asked of it more than once.
pub struct Shared<'p, 'a, 'b> {
    /// The finished analysis.
    pub program: &'p Program<'a, 'b>,
    advisor: OnceCell<Advisor<'a, 'b>>,
    callers: OnceCell<Callers<'b>>,
    origins: OnceCell<Origins<'p, 'a, 'b>>,
    pauses: OnceCell<Pauses>,
    pauses_by_name: OnceCell<Pauses>,
    awaitables: OnceCell<Awaitables<'p, 'a, 'b>>,
    waited: OnceCell<Waited<'p, 'a, 'b>>,
    below: OnceCell<Below<'b>>,
    pools: OnceCell<Pools<'p>>,
}

impl<'p, 'a, 'b> Shared<'p, 'a, 'b> {
    /// Nothing is made yet.
    #[must_use]
    pub fn new(program: &'p Program<'a, 'b>) -> Self {
        Self {
            program,
            advisor: OnceCell::new(),
            callers: OnceCell::new(),
            origins: OnceCell::new(),
            pauses: OnceCell::new(),
            pauses_by_name: OnceCell::new(),
            awaitables: OnceCell::new(),
            waited: OnceCell::new(),
            below: OnceCell::new(),
            pools: OnceCell::new(),
        }
    }

    /// What to write instead.
    pub fn advisor(&self) -> &Advisor<'a, 'b> {
        self.advisor.get_or_init(|| Advisor::new(self.program.solution, self.program.graph, self.program.targets))
    }

    /// Who calls each function.
    pub fn callers(&self) -> &Callers<'b> {
        self.callers.get_or_init(|| Callers::read(self.program.graph))
    }

    /// Where sizes come from.
    pub fn origins(&self) -> &Origins<'p, 'a, 'b> {
        self.origins.get_or_init(|| Origins::new(self.program))
    }

    /// Which functions and loops give the loop back.
    pub fn pauses(&self) -> &Pauses {
        self.pauses.get_or_init(|| Pauses::infer(self.program.input, self.program.graph))
    }

    /// The same, where methods of values of which nothing is known are those of their name.
    pub fn pauses_by_name(&self) -> &Pauses {
        self.pauses_by_name.get_or_init(|| Pauses::by_name(self.program.input, self.program.graph))
    }

    /// What calls give to be awaited.
    pub fn awaitables(&self) -> &Awaitables<'p, 'a, 'b> {
        self.awaitables.get_or_init(|| Awaitables::new(self.program))
    }

    /// What is waited for through helpers.
    pub fn waited(&self) -> &Waited<'p, 'a, 'b> {
        self.waited.get_or_init(|| Waited::new(self.program))
    }

    /// What functions lead to on their own thread.
    pub fn below(&self) -> &Below<'b> {
        self.below.get_or_init(|| Below::new(self.program))
    }

    /// Pools, threads and processes.
    pub fn pools(&self) -> &Pools<'p> {
        self.pools.get_or_init(|| Pools::read(self.program))
    }
}
