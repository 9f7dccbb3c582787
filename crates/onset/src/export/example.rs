//! Made-up inputs with the logits that Onset computes for them, for others to compare.
//!
//! Inputs have the names of the arguments of the model's twin in PyTorch. Sequences are padded with 0; `predicted` marks
//! the logits that count.

use onset_engine::{Random, Stream};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::source::Source;
use crate::batch::{Batch, CausalBatch, Form, LabelledBatch, Ragged, Rows, SequencePairs, Signature};
use crate::model::Reading;

/// Tokens of the sequences that are read, unsorted and with one that is as short as can be.
const READ: [usize; 4] = [5, 1, 12, 8];

/// Tokens of the sequences that are predicted.
const PREDICTED: [usize; 4] = [7, 4, 9, 1];

/// A tensor of a safetensors file.
type Named = (&'static str, Dtype, Vec<usize>, Vec<u8>);

/// The contents of `example.safetensors`.
pub(super) fn example(source: &mut Source) -> Vec<u8> {
    let batch = made_up(
        source.run.spec.model().settings().form(&source.twin.signature).expect("the form of the twin"),
        &source.twin.signature,
    );
    let readings = source.read(&batch);
    let mut tensors = inputs(&batch);
    tensors.extend(outputs(&batch, &readings));
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes);
        (*name, view.expect("shape and bytes belong together"))
    });
    safetensors::serialize(views, None).expect("names and shapes are plain")
}

/// Sequences of tokens that are drawn evenly, whatever they mean.
fn made_up(form: Form, signature: &Signature) -> Batch {
    let mut random = Random::at(0, Stream::Evaluation, 0);
    let tokens = signature.vocabulary().max(1);
    let mut draw = |length: usize| -> Vec<u32> {
        (0..length).map(|_| ((random.unit() * tokens as f32) as usize).min(tokens - 1) as u32).collect()
    };
    // A table of positions has an end; 0 means that there is none.
    let possible =
        |length: usize| if signature.longest() == 0 { length } else { length.min(signature.longest()) };
    match form {
        Form::Classification => {
            let mut batch = LabelledBatch::default();
            for length in READ {
                batch.texts.push(draw(possible(length)));
                batch.labels.push(0);
            }
            Batch::Labelled(batch)
        }
        Form::SequenceToSequence => {
            let mut pairs = SequencePairs::default();
            for (read, predicted) in READ.into_iter().zip(PREDICTED) {
                pairs.push(&draw(read), &draw(predicted + 1));
            }
            Batch::Pairs(pairs)
        }
        Form::Causal => {
            let mut batch = CausalBatch::default();
            for length in READ {
                // One more token than is read, which is only predicted.
                batch.tokens.push(draw(possible(length) + 1));
                batch.first.push(0);
            }
            Batch::Causal(batch)
        }
    }
}

/// What the model reads.
fn inputs(batch: &Batch) -> Vec<Named> {
    match batch {
        Batch::Labelled(batch) => {
            vec![padded("source", &batch.texts), lengths("source_length", &batch.texts)]
        }
        Batch::Pairs(pairs) => vec![
            padded("source", &pairs.source),
            lengths("source_length", &pairs.source),
            padded("decoder_input", &pairs.decoder_input),
        ],
        Batch::Causal(batch) => {
            let mut read = Ragged::default();
            (0..batch.tokens.len()).for_each(|example| read.push(batch.inputs(example).iter().copied()));
            vec![padded("tokens", &read)]
        }
    }
}

/// The logits, and which of them count.
fn outputs(batch: &Batch, readings: &[Reading]) -> [Named; 2] {
    let examples = readings.len();
    let width =
        readings.iter().flat_map(|reading| reading.logits.iter()).map(<[f32]>::len).next().unwrap_or(0);
    if let Batch::Labelled(_) = batch {
        let logits = readings.iter().flat_map(|reading| reading.logits.numbers().iter().copied());
        let shape = if width == 1 { vec![examples] } else { vec![examples, width] };
        return [floats("logits", logits, shape), truths("predicted", vec![true; examples], vec![examples])];
    }
    let logits: Vec<&Rows> = readings.iter().map(|reading| &reading.logits).collect();
    let steps = logits.iter().map(|rows| rows.len()).max().unwrap_or(0);
    let filled = |rows: &&Rows| {
        let behind = (steps - rows.len()) * width;
        rows.numbers().iter().copied().chain(std::iter::repeat_n(0.0, behind)).collect::<Vec<f32>>()
    };
    let predicted = logits.iter().flat_map(|rows| (0..steps).map(|step| step < rows.len()));
    [
        floats("logits", logits.iter().flat_map(filled), vec![examples, steps, width]),
        truths("predicted", predicted.collect(), vec![examples, steps]),
    ]
}

/// The sequences one after the other, each padded with 0 to the longest.
fn padded(name: &'static str, sequences: &Ragged) -> Named {
    let longest = sequences.lengths().max().unwrap_or(0);
    let row = |i: usize| sequences.row(i).iter().copied().chain(std::iter::repeat(0)).take(longest);
    ints(name, (0..sequences.len()).flat_map(row), vec![sequences.len(), longest])
}

fn lengths(name: &'static str, sequences: &Ragged) -> Named {
    ints(name, sequences.lengths().map(|length| length as u32), vec![sequences.len()])
}

fn ints(name: &'static str, values: impl Iterator<Item = u32>, shape: Vec<usize>) -> Named {
    (name, Dtype::I64, shape, values.flat_map(|x| i64::from(x).to_le_bytes()).collect())
}

fn floats(name: &'static str, values: impl Iterator<Item = f32>, shape: Vec<usize>) -> Named {
    (name, Dtype::F32, shape, values.flat_map(f32::to_le_bytes).collect())
}

fn truths(name: &'static str, values: Vec<bool>, shape: Vec<usize>) -> Named {
    (name, Dtype::BOOL, shape, values.into_iter().map(u8::from).collect())
}
