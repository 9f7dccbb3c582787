//! Models against PyTorch: outputs, every gradient, and parameters after five steps of Adam.
//!
//! The files and the script that made them are in `tests/golden/`.

use std::path::Path;

use onset::model::{Classifier, Copier, Parameters, Translator};
use onset::probe::{PairReader, TextReader};
use onset::proxy::BagOfEmbeddings;
use onset::spec::{Attention, Cell, ClassificationModel, CopyingModel, TranslationModel};
use onset::task::pairs::PairExample;
use onset::task::text::TextExample;
use onset::task::{Ragged, SequencePairs};
use onset_engine::{Adam, AdamSettings, Tape, Value};
use safetensors::{Dtype, SafeTensors};

/// The error that is allowed, relative to the largest entry of what is compared.
const TOLERANCE: f32 = 1e-4;

struct Golden {
    bytes: Vec<u8>,
}

impl Golden {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.safetensors"));
        Self { bytes: std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())) }
    }

    fn words(&self, name: &str, dtype: Dtype) -> (Vec<usize>, Vec<[u8; 4]>) {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), dtype, "{name}");
        (tensor.shape().to_vec(), tensor.data().chunks_exact(4).map(|b| b.try_into().unwrap()).collect())
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        self.words(name, Dtype::F32).1.into_iter().map(f32::from_le_bytes).collect()
    }

    fn ints(&self, name: &str) -> (Vec<usize>, Vec<u32>) {
        let (shape, words) = self.words(name, Dtype::I32);
        (shape, words.into_iter().map(|b| i32::from_le_bytes(b) as u32).collect())
    }

    fn size(&self, key: &str) -> usize {
        let (_, metadata) = SafeTensors::read_metadata(&self.bytes).unwrap();
        metadata.metadata().as_ref().unwrap()[key].parse().unwrap()
    }

    /// A padded token matrix without its padding.
    fn ragged(&self, name: &str, lengths: &[u32]) -> Ragged {
        let (shape, tokens) = self.ints(name);
        let mut ragged = Ragged::default();
        for (row, &length) in tokens.chunks_exact(shape[1]).zip(lengths) {
            ragged.push(row[..length as usize].iter().copied());
        }
        ragged
    }
}

fn close(what: &str, got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len(), "{what}");
    let scale = want.iter().fold(0f32, |a, w| a.max(w.abs()));
    let error = got.iter().zip(want).fold(0f32, |a, (g, w)| a.max((g - w).abs()));
    assert!(error <= TOLERANCE * scale.max(1e-6), "{what}: off by {error:e} where the largest is {scale:e}");
}

