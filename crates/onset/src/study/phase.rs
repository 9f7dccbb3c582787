//! The phase diagram of copying: when it is learned, measured and predicted, over vocabulary and length.
//!
//! The calibration is fitted on every other pair of the grid and judged on those between. Beside the reduced dynamics
//! stands the law that its first slope gives, time ∝ L·V(V − 1)/(V − L), with its factor fitted on the same pairs.

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::RunRecord;
use crate::agreement::{Ranked, Ranker};
use crate::probe::{Emergence, emergence_step, median_emergence};
use crate::report::median;
use crate::spec::{CopyingSpec, Optimizer, Spec, SpecError};
use crate::store::StoreError;
use crate::theory::{Beginning, Calibration, Emerged, beginning, fit};
use crate::train::{Job, Prepared};

/// The grid.
#[derive(Debug, Clone)]
pub struct PhaseGrid {
    /// L.
    pub lengths: Vec<usize>,
    /// V/L, at least 1.
    pub ratios: Vec<f64>,
    /// Seeds of each pair.
    pub seeds: Vec<u64>,
    /// Optimisers.
    pub optimizers: Vec<Optimizer>,
}

/// The models of the grid: a quarter of the paper's width, so that an hour is enough for hundreds of them.
const MODEL: [&str; 5] = [
    "model.hidden=64",
    "model.embedding=64",
    "train.batch=64",
    "record.probes=0",
    "train.stop_at_accuracy=0.95",
];

impl PhaseGrid {
    /// The runs of the grid in folders of `out`, with their names.
    pub fn plan(&self, overrides: &[String], out: &Path) -> Result<(Vec<Job>, Vec<String>), SpecError> {
        let (mut jobs, mut names) = (Vec::new(), Vec::new());
        for &optimizer in &self.optimizers {
            for (length, vocabulary) in self.pairs() {
                let spec = phase_spec(optimizer, vocabulary, length, overrides)?;
                for &seed in &self.seeds {
                    let name = format!("{}-l{length}-v{vocabulary}-seed-{seed}", word(optimizer));
                    let path = out.join(&name);
                    jobs.push(Job { spec: spec.clone().with_seed(seed), data: Prepared::Synthetic, path });
                    names.push(name);
                }
            }
        }
        Ok((jobs, names))
    }

    /// (L, V) of every pair.
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
        Optimizer::Adam => ("1e-3", 3000),
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
    /// The step at which it learned; none if it did not.
    pub emergence: Option<u64>,
    /// Attention accuracy at its end.
    pub attention_accuracy: f64,
    /// w and a of its initial weights.
    pub beginning: Beginning,
    /// The step at which the reduced dynamics says that it learns; none beyond its horizon.
    pub predicted: Option<f64>,
}

/// One pair of vocabulary and length.
#[derive(Debug, Clone, Serialize)]
pub struct PhaseCell {
    /// V.
    pub vocabulary: usize,
    /// L.
    pub length: usize,
    /// Whether the calibration saw it.
    pub fitted: bool,
    /// Its seeds.
    pub runs: Vec<PhaseRun>,
    /// The median step at which they learned.
    pub measured: Emergence,
    /// The median step of the reduced dynamics; none if half are beyond its horizon.
    pub predicted: Option<f64>,
    /// The law's step; none where V = L.
    pub law: Option<f64>,
}

/// How well steps are foretold over some cells.
#[derive(Debug, Clone, Serialize)]
pub struct PhaseScore {
    /// Cells.
    pub cells: usize,
    /// Spearman's ρ of predicted and measured steps; cells that did not learn, or are said not to, count as latest.
    pub rank_correlation: Option<f64>,
    /// Standard deviation of ln(measured/predicted) about 0, where both are numbers.
    pub log_error: Option<f64>,
}

/// What the grid shows under one optimiser.
#[derive(Debug, Clone, Serialize)]
pub struct PhaseFindings {
    /// The optimiser.
    pub optimizer: Optimizer,
    /// Fitted on the cells marked so.
    pub calibration: Calibration,
    /// Every pair.
    pub cells: Vec<PhaseCell>,
    /// The reduced dynamics on all cells, and on those that the fit did not see.
    pub dynamics: [PhaseScore; 2],
    /// The law on the same.
    pub law: [PhaseScore; 2],
}

/// The time of the reduced dynamics' horizon.
const HORIZON: f64 = 1000.0;

