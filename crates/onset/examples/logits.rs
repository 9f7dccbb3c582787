//! Writes the logits of a run's last checkpoint, for `tests/golden/peer/load_checkpoint.py` to compare with
//! those of the PyTorch model that loads the same checkpoint.
//!
//! `cargo run --release -p onset --example logits -- RUN logits.safetensors`

use std::error::Error;
use std::path::Path;

use onset::batch::{Batch, Examples, Ragged, Rows};
use onset::inference::LoadedModel;
use onset::model::Want;
use onset::store::write_atomically;
use onset::task::Draw;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Sequences or texts that are read.
const COUNT: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run, output] = &arguments[..] else {
        return Err("usage: logits RUN OUTPUT.safetensors".into());
    };
    write(Path::new(run), Path::new(output))
}

/// The examples that are read: the first ones of an evaluation.
pub fn examples(model: &LoadedModel) -> Examples {
    let all = model.examples(Draw::Evaluation { seed: 1, step: 0 });
    let places: Vec<usize> = (0..all.len().min(COUNT)).collect();
    let mut examples = Examples::default();
    examples.select(&all, &places);
    examples
}

/// Writes inputs and logits of the last checkpoint of `run` to `output`.
pub fn write(run: &Path, output: &Path) -> Result<(), Box<dyn Error>> {
    let mut model = LoadedModel::open(run, None)?;
    let examples = examples(&model);
    let mut batch = model.spec().model().settings().form().batch();
    batch.fill(&examples);
    let read = model.read(examples, Want { logits: true, ..Want::default() });
    let logits: Vec<&Rows> = read.readings.iter().map(|reading| &reading.logits).collect();
    let count = logits.len();
    let tensors = match &batch {
        Batch::Pairs(pairs) => vec![
            padded("source", &pairs.source),
            lengths("source_length", &pairs.source),
            padded("decoder_input", &pairs.decoder_input),
            lengths("target_length", &pairs.target),
            padded_logits(&logits),
        ],
        Batch::Causal(batch) => vec![padded("tokens", &batch.tokens), padded_logits(&logits)],
        Batch::Labelled(batch) => {
            let scores = logits.iter().flat_map(|rows| rows.numbers().to_vec()).collect();
            vec![
                padded("source", &batch.texts),
                lengths("source_length", &batch.texts),
                floats("logits", scores, vec![count]),
            ]
        }
    };
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (*name, view))
    });
    let views = views.collect::<Result<Vec<_>, _>>()?;
    write_atomically(output, &safetensors::serialize(views, None)?)?;
    Ok(())
}

/// Logits as examples × predictions × tokens, with zeros behind the end of an example.
fn padded_logits(logits: &[&Rows]) -> Named {
    let steps = logits.iter().map(|rows| rows.len()).max().unwrap_or(0);
    let tokens = logits.iter().flat_map(|rows| rows.iter()).map(<[f32]>::len).next().unwrap_or(0);
    let mut all = Vec::with_capacity(logits.len() * steps * tokens);
    for rows in logits {
        all.extend_from_slice(rows.numbers());
        all.resize(all.len() + (steps - rows.len()) * tokens, 0.0);
    }
    floats("logits", all, vec![logits.len(), steps, tokens])
}

type Named = (&'static str, Dtype, Vec<usize>, Vec<u8>);

/// The sequences one after the other, each filled up with 0 to the longest.
fn padded(name: &'static str, sequences: &Ragged) -> Named {
    let longest = sequences.lengths().max().unwrap_or(0);
    let row = |i: usize| sequences.row(i).iter().copied().chain(std::iter::repeat(0)).take(longest);
    let tokens: Vec<u32> = (0..sequences.len()).flat_map(row).collect();
    ints(name, tokens, vec![sequences.len(), longest])
}

fn lengths(name: &'static str, sequences: &Ragged) -> Named {
    ints(name, sequences.lengths().map(|length| length as u32).collect(), vec![sequences.len()])
}

fn ints(name: &'static str, values: Vec<u32>, shape: Vec<usize>) -> Named {
    (name, Dtype::I32, shape, values.iter().flat_map(|x| x.to_le_bytes()).collect())
}

fn floats(name: &'static str, values: Vec<f32>, shape: Vec<usize>) -> Named {
    (name, Dtype::F32, shape, values.iter().flat_map(|x| x.to_le_bytes()).collect())
}
