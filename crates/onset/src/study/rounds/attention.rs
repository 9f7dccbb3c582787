//! The scores of theories of where attention goes in texts.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{Distribution, TEXT_THEORIES};
use crate::agreement::{Interval, Measure, mean_interval, score_rows, shuffled};
use crate::forecast::{Forecast, ForecastStatus, RoundPrediction, best_recorded};
use crate::stats::mean;
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::Split;

/// Shuffled records that the agreement by chance is a mean over.
const REPEATS: usize = 5;

/// How well theories say where attention goes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AttentionFindings {
    /// Every set of texts.
    pub sets: Vec<SetScores>,
    /// Every theory over all sets.
    pub scores: Vec<AttentionScore>,
}

/// One set of texts; all numbers are means over its seeds.
#[derive(Debug, Clone, Serialize)]
pub struct SetScores {
    /// Its name.
    pub set: String,
    /// Its kind.
    pub kind: String,
    /// Seeds whose forecasts count.
    pub seeds: usize,
    /// Held-out texts.
    pub texts: usize,
    /// The share of held-out texts that the model labels right at the checkpoint where attention is compared, its best.
    pub accuracy: f64,
    /// The agreement of the attention of two seeds; none with one seed.
    pub between_seeds: Option<f64>,
    /// By theory; one that says that the set is outside of its domain is not there.
    pub theories: BTreeMap<String, SetScore>,
}

/// One theory on one set.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SetScore {
    /// A(α, theory), by top 5 %.
    pub agreement: f64,
    /// The same with the theory's numbers shuffled within each text.
    pub chance: f64,
    /// Kendall's τ-b of α and theory; none if it is undefined on every text.
    pub kendall: Option<f64>,
}

impl SetScore {
    fn above_chance(&self) -> f64 {
        self.agreement - self.chance
    }
}

/// One theory over all sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttentionScore {
    /// The theory.
    pub theory: String,
    /// Sets inside of its domain; the other scores are means over these.
    pub covered: usize,
    /// A(α, theory), by top 5 %.
    pub agreement: f64,
    /// The agreement by chance.
    pub chance: f64,
    /// The 95 % interval of agreement minus chance, over sets; none with one set.
    pub above_chance: Option<Interval>,
    /// Kendall's τ-b of α and theory.
    pub kendall: Option<f64>,
    /// Sets on which its agreement is the furthest above chance.
    pub best_on: usize,
}

/// The attention of one run beside what the theories said.
pub(super) struct Attended {
    accuracy: f64,
    /// The number of each held-out text.
    examples: Vec<i64>,
    alpha: Vec<Vec<f32>>,
    /// By theory, in the order of `alpha`.
    theories: BTreeMap<String, Vec<Vec<f32>>>,
}

/// The attention of `run` at its best checkpoint; the reason if its forecast does not count.
pub(super) fn attended(run: &RunRecord) -> Result<Result<Attended, String>, StoreError> {
    let path = run.directory.path();
    let Some(forecast) = Forecast::read(path)? else { return Ok(Err("there is no forecast".into())) };
    let status = forecast.status(path, Some(run.manifest()));
    if status != ForecastStatus::Sealed {
        return Ok(Err(status.to_string()));
    }
    let Some(step) = best_recorded(run)? else {
        return Ok(Err("attention was not recorded (record.probes)".into()));
    };
    let predicted = Forecast::attention(path)?;
    let places: HashMap<i64, usize> =
        predicted.example.iter().enumerate().map(|(place, &number)| (number, place)).collect();
    let table = run.probe_columns(step, &["split", "example", "alpha"])?;
    let (splits, numbers) = (table.texts("split")?, table.ints("example")?);
    let held_out =
        |&row: &usize| splits[row] == Split::Validation.name() && places.contains_key(&numbers[row]);
    let rows: Vec<usize> = (0..splits.len()).filter(held_out).collect();
    let examples: Vec<i64> = rows.iter().map(|&row| numbers[row]).collect();
    let all = table.float_lists("alpha")?;
    let alpha: Vec<Vec<f32>> = rows.iter().map(|&row| all[row].clone()).collect();
    let mut theories = BTreeMap::new();
    for (name, _) in forecast.theories.iter().filter(|(_, said)| **said == RoundPrediction::Attention) {
        let Some(all) = predicted.theories.get(name) else { continue };
        let own: Vec<Vec<f32>> = examples.iter().map(|number| all[places[number]].clone()).collect();
        if !own.iter().zip(&alpha).all(|(own, alpha)| own.len() == alpha.len()) {
            return Ok(Err("its records are of other texts than its forecast".into()));
        }
        theories.insert(name.clone(), own);
    }
    Ok(Ok(Attended { accuracy: run.score_at("accuracy", step)?, examples, alpha, theories }))
}

/// The scores of the runs of each set.
pub(super) fn attention_findings(runs: &[(&Distribution, Attended)]) -> AttentionFindings {
    let mut sets: Vec<(&Distribution, Vec<&Attended>)> = Vec::new();
    for (distribution, run) in runs {
        match sets.iter_mut().find(|(other, _)| other.name == distribution.name) {
            Some((_, own)) => own.push(run),
            None => sets.push((distribution, vec![run])),
        }
    }
    let sets: Vec<SetScores> =
        sets.iter().map(|(distribution, runs)| set_scores(distribution, runs)).collect();
    let scores = names(&sets).iter().filter_map(|name| over_sets(name, &sets)).collect();
    AttentionFindings { sets, scores }
}

