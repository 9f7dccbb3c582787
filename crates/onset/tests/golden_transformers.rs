//! Transformers against PyTorch: outputs, α, β and Δ at every head, every gradient, and parameters after five steps of Adam and of AdamW.
//!
//! The files and the script that made them are in `tests/golden/`.

#[path = "support/golden.rs"]
mod support;

use onset::batch::{Batch, LabelledBatch, SequencePairs, Signature};
use onset::model::{
    AttentionModes, MlpActivation, Model, NormChoice, NormPlace, Pass, Pooling, Positions, Transformer,
    TransformerSettings, Want,
};
use onset_engine::{AttentionMode, Tape};

use support::{Golden, causal, close, compare_adamw, compare_training, pair_influence};

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
    let batch = Batch::Labelled(LabelledBatch {
        texts,
        labels: golden.ints("input.label").1,
        ..LabelledBatch::default()
    });
    let places = model.places().len();
    let modes = AttentionModes::all(AttentionMode::Learned, places);
    let mut first = true;
    compare_training(&golden, &mut tape, model.parameters(), |tape| {
        if std::mem::take(&mut first) {
            let want = Want { beta: true, delta: true, logits: true, ..Want::default() };
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
