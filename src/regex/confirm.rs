//! Whether the matcher's steps grow as claimed when what is repeated is repeated more.

use super::alphabet::Alphabet;
use super::budget::Meter;
use super::charset::character;
use super::machine::{Machine, Text};
use super::{Apply, Attack, Growth, Sample};

/// Steps from which on a run is long enough to tell how it grows.
const ENOUGH: u64 = 60_000;
/// Steps after which a run is stopped.
const LIMIT: u64 = 200_000;
/// Steps after which a run is stopped that is one of few.
const LONG: u64 = 1_000_000;
/// Repeats with which growth by a factor can be told from growth with a power.
const FEW: usize = 4;
/// Characters of the longest text.
const LONGEST: usize = 4_096;

/// A matcher with a way to apply it.
pub(super) struct Bench<'a> {
    pub(super) machine: Machine<'a>,
    pub(super) alphabet: &'a Alphabet,
    pub(super) apply: Apply,
}

impl Bench<'_> {
    fn steps(&mut self, attack: &Attack, repeats: u32, meter: &mut Meter) -> Option<u64> {
        self.long_steps(attack, repeats, LIMIT, meter)
    }

    /// Runs the attack with so many repeats; none if the budget is over.
    fn long_steps(&mut self, attack: &Attack, repeats: u32, limit: u64, meter: &mut Meter) -> Option<u64> {
        let mut text = Text::default();
        for point in attack.points(repeats) {
            text.push(character(point), self.alphabet);
        }
        let run = self.machine.run(&text, self.apply, limit.min(meter.left()));
        (meter.spend(run.steps + text.len() as u64) && meter.left() > 0).then_some(run.steps)
    }

    /// Whether steps grow by a factor with every repeat; gives what was measured. Few repeats suffice where the claim is `proven`.
    pub(super) fn exponential(&mut self, attack: &Attack, proven: bool, meter: &mut Meter) -> Option<Vec<Sample>> {
        // Two ways a repeat: at least twice the steps. This alone turns down most texts at a small cost.
        let (five, ten) = (self.steps(attack, 5, meter)?, self.steps(attack, 10, meter)?);
        if ten < 1 << 9 || ten < LIMIT && ten * 2 < five * 9 {
            return None;
        }
        let mut samples: Vec<Sample> = Vec::new();
        for repeats in 0.. {
            // Where a repeat multiplies steps by much, longer runs tell more.
            let more = samples.len() <= FEW && !proven;
            let steps = self.long_steps(attack, repeats, if more { LONG } else { LIMIT }, meter)?;
            samples.push(Sample { repeats, steps });
            if steps >= LONG || (steps >= ENOUGH && (samples.len() > FEW || proven)) {
                break;
            }
            if repeats >= 10 && steps < 1 << (repeats - 2).min(40) {
                return None;
            }
        }
        // Under a polynomial, the factor from one repeat to the next falls: it must hold from half of the repeats on.
        let last = samples.len() - 1;
        if last < FEW {
            return proven.then_some(samples);
        }
        let (late, half) = (factor(&samples, last)?, factor(&samples, last / 2)?);
        (late * 10 >= half * 8 || proven).then_some(samples)
    }

    /// The degree of the polynomial by which steps grow, at most `claim`; none if they grow no faster than the text.
    pub(super) fn degree(&mut self, attack: &Attack, claim: u32, meter: &mut Meter) -> Option<(u32, Vec<Sample>)> {
        if self.lies_on_a_line(attack, meter)? {
            return None;
        }
        let most = self.repeats(attack, meter)?;
        let half = self.steps(attack, most / 2, meter)?;
        let whole = self.steps(attack, most, meter)?;
        // Twice the text, steps by more than 2^1.5: the square, in whole numbers.
        if most >= 8 && u128::from(whole) * u128::from(whole) < 8 * u128::from(half) * u128::from(half) {
            return None;
        }
        if claim <= 2 {
            return Some((2, vec![Sample { repeats: most / 2, steps: half }, Sample { repeats: most, steps: whole }]));
        }
        let points = (claim + 2).min(most);
        let gap = (most / points).max(1);
        let mut samples = Vec::new();
        for point in 1..=points {
            let repeats = most - gap * (points - point);
            samples.push(Sample { repeats, steps: self.steps(attack, repeats, meter)? });
        }
        Some((differences(&samples, claim).max(2), samples))
    }

    /// Whether steps seem to grow with the text alone; most texts are turned down here.
    fn lies_on_a_line(&mut self, attack: &Attack, meter: &mut Meter) -> Option<bool> {
        let mut steps = [0; 3];
        for (slot, repeats) in steps.iter_mut().zip([12, 24, 36]) {
            *slot = self.steps(attack, repeats, meter)?;
            if *slot >= ENOUGH {
                return Some(false);
            }
        }
        Some((steps[2] + steps[0]).saturating_sub(2 * steps[1]) < 36)
    }

    /// How many repeats take enough steps, and are not stopped for taking too many.
    fn repeats(&mut self, attack: &Attack, meter: &mut Meter) -> Option<u32> {
        let unit: usize = attack.pumps.iter().map(|pump| pump.pump.len()).sum::<usize>().max(1);
        let (mut few, mut many) = (0, 16);
        loop {
            let steps = self.steps(attack, many, meter)?;
            if steps < ENOUGH {
                if many as usize * 2 * unit > LONGEST {
                    return Some(many);
                }
                (few, many) = (many, many * 2);
            } else if steps < LIMIT || many <= few + 1 {
                return Some(many);
            } else {
                break;
            }
        }
        while many > few + 1 {
            let middle = few + (many - few) / 2;
            let steps = self.steps(attack, middle, meter)?;
            if steps < ENOUGH {
                few = middle;
            } else if steps < LIMIT {
                return Some(middle);
            } else {
                many = middle;
            }
        }
        Some(few.max(1))
    }
}

/// A thousand times the factor from the sample before to this one.
fn factor(samples: &[Sample], at: usize) -> Option<u64> {
    let (before, here) = (samples.get(at.checked_sub(1)?)?, samples.get(at)?);
    Some(here.steps * 1_000 / before.steps.max(1))
}

/// The greatest order, at most `claim`, of which the last differences of samples at equal gaps are still positive and not small:
/// those of a polynomial of lower degree are zero.
fn differences(samples: &[Sample], claim: u32) -> u32 {
    let mut row: Vec<i128> = samples.iter().map(|sample| i128::from(sample.steps)).collect();
    let top = row.last().copied().unwrap_or(0);
    let points = i128::try_from(samples.len()).unwrap_or(i128::MAX);
    let (mut order, mut least) = (0, top);
    for degree in 1..=claim {
        row = row.windows(2).map(|pair| pair[1] - pair[0]).collect();
        if row.len() < 2 {
            // There are too few points to say no.
            return claim;
        }
        least = least * i128::from(degree) / points;
        let tail = &row[row.len() - 2..];
        // Of the leading term's difference, a tenth; high degrees have not grown into theirs at so few repeats.
        let floor = if degree <= 3 { least / 10 } else { 0 };
        if tail.iter().any(|difference| *difference <= floor) {
            break;
        }
        order = degree;
    }
    order
}

/// What was found and proven, the worse the greater.
pub(super) fn rank(growth: &Growth) -> u32 {
    match growth {
        Growth::Exponential => u32::MAX,
        Growth::Polynomial { degree } => *degree,
        Growth::Safe | Growth::Unknown { .. } => 0,
    }
}
