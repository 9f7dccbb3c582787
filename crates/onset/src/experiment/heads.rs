//! What each head does, at every evaluation of a model that has several: a row for each head.

use onset_engine::{AttentionMode, Tape};

use super::{Experiment, Measured};
use crate::batch::{Batch, CausalBatch, Examples, Ragged};
use crate::measures::{beta_gap, copying, entropy, prefix_matching, previous_token};
use crate::model::{Pass, Place, Reading, Want};
use crate::store::{Column, Table};
use crate::task::attention_scores;
use crate::task::streams::REPEATED_SEQUENCES;

/// Evaluated examples, at most, that are read without some heads.
const REMOVED_ON: usize = 32;

/// Sequences of repeated random tokens that heads read (Olsson et al. 2022).
const SEQUENCES: usize = 10;

/// Random tokens of such a sequence, at most, and how often they are repeated.
const TOKENS: usize = 25;
const REPEATS: usize = 4;

/// The columns of the table, beside step, layer and head.
pub const HEAD_MEASURES: [&str; 8] = [
    "previous_token",
    "prefix_matching",
    "copying",
    "right_position",
    "beta_gap",
    "entropy",
    "ablation",
    "alone",
];

/// The place of the gap of β among them.
const GAP: usize = 4;

/// For each measure, a value for each head.
pub(super) type HeadValues = [Vec<f64>; HEAD_MEASURES.len()];

impl Experiment {
    /// The measures of each head but the gap of β; what a model or task does not have is NaN. None where heads are not to be measured,
    /// or where the model has none that can be removed. Leaves the tape cleared.
    pub(super) fn measure_heads(&mut self, tape: &mut Tape, evaluated: &Measured) -> Option<HeadValues> {
        if !self.spec.record().heads {
            return None;
        }
        let [ablation, alone] = self.removals(tape, evaluated)?;
        let unknown = || vec![f64::NAN; ablation.len()];
        let [previous, matching] = self.on_repeated_tokens(tape).unwrap_or_else(|| [unknown(), unknown()]);
        let copying = self.copying(tape).unwrap_or_else(unknown);
        let [right, entropy] = self.on_evaluated(evaluated);
        Some([previous, matching, copying, right, unknown(), entropy, ablation, alone])
    }

    /// `step`, `layer`, `head`, `kind` and the measures of each head, with the `gaps` of β where they are known.
    pub(super) fn heads(&self, step: u64, mut values: HeadValues, gaps: Option<Vec<f64>>) -> Table {
        let places = self.model.places();
        if let Some(gaps) = gaps {
            values[GAP] = gaps;
        }
        let ints =
            |of: fn(&Place) -> usize| Column::Int(places.iter().map(|place| of(place) as i64).collect());
        let kinds = places.iter().map(|place| place.kind.name().to_owned());
        let table = Table::new()
            .with("step", Column::Int(vec![step as i64; places.len()]))
            .with("layer", ints(|place| place.layer))
            .with("head", ints(|place| place.head))
            .with("kind", Column::Text(kinds.collect()));
        let columns = HEAD_MEASURES.into_iter().zip(values);
        columns.fold(table, |table, (name, values)| table.with(name, Column::Float(values)))
    }

    /// The gap of β at each place, on recorded examples whose right positions the task knows.
    pub(super) fn beta_gaps(&self, recorded: &Measured) -> Option<Vec<f64>> {
        let mut relevant = Ragged::default();
        if !self.spec.record().heads || !self.task.relevant(&recorded.examples, &mut relevant) {
            return None;
        }
        let of_place = |place: usize| {
            let beta = recorded.readings.iter().flat_map(|reading| reading.places[place].beta.iter());
            beta_gap(beta.enumerate().map(|(row, beta)| (beta, relevant.row(row)))).unwrap_or(f64::NAN)
        };
        Some((0..self.model.places().len()).map(of_place).collect())
    }

    /// How much the loss of the first evaluated examples rises without each head, and the accuracy with each head as the only one
    /// of its layer.
    fn removals(&mut self, tape: &mut Tape, evaluated: &Measured) -> Option<[Vec<f64>; 2]> {
        self.examples.select(&evaluated.examples, 0..evaluated.examples.len().min(REMOVED_ON));
        self.batch.fill(&self.examples);
        let known = self.task.relevant(&self.examples, &mut self.relevant);
        let places = self.model.places();
        let mut read = |removed: &dyn Fn(&Place) -> bool| {
            let removed: Vec<bool> = places.iter().map(removed).collect();
            let pass = Pass { relevant: known.then_some(&self.relevant), ..Pass::new(&self.modes) };
            self.model.read_without(tape, &self.batch, pass, &removed)
        };
        let whole = f64::from(read(&|_| false)?.loss);
        let (mut ablation, mut alone) = (Vec::new(), Vec::new());
        for own in places {
            ablation.push(f64::from(read(&|place| place == own)?.loss) - whole);
            let with_one = read(&|place| place.layer == own.layer && place != own)?;
            alone.push(accuracy(&self.examples, &with_one.readings));
        }
        Some([ablation, alone])
    }