/// Compares gradients, then parameters after four more steps.
fn compare_training(
    golden: &Golden,
    tape: &mut Tape,
    parameters: &Parameters,
    mut loss: impl FnMut(&mut Tape) -> Value,
) {
    for parameter in parameters.iter() {
        let values = golden.floats(&format!("param.{}", parameter.name));
        tape.data_mut(parameter.value).copy_from_slice(&values);
    }
    let settings = AdamSettings { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    let mut adam = Adam::new(settings, tape);
    for step in 0..5 {
        let value = loss(tape);
        if step == 0 {
            close("loss", tape.data(value), &golden.floats("loss"));
        }
        tape.backward(value);
        if step == 0 {
            for parameter in parameters.iter() {
                let want = golden.floats(&format!("grad.{}", parameter.name));
                let zeros = vec![0.0; want.len()];
                let got = tape.grad(parameter.value).unwrap_or(&zeros);
                if parameter.name == "attention.2.bias" {
                    // Softmax ignores a shift: zero but for rounding.
                    assert!(got[0].abs() < 1e-6, "{got:?}");
                } else {
                    close(&format!("gradient of {}", parameter.name), got, &want);
                }
            }
        }
        adam.update(tape);
        tape.clear();
    }
    for parameter in parameters.iter().filter(|p| p.name != "attention.2.bias") {
        let want = golden.floats(&format!("after5.{}", parameter.name));
        close(&format!("{} after 5 steps", parameter.name), tape.data(parameter.value), &want);
    }
}

fn copier(name: &str, bidirectional: bool, attention: Attention, context: bool) {
    copier_of(name, CopyingModel { bidirectional, attention, context, ..CopyingModel::default() });
}

/// `model` says all but the sizes.
fn copier_of(name: &str, model: CopyingModel) {
    let golden = Golden::read(name);
    let lengths = golden.ints("input.source_length").1;
    let batch = SequencePairs {
        source: golden.ragged("input.source", &lengths),
        decoder_input: golden.ragged("input.decoder_input", &lengths),
        target: golden.ragged("input.target", &lengths),
    };
    let (embedding, hidden) = (golden.size("embedding"), golden.size("hidden"));
    let heads = model.heads;
    let model = CopyingModel { embedding, hidden, ..model };
    let mut tape = Tape::new(1);
    let copier = Copier::new(&mut tape, &model, golden.size("vocabulary"), 0);
    let mut first = true;
    compare_training(&golden, &mut tape, copier.parameters(), |tape| {
        let copied = copier.forward(tape, &batch);
        if std::mem::take(&mut first) {
            let tokens = tape.shape(copied.logits).1;
            let steps = *lengths.iter().max().unwrap() as usize;
            let mut logits = vec![0.0; lengths.len() * steps * tokens];
            let mut alpha = vec![0.0; lengths.len() * steps * heads * steps];
            let layout = tape.layout(copied.target);
            for (example, &length) in lengths.iter().enumerate() {
                for (step, row) in layout.rows_of(example).enumerate() {
                    let place = example * steps + step;
                    logits[place * tokens..][..tokens]
                        .copy_from_slice(&tape.data(copied.logits)[row * tokens..][..tokens]);
                    let weights = tape.alpha_of(copied.attended, example);
                    let length = length as usize;
                    for head in 0..heads {
                        let row = &weights[(step * heads + head) * length..][..length];
                        alpha[(place * heads + head) * steps..][..length].copy_from_slice(row);
                    }
                }
            }
            close("logits", &logits, &golden.floats("logits"));
            close("alpha", &alpha, &golden.floats("alpha"));
        }
        copied.loss
    });
}

/// Δ of each text, positions beyond its end 0.
fn influence(tape: &mut Tape, classifier: &Classifier, texts: &Ragged, labels: &[u32]) -> Vec<f32> {
    let example = |index: usize| TextExample {
        words: vec![String::new(); texts.row(index).len()],
        tokens: texts.row(index).to_vec(),
        positive: labels[index] == 1,
    };
    let examples: Vec<TextExample> = (0..texts.len()).map(example).collect();
    let examples: Vec<&TextExample> = examples.iter().collect();
    let probes = TextReader::default().read_with_influence(classifier, tape, &examples);
    let longest = texts.lengths().max().unwrap();
    let mut padded = vec![0.0; texts.len() * longest];
    for (row, probe) in padded.chunks_exact_mut(longest).zip(&probes) {
        row[..probe.delta.len()].copy_from_slice(&probe.delta);
    }
    padded
}

fn classifier(name: &str, attention: Attention) {
    let golden = Golden::read(name);
    let lengths = golden.ints("input.source_length").1;
    let texts = golden.ragged("input.source", &lengths);
    let labels = golden.ints("input.label").1;
    let model = ClassificationModel {
        embedding: golden.size("embedding"),
        hidden: golden.size("hidden"),
        attention_hidden: golden.size("attention_hidden"),
        attention,
    };
    let mut tape = Tape::new(1);
    let classifier = Classifier::new(&mut tape, &model, golden.size("vocabulary"), 0);
    let mut first = true;
    compare_training(&golden, &mut tape, classifier.parameters(), |tape| {
        if first {
            close("delta", &influence(tape, &classifier, &texts, &labels), &golden.floats("delta"));
        }
        let classified = classifier.forward(tape, &texts);
        if std::mem::take(&mut first) {
            let steps = *lengths.iter().max().unwrap() as usize;
            let layout = tape.layout(classified.packing);
            for (what, value) in [("alpha", classified.alpha), ("beta", classified.beta)] {
                let mut padded = vec![0.0; lengths.len() * steps];
                for example in 0..lengths.len() {
                    for (position, row) in layout.rows_of(example).enumerate() {
                        padded[example * steps + position] = tape.data(value)[row];
                    }
                }
                close(what, &padded, &golden.floats(what));
            }
            close("logits", tape.data(classified.logits), &golden.floats("logits"));
        }
        let labels = tape.indices(labels.iter().copied());
        tape.logistic(classified.logits, labels)
    });
}

/// Pairs whose target, fed as it stands and then to be said, is that of the file.
fn pair_examples(batch: &SequencePairs) -> Vec<PairExample> {
    let example = |index: usize| PairExample {
        source: batch.source.row(index).to_vec(),
        target: [&batch.decoder_input.row(index)[..1], batch.target.row(index)].concat(),
        text: Default::default(),
    };
    (0..batch.source.len()).map(example).collect()
}

fn translator(name: &str, attention: Attention) {
    let golden = Golden::read(name);
    let lengths = ["input.source_length", "input.target_length"].map(|name| golden.ints(name).1);
    let batch = SequencePairs {
        source: golden.ragged("input.source", &lengths[0]),
        decoder_input: golden.ragged("input.decoder_input", &lengths[1]),
        target: golden.ragged("input.target", &lengths[1]),
    };
    let (embedding, hidden) = (golden.size("embedding"), golden.size("hidden"));
    let model = TranslationModel { embedding, hidden, layers: 2, dropout: 0.5, attention };
    let mut tape = Tape::new(1);
    let translator = Translator::new(&mut tape, &model, golden.size("vocabulary"), 0);
    let [positions, steps] = [0, 1].map(|side| *lengths[side].iter().max().unwrap() as usize);
    let mut first = true;
    compare_training(&golden, &mut tape, translator.parameters(), |tape| {
        if std::mem::take(&mut first) {
            let examples = pair_examples(&batch);
            let examples: Vec<&PairExample> = examples.iter().collect();
            let mut reader = PairReader::default();
            let probes = reader.read_with_knowledge(&translator, tape, &examples);
            let deltas = reader.influence(&translator, tape, &examples);
            let mut padded = [(); 3].map(|()| vec![0.0; examples.len() * steps * positions]);
            for (example, (probe, delta)) in probes.iter().zip(&deltas).enumerate() {
                for (padded, list) in padded.iter_mut().zip([&probe.alpha, &probe.beta, delta]) {
                    for (t, row) in list.chunks_exact(probe.positions).enumerate() {
                        padded[(example * steps + t) * positions..][..row.len()].copy_from_slice(row);
                    }
                }
            }
            for (what, padded) in ["alpha", "beta", "delta"].into_iter().zip(&padded) {
                close(what, padded, &golden.floats(what));
            }
        }
        translator.forward(tape, &batch, None).loss
    });
}

#[test]
fn the_translation_model_computes_what_pytorch_computes() {
    translator("translator", Attention::Learned);
    translator("translator_uniform", Attention::Uniform);
}

#[test]
fn the_copying_model_computes_what_pytorch_computes() {
    copier("copier_uni", false, Attention::Learned, true);
    copier("copier_bi", true, Attention::Learned, true);
    copier("copier_uniform", false, Attention::Uniform, true);
    copier("copier_no_context", false, Attention::Learned, false);
}

#[test]
fn ragged_copying_batches_compute_what_pytorch_computes() {
    copier("copier_ragged_uni", false, Attention::Learned, true);
    copier("copier_ragged_bi", true, Attention::Learned, true);
}

#[test]
fn several_heads_on_gated_recurrent_units_compute_what_pytorch_computes() {
    let model = |heads, bidirectional| CopyingModel {
        cell: Cell::Gru,
        heads,
        shared_embedding: false,
        bidirectional,
        ..CopyingModel::default()
    };
    copier_of("multihead", model(3, false));
    copier_of("multihead_ragged", model(3, false));
    copier_of("multihead_bi", model(2, true));
}

#[test]
fn the_classifier_computes_what_pytorch_computes() {
    classifier("classifier", Attention::Learned);
    classifier("classifier_uniform", Attention::Uniform);
}

#[test]
fn the_bag_of_embeddings_computes_what_pytorch_computes() {
    let golden = Golden::read("bag_of_embeddings");
    let lengths = golden.ints("input.source_length").1;
    let texts = golden.ragged("input.source", &lengths);
    let labels = golden.ints("input.label").1;
    let mut tape = Tape::new(1);
    let bag = BagOfEmbeddings::new(&mut tape, golden.size("embedding"), golden.size("vocabulary"), 0);
    let mut first = true;
    compare_training(&golden, &mut tape, bag.parameters(), |tape| {
        if std::mem::take(&mut first) {
            close("beta", &bag.table(tape), &golden.floats("beta"));
            let logits = bag.forward(tape, &texts);
            close("logits", tape.data(logits), &golden.floats("logits"));
            tape.clear();
        }
        let logits = bag.forward(tape, &texts);
        let labels = tape.indices(labels.iter().copied());
        tape.logistic(logits, labels)
    });
}
