//! Interactive training on copying.

use onset_engine::AttentionMode;

use super::prediction::{PredictedPoint, Prediction};
use super::training::LiveTask;
use super::{LiveError, Point, View};
use crate::batch::{Examples, Form, Ragged};
use crate::model::{Pass, Rnn};
use crate::spec::CopyingSpec;
use crate::store::Table;
use crate::task::copying::word_table;
use crate::task::streams::RECORDED_EXAMPLES;
use crate::theory::{Calibration, StepsBy, expected, initial_conditions, not_covered, stretched};
use crate::train::Trainer;

/// The measurements of a model that copies.
pub(super) struct LiveCopying {
    pub(super) spec: CopyingSpec,
}

impl LiveCopying {
    /// The prediction of each word alone.
    fn table(&self, trainer: &mut Trainer) -> Vec<f32> {
        let CopyingSpec { seed, data, .. } = &self.spec;
        trainer.look(|experiment, tape| {
            let rnn =
                experiment.model().as_any().downcast_ref::<Rnn>().expect("copying is trained with an rnn");
            word_table(tape, (rnn, experiment.modes()), data, *seed)
        })
    }
}

impl LiveTask for LiveCopying {
    /// Measures on fresh sequences.
    fn measure(&mut self, trainer: &mut Trainer) -> Point {
        let step = trainer.step_count();
        let recorded = trainer.evaluate();
        let (table, words) = (self.table(trainer), self.spec.data.vocabulary);
        let number = |name: &str| first(&recorded.scores, name).unwrap_or(f64::NAN);
        // Clamped weights have no logits.
        let clamped = trainer.experiment().modes().any(AttentionMode::Clamped);
        let offsets = recorded.scores.float_lists("offset_mass").map_or(&[][..], |lists| &lists[0]);
        Point {
            step,
            loss: number("loss"),
            accuracy: number("accuracy"),
            attention: offsets.get(offsets.len() / 2).map_or(f64::NAN, |&mass| f64::from(mass)),
            attention_accuracy: number("attention_accuracy"),
            progress: None,
            previous_token: None,
            words_known: Some(share_on_diagonal(&table, words)),
            word_probability: Some(mean_of_diagonal(&table, words)),
            score_gap: first(&recorded.scores, "score_gap"),
            logit_gap: first(&recorded.scores, "logit_gap").filter(|_| !clamped),
        }
    }

    /// Attention on one sequence by head, and the prediction of each word alone.
    fn view(&mut self, trainer: &mut Trainer) -> View {
        let CopyingSpec { seed, data, .. } = &self.spec;
        trainer.look(|experiment, tape| {
            let (mut examples, mut relevant) = (Examples::default(), Ragged::default());
            data.draw(&mut RECORDED_EXAMPLES.random(*seed), 1, &mut examples);
            data.relevant_of(&examples, &mut relevant);
            let mut batch = Form::SequenceToSequence.batch();
            batch.fill(&examples);
            let modes = experiment.modes();
            let rnn =
                experiment.model().as_any().downcast_ref::<Rnn>().expect("copying is trained with an rnn");
            let pass = Pass { relevant: Some(&relevant), ..Pass::new(modes) };
            let read = rnn.forward(tape, batch.pairs(), &pass);
            let (positions, count) = (data.length + 1, rnn.heads());
            let rows = tape.alpha_of(read.attended, 0).chunks_exact(positions);
            let head = |head: usize| rows.clone().skip(head).step_by(count).flatten().copied().collect();
            let heads = (0..count).map(head).collect();
            tape.clear();
            let knowledge = word_table(tape, (rnn, modes), data, *seed);
            View::Copying { source: examples.source.row(0)[..data.length].to_vec(), heads, knowledge }
        })
    }

    fn predict(&self) -> Result<Prediction, LiveError> {
        predict(&self.spec)
    }
}

fn mean_of_diagonal(table: &[f32], words: usize) -> f64 {
    table.iter().step_by(words + 1).map(|&p| f64::from(p)).sum::<f64>() / words as f64
}

/// The share of words whose row is largest on the diagonal.
fn share_on_diagonal(table: &[f32], words: usize) -> f64 {
    let rows = table.chunks_exact(words).enumerate();
    let known =
        rows.filter(|&(word, row)| row.iter().enumerate().all(|(other, &p)| other == word || p < row[word]));
    known.count() as f64 / words as f64
}

fn first(table: &Table, name: &str) -> Option<f64> {
    table.floats(name).ok()?.first().copied()
}

