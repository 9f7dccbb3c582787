//! `onset translate`: translates standard input, line by line, with the model of a run.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use onset::decode::BeamSettings;
use onset::inference::{Interpreted, Interpreter};
use onset::score::{Bleu, bleu};
use onset::task::pairs::read_lines;
use onset::task::subwords::Normalization;
use serde_json::json;

use crate::Ending;
use crate::args::{TranslateArguments, UsageError};
use crate::input_lines::InputLines;
use crate::interrupt;
use crate::output_file::OutputFile;

/// Least time between two notes on the progress of a long input.
const QUIET: Duration = Duration::from_secs(10);

/// Translates, writes attention and alignments if they were requested, and scores against references if they were given.
pub fn translate(arguments: &TranslateArguments) -> Result<Ending> {
    let TranslateArguments { beam, max_tokens, length_penalty, .. } = *arguments;
    if beam == 0 || max_tokens == 0 {
        return Err(UsageError("--beam and --max-tokens must be at least 1".into()).into());
    }
    let settings = BeamSettings { beam, max_tokens, length_penalty, ..BeamSettings::default() };
    let references = arguments.reference.as_deref().map(read_lines).transpose()?;
    let mut interpreter = Interpreter::open(&arguments.run, arguments.step)?;
    let mut files = Files::create(arguments)?;
    let threads =
        arguments.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    interrupt::flag();
    let mut input = InputLines::open();
    let (began, mut told) = (Instant::now(), Instant::now());
    let (mut sources, mut translations) = (Vec::new(), Vec::new());
    loop {
        let chunk = input.next()?;
        let mut watch = |_| interrupt::go_on();
        let translated = interpreter.translate_watched(&chunk, settings, threads, &mut watch);
        let (false, ControlFlow::Continue(translated)) = (interrupt::is_cancelled(), translated) else {
            let unwritten = if files.is_empty() { "" } else { "; no file was written" };
            note!("stopped after {} lines{unwritten}", translations.len());
            return Ok(Ending::Interrupted);
        };
        if chunk.is_empty() {
            break;
        }
        translated.iter().try_for_each(|line| files.write(line))?;
        for line in translated {
            say!("{}", line.text);
            translations.push(line.text);
        }
        sources.extend(chunk);
        if told.elapsed() >= QUIET {
            told = Instant::now();
            note!("{} lines", translations.len());
        }
    }
    files.finish()?;
    let seconds = began.elapsed().as_secs_f64();
    note!(
        "{} lines translated with the checkpoint of step {} in {seconds:.1} s",
        translations.len(),
        interpreter.step()
    );
    if let Some(references) = references {
        let normalization = match arguments.reference_as_is {
            true => Normalization::None,
            false => interpreter.subwords().normalization(),
        };
        score(&sources, &translations, &references, normalization)?;
    }
    Ok(Ending::Done)
}

/// Prints BLEU of `translations`. As in training, a pair with an empty side does not count.
fn score(
    sources: &[String],
    translations: &[String],
    references: &[String],
    normalization: Normalization,
) -> Result<()> {
    if references.len() != translations.len() {
        bail!("{} lines were translated, but there are {} references", translations.len(), references.len());
    }
    let filled =
        |&place: &usize| [&sources[place], &references[place]].iter().all(|side| !side.trim().is_empty());
    let places: Vec<usize> = (0..references.len()).filter(filled).collect();
    if places.len() < references.len() {
        note!("{} lines with an empty source or reference are not scored", references.len() - places.len());
    }
    if places.is_empty() {
        note!("there is no line to score");
        return Ok(());
    }
    let own: Vec<&str> = places.iter().map(|&place| translations[place].as_str()).collect();
    let references: Vec<_> = places.iter().map(|&place| normalization.of(&references[place])).collect();
    note!("{}", bleu(&own, &references));
    note!("{}|norm:{}", Bleu::SIGNATURE, normalization.name());
    Ok(())
}

/// The files that a translation writes.
struct Files {
    attention: Option<OutputFile>,
    alignment: Option<OutputFile>,
    subwords: bool,
}

impl Files {
    fn create(arguments: &TranslateArguments) -> Result<Self> {
        let create = |path: &Option<std::path::PathBuf>| {
            path.as_deref().map(Path::new).map(OutputFile::create).transpose()
        };
        Ok(Self {
            attention: create(&arguments.attention)?,
            alignment: create(&arguments.alignment)?,
            subwords: arguments.subwords,
        })
    }

    fn is_empty(&self) -> bool {
        self.attention.is_none() && self.alignment.is_none()
    }

    fn write(&mut self, line: &Interpreted) -> Result<()> {
        if let Some(file) = &mut self.attention {
            file.line(&if self.subwords { by_subword(line) } else { by_word(line) })?;
        }
        match &mut self.alignment {
            Some(file) => file.line(&line.attention().pharaoh()),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<()> {
        [self.attention, self.alignment].into_iter().flatten().try_for_each(OutputFile::finish)
    }
}

/// A JSON object: the subwords of both sides, and α target by source.
fn by_subword(line: &Interpreted) -> String {
    let Interpreted { source, target, translation, .. } = line;
    json!({
        "source": source, "target": target, "log_probability": translation.log_probability,
        "ended": translation.ended, "alpha": translation.alpha,
    })
    .to_string()
}

/// A JSON object: the words of both sides, α target by source, and for each target word its weight on `<s>` and `</s>`.
fn by_word(line: &Interpreted) -> String {
    let attention = line.attention();
    json!({
        "source": line.source_words.words, "target": line.target_words.words,
        "log_probability": line.translation.log_probability, "ended": line.translation.ended,
        "alpha": attention.alpha, "marks": attention.marks,
    })
    .to_string()
}
