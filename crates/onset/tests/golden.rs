//! Models against PyTorch: outputs, every gradient, and parameters after five steps of Adam.
//!
//! The files and the script that made them are in `tests/golden/`.

use std::path::Path;

use onset::batch::{Batch, CausalBatch, LabelledBatch, Link, Ragged, Rows, SequencePairs, Signature};
use onset::model::{
    AttentionModes, AttentionOnly, AttentionOnlySettings, Cell, Classifier, ClassifierSettings,
    MlpActivation, Model, NormChoice, NormPlace, Parameter, Parameters, Pass, Pooling, Positions, Reading,
    Rnn, RnnSettings, Transformer, TransformerSettings, Translator, TranslatorSettings, Want,
};
use onset::proxy::BagOfEmbeddings;
use onset_engine::{
    AdamSettings, AttentionMode, Optimizer, OptimizerSettings, Schedule, Tape, Value, clip_gradients,
};
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

    fn has(&self, name: &str) -> bool {
        SafeTensors::deserialize(&self.bytes).unwrap().tensor(name).is_ok()
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

/// Compares parameters after five steps of AdamW with decay of matrices, two steps of warm-up, and clipped gradients.
fn compare_adamw(
    golden: &Golden,
    tape: &mut Tape,
    parameters: &Parameters,
    mut loss: impl FnMut(&mut Tape) -> Value,
) {
    for parameter in parameters.iter() {
        let values = golden.floats(&format!("param.{}", parameter.name));
        tape.data_mut(parameter.value).copy_from_slice(&values);
    }
    let adam = AdamSettings { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 };
    let decays = |index: usize| parameters.get(index).is_some_and(Parameter::decays);
    let mut optimizer =
        Optimizer::new(OptimizerSettings::AdamW { adam, weight_decay: 0.1 }, tape).with_decay_of(decays);
    for step in 0..5 {
        let value = loss(tape);
        tape.backward(value);
        clip_gradients(tape, 0.5, |_| true);
        optimizer.update(tape, Schedule::Constant { warmup: 2 }.rate(1e-3, step), |_| true);
        tape.clear();
    }
    compare_after(golden, tape, parameters, "adamw5");
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
    let mut adam = Optimizer::new(OptimizerSettings::Adam(AdamSettings::default()), tape);
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
                if want.iter().all(|&slope| slope == 0.0) {
                    assert!(got.iter().all(|slope| slope.abs() < 1e-6), "{got:?}");
                } else {
                    close(&format!("gradient of {}", parameter.name), got, &want);
                }
            }
        }
        adam.update(tape, 1e-3, |_| true);
        tape.clear();
    }
    compare_after(golden, tape, parameters, "after5");
}

/// Compares parameters with those called `what`.
fn compare_after(golden: &Golden, tape: &Tape, parameters: &Parameters, what: &str) {
    for parameter in parameters.iter() {
        let [before, mut want] =
            ["param", what].map(|what| golden.floats(&format!("{what}.{}", parameter.name)));
        // Entries that shift all scores of a softmax, which ignores it, have gradients of rounding alone. Adam makes steps of it.
        let entries = want.iter_mut().zip(tape.data(parameter.value)).zip(&before);
        entries.filter(|((want, _), before)| *want == *before).for_each(|((want, got), _)| {
            assert!((*want - got).abs() < 0.01, "{} moved by more than five steps", parameter.name);
            *want = *got;
        });
        close(&format!("{}, {what}", parameter.name), tape.data(parameter.value), &want);
    }
}

fn copier(name: &str, bidirectional: bool, attention: AttentionMode, context: bool) {
    copier_of(name, RnnSettings { bidirectional, attention, context, ..RnnSettings::default() });
}

