//! What the combinations of one body come down to.

use serde::Serialize;

use super::fisher::fisher_exact;
use super::permutation::permutation_test;
use super::{Combination, Kind, Pools};
use crate::probe::emergence_step;
use crate::store::StoreError;
use crate::study::RunRecord;

/// Below this p-value a difference counts.
const SIGNIFICANT: f64 = 0.05;

/// The quarter points of some values; null where they are not finite (a run that did not learn has no step).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quartiles {
    /// A quarter lies below.
    pub lower: f64,
    /// Half lies below.
    pub median: f64,
    /// Three quarters lie below.
    pub upper: f64,
}

impl Quartiles {
    /// Of `values`, interpolated between neighbours; none if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let at = |share: f64| {
            let place = share * last as f64;
            let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            // Also where both are infinite.
            if low == high { low } else { low + (high - low) * place.fract() }
        };
        Some(Self { lower: at(0.25), median: at(0.5), upper: at(0.75) })
    }
}

/// The runs of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindOutcome {
    /// Which.
    pub kind: Kind,
    /// In words.
    pub name: String,
    /// Runs.
    pub runs: usize,
    /// Runs that reached 0.95.
    pub learned: usize,
    /// The step at which they did; runs that did not count as later than any, and null is later than the last.
    pub emergence: Quartiles,
    /// Accuracy at the end.
    pub accuracy: Quartiles,
    /// The same of each run.
    pub final_accuracy: Vec<f64>,
    /// Steps of the evaluations.
    pub steps: Vec<i64>,
    /// Accuracy by evaluation.
    pub accuracy_curve: Vec<Quartiles>,
    /// Attention accuracy of the best head by evaluation.
    pub attention_curve: Vec<Quartiles>,
    /// Of the runs that learned with a good head: those whose best head at the end is the good one.
    pub good_won: Option<usize>,
}

/// Whether one kind learns more often, or further, than another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The kind that should learn more often.
    pub more: Kind,
    /// The kind it is compared with.
    pub less: Kind,
    /// Difference of the shares that learned.
    pub difference: f64,
    /// Fisher's exact test, two-sided.
    pub p: f64,
    /// Whether `more` learns more often, with p < 0.05.
    pub holds: bool,
    /// Difference of mean final accuracies.
    pub accuracy_difference: f64,
    /// Permutation test of it, two-sided.
    pub accuracy_p: f64,
    /// Whether `more` ends with a higher accuracy, with p < 0.05.
    pub further: bool,
}

/// One body: its heads, its combinations, what they say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BodyOutcome {
    /// The body's seed.
    pub body: u64,
    /// Heads of a combination.
    pub heads: usize,
    /// Steps of each run.
    pub budget: u64,
    /// The heads that were found.
    pub pools: Pools,
    /// Kinds of which there are runs.
    pub kinds: Vec<KindOutcome>,
    /// Kinds for which heads were missing, in words.
    pub missing: Vec<String>,
    /// One good head among bad ones, against bad ones only; none if either is missing.
    pub one_good_helps: Option<Comparison>,
    /// Random heads together, against one of them alone.
    pub more_heads_help: Option<Comparison>,
}

impl BodyOutcome {
    /// Reads what `runs`, finished, of these combinations say; in the same order.
    pub fn new(
        (body, heads, budget): (u64, usize, u64),
        pools: Pools,
        missing: Vec<String>,
        combinations: &[Combination],
        runs: &[RunRecord],
    ) -> Result<Self, StoreError> {
        assert_eq!(combinations.len(), runs.len(), "a run for each combination");
        let mut kinds = Vec::new();
        for kind in Kind::ALL {
            let both = combinations.iter().zip(runs).filter(|(combination, _)| combination.kind == kind);
            let both: Vec<_> = both.collect();
            if !both.is_empty() {
                kinds.push(KindOutcome::new(kind, heads, &both)?);
            }
        }
        let compare = |more: Kind, less: Kind| {
            let find = |kind: Kind| kinds.iter().find(|outcome| outcome.kind == kind);
            Some(Comparison::new(find(more)?, find(less)?))
        };
        let one_good_helps = compare(Kind::OneGood, Kind::Bad);
        let more_heads_help = compare(Kind::Random, Kind::Single);
        Ok(Self { body, heads, budget, pools, kinds, missing, one_good_helps, more_heads_help })
    }
}

