//! A theory that is a program: it reads one JSON object per line, and writes one per line, in the same order.
//!
//! It is asked `{"spec": {…}, "seed": 3, "budget": 2000, "initial_conditions": [{"score_gap": …, "logit_gap": …, …}]}`, with the whole spec as
//! the run has it, and answers `{"steps": [[0.1, 80], [0.5, 120], [0.9, null]]}`: the step by which the run has learned with each of
//! some probabilities, in their order, null for never; or `{"outside": "reason"}`.

use std::io::Write;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::json;

use super::TheoryQuestion;
use super::theories::between;
use crate::forecast::{LEVELS, RoundPrediction};
use crate::spec::Spec;

/// Why a program's answers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It cannot be started, or ended badly.
    #[error("the theory `{command}` {reason}")]
    Ended {
        /// The command.
        command: String,
        /// What happened.
        reason: String,
    },
    /// It did not answer each question.
    #[error(
        "the theory `{command}` gave {found} answers to {expected} questions; write one line for each line that is read"
    )]
    Count {
        /// The command.
        command: String,
        /// Lines that it wrote.
        found: usize,
        /// Lines that it read.
        expected: usize,
    },
    /// An answer has another form.
    #[error(
        "the theory `{command}`, answer {line}: {reason}; expected {{\"steps\": [[0.1, 80], [0.5, 120], [0.9, null]]}} or {{\"outside\": \"reason\"}}"
    )]
    Form {
        /// The command.
        command: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Answer {
    Steps(Vec<(f64, Option<f64>)>),
    Outside(String),
}

/// The predictions of the program `command`, which a shell starts, for each of `questions` with its spec.
///
/// # Errors
/// If it cannot be started, fails, or does not give an answer of the form above to each question.
pub fn ask_program(
    command: &str,
    questions: &[(&Spec, TheoryQuestion<'_>)],
) -> Result<Vec<RoundPrediction>, ProgramError> {
    let ended = |reason: String| ProgramError::Ended { command: command.into(), reason };
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| ended(format!("cannot be started: {error}")))?;
    let mut input = child.stdin.take().expect("it was asked for");
    let lines: Vec<String> = questions.iter().map(|(spec, question)| asked(spec, question)).collect();
    // The program may answer before it has read everything.
    let writer = std::thread::spawn(move || lines.iter().try_for_each(|line| writeln!(input, "{line}")));
    let output = child.wait_with_output().map_err(|error| ended(error.to_string()))?;
    // A program that reads no further than it needs is judged by its answers.
    let _ = writer.join();
    if !output.status.success() {
        return Err(ended(format!("ended with {}", output.status)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let answers: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if answers.len() != questions.len() {
        let (found, expected) = (answers.len(), questions.len());
        return Err(ProgramError::Count { command: command.into(), found, expected });
    }
    let read = |(place, line): (usize, &&str)| {
        answer(line).map_err(|reason| ProgramError::Form { command: command.into(), line: place + 1, reason })
    };
    answers.iter().enumerate().map(read).collect()
}

fn asked(spec: &Spec, question: &TheoryQuestion<'_>) -> String {
    let whole: toml::Table = spec.to_toml().parse().expect("a resolved spec is TOML");
    json!({
        "spec": whole,
        "seed": spec.seed(),
        "budget": spec.training().steps,
        "initial_conditions": question.initial_conditions,
    })
    .to_string()
}

fn answer(line: &str) -> Result<RoundPrediction, String> {
    let steps = match serde_json::from_str(line).map_err(|error| error.to_string())? {
        Answer::Outside(reason) => return Ok(RoundPrediction::Outside(reason)),
        Answer::Steps(steps) => steps,
    };
    let possible = |&(level, step): &(f64, Option<f64>)| {
        level > 0.0 && level < 1.0 && step.is_none_or(|step| step > 0.0 && step.is_finite())
    };
    if steps.is_empty() || !steps.iter().all(possible) {
        return Err("steps need probabilities between 0 and 1, and positive steps".into());
    }
    let ordered = |pair: &[(f64, Option<f64>)]| {
        let late = |step: Option<f64>| step.unwrap_or(f64::INFINITY);
        pair[0].0 < pair[1].0 && late(pair[0].1) <= late(pair[1].1)
    };
    if !steps.windows(2).all(ordered) {
        return Err("probabilities must grow, and steps must not fall".into());
    }
    let (levels, steps): (Vec<f64>, Vec<Option<f64>>) = steps.into_iter().unzip();
    Ok(RoundPrediction::Steps(LEVELS.map(|level| between(&levels, &steps, level)).to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_those_of_another_form_named() {
        let RoundPrediction::Steps(steps) =
            answer(r#"{"steps": [[0.1, 50], [0.5, 100], [0.9, null]]}"#).unwrap()
        else {
            panic!("steps")
        };
        assert!((steps[1].unwrap() - 50.0).abs() < 1e-6 && steps[18].is_none());
        let outside = answer(r#"{"outside": "noise"}"#).unwrap();
        assert_eq!(outside, RoundPrediction::Outside("noise".into()));
        for (line, reason) in [
            (r#"{"steps": [[0.5, -1]]}"#, "positive"),
            (r#"{"steps": [[0.5, 10], [0.9, 5]]}"#, "must not fall"),
            (r#"{"steps": []}"#, "probabilities"),
            ("maybe", "expected"),
        ] {
            assert!(answer(line).unwrap_err().contains(reason), "{line}: {:?}", answer(line));
        }
    }
}