impl AttentionFindings {
    /// The theories that say something, the shipped ones first.
    pub fn names(&self) -> Vec<String> {
        names(&self.sets)
    }
}

fn names(sets: &[SetScores]) -> Vec<String> {
    let mut names: Vec<String> = TEXT_THEORIES.iter().map(|theory| theory.name.into()).collect();
    for name in sets.iter().flat_map(|set| set.theories.keys()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names.retain(|name| sets.iter().any(|set| set.theories.contains_key(name)));
    names
}

fn set_scores(distribution: &Distribution, runs: &[&Attended]) -> SetScores {
    let of = |each: &dyn Fn(&Attended) -> Option<f64>| {
        mean(&runs.iter().filter_map(|run| each(run)).collect::<Vec<f64>>())
    };
    let names = runs.iter().flat_map(|run| run.theories.keys());
    let mut theories = BTreeMap::new();
    for name in names {
        let agreement = |run: &Attended, measure: Measure| {
            run.theories.get(name).and_then(|rows| score_rows(measure, &run.alpha, rows).mean())
        };
        let chance = |run: &Attended| {
            let rows = run.theories.get(name)?;
            Some(shuffled(Measure::Top, &run.alpha, rows, REPEATS, 0)?.mean)
        };
        if let (Some(top), Some(chance)) = (of(&|run| agreement(run, Measure::Top)), of(&chance)) {
            let kendall = of(&|run| agreement(run, Measure::Kendall));
            theories.insert(name.clone(), SetScore { agreement: top, chance, kendall });
        }
    }
    SetScores {
        set: distribution.name.clone(),
        kind: distribution.kind.clone(),
        seeds: runs.len(),
        texts: runs.first().map_or(0, |run| run.alpha.len()),
        accuracy: of(&|run| Some(run.accuracy)).unwrap_or(f64::NAN),
        between_seeds: between_seeds(runs),
        theories,
    }
}

/// The mean agreement of the attention of each run with that of each other.
fn between_seeds(runs: &[&Attended]) -> Option<f64> {
    let mut all = Vec::new();
    for a in runs {
        for b in runs.iter().filter(|b| !std::ptr::eq(**b, *a) && b.examples == a.examples) {
            all.extend(score_rows(Measure::Top, &a.alpha, &b.alpha).mean());
        }
    }
    mean(&all)
}

fn over_sets(theory: &str, sets: &[SetScores]) -> Option<AttentionScore> {
    let own: Vec<SetScore> = sets.iter().filter_map(|set| set.theories.get(theory).copied()).collect();
    let of = |each: &dyn Fn(&SetScore) -> f64| own.iter().map(each).collect::<Vec<f64>>();
    let above = of(&SetScore::above_chance);
    let is_best = |set: &&SetScores| {
        let largest = set.theories.values().map(SetScore::above_chance).fold(f64::NEG_INFINITY, f64::max);
        set.theories.get(theory).is_some_and(|score| score.above_chance() == largest)
    };
    Some(AttentionScore {
        theory: theory.into(),
        covered: own.len(),
        agreement: mean(&of(&|score| score.agreement))?,
        chance: mean(&of(&|score| score.chance))?,
        above_chance: mean_interval(&above, 0),
        kendall: mean(&own.iter().filter_map(|score| score.kendall).collect::<Vec<f64>>()),
        best_on: sets.iter().filter(is_best).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(right: bool) -> Attended {
        // Attention is on the place of the text's number; one theory says so, another says the place behind.
        let row = |at: usize| -> Vec<f32> { (0..10).map(|place| f32::from(u8::from(place == at))).collect() };
        let rows = |by: usize| (0..9).map(|text| row(text + by)).collect::<Vec<_>>();
        let theories = [("right".to_owned(), rows(0)), ("wrong".to_owned(), rows(1))].into();
        Attended { accuracy: 0.5, examples: (0..9).collect(), alpha: rows(usize::from(!right)), theories }
    }

    fn set(name: &str) -> Distribution {
        Distribution { name: name.into(), kind: "texts".into(), data: Some(name.into()), set: Vec::new() }
    }

    #[test]
    fn a_theory_that_names_the_place_is_best_and_chance_is_far_below() {
        let (a, b) = (set("a"), set("b"));
        let found =
            attention_findings(&[(&a, run(true)), (&a, run(true)), (&b, run(true)), (&b, run(false))]);
        assert_eq!(found.names(), ["right", "wrong"]);
        let [right, wrong] = &found.scores[..] else { panic!("two theories") };
        // On the second set each is right for one run.
        assert!(right.covered == 2 && right.best_on + wrong.best_on == 2 && right.best_on >= 1);
        assert!((right.agreement - 0.75).abs() < 1e-9 && right.chance < 0.3 && right.above_chance.is_some());
        let seeds = |place: usize| found.sets[place].between_seeds.unwrap();
        assert_eq!((found.sets[0].seeds, found.sets[0].texts), (2, 9));
        assert!((seeds(0) - 1.0).abs() < 1e-9 && seeds(1) < 0.01);
    }

    #[test]
    fn one_run_has_no_interval_and_nothing_to_agree_with() {
        let a = set("a");
        let found = attention_findings(&[(&a, run(true))]);
        assert_eq!((found.sets[0].between_seeds, found.scores[0].above_chance), (None, None));
        assert!(attention_findings(&[]).scores.is_empty());
    }
}