/// Compares `runs` of one optimiser with the theory; `runs` of other tasks are passed over.
pub fn phase_findings(runs: &[RunRecord], optimizer: Optimizer) -> Result<Option<PhaseFindings>, StoreError> {
    let mut cells = gather(runs, optimizer)?;
    if cells.is_empty() {
        return Ok(None);
    }
    for (place, (_, cell)) in cells.iter_mut().enumerate() {
        cell.fitted = place % 2 == 0;
    }
    // When a model learns that does not attend to the right word is beyond two numbers.
    let attends = |run: &&PhaseRun| run.attention_accuracy >= 0.5;
    let known = cells.iter().filter(|(_, cell)| cell.fitted).flat_map(|(spec, cell)| {
        cell.runs.iter().filter(attends).filter_map(|run| {
            let start = [run.beginning.knowledge, run.beginning.preference];
            // It learned between two evaluations.
            let step = run.emergence? as f64 - 0.5 * spec.record.every as f64;
            Some(Emerged { spec: spec.clone(), start, step })
        })
    });
    let known: Vec<Emerged> = known.collect();
    let calibration = if known.is_empty() { Calibration::of(optimizer) } else { fit(optimizer, &known) };
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

/// The cells of `runs`, not yet predicted, each with its spec (of some seed).
fn gather(runs: &[RunRecord], optimizer: Optimizer) -> Result<Vec<(CopyingSpec, PhaseCell)>, StoreError> {
    let specs = runs.iter().filter_map(|run| match &run.spec {
        Spec::Copying(spec) if spec.train.optimizer == optimizer => Some((run, spec)),
        _ => None,
    });
    let specs: Vec<(&RunRecord, &CopyingSpec)> = specs.collect();
    // The grid's models have one head.
    let begun: Vec<Beginning> = specs.par_iter().map(|(_, spec)| beginning(spec)[0]).collect();
    let mut cells: Vec<(CopyingSpec, PhaseCell)> = Vec::new();
    for ((run, spec), beginning) in specs.into_iter().zip(begun) {
        let measured = PhaseRun {
            seed: spec.seed,
            emergence: emergence_step(run.steps()?, run.score("accuracy")?),
            attention_accuracy: run.score("attention_accuracy")?.last().copied().unwrap_or(f64::NAN),
            beginning,
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
                    measured: Emergence::NotWithin(spec.train.steps),
                    predicted: None,
                    law: None,
                },
            )),
        }
    }
    for (spec, cell) in &mut cells {
        let steps: Vec<Option<u64>> = cell.runs.iter().map(|run| run.emergence).collect();
        cell.measured = median_emergence(&steps, spec.train.steps);
    }
    Ok(cells)
}

fn predict(spec: &CopyingSpec, cell: &mut PhaseCell, calibration: &Calibration) {
    let horizon = match calibration.optimizer {
        Optimizer::Adam => HORIZON,
        Optimizer::Sgd => HORIZON * cell.vocabulary as f64,
    };
    let pace = calibration.steps_per_time(spec);
    cell.runs.par_iter_mut().for_each(|run| {
        let flow = calibration.flow(spec, &[[run.beginning.knowledge, run.beginning.preference]]);
        run.predicted = flow.learned_at(horizon).map(|time| time * pace);
    });
    let steps: Vec<f64> = cell.runs.iter().map(|run| run.predicted.unwrap_or(f64::INFINITY)).collect();
    cell.predicted = median(&steps).filter(|step| step.is_finite());
}

/// L·V(V − 1)/(V − L), infinite where V = L.
fn law(cell: &PhaseCell) -> f64 {
    let [length, vocabulary] = [cell.length, cell.vocabulary].map(|size| size as f64);
    length * vocabulary * (vocabulary - 1.0) / (vocabulary - length)
}

/// Puts the law into steps, by the median of what the fitted cells took.
fn add_law(cells: &mut [PhaseCell]) {
    let factors = cells.iter().filter(|cell| cell.fitted && cell.vocabulary > cell.length);
    let factors: Vec<f64> = factors.filter_map(|cell| Some(steps(cell)? / law(cell))).collect();
    let Some(factor) = median(&factors) else { return };
    for cell in cells {
        cell.law = (cell.vocabulary > cell.length).then(|| factor * law(cell));
    }
}

fn steps(cell: &PhaseCell) -> Option<f64> {
    match cell.measured {
        Emergence::At(step) => Some(step),
        Emergence::NotWithin(_) => None,
    }
}

fn score(cells: &[&PhaseCell], predicted: fn(&PhaseCell) -> Option<f64>) -> PhaseScore {
    let column = |of: &dyn Fn(&PhaseCell) -> Option<f64>| -> Vec<f32> {
        cells.iter().map(|cell| of(cell).unwrap_or(f64::MAX) as f32).collect()
    };
    let (mut scratch, [mut a, mut b]) = (Ranker::default(), [Ranked::default(), Ranked::default()]);
    let ranked =
        scratch.rank(&column(&steps), &mut a) && scratch.rank(&column(&|cell| predicted(cell)), &mut b);
    let errors: Vec<f64> =
        cells.iter().filter_map(|cell| Some((steps(cell)? / predicted(cell)?).ln())).collect();
    let square = errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64;
    PhaseScore {
        cells: cells.len(),
        rank_correlation: if ranked { scratch.spearman(&a, &b) } else { None },
        log_error: (!errors.is_empty()).then(|| square.sqrt()),
    }
}
