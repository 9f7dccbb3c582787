//! Writes the logits of a run's last checkpoint, for `tests/golden/peer/load_checkpoint.py` to compare with
//! those of the PyTorch model that loads the same checkpoint.
//!
//! `cargo run --release -p onset --example logits -- RUN logits.safetensors`

use std::error::Error;
use std::path::Path;

use onset::decode::SUBWORDS;
use onset::model::{Classifier, Copier, Parameters, Translator};
use onset::spec::Spec;
use onset::store::{Checkpoint, write_atomically};
use onset::study::RunRecord;
use onset::task::pairs::{PairData, Subwords};
use onset::task::text::TextData;
use onset::task::{Ragged, SequencePairs};
use onset_engine::{Random, Stream, Tape};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Sequences or texts that are read.
const COUNT: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run, output] = &arguments[..] else {
        return Err("usage: logits RUN OUTPUT.safetensors".into());
    };
    let run = RunRecord::read(Path::new(run))?;
    let step = *run.directory.checkpoint_steps().last().ok_or("the run has no checkpoint")?;
    let checkpoint = Checkpoint::read(&run.directory.checkpoint_path(step))?;
    let mut tape = Tape::new(1);
    let tensors = match &run.spec {
        Spec::Copying(spec) => {
            let copier = Copier::new(&mut tape, &spec.model, spec.data.vocabulary, 0);
            load(&mut tape, copier.parameters(), checkpoint)?;
            let (mut pairs, mut words) = (SequencePairs::default(), Vec::new());
            spec.data.draw(&mut Random::at(1, Stream::Evaluation, 0), COUNT, &mut pairs, &mut words);
            let logits = copier.forward(&mut tape, &pairs).logits;
            // All sequences have one length, so that packed rows go step by step, each over all sequences.
            let (positions, tokens) = (spec.data.length + 1, spec.data.vocabulary + 2);
            let rows = (0..COUNT).flat_map(|example| (0..positions).map(move |step| step * COUNT + example));
            let data = tape.data(logits);
            let logits = rows.flat_map(|row| data[row * tokens..][..tokens].to_vec()).collect();
            vec![
                ints("source", padded(&pairs.source), vec![COUNT, positions]),
                ints("decoder_input", padded(&pairs.decoder_input), vec![COUNT, positions]),
                floats("logits", logits, vec![COUNT, positions, tokens]),
            ]
        }
        Spec::Classification(spec) => {
            let data = TextData::load(&spec.data)?;
            let classifier = Classifier::new(&mut tape, &spec.model, data.vocabulary.len(), 0);
            load(&mut tape, classifier.parameters(), checkpoint)?;
            let mut texts = Ragged::default();
            let shown = data.validation.iter().take(COUNT);
            shown.for_each(|example| texts.push(example.tokens.iter().copied()));
            let read = classifier.forward(&mut tape, &texts);
            let lengths: Vec<u32> = texts.lengths().map(|length| length as u32).collect();
            let longest = *lengths.iter().max().ok_or("no held-out text")? as usize;
            let count = texts.len();
            vec![
                ints("source", padded(&texts), vec![count, longest]),
                ints("source_length", lengths, vec![count]),
                floats("logits", tape.data(read.logits).to_vec(), vec![count]),
            ]
        }
        Spec::Translation(spec) => {
            let subwords = Subwords::read(&run.directory.path().join(SUBWORDS))?;
            let data = PairData::load_with(&spec.data, subwords)?;
            let words = data.subwords.len();
            let translator = Translator::new(&mut tape, &spec.model, words, 0);
            load(&mut tape, translator.parameters(), checkpoint)?;
            let mut pairs = SequencePairs::default();
            data.validation.iter().take(COUNT).for_each(|pair| pairs.push(&pair.source, &pair.target));
            let translated = translator.forward(&mut tape, &pairs, None);
            let (count, longest) = (pairs.target.len(), pairs.target.lengths().max().unwrap_or(0));
            let (layout, data) = (tape.layout(translated.target), tape.data(translated.logits));
            // Zeros behind the end of a sentence.
            let mut logits = vec![0.0; count * longest * words];
            for (pair, padded) in logits.chunks_exact_mut(longest * words).enumerate() {
                for (row, padded) in layout.rows_of(pair).zip(padded.chunks_exact_mut(words)) {
                    padded.copy_from_slice(&data[row * words..][..words]);
                }
            }
            let lengths = |side: &Ragged| side.lengths().map(|length| length as u32).collect::<Vec<_>>();
            let source_longest = pairs.source.lengths().max().unwrap_or(0);
            vec![
                ints("source", padded(&pairs.source), vec![count, source_longest]),
                ints("source_length", lengths(&pairs.source), vec![count]),
                ints("decoder_input", padded(&pairs.decoder_input), vec![count, longest]),
                ints("target_length", lengths(&pairs.target), vec![count]),
                floats("logits", logits, vec![count, longest, words]),
            ]
        }
    };
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (*name, view))
    });
    let views = views.collect::<Result<Vec<_>, _>>()?;
    write_atomically(Path::new(output), &safetensors::serialize(views, None)?)?;
    Ok(())
}

/// Puts the checkpoint's numbers into the model's parameters.
fn load(tape: &mut Tape, parameters: &Parameters, checkpoint: Checkpoint) -> Result<(), Box<dyn Error>> {
    let wanted: Vec<_> = parameters.iter().map(|p| (p.name.as_str(), p.shape.as_slice())).collect();
    for (parameter, values) in parameters.iter().zip(checkpoint.into_values(&wanted)?) {
        tape.data_mut(parameter.value).copy_from_slice(&values);
    }
    Ok(())
}

/// The sequences one after the other, each filled up with 0 to the longest.
fn padded(sequences: &Ragged) -> Vec<u32> {
    let longest = sequences.lengths().max().unwrap_or(0);
    let row = |i: usize| sequences.row(i).iter().copied().chain(std::iter::repeat(0)).take(longest);
    (0..sequences.len()).flat_map(row).collect()
}

type Named = (&'static str, Dtype, Vec<usize>, Vec<u8>);

fn ints(name: &'static str, values: Vec<u32>, shape: Vec<usize>) -> Named {
    (name, Dtype::I32, shape, values.iter().flat_map(|x| x.to_le_bytes()).collect())
}

fn floats(name: &'static str, values: Vec<f32>, shape: Vec<usize>) -> Named {
    (name, Dtype::F32, shape, values.iter().flat_map(|x| x.to_le_bytes()).collect())
}
