//! The agreement of attribution records at each checkpoint (paper, "Which are compared").
//!
//! Records are read one checkpoint at a time, so that long texts fit in memory. Only the agreement of each row is kept.

use std::collections::BTreeSet;

use onset_engine::argmax;

use super::findings::{Curve, Estimate, Finding, Pair, PartStudy};
use super::reference::{Reference, Rows};
use super::{RunRecord, StudyError, StudyRuns};
use crate::agreement::{
    CurvePoint, Measure, Scored, clustered_mean_interval, first_above, mean_interval, score_rows, shuffled,
};

/// The agreement on the rows of `reference`, by every measure.
pub(super) fn compare(reference: &Reference, runs: &StudyRuns) -> Result<[PartStudy; 3], StudyError> {
    let mut gatherings = Measure::ALL.map(|measure| Gathering::new(measure, &runs.comparisons));
    gather_uniform(reference, &runs.uniform, &mut gatherings)?;
    gather_comparisons(reference, &runs.comparisons, &mut gatherings)?;
    Ok(gatherings.map(|gathering| gathering.finish(reference)))
}

/// Repeats of the shuffled baseline.
const SHUFFLES: usize = 20;

/// The best checkpoint of one comparison so far.
#[derive(Debug, Clone, Default)]
struct Best {
    mean: Option<f64>,
    scored: Scored,
    step: u64,
}

impl Best {
    fn offer(&mut self, scored: Scored, step: u64) -> bool {
        let mean = scored.mean();
        let better = mean.is_some_and(|mean| self.mean.is_none_or(|best| mean > best));
        if better || self.scored.rows.is_empty() {
            *self = Self { mean, scored, step };
        }
        better
    }
}

/// The agreement by one measure on one split, accumulated over checkpoints.
struct Gathering {
    measure: Measure,
    /// The comparisons with β of the uniform run.
    uniform: Vec<(Pair, Best)>,
    /// β^uf at the checkpoint where it agrees best with gold α.
    best_uniform: Rows,
    uniform_curve: Vec<CurvePoint>,
    /// The best agreement of gold α with each comparison run's own β.
    own_beta: Vec<Best>,
    own_beta_curve: Vec<f64>,
    comparison_curve: Vec<CurvePoint>,
    by_seed: Vec<(u64, Vec<f64>)>,
}

impl Gathering {
    fn new(measure: Measure, comparisons: &[RunRecord]) -> Self {
        Self {
            measure,
            uniform: Vec::new(),
            best_uniform: Vec::new(),
            uniform_curve: Vec::new(),
            own_beta: vec![Best::default(); comparisons.len()],
            own_beta_curve: Vec::new(),
            comparison_curve: Vec::new(),
            by_seed: comparisons.iter().map(|run| (run.spec.seed(), Vec::new())).collect(),
        }
    }

    /// Adds β of the uniform run at one checkpoint, with the run's score there.
    fn add_uniform(&mut self, reference: &Reference, beta: &Rows, step: u64, score: f64) {
        let pairs = reference.against_uniform(beta);
        if self.uniform.is_empty() {
            self.uniform = pairs.iter().map(|&(pair, _, _)| (pair, Best::default())).collect();
        }
        for ((pair, a, b), (_, best)) in pairs.into_iter().zip(&mut self.uniform) {
            let scored = score_rows(self.measure, a, b);
            let is_main = pair == Pair::AlphaUniform;
            if is_main {
                let agreement = scored.mean().unwrap_or(f64::NAN);
                self.uniform_curve.push(CurvePoint { step, agreement, score });
            }
            if best.offer(scored, step) && is_main {
                self.best_uniform = beta.clone();
            }
        }
    }

    /// Adds α and β of all comparison runs at one checkpoint, with their mean score there.
    fn add_comparisons(&mut self, reference: &Reference, probes: &[[Rows; 2]], step: u64, score: f64) {
        let count = probes.len() as f64;
        let (mut own_alpha, mut own_beta) = (0.0, 0.0);
        for (run, [alpha, beta]) in probes.iter().enumerate() {
            let agreement = score_rows(self.measure, &reference.alpha, alpha).mean().unwrap_or(f64::NAN);
            self.by_seed[run].1.push(agreement);
            own_alpha += agreement / count;
            let scored = score_rows(self.measure, &reference.alpha, beta);
            own_beta += scored.mean().unwrap_or(f64::NAN) / count;
            self.own_beta[run].offer(scored, step);
        }
        self.comparison_curve.push(CurvePoint { step, agreement: own_alpha, score });
        self.own_beta_curve.push(own_beta);
    }

