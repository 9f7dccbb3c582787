//! α, β and Δ of sentence pairs (paper, "Notation"): computed, recorded and read back.

use onset_engine::Tape;

use super::Part;
use crate::model::{Translated, Translator};
use crate::store::{Column, StoreError, Table};
use crate::task::SequencePairs;
use crate::task::pairs::{PairExample, Subwords};

/// Pairs that are read at once.
const BATCH: usize = 32;

/// Target positions whose Δ is computed at once.
const INFLUENCES: usize = 128;

/// What a model says of one pair. Target positions t are those of the words to be said, from the first after
/// `<s>` to `</s>`; source positions l are all subwords, `<s>` and `</s>` among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PairProbe {
    /// Target positions.
    pub steps: usize,
    /// Source positions.
    pub positions: usize,
    /// The subword with the highest score at each target position, the words before it given.
    pub predicted: Vec<u32>,
    /// log p of the right subword at each target position, in nats.
    pub log_probability: Vec<f32>,
    /// α[t, l], row by row.
    pub alpha: Vec<f32>,
    /// β[t, l]: log p of the right subword, were the context the source state at l alone; in nats.
    pub beta: Vec<f32>,
    /// Δ[t, l]: minus the derivative of −log p at t by a scalar that multiplies the embedding at l; empty if it
    /// was not asked for.
    pub delta: Vec<f32>,
}

/// Reads pairs with a model. Keeps its lists between uses.
#[derive(Debug, Clone, Default)]
pub struct PairReader {
    pairs: SequencePairs,
}

impl PairReader {
    /// Predictions and α of each of `examples`, in their order. Leaves the tape cleared.
    pub fn read(
        &mut self,
        translator: &Translator,
        tape: &mut Tape,
        examples: &[&PairExample],
    ) -> Vec<PairProbe> {
        self.each_batch(examples, |pairs, batch, probes| {
            let translated = translator.forward(tape, pairs, None);
            for (place, &example) in batch.iter().enumerate() {
                probes[example] = score(tape, &translated, pairs, place);
            }
            tape.clear();
        })
    }

    /// As [`PairReader::read`], with β.
    pub fn read_with_knowledge(
        &mut self,
        translator: &Translator,
        tape: &mut Tape,
        examples: &[&PairExample],
    ) -> Vec<PairProbe> {
        self.each_batch(examples, |pairs, batch, probes| {
            let translated = translator.forward(tape, pairs, None);
            let mut beta = knowledge(translator, tape, &translated, pairs).into_iter();
            for (place, &example) in batch.iter().enumerate() {
                let mut probe = score(tape, &translated, pairs, place);
                probe.beta = beta.by_ref().take(probe.alpha.len()).collect();
                probes[example] = probe;
            }
            tape.clear();
        })
    }

    /// Δ of each of `examples`: a row for each target position.
    pub fn influence(
        &mut self,
        translator: &Translator,
        tape: &mut Tape,
        examples: &[&PairExample],
    ) -> Vec<Vec<f32>> {
        let mut deltas: Vec<Vec<f32>> = examples
            .iter()
            .map(|example| vec![0.0; (example.target.len() - 1) * example.source.len()])
            .collect();
        // One row of Δ is the gradient of one position's loss, which depends on the words up to it alone.
        let mut rows: Vec<(usize, usize)> = Vec::new();
        for (number, example) in examples.iter().enumerate() {
            rows.extend((1..example.target.len()).map(|end| (number, end)));
        }
        rows.sort_by_key(|&(number, end)| (examples[number].source.len(), end));
        for batch in rows.chunks(INFLUENCES) {
            self.pairs.clear();
            for &(number, end) in batch {
                self.pairs.push(&examples[number].source, &examples[number].target[..=end]);
            }
            let (loss, scales, packing) = translator.forward_last(tape, &self.pairs);
            tape.backward_to_constants(loss);
            let slopes = tape.grad(scales).expect("every word has an influence");
            let layout = tape.layout(packing);
            // The loss is the mean over the batch; a row's influence is that on its own loss.
            let own = -(batch.len() as f32);
            for (place, &(number, end)) in batch.iter().enumerate() {
                let positions = examples[number].source.len();
                let row = &mut deltas[number][(end - 1) * positions..][..positions];
                row.iter_mut().zip(layout.rows_of(place)).for_each(|(delta, row)| *delta = own * slopes[row]);
            }
            tape.clear();
        }
        deltas
    }

