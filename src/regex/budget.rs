//! What an analysis may cost, in steps: the same input gives the same result on any machine.

/// How many steps an analysis may take: moves of the automaton and steps of the matcher, each some tens of nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Steps.
    pub steps: u64,
}

impl Default for Budget {
    /// At most some 25 ms on two cores of a server of 2024, built for release.
    fn default() -> Self {
        Self { steps: 4_000_000 }
    }
}

/// Counts the steps that are left.
#[derive(Debug)]
pub(super) struct Meter {
    left: u64,
    spent: u64,
}

impl Meter {
    pub(super) fn new(budget: Budget) -> Self {
        Self { left: budget.steps, spent: 0 }
    }

    /// Takes steps; no if they are not left.
    pub(super) fn spend(&mut self, steps: u64) -> bool {
        if self.left < steps {
            self.left = 0;
            return false;
        }
        self.left -= steps;
        self.spent += steps;
        true
    }

    pub(super) fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn spent(&self) -> u64 {
        self.spent
    }

    /// Runs `work` with at most `steps` of what is left; says whether its part was used up.
    pub(super) fn part<T>(&mut self, steps: u64, work: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let mut part = Self { left: steps.min(self.left), spent: 0 };
        let result = work(&mut part);
        let over = part.left == 0;
        self.left -= part.spent.min(self.left);
        self.spent += part.spent;
        (result, over)
    }
}
