//! Exported models: what stands in the folder, and that PyTorch and ONNX runtimes compute the same with it.

#[path = "support/protobuf.rs"]
mod protobuf;
#[path = "support/python.rs"]
mod python;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use onset::batch::Examples;
use onset::export::{ExportError, export};
use onset::inference::LoadedModel;
use onset::inference::RunModelError;
use onset::model::Want;
use onset::spec::Spec;
use onset::train::{Prepared, RunOptions, Start, run};
use safetensors::SafeTensors;
use tempfile::TempDir;

const COPYING: &str = "kind = 'copying'\nvocabulary = 6\nlength = 5";
const INDUCTION: &str = "kind = 'induction'\nvocabulary = 6\nlength = 5";
const KEYWORD: &str = "kind = 'classification'";
const THREE: &str = "kind = 'classification'\nfile = 'FILE'\nmin_count = 1";
const SMALL_CLASSIFIER: &str = "hidden = 6\nembedding = 5\nattention_hidden = 4";

/// Every family, in each variant that its twin and its graph have.
const MODELS: [(&str, &str); 13] = [
    (KEYWORD, SMALL_CLASSIFIER),
    (KEYWORD, "hidden = 6\nembedding = 5\nattention_hidden = 4\nattention = 'uniform'"),
    (THREE, SMALL_CLASSIFIER),
    (COPYING, "kind = 'attention-only'\nwidth = 8"),
    (INDUCTION, "width = 8\nattention = 'uniform'"),
    (COPYING, "kind = 'rnn'\nhidden = 8\nembedding = 6"),
    (COPYING, "kind = 'rnn'\nhidden = 8\nembedding = 6\nbidirectional = true\nheads = 2"),
    (
        COPYING,
        "kind = 'rnn'\nhidden = 8\nembedding = 6\nheads = 3\ncell = 'gru'\nbidirectional = true\nshared_embedding = false",
    ),
    (COPYING, "kind = 'rnn'\nhidden = 8\nembedding = 6\nattention = 'uniform'\ncell = 'gru'"),
    (COPYING, "kind = 'rnn'\nhidden = 8\nembedding = 6\ncontext = false\nshared_embedding = false"),
    (COPYING, "kind = 'rnn-translator'\nhidden = 8\nembedding = 6"),
    (COPYING, "kind = 'rnn-translator'\nhidden = 8\nembedding = 6\nlayers = 1\nattention = 'uniform'"),
    (COPYING, "kind = 'rnn-translator'\nhidden = 8\nembedding = 6\nlayers = 3"),
];

/// A run of a moment's training, in a folder of its own.
fn trained(task: &str, model: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("texts.tsv");
    let rows: String = (0..60).map(|i| format!("the word{} here\tl{}\n", i % 3, i % 3)).collect();
    std::fs::write(&file, format!("text\tlabel\n{rows}")).unwrap();
    let task = task.replace("FILE", &file.display().to_string());
    let text = format!("[task]\n{task}\n[model]\n{model}\n[train]\nsteps = 3\nbatch = 4");
    let spec = Spec::parse(&text, "", &[]).unwrap();
    let path = folder.path().join("run");
    let cancel = AtomicBool::new(false);
    let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
    let on = &mut |_: onset::train::Event<'_>| ControlFlow::Continue(());
    run(&spec, &Prepared::load(&spec).unwrap(), &path, options, on).unwrap();
    (folder, path)
}

fn tensor<'a>(tensors: &'a SafeTensors<'a>, name: &str) -> (Vec<usize>, &'a [u8]) {
    let tensor = tensors.tensor(name).unwrap();
    (tensor.shape().to_vec(), tensor.data())
}

fn numbers(tensors: &SafeTensors<'_>, name: &str) -> (Vec<usize>, Vec<u32>) {
    let (shape, bytes) = tensor(tensors, name);
    (shape, bytes.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as u32).collect())
}

