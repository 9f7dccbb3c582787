//! Copying, watched.

use onset_engine::{Random, Stream, Tape};

use super::prediction::{PredictedPoint, Prediction};
use super::{LiveError, Point, View};
use crate::model::CopierRoute;
use crate::probe::word_table;
use crate::spec::CopyingSpec;
use crate::store::Table;
use crate::task::SequencePairs;
use crate::theory::{Calibration, beginning, beyond, outlook_until};
use crate::train::{CopyingExperiment, Experiment, Trainer};

/// A trainer whose model copies.
pub(super) type CopyingTrainer = Trainer<CopyingExperiment>;

/// The initial model.
pub(super) fn begin(spec: &CopyingSpec) -> CopyingTrainer {
    let mut tape = Tape::new(1);
    let experiment = CopyingExperiment::new(spec.clone(), &mut tape);
    Trainer::of(Box::new(experiment), tape, &spec.train)
}

/// A point of the curves, on fresh sequences.
pub(super) fn measure(trainer: &mut CopyingTrainer) -> Point {
    let step = trainer.step_count();
    let recorded = trainer.look(|experiment, tape| experiment.evaluate(tape, step));
    let number = |name: &str| first(&recorded.scores, name).unwrap_or(f64::NAN);
    // Weights that are given have no logits.
    let given = matches!(trainer.experiment().copier().route(), CopierRoute::Right(_));
    let offsets = recorded.scores.float_lists("offset_mass").map_or(&[][..], |lists| &lists[0]);
    Point {
        step,
        loss: number("loss"),
        accuracy: number("accuracy"),
        attention: offsets.get(offsets.len() / 2).map_or(f64::NAN, |&mass| f64::from(mass)),
        attention_accuracy: number("attention_accuracy"),
        knowledge: first(&recorded.scores, "score_gap"),
        preference: first(&recorded.scores, "logit_gap").filter(|_| !given),
    }
}

fn first(table: &Table, name: &str) -> Option<f64> {
    table.floats(name).ok()?.first().copied()
}

/// Attention of one sequence by head, and what is known of words.
pub(super) fn view(trainer: &mut CopyingTrainer) -> View {
    trainer.look(|experiment, tape| {
        let spec = experiment.spec().clone();
        let (mut pairs, mut words) = (SequencePairs::default(), Vec::new());
        spec.data.draw(&mut Random::at(spec.seed, Stream::Probe, 0), 1, &mut pairs, &mut words);
        let copier = experiment.copier();
        let copied = copier.forward(tape, &pairs);
        let (positions, count) = (spec.data.length + 1, copier.heads());
        let rows = tape.alpha_of(copied.attended, 0).chunks_exact(positions);
        let head = |head: usize| rows.clone().skip(head).step_by(count).flatten().copied().collect();
        let heads = (0..count).map(head).collect();
        tape.clear();
        let knowledge = word_table(tape, copier, &spec.data, spec.seed);
        View::Copying { source: pairs.source.row(0)[..spec.data.length].to_vec(), heads, knowledge }
    })
}

/// What the theory says of this seed.
pub(super) fn foretell(spec: &CopyingSpec) -> Result<Prediction, LiveError> {
    let without_attention = bag_accuracy(spec);
    if let Some(beyond) = beyond(spec) {
        return Ok(Prediction { without_attention, beyond: Some(beyond), ..Prediction::default() });
    }
    let calibration = Calibration::of(spec.train.optimizer);
    let pace = calibration.steps_per_time(spec);
    let time = spec.train.steps as f64 / pace;
    if time > MOST_TIME {
        let beyond =
            "steps of this size are too long for the theory, which follows small ones; lower learning_rate";
        return Ok(Prediction { without_attention, beyond: Some(beyond.into()), ..Prediction::default() });
    }
    let heads = beginning(spec);
    let said = outlook_until(spec, &heads, &calibration, 1.0);
    let starts: Vec<[f64; 2]> = heads.iter().map(|head| [head.knowledge, head.preference]).collect();
    let flow = calibration.flow(spec, &starts).integrate(time, POINTS);
    let curve = flow.iter().map(|point| PredictedPoint {
        step: point.time * pace,
        accuracy: point.probability,
        attention: point.attention,
        knowledge: point.knowledge,
        preference: point.preference,
    });
    Ok(Prediction {
        curve: curve.collect(),
        chance: Some(said.chance),
        attends: Some(said.attends),
        emergence: Some(said.emergence),
        without_attention,
        ..Prediction::default()
    })
}

/// Points of a predicted curve.
const POINTS: usize = 200;

/// The theory's time, at most, that is followed before training: what would take longer to follow than to look at.
const MOST_TIME: f64 = 2500.0;

/// The accuracy over words and the end that a model reaches which knows the words of the source but not their order, and
/// what it has said: (1 + 1/2 + … + 1/L + 1)/(L + 1). None where words repeat.
fn bag_accuracy(spec: &CopyingSpec) -> Option<f64> {
    let length = spec.data.length;
    let harmonic: f64 = (1..=length).map(|left| 1.0 / left as f64).sum();
    (!spec.data.repetition).then(|| (harmonic + 1.0) / (length + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Setup;
    use crate::spec::{Attention, Spec};

    fn spec(setup: Setup) -> CopyingSpec {
        let Spec::Copying(spec) = setup.spec().unwrap() else { panic!("copying") };
        spec
    }

    #[test]
    fn curves_are_foretold_unless_attention_is_frozen() {
        let said = foretell(&spec(Setup::default())).unwrap();
        let (first, last) = (said.curve.first().unwrap(), said.curve.last().unwrap());
        assert!(first.accuracy < 0.3 && last.accuracy > 0.9 && last.attention > 0.8, "{last:?}");
        assert!(said.chance.unwrap() > 0.9 && said.beyond.is_none());
        let uniform = foretell(&spec(Setup { attention: Attention::Uniform, ..Setup::default() })).unwrap();
        assert!(uniform.curve.is_empty() && uniform.beyond.unwrap().contains("no second stage"));
        let bag = uniform.without_attention.unwrap();
        assert!((bag - 4.103_211 / 13.0).abs() < 1e-5, "{bag}");
    }

    #[test]
    fn a_view_holds_a_matrix_for_each_head_whose_rows_sum_to_one() {
        let mut trainer = begin(&spec(Setup { heads: 3, length: 4, vocabulary: 6, ..Setup::default() }));
        let View::Copying { source, heads, knowledge } = view(&mut trainer) else { panic!("copying") };
        assert_eq!((source.len(), heads.len(), knowledge.len()), (4, 3, 36));
        for row in heads.iter().flat_map(|head| head.chunks_exact(5)) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let point = measure(&mut trainer);
        assert!((0.15..0.25).contains(&point.attention), "{point:?}");
        assert!(point.knowledge.is_some() && point.preference.is_some());
    }
}
