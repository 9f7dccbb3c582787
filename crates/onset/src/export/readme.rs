//! `README.md`: how to use the export.

use super::source::Source;
use crate::batch::Form;

/// The page for the model of `source`, with why there is no graph, if there is none.
pub(super) fn readme(source: &Source, is_of_texts: bool, without_graph: Option<&str>) -> String {
    let (tensors, numbers) = source.counts();
    let (spec, twin) = (&source.spec, &source.twin);
    let label =
        if is_of_texts { "\npython load.py \"some text\"           # predicts its label" } else { "" };
    let outputs = if is_of_texts { "`logits`, `alpha` and `beta`" } else { "`logits` and `alpha`" };
    let graph = without_graph.map_or_else(
        || format!("`model.onnx`: the same model for ONNX runtimes, with the same inputs and the outputs {outputs}"),
        |reason| format!("There is no ONNX file: {reason}"),
    );
    format!(
        "# A model of {task}, trained by Onset for {step} steps\n\n\
         ```sh\npip install torch safetensors        # and onnxruntime, to compare model.onnx\n\
         python load.py                       # loads the model and compares it with what Onset computed{label}\n```\n\n\
         `load()` in `load.py` returns the model, a `{class}` of `{module}.py` (from elsewhere, after `sys.path.insert(0, FOLDER)`:\n\
         `from load import load`).\n\n\
         - It reads {reads}.\n- It returns {returns}.\n\
         - `model.safetensors`: {tensors} tensors with {numbers} numbers, under the names of its `state_dict`.\n- {graph}.\n\
         - `example.safetensors`: made-up inputs and their `logits`; `predicted` marks those that count.\n\
         - `spec.toml`: the spec of the run. {words}\n",
        task = spec.task().kind(),
        step = source.step,
        class = twin.class,
        module = twin.module,
        reads = reads(spec.model().settings().form()),
        returns = returns(spec.model().settings().form(), twin.signature.labels()),
        words = words_of(source),
    )
}

/// What the twin of a family of this form reads.
fn reads(form: Form) -> &'static str {
    match form {
        Form::Classification => {
            "`source` (batch × length, tokens by number, filled up with any) and `source_length` (batch)"
        }
        Form::SequenceToSequence => {
            "`source` (batch × length, tokens by number, filled up with any), `decoder_input` (batch × steps, the target one token \
             behind) and `source_length` (batch)"
        }
        Form::Causal => "`tokens` (batch × steps, by number)",
    }
}

/// What it returns.
fn returns(form: Form, labels: usize) -> String {
    match form {
        Form::Classification if labels <= 2 => {
            "`logits` (batch), positive for the second label, `alpha` (batch × length), and `beta`, the logit of each position alone"
                .into()
        }
        Form::Classification => format!(
            "`logits` (batch × {labels} labels), `alpha` (batch × length), and `beta`, the logits of each position alone"
        ),
        Form::SequenceToSequence => {
            "`logits` of each target token (batch × steps × vocabulary) and `alpha` (batch × steps × length, or × heads × length)"
                .into()
        }
        Form::Causal => {
            "`logits` of the token after each (batch × steps × vocabulary) and `alpha` (batch × steps × steps)".into()
        }
    }
}

/// Where the meanings of tokens and labels are.
fn words_of(source: &Source) -> &'static str {
    let has = |name: &str| source.directory.path().join(name).exists();
    if has("vocabulary.json") {
        "`vocabulary.json` lists the words by number, `data.json` the labels (`label_names`)."
    } else if has(crate::task::subwords::SUBWORDS) {
        "`tokenizer.json` is the vocabulary of subwords, as the library `tokenizers` reads it."
    } else {
        "Tokens are numbers of the task."
    }
}