/// The logits of `example.safetensors`, and those that the loaded model gives for each of its sequences alone.
fn logits_of_example(run: &Path, folder: &Path) -> (Vec<f32>, Vec<f32>) {
    let bytes = std::fs::read(folder.join("example.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut model = LoadedModel::open(run, None).unwrap();
    let names = tensors.names();
    let read = if names.contains(&"tokens") { "tokens" } else { "source" };
    let (shape, tokens) = numbers(&tensors, read);
    let (_, predicted) = tensor(&tensors, "predicted");
    let steps = predicted.len() / shape[0];
    let mut alone = Vec::new();
    for example in 0..shape[0] {
        let count = predicted[example * steps..][..steps].iter().filter(|&&yes| yes == 1).count();
        let mut examples = Examples::default();
        let row = &tokens[example * shape[1]..][..shape[1]];
        if names.contains(&"source") {
            let length = numbers(&tensors, "source_length").1[example] as usize;
            let source = row[..length].iter().copied();
            if names.contains(&"decoder_input") {
                let (fed_shape, fed) = numbers(&tensors, "decoder_input");
                let fed = fed[example * fed_shape[1]..][..count].iter().copied();
                examples.push_pair(source, fed.chain([0]));
            } else {
                examples.push_labelled(source, 0);
            }
        } else {
            examples.push_sequence(row[..count].iter().copied().chain([0]), 1);
        }
        let read = model.read(examples, Want { logits: true, ..Want::default() });
        alone.extend_from_slice(read.readings[0].logits.numbers());
    }
    let (_, logits) = tensor(&tensors, "logits");
    let logits: Vec<f32> =
        logits.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let width = logits.len() / predicted.len();
    let counts = logits.chunks_exact(width).zip(predicted).filter(|(_, yes)| **yes == 1);
    (counts.flat_map(|(row, _)| row.to_vec()).collect(), alone)
}

#[test]
fn the_logits_of_the_example_are_those_of_each_sequence_alone() {
    for (task, model) in MODELS {
        let (folder, run) = trained(task, model);
        let output = folder.path().join("out");
        export(&run, Some(&output), None).unwrap();
        let (written, alone) = logits_of_example(&run, &output);
        assert!(written.len() == alone.len() && written.len() >= 4, "{model}");
        for (written, alone) in written.iter().zip(&alone) {
            assert!((written - alone).abs() < 1e-4, "{model}: {written} instead of {alone}");
        }
    }
}

/// Whatever reads an ONNX file finds the graph whole: each operator's inputs are there before it, and no name twice.
#[test]
fn every_graph_is_whole_and_has_the_same_bytes_each_time() {
    for (task, model) in MODELS {
        let (folder, run) = trained(task, model);
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        let exported = export(&run, Some(&one), None).unwrap();
        assert_eq!(exported.without_graph, None, "{model}");
        export(&run, Some(&two), None).unwrap();
        for file in &exported.files {
            let [one, two] = [&one, &two].map(|folder| std::fs::read(folder.join(file)).unwrap());
            assert!(one == two, "{file}");
        }
        check_graph(&std::fs::read(one.join("model.onnx")).unwrap(), model);
    }
}

fn check_graph(bytes: &[u8], model: &str) {
    use protobuf::{all, ints, texts};
    assert_eq!(ints(bytes, 1), [8], "the format");
    assert_eq!(ints(all(bytes, 8)[0], 2), [17], "the operators");
    let graph = all(bytes, 7)[0];
    let mut there: BTreeSet<String> = BTreeSet::new();
    for input in all(graph, 11) {
        assert!(there.insert(texts(input, 1).remove(0)));
    }
    for tensor in all(graph, 5) {
        assert!(there.insert(texts(tensor, 8).remove(0)));
        let size = if ints(tensor, 2) == [1] { 4 } else { 8 };
        let numbers: u64 = ints(tensor, 1).iter().product();
        assert_eq!(all(tensor, 9)[0].len() as u64, numbers * size, "{model}: {:?}", texts(tensor, 8));
    }
    for node in all(graph, 1) {
        for input in texts(node, 1) {
            assert!(input.is_empty() || there.contains(&input), "{model}: {input} of {:?}", texts(node, 4));
        }
        for output in texts(node, 2) {
            assert!(there.insert(output), "{model}: {:?}", texts(node, 4));
        }
    }
    let outputs: Vec<String> = all(graph, 12).iter().flat_map(|output| texts(output, 1)).collect();
    assert!(outputs.contains(&"logits".into()) && outputs.contains(&"alpha".into()), "{model}: {outputs:?}");
    assert!(outputs.iter().all(|output| there.contains(output)), "{model}: {outputs:?}");
}

#[test]
fn the_graph_of_a_classifier_is_the_model_of_the_paper() {
    let (folder, run) = trained(KEYWORD, SMALL_CLASSIFIER);
    let output = folder.path().join("out");
    export(&run, Some(&output), None).unwrap();
    let bytes = std::fs::read(output.join("model.onnx")).unwrap();
    let graph = protobuf::all(&bytes, 7)[0];
    let operators: Vec<String> =
        protobuf::all(graph, 1).iter().map(|node| protobuf::texts(node, 4).remove(0)).collect();
    let expected = "Gather Transpose Cast LSTM Transpose Reshape MatMul Add Relu MatMul Add Squeeze \
                    Shape Gather Range Unsqueeze Less Where Softmax MatMul Add Unsqueeze MatMul Reshape Squeeze \
                    Identity Identity Identity";
    let expected: Vec<&str> = expected.split_whitespace().collect();
    let sorted = |operators: &[&str]| {
        let mut sorted: Vec<String> = operators.iter().map(|name| (*name).into()).collect();
        sorted.sort();
        sorted
    };
    let operators: Vec<&str> = operators.iter().map(String::as_str).collect();
    assert_eq!(sorted(&operators), sorted(&expected));
    // The gates i, f, g, o of PyTorch stand in ONNX's order i, o, f, g.
    let checkpoint = std::fs::read(output.join("model.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&checkpoint).unwrap();
    let (_, torch) = tensor(&tensors, "encoder.bias_ih_l0");
    let stacked = protobuf::all(graph, 5)
        .into_iter()
        .find(|tensor| protobuf::texts(tensor, 8)[0].starts_with("encoder.bias_l0"))
        .unwrap();
    let gate = 6 * 4;
    let ours = protobuf::all(stacked, 9)[0];
    for (place, from) in [0, 3, 1, 2].into_iter().enumerate() {
        assert_eq!(ours[place * gate..][..gate], torch[from * gate..][..gate], "gate {place}");
    }
}

#[test]
fn a_model_is_exported_when_its_data_is_gone() {
    let (folder, run) = trained(THREE, SMALL_CLASSIFIER);
    std::fs::remove_file(folder.path().join("texts.tsv")).unwrap();
    let exported = export(&run, None, None).unwrap();
    assert_eq!(exported.folder, run.join("export"));
    for file in
        ["model.safetensors", "vocabulary.json", "data.json", "classifier.py", "texts.py", "README.md"]
    {
        assert!(exported.files.iter().any(|name| name == file), "{file} of {:?}", exported.files);
        assert!(exported.folder.join(file).exists(), "{file}");
    }
}

#[test]
fn runs_of_earlier_versions_are_exported() {
    let earlier = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/earlier");
    for (run, file) in [("copying/same", "rnn.py"), ("pairs", "tokenizer.json"), ("texts", "vocabulary.json")]
    {
        let folder = tempfile::tempdir().unwrap();
        let exported = export(&earlier.join(run), Some(folder.path()), None).unwrap();
        assert!(exported.step == 12 && exported.without_graph.is_none(), "{run}: {exported:?}");
        assert!(folder.path().join(file).exists(), "{run}: {file}");
    }
}

#[test]
fn a_model_with_weights_from_its_task_is_refused() {
    let (folder, run) = trained(COPYING, "kind = 'rnn'\nhidden = 8\nembedding = 6\nattention = 'clamped'");
    let output = folder.path().join("out");
    let error = export(&run, Some(&output), None).unwrap_err();
    assert!(matches!(error, ExportError::Run(RunModelError::NeedsPositions { .. })), "{error}");
    assert!(error.to_string().contains("clamped attention") && !output.exists(), "{error}");
}

#[test]
fn a_checkpoint_of_another_model_is_refused_by_name() {
    let (_folder, run) = trained(COPYING, "kind = 'rnn'\nhidden = 8\nembedding = 6");
    let (_other, other) = trained(KEYWORD, SMALL_CLASSIFIER);
    let checkpoint = |run: &Path| run.join("checkpoints/step-000003.safetensors");
    std::fs::copy(checkpoint(&other), checkpoint(&run)).unwrap();
    let error = export(&run, None, None).unwrap_err().to_string();
    assert!(error.contains("step-000003.safetensors is not a readable checkpoint"), "{error}");
    assert!(!run.join("export").exists());
}

/// Runs each exported script, compares all outputs of PyTorch and ONNX Runtime for inputs of another size, and lets ONNX check
/// its file; what is not installed is left out.
const COMPARISON: &str = r#"
import importlib.util, runpy, sys
import torch
has = {name: importlib.util.find_spec(name) is not None for name in ("onnx", "onnxruntime")}
print("with", [name for name, there in has.items() if there])

def others(inputs):
    """Inputs of other sizes: two examples, and a step less where there are several."""
    length = inputs.get("source_length")
    keep = {name: tensor[:2] if tensor.dim() == 1 else tensor[:2, : max(1, tensor.shape[1] - 1)] for name, tensor in inputs.items()}
    if length is not None:
        keep["source_length"] = length[:2].clamp(max=keep["source"].shape[1])
    return keep

for folder in sys.argv[1:]:
    sys.path.insert(0, folder)
    script = runpy.run_path(folder + "/load.py", run_name="exported")
    model = script["load"]()
    assert script["compare"](model), folder
    if has["onnx"]:
        import onnx
        onnx.checker.check_model(folder + "/model.onnx", full_check=True)
    if has["onnxruntime"]:
        import onnxruntime
        session = onnxruntime.InferenceSession(folder + "/model.onnx", providers=["CPUExecutionProvider"])
        example = script["load_file"](script["FOLDER"] / "example.safetensors")
        inputs = others({port.name: example[port.name] for port in session.get_inputs()})
        outputs = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
        with torch.no_grad():
            expected = model(**inputs)
        names = ["logits", "alpha", "beta"]
        for name, found in zip([port.name for port in session.get_outputs()], outputs):
            right = expected[names.index(name)]
            assert found.shape == tuple(right.shape), (folder, name, found.shape, right.shape)
            difference = (torch.from_numpy(found) - right).abs().max() / right.abs().max()
            assert difference <= 1e-5, (folder, name, difference)
    sys.path.remove(folder)
    for module in ("rnn", "classifier", "translator", "attention_only", "texts"):
        sys.modules.pop(module, None)
"#;

#[test]
fn pytorch_and_onnx_runtime_compute_the_same() {
    let mut folders = Vec::new();
    for (task, model) in MODELS {
        let (folder, run) = trained(task, model);
        export(&run, Some(&folder.path().join("out")), None).unwrap();
        folders.push(folder);
    }
    let outputs: Vec<PathBuf> = folders.iter().map(|folder| folder.path().join("out")).collect();
    let mut arguments: Vec<&std::ffi::OsStr> = vec!["-c".as_ref(), COMPARISON.as_ref()];
    arguments.extend(outputs.iter().map(|folder| folder.as_os_str()));
    let Some(output) = python::python("torch, safetensors", &arguments) else { return };
    let [out, error] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{out}{error}");
    assert_eq!(out.matches("PyTorch: ").count(), MODELS.len(), "{out}");
    println!("{out}");
}
