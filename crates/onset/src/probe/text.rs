//! α, β and Δ of classified texts (paper, "Notation"): computed, recorded and read back.

use onset_engine::Tape;

use crate::model::Classifier;
use crate::store::{Column, StoreError, Table};
use crate::task::Ragged;
use crate::task::text::TextExample;

/// Texts that are read at once.
const BATCH: usize = 64;

/// The part of the data that a text is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Held out.
    Validation,
    /// A sample of what is trained on, as large as the held-out part where there is enough.
    Training,
}

impl Part {
    /// Both parts.
    pub const ALL: [Self; 2] = [Self::Validation, Self::Training];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Training => "training",
        }
    }
}

/// What a model says of one text; β and Δ carry the label's sign: positive supports the true label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextProbe {
    /// The score; positive for the positive label.
    pub logit: f32,
    /// α by position; sums to 1.
    pub alpha: Vec<f32>,
    /// β by position: the score, were the text's context the state of this position alone.
    pub beta: Vec<f32>,
    /// Δ by position: minus the derivative of the text's loss by a scalar that multiplies the word's
    /// embedding; empty if it was not asked for.
    pub delta: Vec<f32>,
}

/// Reads texts with a model. Keeps its lists between uses.
#[derive(Debug, Clone, Default)]
pub struct TextReader {
    texts: Ragged,
    order: Vec<usize>,
}

impl TextReader {
    /// α and β of each of `examples`, in their order, and the scores. Leaves the tape cleared.
    pub fn read(
        &mut self,
        classifier: &Classifier,
        tape: &mut Tape,
        examples: &[&TextExample],
    ) -> Vec<TextProbe> {
        self.each_batch(examples, |texts, batch, probes| {
            let read = classifier.forward(tape, texts);
            for (place, &example) in batch.iter().enumerate() {
                let layout = tape.layout(read.packing);
                let pick = |value| layout.rows_of(place).map(|row| tape.data(value)[row]).collect();
                probes[example] = TextProbe {
                    logit: tape.data(read.logits)[place],
                    alpha: pick(read.alpha),
                    beta: signed(pick(read.beta), examples[example].positive),
                    delta: Vec::new(),
                };
            }
            tape.clear();
        })
    }

    /// As [`TextReader::read`], with Δ.
    pub fn read_with_influence(
        &mut self,
        classifier: &Classifier,
        tape: &mut Tape,
        examples: &[&TextExample],
    ) -> Vec<TextProbe> {
        self.each_batch(examples, |texts, batch, probes| {
            let (read, scales) = classifier.forward_scaled(tape, texts);
            let labels = tape.indices(batch.iter().map(|&example| u32::from(examples[example].positive)));
            let loss = tape.logistic(read.logits, labels);
            tape.backward_to_constants(loss);
            let slopes = tape.grad(scales).expect("every word has an influence");
            let layout = tape.layout(read.packing);
            // The loss is the mean over the batch; a text's influence is that on its own loss.
            let own = -(batch.len() as f32);
            for (place, &example) in batch.iter().enumerate() {
                let rows = || layout.rows_of(place);
                let pick = |value| rows().map(|row| tape.data(value)[row]).collect();
                probes[example] = TextProbe {
                    logit: tape.data(read.logits)[place],
                    alpha: pick(read.alpha),
                    beta: signed(pick(read.beta), examples[example].positive),
                    delta: rows().map(|row| own * slopes[row]).collect(),
                };
            }
            tape.clear();
        })
    }

    /// Calls `read` with the texts of one batch after the other, alike ones together, and their places.
    fn each_batch(
        &mut self,
        examples: &[&TextExample],
        mut read: impl FnMut(&Ragged, &[usize], &mut [TextProbe]),
    ) -> Vec<TextProbe> {
        let mut probes = vec![TextProbe::default(); examples.len()];
        self.order.clear();
        self.order.extend(0..examples.len());
        self.order.sort_by_key(|&example| examples[example].tokens.len());
        for batch in self.order.chunks(BATCH) {
            self.texts.clear();
            batch.iter().for_each(|&example| self.texts.push(examples[example].tokens.iter().copied()));
            read(&self.texts, batch, &mut probes);
        }
        probes
    }
}

/// β with the label's sign.
fn signed(mut beta: Vec<f32>, positive: bool) -> Vec<f32> {
    if !positive {
        beta.iter_mut().for_each(|beta| *beta = -*beta);
    }
    beta
}

/// Texts of one part under the probes of one step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextProbes {
    /// Each text's number in its part of the data.
    pub example: Vec<usize>,
    /// Whether its label is the positive one.
    pub positive: Vec<bool>,
    /// Its words, with `<bos>` and `<eos>`.
    pub words: Vec<Vec<String>>,
    /// What the model says of it.
    pub probes: Vec<TextProbe>,
}