    /// Calls `read` with one batch after the other, pairs of like length together, and their places.
    fn each_batch(
        &mut self,
        examples: &[&PairExample],
        mut read: impl FnMut(&SequencePairs, &[usize], &mut [PairProbe]),
    ) -> Vec<PairProbe> {
        let mut probes = vec![PairProbe::default(); examples.len()];
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.sort_by_key(|&example| (examples[example].target.len(), examples[example].source.len()));
        for batch in order.chunks(BATCH) {
            self.pairs.clear();
            for &example in batch {
                self.pairs.push(&examples[example].source, &examples[example].target);
            }
            read(&self.pairs, batch, &mut probes);
        }
        probes
    }
}

/// Predictions, log p and α of the example at `place`.
fn score(tape: &Tape, translated: &Translated, pairs: &SequencePairs, place: usize) -> PairProbe {
    let words = tape.shape(translated.logits).1;
    let target = pairs.target.row(place);
    let mut probe = PairProbe {
        steps: target.len(),
        positions: pairs.source.row(place).len(),
        alpha: tape.alpha_of(translated.attended, place).to_vec(),
        ..PairProbe::default()
    };
    let layout = tape.layout(translated.target);
    for (row, &word) in layout.rows_of(place).zip(target) {
        let scores = &tape.data(translated.logits)[row * words..][..words];
        let mut best = 0;
        for (word, score) in scores.iter().enumerate() {
            if *score > scores[best] {
                best = word;
            }
        }
        let largest = f64::from(scores[best]);
        let sum: f64 = scores.iter().map(|&score| f64::from(score - scores[best]).exp()).sum();
        probe.predicted.push(best as u32);
        probe.log_probability.push((f64::from(scores[word as usize]) - largest - sum.ln()) as f32);
    }
    probe
}

/// β of all pairs of a batch, one after the other, each row by row.
fn knowledge(
    translator: &Translator,
    tape: &mut Tape,
    translated: &Translated,
    pairs: &SequencePairs,
) -> Vec<f32> {
    let parts = translator.readout_parts(tape, translated);
    let width = tape.shape(parts[0]).1;
    let (mut rows, mut targets) = (Vec::new(), Vec::new());
    let [steps, positions] =
        [translated.target, translated.encoded.packing].map(|packing| tape.layout(packing));
    for place in 0..pairs.source.len() {
        for (row, &word) in steps.rows_of(place).zip(pairs.target.row(place)) {
            rows.extend(positions.rows_of(place).map(|position| (row, position)));
            targets.resize(rows.len(), word);
        }
    }
    let [own, read] = parts.map(|part| tape.data(part).to_vec());
    let output = translator.output();
    tape.log_likelihoods((output.weight, output.bias), &targets, |row, readout| {
        let (step, position) = rows[row];
        let sums = own[step * width..][..width].iter().zip(&read[position * width..][..width]);
        readout.iter_mut().zip(sums).for_each(|(readout, (own, read))| *readout = (own + read).max(0.0));
    })
}

/// Pairs of one part under the probes of one step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PairProbes {
    /// Each pair's number in its part of the data.
    pub example: Vec<usize>,
    /// The subwords of its source.
    pub source: Vec<Vec<String>>,
    /// The subwords of its target, without `<s>`.
    pub target: Vec<Vec<String>>,
    /// What the model says of it.
    pub probes: Vec<PairProbe>,
}

