//! Interactive training on Markov chains in context: a Transformer of two layers, in which an induction head appears.

use super::prediction::Prediction;
use super::training::LiveTask;
use super::{HeadView, LiveError, Point, View};
use crate::batch::{Examples, Rows};
use crate::measures::{prefix_matching, previous_token};
use crate::model::{Place, Reading, Want};
use crate::task::{Draw, EpochOrder, Split};
use crate::train::{Prepared, Trainer};

/// The measurements of a model that learns to continue Markov chains.
pub(super) struct LiveInduction {
    /// One sequence, all but the first token of which is predicted.
    example: Examples,
}

impl LiveInduction {
    /// Draws the sequence that is shown.
    pub fn new(prepared: &Prepared, seed: u64) -> Self {
        let mut drawn = Examples::default();
        let draw = Draw::Record { seed, split: Split::Validation, count: crate::settings::Amount::Count(1) };
        prepared.task().fill(draw, &mut EpochOrder::default(), &mut drawn);
        let mut example = Examples::default();
        example.push_sequence(drawn.target.row(0).iter().copied(), 1);
        Self { example }
    }

    /// What the model makes of the sequence.
    fn read(&self, trainer: &mut Trainer) -> Reading {
        let example = self.example.clone();
        let read = trainer.look(|experiment, tape| experiment.read(tape, example, Want::default()));
        read.readings.into_iter().next().unwrap_or_default()
    }

    /// What is read of the sequence: all but its last token.
    fn tokens(&self) -> &[u32] {
        let row = self.example.target.row(0);
        &row[..row.len() - 1]
    }
}

impl LiveTask for LiveInduction {
    /// Measures on fresh sequences; the token before on the one that is shown.
    fn measure(&mut self, trainer: &mut Trainer) -> Point {
        let step = trainer.step_count();
        let recorded = trainer.evaluate();
        let number = |name: &str| {
            recorded.scores.floats(name).ok().and_then(|all| all.first().copied()).unwrap_or(f64::NAN)
        };
        let places = trainer.experiment().model().places().to_vec();
        let reading = self.read(trainer);
        let first = places.iter().zip(&reading.places).filter(|(place, _)| place.layer == 0);
        let previous = first.filter_map(|(_, own)| previous_token(&own.alpha)).fold(0.0, f64::max);
        Point {
            step,
            loss: number("loss"),
            accuracy: number("accuracy"),
            attention: number("attention_weight"),
            attention_accuracy: number("attention_accuracy"),
            progress: Some(
                (number("loss_unigram") - number("loss")) / (number("loss_unigram") - number("loss_bigram")),
            ),
            previous_token: Some(previous),
            words_known: None,
            word_probability: None,
            score_gap: None,
            logit_gap: None,
        }
    }

    /// α of every head on the sequence that is shown.
    fn view(&mut self, trainer: &mut Trainer) -> View {
        let places = trainer.experiment().model().places().to_vec();
        let reading = self.read(trainer);
        let tokens = self.tokens();
        let head = |(place, alpha): (&Place, &Rows)| HeadView {
            layer: place.layer,
            head: place.head,
            alpha: square(alpha),
            previous_token: previous_token(alpha).unwrap_or_default(),
            prefix_matching: prefix_matching(alpha, tokens).unwrap_or_default(),
        };
        let alphas = reading.places.iter().map(|own| &own.alpha);
        View::Induction { tokens: tokens.to_vec(), heads: places.iter().zip(alphas).map(head).collect() }
    }

    fn predict(&self) -> Result<Prediction, LiveError> {
        let beyond = "the theory gives the levels of the plateaus, 0 and 1 of the progress, but not when the drop comes";
        Ok(Prediction { beyond: Some(beyond.into()), ..Prediction::default() })
    }
}

/// Rows over the positions that each step sees, with 0 where it sees none.
fn square(alpha: &Rows) -> Vec<f32> {
    let length = alpha.len();
    alpha
        .iter()
        .flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0.0, length - row.len())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{LiveTraining, presets};

    /// Slow, but it is what the preset promises.
    #[test]
    fn the_preset_ends_with_an_induction_head() {
        let preset = presets().into_iter().find(|preset| preset.key == "induction").unwrap();
        let mut training = LiveTraining::new(&preset.setup).unwrap();
        let before = training.measure();
        assert!(before.progress.unwrap() < 0.0 && before.previous_token.unwrap() < 0.2, "{before:?}");
        while !training.finished() {
            training.step().unwrap();
        }
        let after = training.measure();
        assert!(after.progress.unwrap() > 0.7 && after.attention > 0.7, "{after:?}");
        let View::Induction { tokens, heads } = training.view() else { panic!("heads") };
        assert!(heads.iter().all(|head| head.alpha.len() == tokens.len() * tokens.len()));
        let best = |layer: usize, of: &dyn Fn(&HeadView) -> f64| {
            heads.iter().filter(|head| head.layer == layer).map(of).fold(0.0, f64::max)
        };
        assert!(best(0, &|head| head.previous_token) > 0.5, "{heads:?}");
        assert!(best(1, &|head| head.prefix_matching) > 0.5);
    }
}
