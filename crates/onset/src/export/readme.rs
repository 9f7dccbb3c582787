//! `README.md`: how to use the export.

use super::source::Source;
use crate::batch::Form;
use crate::task::text::{TextSource, Tokens};

/// The page for the model of `source`, with how texts become tokens, if it reads texts, and why there is no graph, if there is
/// none.
pub(super) fn readme(source: &Source, texts: Option<&TextSource>, without_graph: Option<&str>) -> String {
    let (tensors, numbers) = source.run.counts();
    let (spec, twin) = (&source.run.spec, &source.twin);
    let label = if texts.is_some() { "\npython load.py \"some text\"     # predicts its label" } else { "" };
    let needs_subwords = texts.is_some_and(|texts| texts.tokens == Tokens::Subwords);
    format!(
        "# A model of {task}, trained by Onset for {step} steps\n\n\
         ```sh\npip install torch safetensors{subwords}\npip install onnxruntime        # to compare model.onnx, too\n\
         python load.py                 # loads the model and compares its logits with Onset's{label}\n```\n\n\
         `load()` in `load.py` returns the model, a `{class}` of `{module}.py`. From elsewhere, call \
         `sys.path.insert(0, FOLDER)` first.\n\n\
         - It reads {reads}.\n- It returns {returns}.\n\
         - `model.safetensors`: {tensors} tensors with {numbers} numbers, under the names of its `state_dict`.\n- {graph}.\n\
         - `example.safetensors`: made-up inputs and their `logits`; `predicted` marks those that count.\n\
         - `spec.toml`: the spec of the run. {words}\n",
        task = spec.task().kind(),
        step = source.run.step,
        subwords = if needs_subwords { " tokenizers" } else { "" },
        class = twin.class,
        module = twin.module,
        reads = reads(spec.model().settings().form(&twin.signature).expect("the form of the twin")),
        returns = returns(
            spec.model().settings().form(&twin.signature).expect("the form of the twin"),
            twin.signature.labels()
        ),
        graph = graph_of(texts.is_some(), without_graph),
        words = words_of(source),
    )
}

/// Where the graph is, or why there is none.
fn graph_of(has_beta: bool, without_graph: Option<&str>) -> String {
    let outputs = if has_beta { "`logits`, `alpha` and `beta`" } else { "`logits` and `alpha`" };
    match without_graph {
        None => format!(
            "`model.onnx`: the same model for ONNX runtimes, with the same inputs (64-bit) and the outputs {outputs}"
        ),
        Some(reason) => format!("There is no ONNX file: {reason}"),
    }
}

/// What the twin of a family of this form reads.
fn reads(form: Form) -> &'static str {
    match form {
        Form::Classification => {
            "`source` (batch × length, token ids, padded with any id) and `source_length` (batch)"
        }
        Form::SequenceToSequence => {
            "`source` (batch × length, token ids, padded with any id), `decoder_input` (batch × steps, the target one token \
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
    let has = |name: &str| source.run.directory.path().join(name).exists();
    if has("vocabulary.json") {
        "`vocabulary.json` lists the words by number, `data.json` the labels (`label_names`)."
    } else if has(crate::task::subwords::SUBWORDS) {
        "`tokenizer.json` is the vocabulary of subwords, as the library `tokenizers` reads it."
    } else {
        "Tokens are numbers of the task."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_without_a_graph_has_the_reason_on_its_page() {
        assert!(graph_of(false, None).contains("`model.onnx`"));
        let without = graph_of(false, Some("the family x has no graph"));
        assert_eq!(without, "There is no ONNX file: the family x has no graph");
    }
}