/// `model` says all but the sizes.
fn copier_of(name: &str, model: RnnSettings) {
    let golden = Golden::read(name);
    let lengths = golden.ints("input.source_length").1;
    let batch = SequencePairs {
        source: golden.ragged("input.source", &lengths),
        decoder_input: golden.ragged("input.decoder_input", &lengths),
        target: golden.ragged("input.target", &lengths),
    };
    let (embedding, hidden) = (golden.size("embedding"), golden.size("hidden"));
    let heads = model.heads;
    let model = RnnSettings { embedding, hidden, ..model };
    let mut tape = Tape::new(1);
    let copier = Rnn::new(&mut tape, &model, golden.size("vocabulary") + 2, 0);
    let modes = AttentionModes::all(model.attention, heads);
    let mut first = true;
    compare_training(&golden, &mut tape, copier.parameters(), |tape| {
        let copied = copier.forward(tape, &batch, &Pass::new(&modes));
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

/// β and Δ of each text, positions beyond its end 0.
fn attributions(
    tape: &mut Tape,
    classifier: &Classifier,
    modes: &AttentionModes,
    texts: &Ragged,
    labels: &[u32],
) -> [Vec<f32>; 2] {
    let batch = Batch::Labelled(LabelledBatch { texts: texts.clone(), labels: labels.to_vec() });
    let read =
        classifier.read(tape, &batch, Pass::new(modes), Want { beta: true, delta: true, logits: false });
    let longest = texts.lengths().max().unwrap();
    let padded = |numbers: fn(&Reading) -> &Rows| {
        let mut padded = vec![0.0; texts.len() * longest];
        for (row, reading) in padded.chunks_exact_mut(longest).zip(&read.readings) {
            let numbers = numbers(reading).row(0);
            row[..numbers.len()].copy_from_slice(numbers);
        }
        padded
    };
    [padded(|reading| &reading.places[0].beta), padded(|reading| &reading.delta)]
}

fn classifier(name: &str, attention: AttentionMode, label_count: usize) {
    let golden = Golden::read(name);
    let lengths = golden.ints("input.source_length").1;
    let texts = golden.ragged("input.source", &lengths);
    let labels = golden.ints("input.label").1;
    let model = ClassifierSettings {
        embedding: golden.size("embedding"),
        hidden: golden.size("hidden"),
        attention_hidden: golden.size("attention_hidden"),
        attention,
    };
    let mut tape = Tape::new(1);
    let classifier = Classifier::new(&mut tape, &model, golden.size("vocabulary"), label_count, 0);
    let modes = AttentionModes::all(attention, 1);
    let mut first = true;
    compare_training(&golden, &mut tape, classifier.parameters(), |tape| {
        if first {
            let [beta, delta] = attributions(tape, &classifier, &modes, &texts, &labels);
            close("delta", &delta, &golden.floats("delta"));
            if label_count > 2 {
                close("odds", &beta, &golden.floats("odds"));
            }
        }
        let classified = classifier.forward(tape, &texts, &Pass::new(&modes));
        if std::mem::take(&mut first) {
            let steps = *lengths.iter().max().unwrap() as usize;
            let layout = tape.layout(classified.packing);
            for (what, value) in [("alpha", classified.alpha), ("beta", classified.beta)] {
                let width = tape.shape(value).1;
                let mut padded = vec![0.0; lengths.len() * steps * width];
                for example in 0..lengths.len() {
                    for (position, row) in layout.rows_of(example).enumerate() {
                        let values = &tape.data(value)[row * width..][..width];
                        padded[(example * steps + position) * width..][..width].copy_from_slice(values);
                    }
                }
                close(what, &padded, &golden.floats(what));
            }
            close("logits", tape.data(classified.logits), &golden.floats("logits"));
        }
        let labels = tape.indices(labels.iter().copied());
        if label_count > 2 {
            tape.cross_entropy(classified.logits, labels)
        } else {
            tape.logistic(classified.logits, labels)
        }
    });
}

/// Δ of each pair, a row for each target position.
fn pair_influence(
    tape: &mut Tape,
    model: &dyn Model,
    modes: &AttentionModes,
    batch: &SequencePairs,
) -> Vec<Vec<f32>> {
    let of = |example: usize| {
        let mut parts = SequencePairs::default();
        let target = [&batch.decoder_input.row(example)[..1], batch.target.row(example)].concat();
        (1..target.len()).for_each(|end| parts.push(batch.source.row(example), &target[..=end]));
        parts
    };
    let mut all = Vec::new();
    for example in 0..batch.source.len() {
        let rows = model.influence_on_last(tape, &Batch::Pairs(of(example)), Pass::new(modes)).unwrap();
        all.push(rows.concat());
    }
    all
}

fn translator(name: &str, attention: AttentionMode) {
    let golden = Golden::read(name);
    let lengths = ["input.source_length", "input.target_length"].map(|name| golden.ints(name).1);
    let batch = SequencePairs {
        source: golden.ragged("input.source", &lengths[0]),
        decoder_input: golden.ragged("input.decoder_input", &lengths[1]),
        target: golden.ragged("input.target", &lengths[1]),
    };
    let (embedding, hidden) = (golden.size("embedding"), golden.size("hidden"));
    let model = TranslatorSettings { embedding, hidden, layers: 2, dropout: 0.5, attention };
    let mut tape = Tape::new(1);
    let translator = Translator::new(&mut tape, &model, golden.size("vocabulary"), 0);
    let modes = AttentionModes::all(attention, 1);
    let [positions, steps] = [0, 1].map(|side| *lengths[side].iter().max().unwrap() as usize);
    let mut first = true;
    compare_training(&golden, &mut tape, translator.parameters(), |tape| {
        if std::mem::take(&mut first) {
            let want = Want { beta: true, ..Want::default() };
            let pairs = Batch::Pairs(batch.clone());
            let readings = translator.read(tape, &pairs, Pass::new(&modes), want).readings;
            let deltas = pair_influence(tape, &translator, &modes, &batch);
            let mut padded = [(); 3].map(|()| vec![0.0; readings.len() * steps * positions]);
            for (example, (reading, delta)) in readings.iter().zip(&deltas).enumerate() {
                let (place, length) = (&reading.places[0], batch.source.row(example).len());
                let lists = [place.alpha.numbers(), place.beta.numbers(), delta];
                for (padded, list) in padded.iter_mut().zip(lists) {
                    for (t, row) in list.chunks_exact(length).enumerate() {
                        padded[(example * steps + t) * positions..][..row.len()].copy_from_slice(row);
                    }
                }
            }
            for (what, padded) in ["alpha", "beta", "delta"].into_iter().zip(&padded) {
                close(what, padded, &golden.floats(what));
            }
        }
        translator.forward(tape, &batch, Pass::new(&modes)).loss
    });
}

/// Δ of each prediction of the sequences, a row of as many numbers as tokens are read.
fn causal_influence(
    tape: &mut Tape,
    model: &dyn Model,
    modes: &AttentionModes,
    batch: &CausalBatch,
) -> Vec<Vec<Vec<f32>>> {
    let of = |example: usize| {
        let (tokens, first) = (batch.tokens.row(example), batch.first[example]);
        let mut parts = CausalBatch::default();
        for last in first as usize + 1..tokens.len() {
            parts.tokens.push(tokens[..=last].iter().copied());
            parts.first.push(first);
        }
        parts
    };
    let examples = 0..batch.tokens.len();
    examples
        .map(|example| model.influence_on_last(tape, &Batch::Causal(of(example)), Pass::new(modes)).unwrap())
        .collect()
}

fn attention_only(name: &str, attention: AttentionMode) {
    let golden = Golden::read(name);
    let [vocabulary, longest, width] = ["vocabulary", "longest", "width"].map(|key| golden.size(key));
    let mut tape = Tape::new(1);
    let settings = AttentionOnlySettings { width, attention };
    let model = AttentionOnly::new(&mut tape, &settings, &Signature::Sequence { vocabulary, longest }, 0);
    causal(&golden, tape, &model, attention);
}

/// Sequences that are predicted from some position on: outputs, α and β at each place, Δ, and training.
fn causal(golden: &Golden, mut tape: Tape, model: &dyn Model, attention: AttentionMode) {
    let lengths = golden.ints("input.length").1;
    let batch =
        CausalBatch { tokens: golden.ragged("input.tokens", &lengths), first: golden.ints("input.first").1 };
    let [vocabulary, longest] = ["vocabulary", "longest"].map(|key| golden.size(key));
    let places = model.places().len();
    let modes = AttentionModes::all(attention, places);
    let steps = longest - 1;
    let mut first = true;
    let sequences = Batch::Causal(batch.clone());
    compare_training(golden, &mut tape, model.parameters(), |tape| {
        if std::mem::take(&mut first) {
            let want = Want { beta: true, logits: true, ..Want::default() };
            let readings = model.read(tape, &sequences, Pass::new(&modes), want).readings;
            let deltas = causal_influence(tape, model, &modes, &batch);
            let padded_by = |width: usize| vec![0.0; readings.len() * steps * width];
            let mut padded = [vocabulary, places * steps, places * steps, steps].map(padded_by);
            for (example, (reading, delta)) in readings.iter().zip(&deltas).enumerate() {
                for (number, delta) in delta.iter().enumerate() {
                    let step = batch.first[example] as usize + number;
                    let row = example * steps + step;
                    let mut put = |what: usize, first: usize, list: &[f32]| {
                        padded[what][first..first + list.len()].copy_from_slice(list);
                    };
                    put(0, row * vocabulary, reading.logits.row(number));
                    for (place, own) in reading.places.iter().enumerate() {
                        let first = ((example * places + place) * steps + step) * steps;
                        put(1, first, own.alpha.row(number));
                        put(2, first, own.beta.row(number));
                    }
                    put(3, row * steps, delta);
                }
            }
            for (what, padded) in ["logits", "alpha", "beta", "delta"].into_iter().zip(&padded) {
                close(what, padded, &golden.floats(what));
            }
        }
        model.loss(tape, &sequences, Pass::new(&modes))
    });
    if golden.has("adamw5.tokens.weight") {
        compare_adamw(golden, &mut tape, model.parameters(), |tape| {
            model.loss(tape, &sequences, Pass::new(&modes))
        });
    }
}

/// The Transformer of a golden file; `settings` says all but the sizes.
fn transformer(golden: &Golden, settings: TransformerSettings, signature: &Signature) -> (Tape, Transformer) {
    let [layers, heads, width, mlp] = ["layers", "heads", "width", "mlp"].map(|key| golden.size(key));
    let settings = TransformerSettings { layers, heads, width, mlp, ..settings };
    let mut tape = Tape::new(1);
    let model = Transformer::new(&mut tape, &settings, signature, 0);
    (tape, model)
}

fn decoder(name: &str, settings: TransformerSettings) {
    let golden = Golden::read(name);
    let [vocabulary, longest] = ["vocabulary", "longest"].map(|key| golden.size(key));
    let (tape, model) = transformer(&golden, settings, &Signature::Sequence { vocabulary, longest });
    causal(&golden, tape, &model, AttentionMode::Learned);
}

/// An encoder and a decoder: outputs, α and β at each head that attends to the source, Δ, and training.
fn both(name: &str, settings: TransformerSettings) {
    let golden = Golden::read(name);
    let [vocabulary, longest, encoder_layers] =
        ["vocabulary", "longest", "encoder_layers"].map(|key| golden.size(key));
    let attention = settings.attention;
    let settings = TransformerSettings { encoder_layers, ..settings };
    let (mut tape, model) = transformer(&golden, settings, &Signature::Pairs { vocabulary, longest });
    let lengths = ["input.source_length", "input.target_length"].map(|name| golden.ints(name).1);
    let batch = SequencePairs {
        source: golden.ragged("input.source", &lengths[0]),
        decoder_input: golden.ragged("input.decoder_input", &lengths[1]),
        target: golden.ragged("input.target", &lengths[1]),
    };
    let pairs = Batch::Pairs(batch.clone());
    let places = model.places().len();
    let modes = AttentionModes::all(attention, places);
    let [positions, steps] = [0, 1].map(|side| *lengths[side].iter().max().unwrap() as usize);
    let want = Want { beta: true, logits: true, ..Want::default() };
    let mut first = true;
    compare_training(&golden, &mut tape, model.parameters(), |tape| {
        if std::mem::take(&mut first) {
            let readings = model.read(tape, &pairs, Pass::new(&modes), want).readings;
            let deltas = pair_influence(tape, &model, &modes, &batch);
            let padded_by = |width: usize| vec![0.0; readings.len() * steps * width];
            let mut padded = [vocabulary, places * positions, places * positions, positions].map(padded_by);
            for (example, (reading, delta)) in readings.iter().zip(&deltas).enumerate() {
                let length = batch.source.row(example).len();
                for step in 0..reading.predicted.len() {
                    let row = example * steps + step;
                    let mut put = |what: usize, first: usize, list: &[f32]| {
                        padded[what][first..first + list.len()].copy_from_slice(list);
                    };
                    put(0, row * vocabulary, reading.logits.row(step));
                    for (place, own) in reading.places.iter().enumerate() {
                        let first = ((example * places + place) * steps + step) * positions;
                        put(1, first, own.alpha.row(step));
                        put(2, first, own.beta.row(step));
                    }
                    put(3, row * positions, &delta[step * length..][..length]);
                }
            }
            for (what, padded) in ["logits", "alpha", "beta", "delta"].into_iter().zip(&padded) {
                close(what, padded, &golden.floats(what));
            }
        }
        model.loss(tape, &pairs, Pass::new(&modes))
    });
    if golden.has("adamw5.tokens.weight") {
        compare_adamw(&golden, &mut tape, model.parameters(), |tape| {
            model.loss(tape, &pairs, Pass::new(&modes))
        });
    }
}

#[test]
fn encoders_and_decoders_of_pairs_compute_what_pytorch_computes() {
    let usual = TransformerSettings::default();
    both("transformer_pairs", usual.clone());
    let (norm_place, activation) = (NormPlace::Post, MlpActivation::Relu);
    let positions = Positions::Sinusoidal;
    both(
        "transformer_pairs_post",
        TransformerSettings { norm_place, activation, positions, ..usual.clone() },
    );
    both("transformer_pairs_rotary", TransformerSettings { positions: Positions::Rotary, ..usual.clone() });
    let (norm, positions) = (NormChoice::Rms, Positions::Relative);
    both("transformer_pairs_relative", TransformerSettings { norm, positions, ..usual.clone() });
    both("transformer_pairs_uniform", TransformerSettings { attention: AttentionMode::Uniform, ..usual });
}

#[test]
fn decoders_of_every_kind_compute_what_pytorch_computes() {
    let usual = TransformerSettings::default();
    let gpt2 = TransformerSettings { activation: MlpActivation::GeluTanh, tied: true, ..usual.clone() };
    decoder("transformer_gpt2", gpt2);
    let rotary = TransformerSettings { positions: Positions::Rotary, rotary_share: 0.5, ..usual.clone() };
    decoder("transformer_neox", TransformerSettings { parallel: true, ..rotary });
    decoder("transformer_relative", TransformerSettings { positions: Positions::Relative, ..usual.clone() });
    let post = TransformerSettings { norm_place: NormPlace::Post, embedding_norm: true, ..usual.clone() };
    let activation = MlpActivation::Relu;
    decoder("transformer_post", TransformerSettings { activation, positions: Positions::Sinusoidal, ..post });
    let norm = NormChoice::Rms;
    decoder("transformer_rms", TransformerSettings { norm, positions: Positions::None, ..usual });
}

fn encoder(name: &str, settings: TransformerSettings, labels: usize) {
    let golden = Golden::read(name);
    let [vocabulary, longest] = ["vocabulary", "longest"].map(|key| golden.size(key));
    let signature = Signature::Labelled { vocabulary, longest, labels };
    let (mut tape, model) = transformer(&golden, settings, &signature);
    let lengths = golden.ints("input.source_length").1;
    let texts = golden.ragged("input.source", &lengths);
    let batch = Batch::Labelled(LabelledBatch { texts, labels: golden.ints("input.label").1 });
    let places = model.places().len();
    let modes = AttentionModes::all(AttentionMode::Learned, places);
    let mut first = true;
    compare_training(&golden, &mut tape, model.parameters(), |tape| {
        if std::mem::take(&mut first) {
            let want = Want { beta: true, delta: true, logits: true };
            let readings = model.read(tape, &batch, Pass::new(&modes), want).readings;
            let padded_by = |width: usize| vec![0.0; lengths.len() * width * longest];
            let mut padded = [places, places, 1].map(padded_by);
            for (example, reading) in readings.iter().enumerate() {
                let mut put = |what: usize, row: usize, list: &[f32]| {
                    padded[what][row * longest..][..list.len()].copy_from_slice(list);
                };
                for (place, own) in reading.places.iter().enumerate() {
                    put(0, example * places + place, own.alpha.row(0));
                    put(1, example * places + place, own.beta.row(0));
                }
                put(2, example, reading.delta.row(0));
            }
            for (what, padded) in ["alpha", "beta", "delta"].into_iter().zip(&padded) {
                close(what, padded, &golden.floats(what));
            }
            let logits: Vec<f32> =
                readings.iter().flat_map(|reading| reading.logits.numbers().to_vec()).collect();
            close("logits", &logits, &golden.floats("logits"));
        }
        model.loss(tape, &batch, Pass::new(&modes))
    });
}

#[test]
fn encoders_of_texts_compute_what_pytorch_computes() {
    encoder("transformer_texts", TransformerSettings::default(), 2);
    let first = TransformerSettings {
        pooling: Pooling::First,
        positions: Positions::Relative,
        ..TransformerSettings::default()
    };
    encoder("transformer_texts_first", first, 3);
    let bert = TransformerSettings {
        pooling: Pooling::First,
        pooler: true,
        norm_place: NormPlace::Post,
        embedding_norm: true,
        norm_epsilon: 1e-12,
        ..TransformerSettings::default()
    };
    encoder("transformer_bert", bert, 3);
}

#[test]
fn attention_alone_computes_what_pytorch_computes() {
    attention_only("attention_only", AttentionMode::Learned);
    attention_only("attention_only_uniform", AttentionMode::Uniform);
}

#[test]
fn the_translation_model_computes_what_pytorch_computes() {
    translator("translator", AttentionMode::Learned);
    translator("translator_uniform", AttentionMode::Uniform);
}

#[test]
fn the_copying_model_computes_what_pytorch_computes() {
    copier("copier_uni", false, AttentionMode::Learned, true);
    copier("copier_bi", true, AttentionMode::Learned, true);
    copier("copier_uniform", false, AttentionMode::Uniform, true);
    copier("copier_no_context", false, AttentionMode::Learned, false);
}

#[test]
fn ragged_copying_batches_compute_what_pytorch_computes() {
    copier("copier_ragged_uni", false, AttentionMode::Learned, true);
    copier("copier_ragged_bi", true, AttentionMode::Learned, true);
}

#[test]
fn several_heads_on_gated_recurrent_units_compute_what_pytorch_computes() {
    let model = |heads, bidirectional| RnnSettings {
        cell: Cell::Gru,
        heads,
        shared_embedding: false,
        bidirectional,
        ..RnnSettings::default()
    };
    copier_of("multihead", model(3, false));
    copier_of("multihead_ragged", model(3, false));
    copier_of("multihead_bi", model(2, true));
}

#[test]
fn the_classifier_computes_what_pytorch_computes() {
    classifier("classifier", AttentionMode::Learned, 2);
    classifier("classifier_uniform", AttentionMode::Uniform, 2);
    classifier("classifier_three_labels", AttentionMode::Learned, 3);
}

#[test]
fn the_bag_of_embeddings_computes_what_pytorch_computes() {
    let golden = Golden::read("bag_of_embeddings");
    let lengths = golden.ints("input.source_length").1;
    let texts = golden.ragged("input.source", &lengths);
    let labels = golden.ints("input.label").1;
    let mut tape = Tape::new(1);
    let bag = BagOfEmbeddings::new(
        &mut tape,
        golden.size("embedding"),
        golden.size("vocabulary"),
        Link::Logistic,
        0,
    );
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