impl KindOutcome {
    fn new(kind: Kind, heads: usize, both: &[(&Combination, &RunRecord)]) -> Result<Self, StoreError> {
        let (mut emergence, mut last) = (Vec::new(), Vec::new());
        let mut good_won = (kind == Kind::OneGood).then_some(0);
        for (combination, run) in both {
            let accuracy = run.score("accuracy")?;
            let step = emergence_step(run.steps()?, accuracy);
            emergence.push(step.map_or(f64::INFINITY, |step| step as f64));
            last.extend(accuracy.last());
            if let (Some(won), Some(good), Some(_)) = (&mut good_won, combination.good, step) {
                *won += usize::from(best_head(run)? == Some(good));
            }
        }
        let steps = both[0].1.steps()?.to_vec();
        let curve = |score: &str| -> Result<Vec<Quartiles>, StoreError> {
            let mut curves = Vec::new();
            for (_, run) in both {
                curves.push(run.score(score)?);
            }
            let at = |place: usize| {
                let values: Vec<f64> = curves.iter().filter_map(|curve| curve.get(place).copied()).collect();
                Quartiles::of(&values).expect("there are runs")
            };
            Ok((0..steps.len()).map(at).collect())
        };
        let (accuracy_curve, attention_curve) = (curve("accuracy")?, curve("attention_accuracy")?);
        Ok(Self {
            kind,
            name: kind.describe(heads),
            runs: both.len(),
            learned: emergence.iter().filter(|step| step.is_finite()).count(),
            emergence: Quartiles::of(&emergence).expect("there are runs"),
            accuracy: Quartiles::of(&last).expect("finished runs have scores"),
            final_accuracy: last,
            steps,
            accuracy_curve,
            attention_curve,
            good_won,
        })
    }
}

/// The head that finds the words best at the end.
fn best_head(run: &RunRecord) -> Result<Option<usize>, StoreError> {
    let heads = run.evaluation.float_lists("head_attention_accuracy")?;
    let last = heads.last().map_or(&[][..], Vec::as_slice);
    Ok((0..last.len()).min_by(|&a, &b| last[b].total_cmp(&last[a])))
}

impl Comparison {
    pub(super) fn new(more: &KindOutcome, less: &KindOutcome) -> Self {
        let share = |kind: &KindOutcome| kind.learned as f64 / kind.runs as f64;
        let difference = share(more) - share(less);
        let p = fisher_exact([more.learned, more.runs], [less.learned, less.runs]);
        let (accuracy_difference, accuracy_p) = permutation_test(&more.final_accuracy, &less.final_accuracy);
        Self {
            more: more.kind,
            less: less.kind,
            difference,
            p,
            holds: difference > 0.0 && p < SIGNIFICANT,
            accuracy_difference,
            accuracy_p,
            further: accuracy_difference > 0.0 && accuracy_p < SIGNIFICANT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_neighbours_and_beyond_runs_that_never_learned() {
        let quartiles = Quartiles::of(&[4.0, 1.0, 2.0, 3.0, 5.0]).unwrap();
        assert_eq!((quartiles.lower, quartiles.median, quartiles.upper), (2.0, 3.0, 4.0));
        let never = f64::INFINITY;
        let quartiles = Quartiles::of(&[10.0, 20.0, never, never]).unwrap();
        assert_eq!((quartiles.lower, quartiles.median, quartiles.upper), (17.5, never, never));
        assert_eq!(Quartiles::of(&[]), None);
    }
}
