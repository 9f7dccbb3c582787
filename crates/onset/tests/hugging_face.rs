//! Checkpoints in the Hugging Face layout: the same numbers as their own classes compute, runs that start from them, and what cannot
//! be used. `tests/golden/make_hugging_face.py` made them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use onset::batch::{Batch, CausalBatch, LabelledBatch, Ragged, Signature};
use onset::inference::{LoadedModel, TextClassifier};
use onset::model::{AttentionModes, Model, Pass, Reading, Transformer, Want};
use onset::pretrained::{Architecture, Pretrained};
use onset::store::RunDirectory;
use onset::target::{TargetOptions, resolve};
use onset::task::{Draw, EpochOrder};
use onset::train::{Prepared, RunOptions, Start, run};
use onset_engine::{AttentionMode, Tape};
use safetensors::SafeTensors;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/hugging_face").join(name)
}

/// A copy of a checkpoint, to be damaged.
fn copy(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        std::fs::copy(golden(name).join(file), folder.path().join(file)).unwrap();
    }
    folder
}

/// Tokens, logits (tokens × outputs, or outputs) and α (layers·heads × tokens × tokens).
fn expected(name: &str) -> (Vec<u32>, Vec<f32>, Vec<f32>) {
    let bytes = std::fs::read(golden(name).join("expected.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let words = |name: &str| -> Vec<[u8; 4]> {
        file.tensor(name).unwrap().data().chunks_exact(4).map(|word| word.try_into().unwrap()).collect()
    };
    let floats = |name: &str| words(name).into_iter().map(f32::from_le_bytes).collect();
    let tokens = words("tokens").into_iter().map(|word| i32::from_le_bytes(word) as u32).collect();
    (tokens, floats("logits"), floats("alpha"))
}

fn close(what: &str, got: impl IntoIterator<Item = f32>, want: &[f32]) {
    let got: Vec<f32> = got.into_iter().collect();
    assert_eq!(got.len(), want.len(), "{what}");
    let scale = want.iter().fold(0f32, |most, number| most.max(number.abs()));
    let error = got.iter().zip(want).fold(0f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(error < 1e-5 * scale, "{what}: off by {error:e} where the largest is {scale}");
}

fn loaded(folder: &Path, labels: usize) -> (Tape, Transformer, Pretrained) {
    let pretrained = Pretrained::open(folder).unwrap();
    let config = pretrained.config();
    let (vocabulary, longest) = (config.vocabulary, config.longest);
    let signature = match config.architecture {
        Architecture::Bert => Signature::Labelled { vocabulary, longest, labels },
        Architecture::Gpt2 | Architecture::GptNeox => Signature::Sequence { vocabulary, longest },
    };
    let mut tape = Tape::new(1);
    let model = Transformer::new(&mut tape, &config.settings, &signature, 0);
    for (parameter, values) in
        model.parameters().iter().zip(pretrained.values(model.parameters(), None).unwrap())
    {
        tape.data_mut(parameter.value)
            .copy_from_slice(&values.unwrap_or_else(|| panic!("{}", parameter.name)));
    }
    (tape, model, pretrained)
}

fn read(tape: &mut Tape, model: &Transformer, batch: &Batch) -> Reading {
    let modes = AttentionModes::all(AttentionMode::Learned, model.places().len());
    let want = Want { logits: true, ..Want::default() };
    model.read(tape, batch, Pass::new(&modes), want).readings.remove(0)
}

#[test]
fn decoders_compute_what_their_own_classes_compute() {
    for name in ["gpt2", "gpt_neox"] {
        let (tokens, logits, alpha) = expected(name);
        let (mut tape, model, _) = loaded(&golden(name), 0);
        let mut row = Ragged::default();
        // One token more, which is only predicted.
        row.push(tokens.iter().copied().chain([0]));
        let reading = read(&mut tape, &model, &Batch::Causal(CausalBatch { tokens: row, first: vec![0] }));
        close(name, reading.logits.numbers().iter().copied(), &logits);
        let length = tokens.len();
        for (place, own) in reading.places.iter().enumerate() {
            for (step, row) in own.alpha.iter().enumerate() {
                let want = &alpha[(place * length + step) * length..][..=step];
                close("alpha", row.iter().copied(), want);
            }
        }
    }
}

#[test]
fn an_encoder_computes_what_its_own_class_computes() {
    let (tokens, logits, alpha) = expected("bert");
    let (mut tape, model, _) = loaded(&golden("bert"), 3);
    let mut texts = Ragged::default();
    texts.push(tokens.iter().copied());
    let reading = read(
        &mut tape,
        &model,
        &Batch::Labelled(LabelledBatch { texts, labels: vec![0], ..LabelledBatch::default() }),
    );
    close("logits", reading.logits.row(0).iter().copied(), &logits);
    let length = tokens.len();
    for (place, own) in reading.places.iter().enumerate() {
        // The label is predicted from the first state.
        close("alpha", own.alpha.row(0).iter().copied(), &alpha[place * length * length..][..length]);
    }
}

/// Trains from a checkpoint and returns the run directory.
fn trained(folder: &Path, file: &str, text: &str, checkpoint: &Path, more: &[&str]) -> PathBuf {
    let data = folder.join(file);
    std::fs::write(&data, text).unwrap();
    let overrides = ["train.steps=3", "train.batch=4"].iter().chain(more).map(|key| (*key).into()).collect();
    let options =
        TargetOptions { pretrained: Some(checkpoint.into()), overrides, ..TargetOptions::default() };
    let target = resolve(data.to_str().unwrap(), &options).unwrap();
    let checkpoint = checkpoint.file_name().unwrap().to_str().unwrap();
    assert_eq!(target.name, format!("a-{checkpoint}"));
    let spec = target.spec;
    let path = folder.join("run");
    let cancel = AtomicBool::new(false);
    let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
    run(&spec, &Prepared::load(&spec).unwrap(), &path, options, &mut |_| ControlFlow::Continue(())).unwrap();
    path
}

#[test]
fn a_language_model_goes_on_from_a_checkpoint_on_its_own_tokens() {
    for name in ["gpt2", "gpt_neox"] {
        let folder = tempfile::tempdir().unwrap();
        let text = "the head looks at the word before\na word that was seen is copied\n".repeat(20);
        let path =
            trained(folder.path(), "a.txt", &text, &golden(name), &["task.length=8", "task.sequences=4"]);
        let directory = RunDirectory::view(&path).unwrap();
        let table = directory.read_table(&directory.evaluation_path()).unwrap();
        let losses = table.floats("loss").unwrap().to_vec();
        // The loss before training is that of the checkpoint, far from that of a model that was drawn.
        let (mut tape, model, _) = loaded(&golden(name), 0);
        let mut start = LoadedModel::open(&path, Some(3)).unwrap();
        let examples = start.examples(Draw::Evaluation { seed: 0, step: 0 });
        let mut batch = onset::batch::Form::Causal.batch();
        batch.fill(&examples);
        let modes = AttentionModes::all(AttentionMode::Learned, model.places().len());
        let own = model.read(&mut tape, &batch, Pass::new(&modes), Want::default()).loss;
        assert!((losses[0] - f64::from(own)).abs() < 1e-4, "{name}: {losses:?}, {own}");
        assert!(losses.last().unwrap() < &losses[0], "{name}: {losses:?}");
        let prepared = start.read(examples, Want::default());
        assert_eq!(prepared.readings[0].places.len(), 4);
    }
}

#[test]
fn a_classifier_is_fine_tuned_from_an_encoder_and_labels_new_texts() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40)
        .map(|i| format!("the head looks {} it\tl{}\n", ["before", "at", "when"][i % 3], i % 3))
        .collect();
    let path = trained(folder.path(), "a.tsv", &format!("text\tlabel\n{rows}"), &golden("bert"), &[]);
    std::fs::remove_file(folder.path().join("a.tsv")).unwrap();
    let mut classifier = TextClassifier::open(&path, None).unwrap();
    let found = classifier.classify(&["The head looks before it", "unseen zebra"]);
    assert_eq!(found[0].words[..2], ["<bos>", "▁the"]);
    assert_eq!(found[0].words.concat(), "<bos>▁the▁head▁looks▁before▁it<eos>");
    assert!((found[0].alpha.iter().sum::<f32>() - 1.0).abs() < 1e-4 && found[1].label.is_some());
}