    /// Scores as a previous-token head and as an induction head, on sequences of random tokens that are repeated; none for
    /// models that do not read sequences from left to right, and where attention comes from the task.
    fn on_repeated_tokens(&mut self, tape: &mut Tape) -> Option<[Vec<f64>; 2]> {
        if !matches!(self.batch, Batch::Causal(_)) || self.modes.any(AttentionMode::Clamped) {
            return None;
        }
        let tokens = self.repeated_tokens()?;
        let batch = Batch::Causal(CausalBatch { first: vec![0; tokens.len()], tokens });
        let read = self.model.read(tape, &batch, Pass::new(&self.modes), Want::default());
        let of = |measure: &dyn Fn(&Reading, usize, usize) -> Option<f64>| {
            let of_place = |place: usize| {
                let found = read
                    .readings
                    .iter()
                    .enumerate()
                    .filter_map(|(example, reading)| measure(reading, place, example));
                let (sum, count) = found.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
                if count > 0 { sum / count as f64 } else { f64::NAN }
            };
            (0..self.model.places().len()).map(of_place).collect::<Vec<f64>>()
        };
        Some([
            of(&|reading, place, _| previous_token(&reading.places[place].alpha)),
            of(&|reading, place, example| {
                prefix_matching(&reading.places[place].alpha, batch.causal().inputs(example))
            }),
        ])
    }

    /// Random tokens, repeated; the same at every evaluation. None if no sequence is long enough.
    fn repeated_tokens(&self) -> Option<Ragged> {
        let signature = self.task.signature();
        // The last token of a sequence is only predicted.
        let longest = signature.longest();
        let (length, repeats) = match longest / REPEATS {
            0 | 1 => (longest / 2, 2),
            length => (length.min(TOKENS), REPEATS),
        };
        if length < 2 {
            return None;
        }
        let mut random = REPEATED_SEQUENCES.random(self.spec.seed());
        let mut tokens = Ragged::default();
        for _ in 0..SEQUENCES {
            let once: Vec<u32> = (0..length).map(|_| random.below(signature.vocabulary() as u32)).collect();
            tokens.push(std::iter::repeat_n(once, repeats).flatten());
        }
        Some(tokens)
    }

    /// How far each head copies what it attends to, over random tokens.
    fn copying(&mut self, tape: &mut Tape) -> Option<Vec<f64>> {
        let outputs = self.task.signature().vocabulary();
        let mut random = REPEATED_SEQUENCES.random(self.spec.seed());
        let tokens: Vec<u32> = (0..TOKENS).map(|_| random.below(outputs as u32)).collect();
        let paths = self.model.direct_paths(tape, &tokens)?;
        let of =
            |path: Vec<f32>| copying(tokens.iter().copied().zip(path.chunks(outputs))).unwrap_or(f64::NAN);
        Some(paths.into_iter().map(of).collect())
    }

    /// Attention on the right positions and its entropy in nats, on the evaluated examples.
    fn on_evaluated(&mut self, evaluated: &Measured) -> [Vec<f64>; 2] {
        let mut relevant = Ragged::default();
        let known = self.task.relevant(&evaluated.examples, &mut relevant);
        let of = |place: usize| {
            let rows = evaluated.readings.iter().flat_map(|reading| reading.places[place].alpha.iter());
            let right = match known {
                true => attention_scores(&evaluated.readings, place, &relevant).weight,
                false => f64::NAN,
            };
            (right, entropy(rows).unwrap_or(f64::NAN))
        };
        let (right, entropy) = (0..self.model.places().len()).map(of).unzip();
        [right, entropy]
    }
}

/// The share of predictions that are right.
fn accuracy(examples: &Examples, readings: &[Reading]) -> f64 {
    let (mut right, mut all) = (0, 0);
    for (example, reading) in readings.iter().enumerate() {
        let label = examples.labels.get(example).copied();
        let truth = label.as_slice().iter().chain(examples.predicted(example));
        right += reading.predicted.iter().zip(truth).filter(|(predicted, truth)| predicted == truth).count();
        all += reading.predicted.len();
    }
    right as f64 / all.max(1) as f64
}
