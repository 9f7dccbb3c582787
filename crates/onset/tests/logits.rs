//! The example that writes logits for PyTorch to compare writes those of the model.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use onset::batch::Examples;
use onset::inference::LoadedModel;
use onset::model::Want;
use onset::spec::Spec;
use onset::train::{Prepared, RunOptions, Start, run};
use safetensors::SafeTensors;

#[path = "../examples/logits.rs"]
#[allow(dead_code, reason = "its main is not called here")]
mod logits;

/// A finished run of copying, a moment's training, in `folder`.
fn trained(folder: &Path) {
    let small = [
        "data.vocabulary=8",
        "data.length=6",
        "model.hidden=12",
        "model.embedding=10",
        "train.batch=4",
        "train.steps=20",
    ];
    let spec = Spec::parse("task = 'copying'", "", &small.map(String::from)).unwrap();
    let cancel = AtomicBool::new(false);
    let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
    run(
        &spec,
        &Prepared::load(&spec).unwrap(),
        folder,
        options,
        &mut |_| std::ops::ControlFlow::Continue(()),
    )
    .unwrap();
}

/// The sequences that the example reads, one at a time, so that no order of rows can be mistaken for another.
fn one_by_one(run: &Path) -> Vec<f32> {
    let mut model = LoadedModel::open(run, None).unwrap();
    let all = logits::examples(&model);
    let mut expected = Vec::new();
    for example in 0..all.len() {
        let mut alone = Examples::default();
        alone.select(&all, &[example]);
        let read = model.read(alone, Want { logits: true, ..Want::default() });
        expected.extend_from_slice(read.readings[0].logits.numbers());
    }
    expected
}

#[test]
fn the_example_writes_the_logits_of_each_sequence_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (path, output) = (folder.path().join("run"), folder.path().join("logits.safetensors"));
    trained(&path);
    logits::write(&path, &output).unwrap();
    let bytes = std::fs::read(&output).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let written = tensors.tensor("logits").unwrap();
    assert_eq!(written.shape(), [8, 7, 10]);
    let written = written.data().chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap()));
    let expected = one_by_one(&path);
    assert_eq!(written.len(), expected.len());
    for (place, (written, expected)) in written.zip(&expected).enumerate() {
        assert!((written - expected).abs() < 1e-4, "logit {place}: {written} instead of {expected}");
    }
    compare_with_pytorch(&path, &output);
}

/// Runs the documented comparison where PyTorch is there; `ONSET_REQUIRE_TORCH=1` makes its absence a failure.
fn compare_with_pytorch(run: &Path, logits: &Path) {
    let python = |arguments: &[&std::ffi::OsStr]| Command::new("python3").args(arguments).output();
    let torch = python(&["-c".as_ref(), "import torch, safetensors".as_ref()]);
    if !torch.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("ONSET_REQUIRE_TORCH").is_none(), "python3 has no torch and safetensors");
        eprintln!("skipped: the comparison with PyTorch (python3 has no torch and safetensors)");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/peer/load_checkpoint.py");
    let output = python(&[script.as_os_str(), run.as_os_str(), logits.as_os_str()]).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