/// The output layer is the checkpoint's only if it has as many labels.
#[test]
fn a_head_for_other_labels_is_drawn_anew() {
    for (labels, own) in [(2, false), (3, true), (4, false)] {
        let pretrained = Pretrained::open(&golden("bert")).unwrap();
        let config = pretrained.config();
        let signature = Signature::Labelled { vocabulary: config.vocabulary, longest: 9, labels };
        let model = Transformer::new(&mut Tape::measuring(), &config.settings, &signature, 0);
        let values = pretrained.values(model.parameters(), None).unwrap();
        for (parameter, values) in model.parameters().iter().zip(values) {
            let head = parameter.name.starts_with("output.");
            assert_eq!(values.is_some(), own || !head, "{} of {labels}", parameter.name);
        }
    }
}

#[test]
fn what_is_read_does_not_depend_on_the_order_of_a_seed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a.txt");
    std::fs::write(&data, "a word that was seen is copied\n".repeat(40)).unwrap();
    let spec = |seed: u64| {
        let overrides = vec![format!("seed={seed}"), "task.length=8".into()];
        let options =
            TargetOptions { pretrained: Some(golden("gpt2")), overrides, ..TargetOptions::default() };
        resolve(data.to_str().unwrap(), &options).unwrap().spec
    };
    let first = |seed: u64| {
        let spec = spec(seed);
        let prepared = Prepared::load(&spec).unwrap();
        let mut examples = onset::batch::Examples::default();
        prepared.task().fill(
            Draw::Evaluation { seed: 0, step: 0 },
            &mut EpochOrder::default(),
            &mut examples,
        );
        let mut trainer = onset::train::Trainer::new(&spec, &prepared, 1);
        trainer.look(|experiment, tape| experiment.read(tape, examples, Want::default()).losses)
    };
    assert_eq!(first(0), first(1));
}