    fn finish(self, reference: &Reference) -> PartStudy {
        let measure = self.measure;
        let mut agreements: Vec<(Pair, Option<Estimate>)> =
            self.uniform.iter().map(|(pair, best)| (*pair, estimate(*pair, best, reference))).collect();
        agreements.push((Pair::AlphaBeta, estimate_over_seeds(&self.own_beta, reference)));
        for (pair, rows) in reference.proxies() {
            let scored = score_rows(measure, &reference.alpha, rows);
            let only = Best { mean: scored.mean(), scored, step: 0 };
            let found = estimate(pair, &only, reference).map(|found| Estimate { step: None, ..found });
            agreements.push((pair, found));
        }
        agreements.sort_by_key(|&(pair, _)| pair);
        let finding = |(pair, agreement): (Pair, Option<Estimate>)| {
            let reached = agreement.as_ref().and_then(|a| first_above(&self.comparison_curve, a.value));
            Finding { pair, agreement, reached }
        };
        let findings = agreements.into_iter().map(finding).collect();
        let baseline = (!self.best_uniform.is_empty())
            .then(|| shuffled(measure, &reference.alpha, &self.best_uniform, SHUFFLES, 0))
            .flatten();
        PartStudy {
            part: reference.part.name(),
            measure,
            texts: reference.texts(),
            rows: reference.alpha.len(),
            findings,
            baseline,
            curve: Curve {
                comparison: self.comparison_curve,
                by_seed: self.by_seed,
                own_beta: self.own_beta_curve,
                uniform: self.uniform_curve,
            },
        }
    }
}

/// The agreement at one run's best checkpoint.
fn estimate(pair: Pair, best: &Best, reference: &Reference) -> Option<Estimate> {
    let absent = if pair == Pair::DeltaUniform { reference.without_delta } else { 0 };
    Some(Estimate {
        value: best.mean?,
        by_label: by_label(&best.scored.rows, reference),
        over_texts: clustered_mean_interval(&best.scored.rows, &reference.examples, 0),
        over_seeds: None,
        seeds: 1,
        step: Some(best.step),
        absent,
        undefined: best.scored.undefined() - absent,
        tied: best.scored.tied,
    })
}

/// The mean of `rows` over the texts of each label; empty if there are no labels.
fn by_label(rows: &[f64], reference: &Reference) -> Vec<Option<f64>> {
    let Some((labels, count)) = &reference.labels else { return Vec::new() };
    let mean = |label: u32| {
        let own = rows.iter().zip(labels).filter(|(_, own)| **own == label);
        Scored { rows: own.map(|(&row, _)| row).collect(), tied: 0 }.mean()
    };
    (0..*count as u32).map(mean).collect()
}

/// The mean agreement of several runs, each at its own best checkpoint.
fn estimate_over_seeds(runs: &[Best], reference: &Reference) -> Option<Estimate> {
    let values: Vec<f64> = runs.iter().map(|run| run.mean).collect::<Option<_>>()?;
    let highest = runs.get(argmax(&values))?;
    let texts = highest.scored.rows.len();
    // NaN in one run makes a text's mean NaN, and so undefined.
    let mean = |text: usize| runs.iter().map(|run| run.scored.rows[text]).sum::<f64>() / runs.len() as f64;
    let rows: Vec<f64> = (0..texts).map(mean).collect();
    Some(Estimate {
        value: values.iter().sum::<f64>() / values.len() as f64,
        by_label: by_label(&rows, reference),
        over_texts: clustered_mean_interval(&rows, &reference.examples, 0),
        over_seeds: mean_interval(&values, 0),
        seeds: values.len(),
        step: Some(highest.step),
        absent: 0,
        undefined: rows.iter().filter(|row| row.is_nan()).count(),
        tied: highest.scored.tied,
    })
}

fn gather_uniform(
    reference: &Reference,
    uniform: &RunRecord,
    gatherings: &mut [Gathering],
) -> Result<(), StudyError> {
    for step in uniform.directory.probe_steps() {
        let table = uniform.probe_columns(step, &[&reference.key_columns()[..], &["beta"]].concat())?;
        let beta = reference.rows(uniform, &table, "beta")?;
        let score = uniform.score_at("accuracy", step)?;
        gatherings.iter_mut().for_each(|each| each.add_uniform(reference, &beta, step, score));
    }
    Ok(())
}

/// Adds the checkpoints that all comparison runs have.
fn gather_comparisons(
    reference: &Reference,
    comparisons: &[RunRecord],
    gatherings: &mut [Gathering],
) -> Result<(), StudyError> {
    let steps = |run: &RunRecord| run.directory.probe_steps().into_iter().collect::<BTreeSet<u64>>();
    let common = comparisons.iter().map(steps).reduce(|a, b| a.intersection(&b).copied().collect());
    for step in common.into_iter().flatten() {
        let (mut probes, mut score) = (Vec::new(), 0.0);
        for run in comparisons {
            let columns = [&reference.key_columns()[..], &["alpha", "beta"]].concat();
            let table = run.probe_columns(step, &columns)?;
            probes.push([reference.rows(run, &table, "alpha")?, reference.rows(run, &table, "beta")?]);
            score += run.score_at("accuracy", step)? / comparisons.len() as f64;
        }
        gatherings.iter_mut().for_each(|each| each.add_comparisons(reference, &probes, step, score));
    }
    Ok(())
}
