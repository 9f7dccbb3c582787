//! The levels of the loss on tasks of learning in context: what training cannot fall below until it has learned to match, and at
//! all; and when the loss leaves the first of them, where a law covers that.

use onset_engine::AttentionMode;
use serde::{Deserialize, Serialize};

use super::{ForecastError, PredictedAttention, Prediction};
use crate::spec::{Identity, Spec, differing_keys};
use crate::task::item_label::{self, ItemLabelTask};
use crate::task::markov::{self, MarkovTask};
use crate::theory::{Chains, DropLaw, DropPrediction, MARKOV_MODEL};

/// The losses at which training in context stays, in nats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelsPrediction {
    /// Losses from the first to the last, highest first.
    pub levels: Vec<Level>,
    /// The name of the level at which training ends, if it is long enough and the model can express it.
    pub ends: String,
    /// When the loss has come halfway from the level before matching to that of matching.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<DropPrediction>,
    /// Why there is no such step, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
    /// Measures of heads in the order in which they make half of their rise, where that is predicted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The predictor whose loss it is: `uniform`, `unigram`, `bigram` or `oracle`; for item–label pairs `uniform`, `in_sight` or
    /// `matched`.
    pub name: String,
    /// Its mean loss in nats.
    pub loss: f64,
    /// The standard error of the mean over the sequences that were drawn.
    pub error: f64,
    /// What it means for training.
    pub meaning: String,
}

/// What the levels of Markov chains mean, in their order.
const MARKOV: [&str; 4] = [
    "nothing is known",
    "counts of symbols: the plateau before attention matches, and the end with uniform attention",
    "counts of pairs, Bayes' rule: the end; on average no model falls below",
    "knows the chain of each sequence; out of reach",
];

/// What the levels of item–label pairs mean, in their order.
const ITEM_LABEL: [&str; 3] = [
    "any label",
    "labels that are in sight as often as the right one is: the plateau before attention matches, and the end with uniform attention",
    "the label behind the same item: the end",
];

/// The predicted order: what attention would gain comes before attention goes there.
const ORDER: [&str; 2] = ["beta_gap", "right_position"];

/// Keys that decide nothing about when the loss drops.
const INDIFFERENT: [&str; 3] = ["train.steps", "task.sequences", "seed"];

/// The levels for a spec of a task of learning in context, whatever the model and the optimiser; `None` for another task.
pub(super) fn in_context_run(spec: &Spec) -> Option<Result<(Prediction, PredictedAttention), ForecastError>> {
    let uniform = spec.attention() == AttentionMode::Uniform;
    let (levels, ends, drop) = if let Some(task) = spec.task().get::<MarkovTask>() {
        let ends = if uniform { "unigram" } else { "bigram" };
        (named(&markov::levels(task), &MARKOV), ends, drop_of(spec, task))
    } else {
        let task = spec.task().get::<ItemLabelTask>()?;
        let ends = if uniform { "in_sight" } else { "matched" };
        let withheld = "there is a law for Markov chains (task.kind = \"markov\") alone".to_owned();
        (named(&item_label::levels(task), &ITEM_LABEL), ends, Err(withheld))
    };
    let order = if drop.is_ok() { ORDER.map(String::from).to_vec() } else { Vec::new() };
    let (drop, withheld) = match drop {
        _ if !spec.interventions().is_empty() => {
            (None, Some("the law does not follow training that is changed on the way ([[intervene]])".into()))
        }
        _ if uniform => (None, Some("with uniform attention (model.attention) the loss stays there".into())),
        Ok(drop) => (Some(drop), None),
        Err(reason) => (None, Some(reason)),
    };
    let prediction = LevelsPrediction { levels, ends: ends.into(), drop, withheld, order };
    Some(Ok((Prediction::Levels(prediction), PredictedAttention::default())))
}

fn named(levels: &[(&str, f64, f64)], meanings: &[&str]) -> Vec<Level> {
    let named = levels.iter().zip(meanings);
    let level = |(&(name, loss, error), meaning): (&(&str, f64, f64), &&str)| Level {
        name: name.into(),
        loss,
        error,
        meaning: (*meaning).into(),
    };
    named.map(level).collect()
}