impl PairProbes {
    /// The probes of `examples`, with their numbers.
    pub fn new(
        numbers: Vec<usize>,
        examples: &[&PairExample],
        probes: Vec<PairProbe>,
        subwords: &Subwords,
    ) -> Self {
        let pieces = |tokens: &[u32]| tokens.iter().map(|&token| subwords.piece(token)).collect();
        Self {
            example: numbers,
            source: examples.iter().map(|example| pieces(&example.source)).collect(),
            target: examples.iter().map(|example| pieces(&example.target[1..])).collect(),
            probes,
        }
    }

    /// One row for each target position; `subwords` names what was predicted.
    pub fn into_table(self, step: u64, part: Part, subwords: &Subwords) -> Table {
        let (mut examples, mut positions, mut sources) = (Vec::new(), Vec::new(), Vec::new());
        let (mut targets, mut predicted, mut likely) = (Vec::new(), Vec::new(), Vec::new());
        let mut lists = [Vec::new(), Vec::new(), Vec::new()];
        for (number, probe) in self.probes.into_iter().enumerate() {
            for t in 0..probe.steps {
                examples.push(self.example[number] as i64);
                positions.push(t as i64);
                sources.push(self.source[number].clone());
                targets.push(self.target[number][t].clone());
                predicted.push(subwords.piece(probe.predicted[t]));
                likely.push(f64::from(probe.log_probability[t]));
                let row = |all: &[f32]| match all {
                    [] => Vec::new(),
                    all => all[t * probe.positions..][..probe.positions].to_vec(),
                };
                for (list, all) in lists.iter_mut().zip([&probe.alpha, &probe.beta, &probe.delta]) {
                    list.push(row(all));
                }
            }
        }
        let [alpha, beta, delta] = lists;
        let rows = examples.len();
        Table::new()
            .with("step", Column::Int(vec![step as i64; rows]))
            .with("part", Column::Text(vec![part.name().into(); rows]))
            .with("example", Column::Int(examples))
            .with("position", Column::Int(positions))
            .with("source", Column::Texts(sources))
            .with("target", Column::Text(targets))
            .with("predicted", Column::Text(predicted))
            .with("log_probability", Column::Float(likely))
            .with("alpha", Column::Floats(alpha))
            .with("beta", Column::Floats(beta))
            .with("delta", Column::Floats(delta))
    }
}

/// A pair as its probes are on record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordedPair {
    /// Its number in its part of the data.
    pub example: i64,
    /// The subwords of its source.
    pub source: Vec<String>,
    /// The subwords of its target, without `<s>`.
    pub target: Vec<String>,
    /// What the model finds likeliest at each target position.
    pub predicted: Vec<String>,
    /// α: a row over the source for each target position.
    pub alpha: Vec<Vec<f32>>,
    /// β, likewise.
    pub beta: Vec<Vec<f32>>,
    /// Δ, likewise; rows are empty where it was not asked for.
    pub delta: Vec<Vec<f32>>,
}

/// The pairs of `part` in a table that [`PairProbes::into_table`] made, in its order.
pub fn recorded_pairs(table: &Table, part: Part) -> Result<Vec<RecordedPair>, StoreError> {
    let (parts, examples) = (table.texts("part")?, table.ints("example")?);
    let (sources, targets) = (table.text_lists("source")?, table.texts("target")?);
    let predicted = table.texts("predicted")?;
    let [alpha, beta, delta] = ["alpha", "beta", "delta"].map(|name| table.float_lists(name));
    let (alpha, beta, delta) = (alpha?, beta?, delta?);
    let mut pairs: Vec<RecordedPair> = Vec::new();
    for row in (0..table.rows()).filter(|&row| parts[row] == part.name()) {
        if pairs.last().is_none_or(|pair| pair.example != examples[row]) {
            let (example, source) = (examples[row], sources[row].clone());
            pairs.push(RecordedPair { example, source, ..RecordedPair::default() });
        }
        if let Some(pair) = pairs.last_mut() {
            pair.target.push(targets[row].clone());
            pair.predicted.push(predicted[row].clone());
            pair.alpha.push(alpha[row].clone());
            pair.beta.push(beta[row].clone());
            pair.delta.push(delta[row].clone());
        }
    }
    Ok(pairs)
}