impl TextProbes {
    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.example.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.example.is_empty()
    }

    /// One row a text, in the form of `probes/step-*.parquet`.
    pub fn into_table(self, step: u64, part: Part) -> Table {
        let rows = self.len();
        let (mut alphas, mut betas, mut deltas) = (Vec::new(), Vec::new(), Vec::new());
        let mut logits = Vec::with_capacity(rows);
        for probe in self.probes {
            logits.push(f64::from(probe.logit));
            alphas.push(probe.alpha);
            betas.push(probe.beta);
            deltas.push(probe.delta);
        }
        Table::new()
            .with("step", Column::Int(vec![step as i64; rows]))
            .with("part", Column::Text(vec![part.name().into(); rows]))
            .with("example", Column::Int(self.example.iter().map(|&example| example as i64).collect()))
            .with("label", Column::Int(self.positive.iter().map(|&positive| i64::from(positive)).collect()))
            .with("logit", Column::Float(logits))
            .with("words", Column::Texts(self.words))
            .with("alpha", Column::Floats(alphas))
            .with("beta", Column::Floats(betas))
            .with("delta", Column::Floats(deltas))
    }

    /// The texts of one `part` of a table of probes. Errors if a column is missing or of another type.
    pub fn from_table(table: &Table, part: Part) -> Result<Self, StoreError> {
        let (parts, examples, labels) = (table.texts("part")?, table.ints("example")?, table.ints("label")?);
        let (logits, words) = (table.floats("logit")?, table.text_lists("words")?);
        let lists = [table.float_lists("alpha")?, table.float_lists("beta")?, table.float_lists("delta")?];
        let mut texts = Self::default();
        for row in (0..table.rows()).filter(|&row| parts[row] == part.name()) {
            let [alpha, beta, delta] = lists.map(|list| list[row].clone());
            texts.example.push(examples[row] as usize);
            texts.positive.push(labels[row] == 1);
            texts.words.push(words[row].clone());
            texts.probes.push(TextProbe { logit: logits[row] as f32, alpha, beta, delta });
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Attention, ClassificationModel};

    fn example(tokens: &[u32], positive: bool) -> TextExample {
        let words = tokens.iter().map(|token| format!("w{token}")).collect();
        TextExample { words, tokens: tokens.to_vec(), positive }
    }

    fn classifier(attention: Attention) -> (Tape, Classifier) {
        let mut tape = Tape::new(1);
        let model = ClassificationModel { embedding: 7, hidden: 9, attention_hidden: 5, attention };
        let classifier = Classifier::new(&mut tape, &model, 12, 3);
        (tape, classifier)
    }

    /// The logistic loss of a text, from its score.
    fn loss(probe: &TextProbe, positive: bool) -> f64 {
        let margin = f64::from(if positive { probe.logit } else { -probe.logit });
        (-margin).exp().ln_1p()
    }

    #[test]
    fn influence_agrees_with_finite_differences_of_the_loss() {
        for attention in [Attention::Learned, Attention::Uniform] {
            let (mut tape, classifier) = classifier(attention);
            let examples = [example(&[1, 5, 7, 2], false), example(&[3], true), example(&[8, 4, 6], true)];
            let examples: Vec<&TextExample> = examples.iter().collect();
            let mut reader = TextReader::default();
            let probes = reader.read_with_influence(&classifier, &mut tape, &examples);
            let plain = reader.read(&classifier, &mut tape, &examples);
            let table = classifier.parameters().iter().next().unwrap().value;
            for (index, example) in examples.iter().enumerate() {
                assert!((probes[index].logit - plain[index].logit).abs() < 1e-6);
                // No word occurs twice, so that scaling its row of the table scales this place alone.
                for (place, &token) in example.tokens.iter().enumerate() {
                    let mut at = |scale: f32| {
                        let row: Vec<f32> = tape.data(table)[token as usize * 7..][..7].to_vec();
                        let target = &mut tape.data_mut(table)[token as usize * 7..][..7];
                        target.iter_mut().for_each(|x| *x *= scale);
                        let loss =
                            loss(&reader.read(&classifier, &mut tape, &[example])[0], example.positive);
                        tape.data_mut(table)[token as usize * 7..][..7].copy_from_slice(&row);
                        loss
                    };
                    let slope = (at(1.02) - at(0.98)) / 0.04;
                    let delta = f64::from(probes[index].delta[place]);
                    assert!((delta + slope).abs() < 2e-4 * (1.0 + slope.abs()), "{delta} and {}", -slope);
                }
            }
        }
    }

    #[test]
    fn measuring_influence_leaves_no_gradient_to_train_on() {
        let (mut tape, classifier) = classifier(Attention::Learned);
        let example = example(&[1, 2, 3], true);
        TextReader::default().read_with_influence(&classifier, &mut tape, &[&example]);
        assert!(classifier.parameters().iter().all(|parameter| tape.grad(parameter.value).is_none()));
    }

    #[test]
    fn beta_carries_the_sign_of_the_label() {
        let (mut tape, classifier) = classifier(Attention::Learned);
        let [yes, no] = [true, false].map(|positive| example(&[4, 9], positive));
        let probes = TextReader::default().read(&classifier, &mut tape, &[&yes, &no]);
        assert_eq!(probes[0].logit, probes[1].logit);
        assert!(probes[0].beta.iter().zip(&probes[1].beta).all(|(a, b)| *a == -*b && *a != 0.0));
    }

    #[test]
    fn what_is_recorded_reads_back() {
        let probe = |x: f32| TextProbe { logit: x, alpha: vec![1.0], beta: vec![x], delta: vec![-x] };
        let texts = |x: f32| TextProbes {
            example: vec![3],
            positive: vec![x > 0.0],
            words: vec![vec!["word".into()]],
            probes: vec![probe(x)],
        };
        let mut table = texts(0.5).into_table(10, Part::Validation);
        table.append(texts(-2.0).into_table(10, Part::Training));
        assert_eq!(TextProbes::from_table(&table, Part::Training).unwrap(), texts(-2.0));
        assert_eq!(TextProbes::from_table(&table, Part::Validation).unwrap(), texts(0.5));
    }
}
