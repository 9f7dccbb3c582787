//! `onset translate`: translates standard input, line by line, with the model of a run.

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use onset::decode::BeamSettings;
use onset::inference::{Interpreted, Interpreter};
use onset::score::{Bleu, bleu};
use serde_json::json;

use crate::Ending;
use crate::args::{TranslateArguments, UsageError};
use crate::interrupt;

/// Lines that are translated before they are printed.
const CHUNK: usize = 256;

/// Translates, writes α if it was requested, and scores against references if they were given.
pub fn translate(arguments: &TranslateArguments) -> Result<Ending> {
    let TranslateArguments { beam, max_tokens, length_penalty, .. } = *arguments;
    if beam == 0 || max_tokens == 0 {
        return Err(UsageError("--beam and --max-tokens must be at least 1".into()).into());
    }
    let settings = BeamSettings { beam, max_tokens, length_penalty };
    let references = arguments.reference.as_deref().map(read_lines).transpose()?;
    let mut attention = arguments.attention.as_deref().map(create).transpose()?;
    let mut interpreter = Interpreter::open(&arguments.run, arguments.step)?;
    let threads =
        arguments.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let cancel = interrupt::flag();
    let (began, mut said) = (Instant::now(), Vec::new());
    let mut lines = io::stdin().lock().lines();
    loop {
        let chunk: Vec<String> =
            lines.by_ref().take(CHUNK).collect::<Result<_, _>>().context("cannot read standard input")?;
        if chunk.is_empty() || cancel.load(Ordering::Relaxed) {
            break;
        }
        let interpreted = interpreter.translate(&chunk, settings, threads);
        if let Some((file, path)) = &mut attention {
            let written = interpreted.iter().try_for_each(|line| write_attention(file, line));
            written.and_then(|()| file.flush()).with_context(|| format!("cannot write {path}"))?;
        }
        for line in interpreted {
            say!("{}", line.text);
            said.push(line.text);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    note!("{} lines by the model of step {} in {seconds:.1} s", said.len(), interpreter.step());
    if let Some(references) = references {
        if references.len() != said.len() {
            bail!("{} lines were translated, but there are {} references", said.len(), references.len());
        }
        note!("{}", bleu(&said, &references));
        note!("{}", Bleu::SIGNATURE);
    }
    Ok(if cancel.load(Ordering::Relaxed) { Ending::Interrupted } else { Ending::Done })
}

fn create(path: &Path) -> Result<(BufWriter<File>, String)> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    Ok((BufWriter::new(file), path.display().to_string()))
}

fn read_lines(path: &Path) -> Result<Vec<String>> {
    let bytes = onset::task::text::read_bytes(path)?;
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))?;
    Ok(text.lines().map(String::from).collect())
}

/// One JSON object a line: the subwords of both sides, and α target by source.
fn write_attention(file: &mut impl Write, interpreted: &Interpreted) -> io::Result<()> {
    let Interpreted { source, target, translation, .. } = interpreted;
    let (log_probability, alpha) = (translation.log_probability, &translation.alpha);
    let line = json!({
        "source": source, "target": target, "log_probability": log_probability, "ended": translation.ended,
        "alpha": alpha,
    });
    writeln!(file, "{line}")
}
