//! From the runs of a classification to its findings (paper, "Which are compared").
//!
//! Probes are read one checkpoint at a time, so that long texts fit in memory; what is kept of each is how
//! well it agrees, text by text.

use std::collections::BTreeSet;

use super::findings::{
    ClassificationStudy, Curve, Estimate, Finding, GoldCheckpoint, Pair, PartStudy, StudyNotices,
};
use super::reference::{Reference, Rows};
use super::{ClassificationPlan, RunRecord, StudyError};
use crate::agreement::{CurvePoint, Measure, Scored, bootstrap, first_above, score_rows, shuffled};
use crate::probe::Part;
use crate::proxy::Proxies;
use crate::store::Status;
use crate::task::text::{TextExample, Vocabulary};

/// How often the baseline shuffles.
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

/// What one measure gathers on one part.
struct Gathering {
    measure: Measure,
    /// α against β^uf, β^uf against β^px, β^lr and co-occurrence, Δ against β^uf: in [`UNIFORM_PAIRS`]' order.
    uniform: [Best; 5],
    /// β^uf where it agrees with gold α best.
    best_uniform: Rows,
    uniform_curve: Vec<CurvePoint>,
    /// By comparison run.
    own_beta: Vec<Best>,
    own_beta_curve: Vec<f64>,
    comparison_curve: Vec<CurvePoint>,
    by_seed: Vec<(u64, Vec<f64>)>,
}

const UNIFORM_PAIRS: [Pair; 5] = [
    Pair::AlphaUniform,
    Pair::UniformEmbeddings,
    Pair::UniformRegression,
    Pair::UniformFirstOrder,
    Pair::DeltaUniform,
];

impl Gathering {
    fn new(measure: Measure, comparisons: &[RunRecord]) -> Self {
        Self {
            measure,
            uniform: Default::default(),
            best_uniform: Vec::new(),
            uniform_curve: Vec::new(),
            own_beta: vec![Best::default(); comparisons.len()],
            own_beta_curve: Vec::new(),
            comparison_curve: Vec::new(),
            by_seed: comparisons.iter().map(|run| (run.spec.seed(), Vec::new())).collect(),
        }
    }

    /// Takes in β of the uniform run at one checkpoint.
    fn add_uniform(&mut self, reference: &Reference, beta: &Rows, step: u64, score: f64) {
        let pairs = [
            (&reference.alpha, beta),
            (beta, &reference.embeddings),
            (beta, &reference.regression),
            (beta, &reference.first_order),
            (&reference.delta, beta),
        ];
        for (index, (a, b)) in pairs.into_iter().enumerate() {
            let scored = score_rows(self.measure, a, b);
            if index == 0 {
                let agreement = scored.mean().unwrap_or(f64::NAN);
                self.uniform_curve.push(CurvePoint { step, agreement, score });
            }
            if self.uniform[index].offer(scored, step) && index == 0 {
                self.best_uniform = beta.clone();
            }
        }
    }

