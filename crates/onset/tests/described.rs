//! Pairs of description and text: the numbers of a plain PyTorch model (`tests/golden/make_described.py`), and planted tasks whose
//! answer is known.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use onset::batch::{Batch, LabelledBatch, Signature};
use onset::inference::DescriptionClassifier;
use onset::model::{
    AttentionModes, Model, PairEncoder, Parameter, Parameters, Pass, Transformer, TransformerSettings, Want,
};
use onset::pretrained::Pretrained;
use onset::study::RunRecord;
use onset::target::{TargetOptions, resolve};
use onset::task::descriptions::{AUC, DescribedLabel, DescribedTask, PairTokens};
use onset::task::{Draw, EpochOrder, Task};
use onset::train::{Prepared, RunOptions, Start, run};
use onset_engine::{AdamSettings, AttentionMode, Optimizer, OptimizerSettings, Tape};
use safetensors::SafeTensors;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/described")
}

fn words(file: &SafeTensors<'_>, name: &str) -> Vec<[u8; 4]> {
    let data = file.tensor(name).unwrap().data().to_vec();
    data.chunks_exact(4).map(|word| word.try_into().unwrap()).collect()
}

fn floats(file: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    words(file, name).into_iter().map(f32::from_le_bytes).collect()
}

/// The sides of the pairs, as the golden file has them.
fn sides(file: &SafeTensors<'_>, side: usize) -> Vec<Vec<u32>> {
    let ids: Vec<u32> =
        words(file, &format!("tokens.{side}")).into_iter().map(|id| i32::from_le_bytes(id) as u32).collect();
    let mut rest = &ids[..];
    let lengths = words(file, &format!("lengths.{side}"));
    lengths
        .into_iter()
        .map(|length| {
            let (own, behind) = rest.split_at(i32::from_le_bytes(length) as usize);
            rest = behind;
            own.to_vec()
        })
        .collect()
}

