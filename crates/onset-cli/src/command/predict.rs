//! `onset predict`: predicts the outcome of training, without training.

use anyhow::Result;
use onset::forecast::{
    PairFilesPrediction, Prediction, ReadableAttention, predict as predict_run, predict_pair_files,
};
use onset::task::pairs::PairSource;
use onset::task::text::TextData;
use onset::train::Prepared;

use super::predictions::{show_copying, show_levels, show_words};
use super::standard_input::Passing;
use super::target::{note_remarks, resolved, seeds_of};
use crate::Ending;
use crate::args::{PredictArguments, UsageError};
use crate::output_file::OutputFile;

/// Words or word pairs that are listed unless another number is asked for.
const TOP: usize = 20;

/// Computes the prediction and prints it.
pub fn predict(arguments: &PredictArguments) -> Result<Ending> {
    let passing = Passing::new(&arguments.target)?;
    let target = resolved(&passing.target, &arguments.text, &arguments.overrides)?;
    let is_drawn = target.texts().is_none() && target.pairs().is_none();
    check_applies(arguments, is_drawn)?;
    if let Some(pairs) = target.pairs() {
        return predict_files(arguments, &target.name, pairs);
    }
    let spec = target.spec;
    let data = Prepared::load(&spec)?;
    if let Some(texts) = data.get::<TextData>() {
        note_remarks(&target.name, &data.task().notices());
        let (prediction, attention) = predict_run(&spec, &data)?;
        write_attention(arguments, &ReadableAttention::of_texts(texts, &attention))?;
        return print(arguments, vec![prediction]);
    }
    let seeds = seeds_of(&spec, arguments.seeds.as_ref(), &arguments.overrides)?;
    let mut predictions = Vec::new();
    for seed in seeds {
        let prediction = predict_run(&spec.clone().with_seed(seed), &data)?.0;
        if arguments.seeds.is_some() && matches!(prediction, Prediction::Levels(_)) {
            return Err(
                UsageError("--seeds: the levels of the loss depend on no seed; leave it out".into()).into()
            );
        }
        predictions.push(prediction);
    }
    print(arguments, predictions)
}

/// Refuses options that the target has no use for: those of drawn examples, and those of texts and pairs.
fn check_applies(arguments: &PredictArguments, is_drawn: bool) -> Result<()> {
    let message = match is_drawn {
        true if arguments.attention.is_some() => {
            "--attention is for texts and sentence pairs; a copying task's curve is in --json"
        }
        true if arguments.top.is_some() => "--top is for the words of texts and sentence pairs; leave it out",
        false if arguments.seeds.is_some() => {
            "--seeds is for copying: a prediction from texts or sentence pairs depends on no seed; leave it out"
        }
        _ => return Ok(()),
    };
    Err(UsageError(message.into()).into())
}

/// Predicts from whole words, because learning subwords takes longer than everything else.
fn predict_files(arguments: &PredictArguments, name: &str, pairs: &PairSource) -> Result<Ending> {
    if let Some(given) = arguments.overrides.first() {
        let message = format!(
            "--set {given} would not be read: of sentence pairs, `onset predict` counts whole words, for which the keys of a spec \
             decide nothing; leave it out"
        );
        return Err(UsageError(message).into());
    }
    if let Some(validation) = &arguments.text.validation {
        let message = format!(
            "--validation {validation} would not be read: of sentence pairs, `onset predict` counts the words of the \
             training pairs and writes the attention of the first of them; leave it out, or give these pairs as the target"
        );
        return Err(UsageError(message).into());
    }
    let PairFilesPrediction { words, attention, remarks } = predict_pair_files(pairs)?;
    note_remarks(name, &remarks);
    note!(
        "in sample: attention is predicted for the first 2,000 of the pairs whose words are counted; a spec's held-out \
         pairs are not counted"
    );
    write_attention(arguments, &attention)?;
    print(arguments, vec![Prediction::Words(words)])
}

/// Writes predicted attention, one JSON object a line, if it was requested.
fn write_attention(arguments: &PredictArguments, attention: &[ReadableAttention]) -> Result<()> {
    let Some(path) = &arguments.attention else { return Ok(()) };
    let mut file = OutputFile::create(path)?;
    for each in attention {
        file.line(&serde_json::to_string(each)?)?;
    }
    file.finish()
}

fn print(arguments: &PredictArguments, predictions: Vec<Prediction>) -> Result<Ending> {
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&predictions)?);
        return Ok(Ending::Done);
    }
    let mut copying = Vec::new();
    for prediction in predictions {
        match prediction {
            Prediction::Copying(prediction) => copying.push(prediction),
            Prediction::Words(words) => show_words(&words, arguments.top.unwrap_or(TOP)),
            Prediction::Levels(levels) => show_levels(&levels),
        }
    }
    if !copying.is_empty() {
        show_copying(&copying);
    }
    Ok(Ending::Done)
}
