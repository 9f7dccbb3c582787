//! The levels of the loss on Markov chains: what training cannot fall below until it has learned to match, and at all.

use onset_engine::AttentionMode;
use serde::{Deserialize, Serialize};

use super::{ForecastError, PredictedAttention, Prediction};
use crate::spec::Spec;
use crate::task::markov::{MarkovTask, levels};

/// The losses at which training on Markov chains stays, in nats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelsPrediction {
    /// Losses from the first to the last, highest first.
    pub levels: Vec<Level>,
    /// The name of the level at which training ends, if it is long enough and the model can express it.
    pub ends: String,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The predictor whose loss it is: `uniform`, `unigram`, `bigram` or `oracle`.
    pub name: String,
    /// Its mean loss in nats.
    pub loss: f64,
    /// The standard error of the mean over the chains that were drawn.
    pub error: f64,
    /// What it means for training.
    pub meaning: String,
}

/// What the levels mean, in their order.
const MEANINGS: [&str; 4] = [
    "nothing is known",
    "counts of symbols: the plateau before attention matches, and the end with uniform attention",
    "counts of pairs, Bayes' rule: the end; on average no model falls below",
    "knows the chain of each sequence; out of reach",
];

/// The levels for a spec of Markov chains, whatever the model and the optimiser; `None` for another task.
pub(super) fn markov_run(spec: &Spec) -> Option<Result<(Prediction, PredictedAttention), ForecastError>> {
    let task: &MarkovTask = spec.task().get()?;
    let named = levels(task).into_iter().zip(MEANINGS);
    let levels = named.map(|((name, loss, error), meaning)| Level {
        name: name.into(),
        loss,
        error,
        meaning: meaning.into(),
    });
    let uniform = spec.attention() == AttentionMode::Uniform;
    let ends = if uniform { "unigram" } else { "bigram" }.into();
    let prediction = Prediction::Levels(LevelsPrediction { levels: levels.collect(), ends });
    Some(Ok((prediction, PredictedAttention::default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_fall_from_uniform_to_the_oracle_and_uniform_attention_stays_at_unigrams() {
        for (attention, ends) in [("learned", "bigram"), ("uniform", "unigram")] {
            let keys = ["task.symbols=3".into(), format!("model.attention={attention}")];
            let spec = Spec::parse("task = 'markov'", "", &keys).unwrap();
            let (prediction, _) = markov_run(&spec).unwrap().unwrap();
            let Prediction::Levels(found) = prediction else { panic!() };
            assert!(found.levels.windows(2).all(|pair| pair[0].loss > pair[1].loss), "{found:?}");
            assert_eq!((found.levels[0].loss, found.levels[0].error), (3f64.ln(), 0.0));
            assert_eq!(found.ends, ends);
        }
        let other = Spec::parse("task = 'copying'", "", &[]).unwrap();
        assert!(markov_run(&other).is_none());
    }
}