#[test]
fn what_cannot_be_used_is_named() {
    let refusal = |folder: &Path| match Pretrained::open(folder) {
        Err(error) => error.to_string(),
        Ok(pretrained) => {
            let config = pretrained.config();
            let signature = Signature::Sequence { vocabulary: config.vocabulary, longest: config.longest };
            let model = Transformer::new(&mut Tape::measuring(), &config.settings, &signature, 0);
            pretrained.values(model.parameters(), None).unwrap_err().to_string()
        }
    };
    let changed = |from: &str, to: &str| {
        let folder = copy("gpt2");
        let path = folder.path().join("config.json");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        refusal(folder.path())
    };
    for (from, to, parts) in [
        ("\"gpt2\"", "\"llama\"", &["model type is llama", "bert, gpt2 and gpt_neox"][..]),
        ("\"n_layer\": 2", "\"n_layer\": 3", &["no tensor transformer.h.2."]),
        ("\"n_layer\": 2", "\"n_layer\": 1", &["does not have", "transformer.h.1."]),
        (
            "\"n_inner\": 12",
            "\"n_inner\": 16",
            &["transformer.h.0.mlp.c_fc", "[8, 12]", "layers.0.mlp.up", "[8, 16]"],
        ),
        ("\"n_head\": 2", "\"n_head\": 0", &["n_head is 0", "a size of at least 1"]),
        (
            "\"scale_attn_weights\": true",
            "\"scale_attn_weights\": false",
            &["scale_attn_weights is false", "expected true"],
        ),
        ("\"gelu_new\"", "\"swiglu\"", &["activation_function is \"swiglu\"", "gelu, gelu_new or relu"]),
    ] {
        let message = changed(from, to);
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(refusal(empty.path()).contains("config.json"));
    let pickled = copy("gpt2");
    std::fs::rename(pickled.path().join("model.safetensors"), pickled.path().join("pytorch_model.bin"))
        .unwrap();
    assert!(refusal(pickled.path()).contains("save_pretrained"));
    let cut = copy("gpt2");
    std::fs::write(cut.path().join("model.safetensors"), b"short").unwrap();
    assert!(refusal(cut.path()).contains("model.safetensors"));
}

#[test]
fn targets_that_a_checkpoint_cannot_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("a.txt");
    std::fs::write(&text, "some running text that goes on\nand on and on\n".repeat(9)).unwrap();
    let message = |target: &str, checkpoint: &str, more: &[&str]| {
        let overrides = more.iter().map(|key| (*key).into()).collect();
        let options =
            TargetOptions { pretrained: Some(golden(checkpoint)), overrides, ..TargetOptions::default() };
        match resolve(target, &options) {
            Err(error) => error.to_string(),
            Ok(target) => Prepared::load(&target.spec).unwrap_err().to_string(),
        }
    };
    let text = text.to_str().unwrap();
    assert!(message(text, "bert", &[]).contains("bert reads labelled texts"));
    assert!(message("copying", "gpt2", &[]).contains("cannot start from"));
    // Longer than the positions that the checkpoint knows.
    let long = message(text, "gpt2", &["task.length=20"]);
    assert!(long.contains("transformer.wpe.weight") && long.contains("at least 20 rows"), "{long}");
    // A tokenizer of another model.
    let small = message(text, "gpt_neox", &["task.vocabulary=100"]);
    assert!(small.contains("tokenizer.json") && small.contains("another model"), "{small}");
}
