//! The phase diagram of copying: measured and predicted emergence steps over vocabulary and length.
//!
//! The calibration is fitted on every other pair (L, V) of the grid and tested on the rest. The reduced dynamics is
//! compared with the law that its initial slope gives, time ∝ L·V(V − 1)/(V − L), with a factor fitted on the same
//! pairs.

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::RunRecord;
use crate::agreement::spearman;
use crate::measures::{Emergence, median_emergence, ranked_steps};
use crate::spec::{CopyingSpec, Optimizer, Spec, SpecError};
use crate::stats::median;
use crate::store::StoreError;
use crate::theory::{Calibration, InitialCondition, LearnedRun, fit, initial_conditions};
use crate::train::{Job, Prepared};

/// The grid of the phase diagram.
#[derive(Debug, Clone)]
pub struct PhaseGrid {
    /// L.
    pub lengths: Vec<usize>,
    /// V/L, at least 1.
    pub ratios: Vec<f64>,
    /// Seeds for each pair (L, V).
    pub seeds: Vec<u64>,
    /// The optimisers.
    pub optimizers: Vec<Optimizer>,
}

/// Overrides for the grid's models: a quarter of the paper's width, so that hundreds of them train in an hour.
const MODEL: [&str; 5] = [
    "model.hidden=64",
    "model.embedding=64",
    "train.batch=64",
    "record.probes=0",
    "train.stop_at_accuracy=0.95",
];

impl PhaseGrid {
    /// The runs of the grid, in subfolders of `out`, and their names.
    pub fn plan(&self, overrides: &[String], out: &Path) -> Result<(Vec<Job>, Vec<String>), SpecError> {
        let (mut jobs, mut names) = (Vec::new(), Vec::new());
        for &optimizer in &self.optimizers {
            for (length, vocabulary) in self.pairs() {
                let spec = phase_spec(optimizer, vocabulary, length, overrides)?;
                let data = Prepared::synthetic(&spec);
                for &seed in &self.seeds {
                    let name = format!("{}-l{length}-v{vocabulary}-seed-{seed}", word(optimizer));
                    let path = out.join(&name);
                    jobs.push(Job { spec: spec.clone().with_seed(seed), data: data.clone(), path });
                    names.push(name);
                }
            }
        }
        Ok((jobs, names))
    }

    /// The pairs (L, V) of the grid.
    pub fn pairs(&self) -> Vec<(usize, usize)> {
        let of = |&length: &usize| {
            let ratios = self.ratios.iter();
            ratios.map(move |ratio| (length, ((length as f64 * ratio).round() as usize).max(length)))
        };
        self.lengths.iter().flat_map(of).collect()
    }
}

fn word(optimizer: Optimizer) -> &'static str {
    match optimizer {
        Optimizer::Adam => "adam",
        Optimizer::AdamW => "adamw",
        Optimizer::Sgd => "sgd",
    }
}

fn phase_spec(
    optimizer: Optimizer,
    vocabulary: usize,
    length: usize,
    overrides: &[String],
) -> Result<Spec, SpecError> {
    let (rate, steps) = match optimizer {
        Optimizer::Adam | Optimizer::AdamW => ("1e-3", 3000),
        Optimizer::Sgd => ("1.0", 5000),
    };
    let mut all: Vec<String> = MODEL.map(String::from).into();
    all.extend([
        format!("train.optimizer={}", word(optimizer)),
        format!("train.learning_rate={rate}"),
        format!("train.steps={steps}"),
        format!("data.vocabulary={vocabulary}"),
        format!("data.length={length}"),
    ]);
    all.extend_from_slice(overrides);
    Spec::parse("task = 'copying'", "reproduce phase", &all)
}

/// One run, measured and predicted.
#[derive(Debug, Clone, Serialize)]
pub struct PhaseRun {
    /// Its seed.
    pub seed: u64,
    /// When it learned, as far as it was observed.
    pub emergence: Emergence,
    /// Attention accuracy at its last evaluation.
    pub attention_accuracy: f64,
    /// w and a of its initial weights.
    pub initial: InitialCondition,
    /// The emergence step predicted by the reduced dynamics; `None` beyond its horizon.
    pub predicted: Option<f64>,
}