/// The theory's prediction for the spec's seed.
fn predict(spec: &CopyingSpec) -> Result<Prediction, LiveError> {
    let without_attention = bag_accuracy(spec);
    if spec.model.attention == AttentionMode::Uniform {
        // As `not_covered`, in the words of the lab.
        let beyond = "attention is uniform from the first step on, so there is no second stage to predict";
        return Ok(Prediction { without_attention, beyond: Some(beyond.into()), ..Prediction::default() });
    }
    if let Some(beyond) = not_covered(spec) {
        return Ok(Prediction { without_attention, beyond: Some(beyond), ..Prediction::default() });
    }
    let calibration =
        Calibration::of(spec.train.optimizer).expect("a spec that is covered has a calibration");
    let pace = calibration.steps_per_time(spec);
    let time = spec.train.steps as f64 / pace;
    if time > MOST_TIME {
        let beyond = "the learning rate is too high for the theory, which assumes small steps; lower it";
        return Ok(Prediction { without_attention, beyond: Some(beyond.into()), ..Prediction::default() });
    }
    let heads = initial_conditions(spec);
    let found = expected(spec, &heads, 1.0).expect("a spec that is covered has a calibration");
    let starts: Vec<[f64; 2]> = heads.iter().map(|head| [head.score_gap, head.logit_gap]).collect();
    let in_time = stretched(spec, found.stretch);
    let flow = match found.outcome.curve.is_empty() {
        true => Vec::new(),
        false => calibration.flow(&in_time, &starts).integrate(in_time.train.steps as f64 / pace, POINTS),
    };
    let curve = flow.iter().map(|point| PredictedPoint {
        step: point.time * pace * found.stretch,
        accuracy: point.probability,
        attention: point.attention,
        word_probability: (heads.len() == 1).then(|| alone(point.score_gap, spec.data.vocabulary)),
        score_gap: point.score_gap,
        logit_gap: point.logit_gap,
    });
    Ok(Prediction {
        curve: curve.collect(),
        chance: Some(found.outcome.chance),
        attends: Some(found.outcome.attends),
        emergence: Some(found.outcome.emergence),
        is_outside: matches!(found.by, StepsBy::Dynamics { .. }),
        without_attention,
        ..Prediction::default()
    })
}

/// The probability of a word whose score is `score_gap` above that of each other of `vocabulary` words.
fn alone(score_gap: f64, vocabulary: usize) -> f64 {
    1.0 / (1.0 + (vocabulary as f64 - 1.0) * (-score_gap).exp())
}

/// Points in a predicted curve.
const POINTS: usize = 200;

/// Largest time of the theory that is integrated; longer integrations would delay the start of training.
const MOST_TIME: f64 = 2500.0;

/// The accuracy, over tokens and the end token, of a model that knows the tokens of the source and the tokens it has
/// already written, but not their order: (1 + 1/2 + … + 1/L + 1)/(L + 1). `None` if tokens may repeat.
fn bag_accuracy(spec: &CopyingSpec) -> Option<f64> {
    let length = spec.data.length;
    let harmonic: f64 = (1..=length).map(|left| 1.0 / left as f64).sum();
    (!spec.data.repetition).then(|| (harmonic + 1.0) / (length + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Setup;

    #[test]
    fn words_are_known_where_their_own_row_is_largest_on_the_diagonal() {
        let table = [0.5, 0.2, 0.1, 0.3, 0.3, 0.1, 0.2, 0.2, 0.6];
        assert!((share_on_diagonal(&table, 3) - 2.0 / 3.0).abs() < 1e-12);
        assert!((mean_of_diagonal(&table, 3) - 1.4 / 3.0).abs() < 1e-6);
        // A model that always predicts one word knows at most that one, and one that predicts nothing in particular none.
        assert!(share_on_diagonal(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 3) < 0.4);
        assert_eq!(share_on_diagonal(&[0.25; 9], 3), 0.0);
    }

    fn spec(setup: Setup) -> CopyingSpec {
        CopyingSpec::of(&setup.spec().unwrap()).unwrap()
    }

    #[test]
    fn curves_are_predicted_unless_attention_is_frozen() {
        let said = predict(&spec(Setup::default())).unwrap();
        let (first, last) = (said.curve.first().unwrap(), said.curve.last().unwrap());
        assert!(first.accuracy < 0.3 && last.accuracy > 0.9 && last.attention > 0.8, "{last:?}");
        assert!(said.chance.unwrap() > 0.9 && said.beyond.is_none());
        let uniform =
            predict(&spec(Setup { attention: AttentionMode::Uniform, ..Setup::default() })).unwrap();
        assert!(uniform.curve.is_empty() && uniform.beyond.unwrap().contains("no second stage"));
        let bag = uniform.without_attention.unwrap();
        assert!((bag - 4.103_211 / 13.0).abs() < 1e-5, "{bag}");
    }

    #[test]
    fn a_view_holds_a_matrix_for_each_head_whose_rows_sum_to_one() {
        let setup = Setup { heads: 3, length: 4, vocabulary: 6, ..Setup::default() };
        let spec = setup.spec().unwrap();
        let mut trainer = Trainer::new(&spec, &crate::train::Prepared::synthetic(&spec), 1);
        let mut live = LiveCopying { spec: CopyingSpec::of(&spec).unwrap() };
        let View::Copying { source, heads, knowledge } = live.view(&mut trainer) else { panic!("copying") };
        assert_eq!((source.len(), heads.len(), knowledge.len()), (4, 3, 36));
        for row in heads.iter().flat_map(|head| head.chunks_exact(5)) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let point = live.measure(&mut trainer);
        assert!((0.15..0.25).contains(&point.attention), "{point:?}");
        assert!(point.score_gap.is_some() && point.logit_gap.is_some());
    }
}
