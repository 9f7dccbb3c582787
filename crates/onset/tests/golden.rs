//! Models against PyTorch: outputs, every gradient, and parameters after five steps of Adam.
//!
//! The files and the script that made them are in `tests/golden/`.

#[path = "support/golden.rs"]
mod support;

use onset::batch::{Batch, LabelledBatch, Link, Ragged, Rows, SequencePairs, Signature};
use onset::model::{
    AttentionModes, AttentionOnly, AttentionOnlySettings, Cell, Classifier, ClassifierSettings, Model, Pass,
    Reading, Rnn, RnnSettings, Translator, TranslatorSettings, Want,
};
use onset::proxy::BagOfEmbeddings;
use onset_engine::{AttentionMode, Tape};

use support::{Golden, causal, close, compare_training, pair_influence};

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
    let batch = Batch::Labelled(LabelledBatch {
        texts: texts.clone(),
        labels: labels.to_vec(),
        ..LabelledBatch::default()
    });
    let read =
        classifier.read(tape, &batch, Pass::new(modes), Want { beta: true, delta: true, ..Want::default() });
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

fn attention_only(name: &str, attention: AttentionMode) {
    let golden = Golden::read(name);
    let [vocabulary, longest, width] = ["vocabulary", "longest", "width"].map(|key| golden.size(key));
    let mut tape = Tape::new(1);
    let settings = AttentionOnlySettings { width, attention };
    let model = AttentionOnly::new(&mut tape, &settings, &Signature::Sequence { vocabulary, longest }, 0);
    causal(&golden, tape, &model, attention);
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