    /// Takes in α and β of all comparison runs at one checkpoint, and their mean score.
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
        let fixed = |b: &Rows| {
            let scored = score_rows(measure, &reference.alpha, b);
            estimate(&Best { mean: scored.mean(), scored, step: 0 }, &reference.positive)
                .map(|found| Estimate { step: None, ..found })
        };
        let agreement = |pair: Pair| match pair {
            Pair::AlphaBeta => estimate_over_seeds(&self.own_beta, &reference.positive),
            Pair::AlphaEmbeddings => fixed(&reference.embeddings),
            Pair::AlphaRegression => fixed(&reference.regression),
            Pair::AlphaFirstOrder => fixed(&reference.first_order),
            _ => {
                let index = UNIFORM_PAIRS.iter().position(|&each| each == pair);
                let best = &self.uniform[index.expect("every other pair is of the uniform run")];
                estimate(best, &reference.positive)
            }
        };
        let finding = |pair: Pair| {
            let agreement = agreement(pair);
            let reached = agreement.as_ref().and_then(|a| first_above(&self.comparison_curve, a.value));
            Finding { pair, agreement, reached }
        };
        let findings = Pair::ALL.map(finding).to_vec();
        let baseline = (!self.best_uniform.is_empty())
            .then(|| shuffled(measure, &reference.alpha, &self.best_uniform, SHUFFLES, 0))
            .flatten();
        PartStudy {
            part: reference.part.name(),
            measure,
            texts: reference.texts(),
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

/// What one run's best checkpoint says.
fn estimate(best: &Best, positive: &[bool]) -> Option<Estimate> {
    Some(Estimate {
        value: best.mean?,
        by_label: by_label(&best.scored.rows, positive),
        over_texts: bootstrap(&best.scored.rows, 0),
        over_seeds: None,
        step: Some(best.step),
        undefined: best.scored.undefined(),
        tied: best.scored.tied,
    })
}

/// The mean of `rows` over the texts of either label.
fn by_label(rows: &[f64], positive: &[bool]) -> [Option<f64>; 2] {
    [false, true].map(|label| {
        let own = rows.iter().zip(positive).filter(|(_, positive)| **positive == label);
        Scored { rows: own.map(|(&row, _)| row).collect(), tied: 0 }.mean()
    })
}

/// What several runs say, each at its own best checkpoint: the mean over them.
fn estimate_over_seeds(runs: &[Best], positive: &[bool]) -> Option<Estimate> {
    let values: Vec<f64> = runs.iter().map(|run| run.mean).collect::<Option<_>>()?;
    let highest = runs.iter().max_by(|a, b| a.mean.partial_cmp(&b.mean).expect("means are numbers"))?;
    let texts = highest.scored.rows.len();
    // NaN in one run makes a text's mean NaN, and so undefined.
    let mean = |text: usize| runs.iter().map(|run| run.scored.rows[text]).sum::<f64>() / runs.len() as f64;
    let rows: Vec<f64> = (0..texts).map(mean).collect();
    Some(Estimate {
        value: values.iter().sum::<f64>() / values.len() as f64,
        by_label: by_label(&rows, positive),
        over_texts: bootstrap(&rows, 0),
        over_seeds: bootstrap(&values, 0),
        step: Some(highest.step),
        undefined: rows.iter().filter(|row| row.is_nan()).count(),
        tied: highest.scored.tied,
    })
}

/// Compares the probes of `gold`, `uniform` and `comparisons`, the runs of `plan`, with each other and with
/// `proxies`.
///
/// # Errors
/// When a run saw other texts, when the gold run has no probes where it has scores, and when a file cannot be
/// read.
pub fn analyse(
    plan: &ClassificationPlan,
    gold: &RunRecord,
    uniform: &RunRecord,
    comparisons: &[RunRecord],
    proxies: &Proxies,
) -> Result<ClassificationStudy, StudyError> {
    for run in comparisons.iter().chain([uniform]) {
        check_same_data(gold, run)?;
    }
    let checkpoint = gold_checkpoint(gold)?;
    let mut parts = Vec::new();
    for part in Part::ALL {
        let reference = Reference::new(plan, gold, checkpoint.step, part, proxies)?;
        let mut gatherings = Measure::ALL.map(|measure| Gathering::new(measure, comparisons));
        gather_uniform(&reference, uniform, &mut gatherings)?;
        gather_comparisons(&reference, comparisons, &mut gatherings)?;
        parts.extend(gatherings.map(|gathering| gathering.finish(&reference)));
    }
    let uniform_score = uniform.score("accuracy")?.iter().copied().fold(f64::NAN, f64::max);
    Ok(ClassificationStudy {
        name: plan.name.clone(),
        label_names: plan.data.label_names.clone(),
        train: plan.data.train.len(),
        validation: plan.data.validation.len(),
        gold: checkpoint,
        comparisons: comparisons.iter().map(|run| run.spec.seed()).collect(),
        uniform: uniform.spec.seed(),
        uniform_score,
        parts,
        proxies: proxies.facts.clone(),
        notices: notices(plan, [gold, uniform].into_iter().chain(comparisons))?,
    })
}

fn gather_uniform(
    reference: &Reference,
    uniform: &RunRecord,
    gatherings: &mut [Gathering],
) -> Result<(), StudyError> {
    for step in uniform.directory.probe_steps() {
        let table = uniform.probe_columns(step, &["part", "example", "beta"])?;
        let beta = reference.column(uniform, &table, "beta")?;
        let score = score_at(uniform, step)?;
        gatherings.iter_mut().for_each(|each| each.add_uniform(reference, &beta, step, score));
    }
    Ok(())
}

/// Goes through the checkpoints that all comparison runs have.
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
            let table = run.probe_columns(step, &["part", "example", "alpha", "beta"])?;
            probes.push([reference.column(run, &table, "alpha")?, reference.column(run, &table, "beta")?]);
            score += score_at(run, step)? / comparisons.len() as f64;
        }
        gatherings.iter_mut().for_each(|each| each.add_comparisons(reference, &probes, step, score));
    }
    Ok(())
}

