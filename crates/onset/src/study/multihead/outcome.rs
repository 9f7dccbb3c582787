//! The results of the combinations of one body.

use onset_engine::argmax;
use serde::Serialize;

use super::fisher::fisher_exact;
use super::permutation::permutation_test;
use super::{Combination, Kind, Pools};
use crate::measures::{Emergence, emergence_quantile};
use crate::stats::quantile;
use crate::store::StoreError;
use crate::study::RunRecord;

/// A difference with a p-value below this is significant.
const SIGNIFICANT: f64 = 0.05;

/// The quartiles of some values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quartiles {
    /// The first quartile.
    pub lower: f64,
    /// The median.
    pub median: f64,
    /// The third quartile.
    pub upper: f64,
}

impl Quartiles {
    /// The quartiles of `values`, with linear interpolation; `None` if there are no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| quantile(&sorted, share);
        Some(Self { lower: at(0.25)?, median: at(0.5)?, upper: at(0.75)? })
    }
}

/// The quartiles of emergence steps; serialised as null if a quartile was not observed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EmergenceQuartiles {
    /// A quarter learned by this step.
    pub lower: Emergence,
    /// Half learned by this step.
    pub median: Emergence,
    /// Three quarters learned by this step.
    pub upper: Emergence,
}

impl EmergenceQuartiles {
    fn of(runs: &[Emergence]) -> Self {
        let [lower, median, upper] = [0.25, 0.5, 0.75].map(|share| emergence_quantile(runs, share));
        Self { lower, median, upper }
    }
}

/// The results of the runs of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindOutcome {
    /// The kind.
    pub kind: Kind,
    /// The kind in words.
    pub name: String,
    /// The number of runs.
    pub runs: usize,
    /// The number of runs that reached an accuracy of 0.95.
    pub learned: usize,
    /// Runs that ended before the budget without reaching it. They count as not learned, although that is not known.
    pub ended_early: usize,
    /// The steps at which runs reached it.
    pub emergence: EmergenceQuartiles,
    /// Accuracy at the last evaluation.
    pub accuracy: Quartiles,
    /// Accuracy of each run at its last evaluation.
    pub final_accuracy: Vec<f64>,
    /// Steps of the evaluations.
    pub steps: Vec<i64>,
    /// Accuracy by evaluation.
    pub accuracy_curve: Vec<Quartiles>,
    /// Attention accuracy of the best head, by evaluation.
    pub attention_curve: Vec<Quartiles>,
    /// Among the runs that learned with one good head, the number whose best head at the end is the good one.
    pub good_won: Option<usize>,
}

/// Whether one kind learns more often than another, or reaches a higher accuracy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The kind that is expected to learn more often.
    pub more: Kind,
    /// The kind that it is compared with.
    pub less: Kind,
    /// Difference of the proportions of runs that learned.
    pub difference: f64,
    /// p-value of Fisher's exact test, two-sided.
    pub p: f64,
    /// Whether `more` learns more often, with p < 0.05.
    pub holds: bool,
    /// Difference of mean final accuracies.
    pub accuracy_difference: f64,
    /// p-value of a permutation test of this difference, two-sided.
    pub accuracy_p: f64,
    /// Whether `more` ends with a higher accuracy, with p < 0.05.
    pub further: bool,
}

/// One body: its heads, its combinations and their comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BodyOutcome {
    /// The body's seed.
    pub body: u64,
    /// Heads in a combination.
    pub heads: usize,
    /// The step budget of each run.
    pub budget: u64,
    /// The selected heads.
    pub pools: Pools,
    /// The results of each kind with runs.
    pub kinds: Vec<KindOutcome>,
    /// One sentence for each kind with too few heads.
    pub missing: Vec<String>,
    /// One good head among bad ones against bad ones only; `None` if either is missing.
    pub one_good_helps: Option<Comparison>,
    /// Random heads together against one of them alone; `None` if either is missing.
    pub more_heads_help: Option<Comparison>,
}

impl BodyOutcome {
    /// Summarises the finished `runs` of these combinations, in the same order.
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
                kinds.push(KindOutcome::new(kind, heads, budget, &both)?);
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
    fn new(
        kind: Kind,
        heads: usize,
        budget: u64,
        both: &[(&Combination, &RunRecord)],
    ) -> Result<Self, StoreError> {
        let (mut emergence, mut last) = (Vec::new(), Vec::new());
        let mut good_won = (kind == Kind::OneGood).then_some(0);
        for (combination, run) in both {
            let accuracy = run.score("accuracy")?;
            let learned = Emergence::of(run.steps()?, accuracy);
            emergence.push(learned);
            last.extend(accuracy.last());
            if let (Some(won), Some(good), true) = (&mut good_won, combination.good, learned.is_observed()) {
                *won += usize::from(best_head(run)? == Some(good));
            }
        }
        let mut steps = Vec::new();
        for (_, run) in both {
            if run.steps()?.len() > steps.len() {
                steps = run.steps()?.to_vec();
            }
        }
        let curve = |score: &str| -> Result<Vec<Quartiles>, StoreError> {
            let mut curves = Vec::new();
            for (_, run) in both {
                curves.push(run.score(score)?);
            }
            // A run that ended early keeps its last value, so that it stays in the median.
            let at = |place: usize| {
                let own = |curve: &&[f64]| curve.get(place).or(curve.last()).copied();
                let values: Vec<f64> = curves.iter().filter_map(own).collect();
                Quartiles::of(&values).expect("there are runs")
            };
            Ok((0..steps.len()).map(at).collect())
        };
        let (accuracy_curve, attention_curve) = (curve("accuracy")?, curve("attention_accuracy")?);
        Ok(Self {
            kind,
            name: kind.describe(heads),
            runs: both.len(),
            learned: emergence.iter().filter(|each| each.is_observed()).count(),
            ended_early: emergence.iter().filter(|each| each.ended_early(budget)).count(),
            emergence: EmergenceQuartiles::of(&emergence),
            accuracy: Quartiles::of(&last).expect("finished runs have scores"),
            final_accuracy: last,
            steps,
            accuracy_curve,
            attention_curve,
            good_won,
        })
    }
}

/// The head with the best attention accuracy at the last evaluation; the first of equal ones.
fn best_head(run: &RunRecord) -> Result<Option<usize>, StoreError> {
    let heads = run.evaluation.float_lists("head_attention_accuracy")?;
    let last = heads.last().map_or(&[][..], Vec::as_slice);
    Ok((!last.is_empty()).then(|| argmax(last)))
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
    fn quartiles_lie_between_neighbours_and_are_not_observed_beyond_runs_that_did_not_learn() {
        let quartiles = Quartiles::of(&[4.0, 1.0, 2.0, 3.0, 5.0]).unwrap();
        assert_eq!((quartiles.lower, quartiles.median, quartiles.upper), (2.0, 3.0, 4.0));
        assert_eq!(Quartiles::of(&[]), None);
        use Emergence::{At, NotBy};
        let quartiles = EmergenceQuartiles::of(&[At(10.0), At(20.0), NotBy(200.0), NotBy(200.0)]);
        assert_eq!(quartiles.lower, At(17.5));
        assert!(!quartiles.median.is_observed() && quartiles.upper == NotBy(200.0));
    }
}