/// One pair (L, V) of the grid.
#[derive(Debug, Clone, Serialize)]
pub struct PhaseCell {
    /// V.
    pub vocabulary: usize,
    /// L.
    pub length: usize,
    /// Whether the calibration is fitted on this pair.
    pub fitted: bool,
    /// The runs, one a seed.
    pub runs: Vec<PhaseRun>,
    /// Their median emergence step.
    pub measured: Emergence,
    /// The median emergence step predicted by the reduced dynamics; `None` if half of the runs are beyond its horizon.
    pub predicted: Option<f64>,
    /// The step predicted by the law; `None` if V = L.
    pub law: Option<f64>,
}

/// The accuracy of predicted steps over some cells.
#[derive(Debug, Clone, Serialize)]
pub struct PhaseScore {
    /// The number of cells.
    pub cells: usize,
    /// Spearman's ρ of predicted and measured steps. Cells that did not learn, or are predicted not to learn, count as
    /// latest. A cell whose observation ended before another cell learned has no rank and is excluded.
    pub rank_correlation: Option<f64>,
    /// Root mean square of ln(measured/predicted), over the cells with both.
    pub log_error: Option<f64>,
}

/// The results of the grid under one optimiser.
#[derive(Debug, Clone, Serialize)]
pub struct PhaseFindings {
    /// The optimiser.
    pub optimizer: Optimizer,
    /// The calibration, fitted on the cells that are marked as fitted.
    pub calibration: Calibration,
    /// All cells of the grid.
    pub cells: Vec<PhaseCell>,
    /// The reduced dynamics, on all cells and on the cells that are not fitted.
    pub dynamics: [PhaseScore; 2],
    /// The law, on the same cells.
    pub law: [PhaseScore; 2],
}

/// The time to which the reduced dynamics is integrated.
const HORIZON: f64 = 1000.0;

/// Compares those of `runs` that are copying runs with `optimizer` with the theory. `None` if there are no such runs,
/// or if the theory has no calibration for `optimizer`.
pub fn phase_findings(runs: &[RunRecord], optimizer: Optimizer) -> Result<Option<PhaseFindings>, StoreError> {
    let mut cells = gather(runs, optimizer)?;
    if cells.is_empty() {
        return Ok(None);
    }
    for (place, (_, cell)) in cells.iter_mut().enumerate() {
        cell.fitted = place % 2 == 0;
    }
    // The reduced dynamics does not predict when models learn without attention on the right word.
    let attends = |run: &&PhaseRun| run.attention_accuracy >= 0.5;
    let known = cells.iter().filter(|(_, cell)| cell.fitted).flat_map(|(spec, cell)| {
        cell.runs.iter().filter(attends).filter_map(|run| {
            let initial = [run.initial.score_gap, run.initial.logit_gap];
            // It learned between two evaluations.
            let step = run.emergence.step()? - 0.5 * spec.record.every.unwrap_or(1) as f64;
            Some(LearnedRun { spec: spec.clone(), initial, step })
        })
    });
    let known: Vec<LearnedRun> = known.collect();
    let Some(calibration) = fit(optimizer, &known).or_else(|| Calibration::of(optimizer)) else {
        return Ok(None);
    };
    for (spec, cell) in &mut cells {
        predict(spec, cell, &calibration);
    }
    let mut cells: Vec<PhaseCell> = cells.into_iter().map(|(_, cell)| cell).collect();
    add_law(&mut cells);
    let score = |of: fn(&PhaseCell) -> Option<f64>| {
        let held: Vec<&PhaseCell> = cells.iter().filter(|cell| !cell.fitted).collect();
        [score(&cells.iter().collect::<Vec<_>>(), of), score(&held, of)]
    };
    let (dynamics, law) = (score(|cell| cell.predicted), score(|cell| cell.law));
    Ok(Some(PhaseFindings { optimizer, calibration, cells, dynamics, law }))
}