/// When the loss leaves the level of unigram counts; an error is the reason why no number is given.
fn drop_of(spec: &Spec, task: &MarkovTask) -> Result<DropPrediction, String> {
    let own = Identity::of_spec(spec, None);
    let number = |key: &str| {
        let value = own.value(key)?;
        value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
    };
    let Some(width) = number("model.width") else {
        return Err(format!(
            "there is a law for Transformers alone (model.kind = \"{}\")",
            spec.model().kind()
        ));
    };
    let rate = number("train.learning_rate").unwrap_or(f64::NAN);
    let chains = Chains { symbols: task.symbols, length: task.length, width: width as usize, rate };
    let settings = [
        format!("task.symbols={}", chains.symbols),
        format!("task.length={}", chains.length),
        format!("model.width={}", chains.width),
        format!("train.learning_rate={rate}"),
    ];
    let keys: Vec<String> = MARKOV_MODEL.iter().map(|key| (*key).to_owned()).chain(settings).collect();
    let like = Spec::parse("task = 'markov'\n[model]\nkind = 'transformer'", "the law", &keys);
    let like = Identity::of_spec(&like.map_err(|error| error.to_string())?, None);
    let counts = |key: &String| !key.starts_with("record.") && !INDIFFERENT.contains(&key.as_str());
    if let Some(key) = differing_keys(&[&own, &like]).into_iter().find(counts) {
        let value = |identity: &Identity| identity.value(&key).map_or("not set".into(), ToString::to_string);
        let (found, fitted) = (value(&own), value(&like));
        return Err(format!("{key} is {found}, and its law was fitted with {fitted}"));
    }
    DropLaw::shipped(chains.symbols).predict(&chains, spec.training().steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(task: &str, keys: &[&str]) -> LevelsPrediction {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let spec = Spec::parse(&format!("task = '{task}'"), "", &keys).unwrap();
        let (prediction, _) = in_context_run(&spec).unwrap().unwrap();
        let Prediction::Levels(found) = prediction else { panic!() };
        found
    }

    #[test]
    fn levels_fall_from_uniform_to_the_oracle_and_uniform_attention_stays_at_unigrams() {
        for (attention, ends) in [("learned", "bigram"), ("uniform", "unigram")] {
            let found = found("markov", &["task.symbols=3", &format!("model.attention={attention}")]);
            assert!(found.levels.windows(2).all(|pair| pair[0].loss > pair[1].loss), "{found:?}");
            assert_eq!((found.levels[0].loss, found.levels[0].error), (3f64.ln(), 0.0));
            assert_eq!(found.ends, ends);
        }
        let other = Spec::parse("task = 'copying'", "", &[]).unwrap();
        assert!(in_context_run(&other).is_none());
    }

    #[test]
    fn a_step_is_given_where_the_law_was_fitted_and_withheld_with_the_reason_elsewhere() {
        let keys = |more: &'static str| -> Vec<&'static str> {
            let all = MARKOV_MODEL.into_iter().chain(["model.width=16", "record.every=7", more]);
            all.collect()
        };
        let given = found("markov", &keys("task.sequences=9"));
        let drop = given.drop.expect("it is covered");
        assert!(drop.interval[0] < drop.step && drop.step < drop.interval[1] && drop.budget == 2000);
        assert_eq!(given.order, ORDER);
        for (more, reason) in [
            ("train.batch=32", "train.batch is 32"),
            ("model.layers=3", "model.layers is 3"),
            ("model.modes=['0:previous']", "model.modes is"),
            ("task.length=4000", "task.length = 4000 is outside"),
            ("task.prior='doubly_stochastic'", "task.prior is"),
            ("model.attention='uniform'", "uniform attention"),
        ] {
            let withheld = found("markov", &keys(more)).withheld.unwrap_or_default();
            assert!(withheld.contains(reason), "{more}: {withheld}");
        }
        let keys: Vec<String> = keys("task.sequences=9").into_iter().map(String::from).collect();
        let changed =
            "task = 'markov'\n[model]\nkind = 'transformer'\n[[intervene]]\nat = 5\nattention = 'uniform'";
        let spec = Spec::parse(changed, "", &keys).unwrap();
        let Some(Ok((Prediction::Levels(levels), _))) = in_context_run(&spec) else { panic!("levels") };
        assert!(
            levels.drop.is_none()
                && levels.withheld.is_some_and(|reason| reason.contains("changed on the way"))
        );
        assert!(found("item-label", &[]).withheld.is_some_and(|reason| reason.contains("Markov")));
    }

    #[test]
    fn labels_in_sight_leave_a_choice() {
        // Of two pairs, one label is right and the other is not.
        let two = found("item-label", &[]);
        let losses: Vec<f64> = two.levels.iter().map(|level| level.loss).collect();
        assert!((losses[1] - 2f64.ln()).abs() < 1e-12 && losses[0] == 5f64.ln() && losses[2] == 0.0);
        // The right label is in sight twice, and the other two are twice the same in one of four.
        let four = found("item-label", &["task.pairs=4", "task.copies=2"]);
        assert!((four.levels[1].loss - 0.25 * 2f64.ln()).abs() < 0.03, "{four:?}");
    }
}