fn close(what: &str, got: &[f32], want: &[f32], tolerance: f32) {
    assert_eq!(got.len(), want.len(), "{what}");
    let scale = want.iter().fold(1e-4f32, |most, number| most.max(number.abs()));
    let error = got.iter().zip(want).fold(0f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(error < tolerance * scale, "{what}: off by {error:e} where the largest is {scale}");
}

/// The tensors of a checkpoint, laid out as our parameters; none for those that no checkpoint has.
fn laid_out(folder: &Path, parameters: &Parameters) -> Vec<Option<Vec<f32>>> {
    Pretrained::open(folder).unwrap().values(parameters, None).unwrap()
}

fn model(pair_encoder: PairEncoder) -> (Tape, Transformer) {
    let config = Pretrained::open(&golden()).unwrap().config().clone();
    let bi = pair_encoder == PairEncoder::Bi;
    let settings = TransformerSettings {
        pair_encoder,
        pooling: if bi { onset::model::Pooling::Mean } else { config.settings.pooling },
        pooler: !bi && config.settings.pooler,
        dropout: 0.0,
        ..config.settings
    };
    let signature = Signature::Described { vocabulary: config.vocabulary, longest: config.longest };
    let mut tape = Tape::new(1);
    let model = Transformer::new(&mut tape, &settings, &signature, 0);
    for (parameter, values) in model.parameters().iter().zip(laid_out(&golden(), model.parameters())) {
        match values {
            Some(values) => tape.data_mut(parameter.value).copy_from_slice(&values),
            None => assert!(parameter.name.starts_with("similarity."), "{}", parameter.name),
        }
    }
    (tape, model)
}

fn batch(file: &SafeTensors<'_>) -> Batch {
    let tokens = PairTokens::of_tokenizer(&golden().join("tokenizer.json"), false, 64).unwrap();
    let mut batch = LabelledBatch { labels: vec![1, 0, 0, 1], ..LabelledBatch::default() };
    for (description, text) in sides(file, 0).iter().zip(&sides(file, 1)) {
        let (row, begin) = tokens.join(description, text);
        batch.texts.push(row);
        batch.begins.push(begin);
    }
    Batch::Labelled(batch)
}

#[test]
fn scores_gradients_and_steps_are_those_of_pytorch() {
    let bytes = fs::read(golden().join("expected.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let batch = batch(&file);
    for (encoder, name) in [(PairEncoder::Cross, "cross"), (PairEncoder::Bi, "bi")] {
        let (mut tape, model) = model(encoder);
        let modes = AttentionModes::all(AttentionMode::Learned, model.places().len());
        let read = model.read(&mut tape, &batch, Pass::new(&modes), Want { delta: true, ..Want::default() });
        let scores: Vec<f32> = read.readings.iter().map(|reading| reading.logit.unwrap()).collect();
        close(name, &scores, &floats(&file, name), 1e-5);
        for (reading, length) in read.readings.iter().zip(batch.labelled().texts.lengths()) {
            assert_eq!(reading.delta.row(0).len(), length);
            let sum: f32 = reading.places[0].alpha.row(0).iter().sum();
            assert!((sum - 1.0).abs() < 1e-5);
        }
        let loss = model.loss(&mut tape, &batch, Pass::new(&modes));
        tape.backward(loss);
        let expected = laid_out(&golden().join(name).join("gradients"), model.parameters());
        let similarity = floats(&file, &format!("{name}.similarity"));
        for (parameter, expected) in model.parameters().iter().zip(expected) {
            let Some(got) = tape.grad(parameter.value).map(<[f32]>::to_vec) else { continue };
            let own = usize::from(parameter.name.ends_with("bias"));
            let expected = expected.unwrap_or_else(|| vec![similarity[own]]);
            // Keys have no bias that matters: its gradient is rounding.
            if expected.iter().any(|number| number.abs() > 1e-9) {
                close(&format!("{name}: gradient of {}", parameter.name), &got, &expected, 2e-4);
            }
        }
        tape.clear();
        tape.clear_gradients();
        takes_the_same_steps(name, &mut tape, &model, &batch);
    }
}

fn takes_the_same_steps(name: &str, tape: &mut Tape, model: &Transformer, batch: &Batch) {
    let modes = AttentionModes::all(AttentionMode::Learned, model.places().len());
    let adam = AdamSettings { beta1: 0.9, beta2: 0.999, epsilon: 0.01 };
    let settings = OptimizerSettings::AdamW { adam, weight_decay: 0.01 };
    let decays = |index: usize| model.parameters().get(index).is_some_and(Parameter::decays);
    let mut optimizer = Optimizer::new(settings, tape).with_decay_of(decays);
    for _ in 0..3 {
        let loss = model.loss(tape, batch, Pass::new(&modes));
        tape.backward(loss);
        optimizer.update(tape, 1e-2, |_| true);
        tape.clear();
    }
    let after = laid_out(&golden().join(name).join("parameters"), model.parameters());
    let before = laid_out(&golden(), model.parameters());
    for ((parameter, after), before) in model.parameters().iter().zip(after).zip(before) {
        if let (Some(after), Some(before)) = (after, before) {
            let moved: Vec<f32> =
                tape.data(parameter.value).iter().zip(&before).map(|(own, before)| own - before).collect();
            let expected: Vec<f32> =
                after.iter().zip(&before).map(|(after, before)| after - before).collect();
            close(&format!("{name}: steps of {}", parameter.name), &moved, &expected, 2e-3);
        }
    }
}

#[test]
fn texts_of_all_sorts_have_the_tokens_of_hugging_face() {
    #[derive(serde::Deserialize)]
    struct Sort {
        text: String,
        ids: Vec<u32>,
    }
    let sorts: Vec<Sort> = serde_json::from_slice(&fs::read(golden().join("tokens.json")).unwrap()).unwrap();
    let tokens = PairTokens::of_tokenizer(&golden().join("tokenizer.json"), false, 64).unwrap();
    for Sort { text, ids } in sorts {
        assert_eq!(tokens.encode(&text), ids, "{text:?}");
    }
}

const WORDS: [&str; 8] = ["red", "blue", "green", "black", "white", "brown", "pink", "gold"];

/// Sets in which a text has one of two words, beside fillers and a word of another set; the labels are described by their words.
fn planted(folder: &Path) -> PathBuf {
    let collection = folder.join("planted");
    fs::create_dir_all(&collection).unwrap();
    for set in 0..4 {
        let own = &WORDS[2 * set..2 * set + 2];
        let label = |word: &str| {
            format!(
                "[[labels]]\nvalue = '{word}'\ndescriptions = ['does it say {word}', 'is the word {word} there']\n"
            )
        };
        let text = format!(
            "about = 'planted'\nsource = 's{set}'\ntrain = 'a.tsv'\ntags = ['t{set}']\n{}{}",
            label(own[0]),
            label(own[1])
        );
        fs::write(collection.join(format!("s{set}.toml")), text).unwrap();
        let row = |i: usize| {
            let other = WORDS[(2 * set + 2 + i * 7 / 3 % 6) % 8];
            let fillers = ["and", "so", "then", "but", "yet"];
            let filler = |j: usize| fillers[(i * 3 + j * 5 + i / 5 + j * i) % 5];
            format!("{} {} {} {other} {}\t{}\n", filler(0), own[i % 2], filler(1), filler(2), own[i % 2])
        };
        let rows: String = (0..400).map(row).collect();
        fs::create_dir_all(folder.join(format!("s{set}"))).unwrap();
        fs::write(folder.join(format!("s{set}/a.tsv")), format!("text\tlabel\n{rows}")).unwrap();
    }
    collection
}

fn options(folder: &Path, more: &[&str]) -> TargetOptions {
    let small = [
        "model.width=32",
        "model.heads=4",
        "model.layers=1",
        "model.mlp=64",
        "train.learning_rate=0.003",
        "train.warmup=10",
        "train.batch=32",
        "task.evaluation=20",
        "task.min_count=1",
        "record.checkpoints=[0]",
        "record.probes=0",
    ];
    let overrides = small.iter().chain(more).map(|key| (*key).to_owned()).collect();
    TargetOptions { from: Some(folder.into()), overrides, ..TargetOptions::default() }
}

/// Mean areas under the curve before and after training.
fn areas(collection: &Path, folder: &Path, name: &str, more: &[&str]) -> [f64; 2] {
    let spec = resolve(collection.to_str().unwrap(), &options(folder, more)).unwrap().spec;
    let path = folder.join("runs").join(name);
    let cancel = AtomicBool::new(false);
    let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
    run(&spec, &Prepared::load(&spec).unwrap(), &path, options, &mut |_| ControlFlow::Continue(())).unwrap();
    let record = RunRecord::read(&path).unwrap();
    let areas = record.score(AUC).unwrap();
    [areas[0], areas[areas.len() - 1]]
}

/// A model from nothing learns the words that it has seen described; to others it carries over only if it compares description and
/// text by what they share.
#[test]
fn a_planted_word_is_learned_and_carries_over_only_by_shared_structure() {
    let folder = tempfile::tempdir().unwrap();
    let collection = planted(folder.path());
    let [before, seen] = areas(&collection, folder.path(), "seen", &["train.steps=500"]);
    assert!(before < 0.8 && seen > 0.95, "seen words: {before} before, {seen} after");
    let [_, unseen] =
        areas(&collection, folder.path(), "unseen", &["train.steps=500", "task.held_out=['t0']"]);
    assert!(unseen < 0.8, "unseen words, read as one sequence: {unseen}");
    let bi = [
        "train.steps=60",
        "task.held_out=['t0']",
        "model.pair_encoder='bi'",
        "model.attention='uniform'",
        "model.width=256",
        "model.mlp=0",
        "model.positions='none'",
        "train.learning_rate=0.0003",
    ];
    let [shared, after] = areas(&collection, folder.path(), "shared", &bi);
    assert!(shared > 0.8 && after > 0.8, "unseen words, by cosine: {shared} before, {after} after");
}

/// A text that is held out is not trained on under any name.
#[test]
fn a_text_on_both_sides_is_not_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let collection = planted(folder.path());
    let leak = "A text, on BOTH sides!";
    for (set, word) in [(0, "red"), (2, "white")] {
        let path = folder.path().join(format!("s{set}/a.tsv"));
        let text = fs::read_to_string(&path).unwrap() + &format!("{}\t{word}\n", leak.to_lowercase());
        fs::write(&path, text).unwrap();
    }
    let spec = resolve(collection.to_str().unwrap(), &options(folder.path(), &["task.held_out=['s0']"]))
        .unwrap()
        .spec;
    let data = Prepared::load(&spec).unwrap();
    let notices = data.task().notices().join("; ");
    assert!(notices.contains("1 texts of s2 are also held out"), "{notices}");
    let task: &DescribedTask = data.task().as_any().downcast_ref().unwrap();
    let forbidden = task.tokens().encode(leak);
    let (mut order, mut examples) = (EpochOrder::default(), onset::batch::Examples::default());
    for step in 0..60 {
        task.fill(Draw::Training { seed: 0, step, batch: 32 }, &mut order, &mut examples);
        for example in 0..examples.len() {
            let (row, begin) = (examples.source.row(example), examples.begins[example] as usize);
            assert_ne!(&row[begin..row.len() - 1], &forbidden[..]);
        }
    }
}

/// A set of which every text is held out elsewhere is left out; the others are trained on.
#[test]
fn a_set_without_texts_of_its_own_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let collection = planted(folder.path());
    let rows = fs::read_to_string(folder.path().join("s0/a.tsv")).unwrap();
    let rows = rows.replace("\tred", "\tgreen").replace("\tblue", "\tblack");
    fs::write(folder.path().join("s1/a.tsv"), rows).unwrap();
    let spec = resolve(collection.to_str().unwrap(), &options(folder.path(), &["task.held_out=['s0']"]))
        .unwrap()
        .spec;
    let data = Prepared::load(&spec).unwrap();
    assert!(data.task().summary().unwrap().starts_with("2 sets"), "{:?}", data.task().summary());
    let notices = data.task().notices().join("; ");
    assert!(notices.contains("s1 is not trained on"), "{notices}");
}

/// New texts get the scores that evaluation gives them, on any number of threads.
#[test]
fn new_texts_are_labelled_as_in_evaluation() {
    let folder = tempfile::tempdir().unwrap();
    let collection = planted(folder.path());
    for encoder in ["cross", "bi"] {
        let key = format!("model.pair_encoder='{encoder}'");
        areas(&collection, folder.path(), encoder, &["train.steps=500", &key]);
        let path = folder.path().join("runs").join(encoder);
        let label = |name: &str| DescribedLabel {
            value: name.into(),
            name: None,
            descriptions: vec![format!("does it say {name}"), format!("is the word {name} there")],
        };
        let texts = ["so white yet then", "", "but brown and then brown", "white and white"];
        let classify = |threads, with_words| {
            let labels = vec![label("white"), label("brown")];
            let mut classifier = DescriptionClassifier::open(&path, None, labels, threads).unwrap();
            classifier.classify(&texts, with_words)
        };
        let found = classify(1, true);
        assert_eq!(found, classify(2, true));
        let labels: Vec<Option<&str>> = found.iter().map(|text| text.label.as_deref()).collect();
        assert_eq!(labels, [Some("white"), None, Some("brown"), Some("white")], "{encoder}");
        assert_eq!((found[0].words.len(), found[0].alpha.len(), found[0].delta.len()), (4, 4, 4));
        let plain = classify(1, false);
        assert_eq!(plain[0].probabilities, found[0].probabilities);
        assert!(plain[0].words.is_empty());
    }
}