/// The accuracy on held-out texts after `step` steps; NaN if it is not on record.
fn score_at(run: &RunRecord, step: u64) -> Result<f64, StudyError> {
    let place = run.steps()?.iter().position(|&each| each == step as i64);
    Ok(place.map_or(f64::NAN, |place| run.score("accuracy").map_or(f64::NAN, |scores| scores[place])))
}

/// The first checkpoint with the best accuracy, of those with probes.
fn gold_checkpoint(gold: &RunRecord) -> Result<GoldCheckpoint, StudyError> {
    let mut best: Option<GoldCheckpoint> = None;
    for step in gold.directory.probe_steps() {
        let score = score_at(gold, step)?;
        if !score.is_nan() && best.is_none_or(|best| score > best.score) {
            best = Some(GoldCheckpoint { seed: gold.spec.seed(), step, score });
        }
    }
    best.ok_or_else(|| StudyError::NoProbes { path: gold.directory.path().into() })
}

/// Refuses runs of other data or another vocabulary than the gold run's.
fn check_same_data(gold: &RunRecord, run: &RunRecord) -> Result<(), StudyError> {
    let other = |difference: String| StudyError::OtherTexts {
        path: run.directory.path().into(),
        other: gold.directory.path().display().to_string(),
        difference,
    };
    let digests = [gold, run].map(|each| each.manifest().data_digest.clone().unwrap_or_default());
    if digests[0] != digests[1] {
        return Err(other(format!("its data has SHA-256 {} instead of {}", digests[1], digests[0])));
    }
    let vocabulary = |run: &RunRecord| run.directory.read_json::<Vocabulary>("vocabulary.json");
    if vocabulary(gold)? != vocabulary(run)? {
        return Err(other("its vocabulary.json lists other words".into()));
    }
    Ok(())
}

fn notices<'a>(
    plan: &ClassificationPlan,
    runs: impl Iterator<Item = &'a RunRecord>,
) -> Result<StudyNotices, StudyError> {
    let unknown = |example: &&TextExample| {
        let inner = &example.tokens[1..example.tokens.len() - 1];
        inner.iter().all(|&token| token == Vocabulary::UNKNOWN)
    };
    let validation = &plan.data.validation;
    let all_alike = validation.iter().all(|example| example.positive == validation[0].positive);
    let mut notices = StudyNotices {
        data: plan.data.notices,
        only_unknown_words: validation.iter().filter(unknown).count(),
        one_label: all_alike.then(|| plan.data.label_names[usize::from(validation[0].positive)].clone()),
        ..StudyNotices::default()
    };
    for run in runs {
        let manifest = run.manifest();
        if manifest.status != Status::Finished {
            notices.unfinished.push(format!(
                "{} ({}, step {} of {})",
                run.name(),
                manifest.status,
                manifest.steps_done,
                manifest.steps
            ));
        }
        let probed = run.directory.probe_steps();
        let lacking = run.steps()?.iter().map(|&step| step as u64).filter(|step| !probed.contains(step));
        notices.missing.extend(lacking.map(|step| (run.name(), step)));
    }
    Ok(notices)
}