/// The cells of `runs`, without predictions, each with its spec (of an arbitrary seed).
fn gather(runs: &[RunRecord], optimizer: Optimizer) -> Result<Vec<(CopyingSpec, PhaseCell)>, StoreError> {
    let specs = runs.iter().filter_map(|run| Some((run, CopyingSpec::of(&run.spec)?)));
    let specs: Vec<(&RunRecord, CopyingSpec)> =
        specs.filter(|(_, spec)| spec.train.optimizer == optimizer).collect();
    // The grid's models have one head.
    let initial: Vec<InitialCondition> =
        specs.par_iter().map(|(_, spec)| initial_conditions(spec)[0]).collect();
    let mut cells: Vec<(CopyingSpec, PhaseCell)> = Vec::new();
    for ((run, spec), initial) in specs.into_iter().zip(initial) {
        let measured = PhaseRun {
            seed: spec.seed,
            emergence: Emergence::of(run.steps()?, run.score("accuracy")?),
            attention_accuracy: run.score("attention_accuracy")?.last().copied().unwrap_or(f64::NAN),
            initial,
            predicted: None,
        };
        match cells.iter_mut().find(|(other, _)| other.data == spec.data) {
            Some((_, cell)) => cell.runs.push(measured),
            None => cells.push((
                spec.clone(),
                PhaseCell {
                    vocabulary: spec.data.vocabulary,
                    length: spec.data.length,
                    fitted: false,
                    runs: vec![measured],
                    measured: Emergence::NotBy(0.0),
                    predicted: None,
                    law: None,
                },
            )),
        }
    }
    for (_, cell) in &mut cells {
        let runs: Vec<Emergence> = cell.runs.iter().map(|run| run.emergence).collect();
        cell.measured = median_emergence(&runs);
    }
    Ok(cells)
}

fn predict(spec: &CopyingSpec, cell: &mut PhaseCell, calibration: &Calibration) {
    let horizon = calibration.scaled_time(HORIZON, cell.vocabulary);
    let pace = calibration.steps_per_time(spec);
    cell.runs.par_iter_mut().for_each(|run| {
        let flow = calibration.flow(spec, &[[run.initial.score_gap, run.initial.logit_gap]]);
        run.predicted = flow.learned_at(horizon).map(|time| time * pace);
    });
    let steps: Vec<f64> = cell.runs.iter().map(|run| run.predicted.unwrap_or(f64::INFINITY)).collect();
    cell.predicted = median(&steps).filter(|step| step.is_finite());
}

/// L·V(V − 1)/(V − L); infinite where V = L.
fn law(cell: &PhaseCell) -> f64 {
    let [length, vocabulary] = [cell.length, cell.vocabulary].map(|size| size as f64);
    length * vocabulary * (vocabulary - 1.0) / (vocabulary - length)
}

/// Adds the step predicted by the law, with the median factor over the fitted cells.
fn add_law(cells: &mut [PhaseCell]) {
    let factors = cells.iter().filter(|cell| cell.fitted && cell.vocabulary > cell.length);
    let factors: Vec<f64> = factors.filter_map(|cell| Some(cell.measured.step()? / law(cell))).collect();
    let Some(factor) = median(&factors) else { return };
    for cell in cells {
        cell.law = (cell.vocabulary > cell.length).then(|| factor * law(cell));
    }
}

fn score(cells: &[&PhaseCell], predicted: fn(&PhaseCell) -> Option<f64>) -> PhaseScore {
    let emergence: Vec<Emergence> = cells.iter().map(|cell| cell.measured).collect();
    let late = |step: f64| if step.is_finite() { step as f32 } else { f32::MAX };
    let (steps, others): (Vec<f32>, Vec<f32>) = ranked_steps(&emergence)
        .into_iter()
        .zip(cells)
        .filter_map(|(step, cell)| Some((late(step?), late(predicted(cell).unwrap_or(f64::INFINITY)))))
        .unzip();
    let errors: Vec<f64> =
        cells.iter().filter_map(|cell| Some((cell.measured.step()? / predicted(cell)?).ln())).collect();
    let square = errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64;
    PhaseScore {
        cells: cells.len(),
        rank_correlation: spearman(&steps, &others),
        log_error: (!errors.is_empty()).then(|| square.sqrt()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(measured: Emergence, predicted: f64) -> PhaseCell {
        let (runs, predicted) = (Vec::new(), Some(predicted));
        PhaseCell { vocabulary: 20, length: 10, fitted: false, runs, measured, predicted, law: None }
    }

    #[test]
    fn a_cell_that_ended_before_others_learned_has_no_rank() {
        use Emergence::{At, NotBy};
        let mut cells = vec![cell(At(100.0), 90.0), cell(At(200.0), 150.0), cell(NotBy(3000.0), 5000.0)];
        let rho = |cells: &[PhaseCell]| {
            score(&cells.iter().collect::<Vec<_>>(), |cell| cell.predicted).rank_correlation
        };
        assert_eq!(rho(&cells), Some(1.0));
        // This cell stopped at step 50 and has the earliest prediction of all.
        cells.push(cell(NotBy(50.0), 60.0));
        assert_eq!(rho(&cells), Some(1.0));
    }
}
