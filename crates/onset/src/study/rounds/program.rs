//! A theory that is a program: it reads one JSON object per line, and writes one per line, in the same order.
//!
//! Of copying, it is asked `{"spec": {…}, "seed": 3, "budget": 2000, "initial_conditions": [{"score_gap": …, "logit_gap": …, …}]}`, with the whole
//! spec as the run has it, and `rehearsed` in the initial conditions of permutations; it answers `{"steps": [[0.1, 80], [0.5, 120], [0.9, null]]}`: the step by which the run has learned with each of
//! some probabilities, in their order, null for never.
//!
//! Of texts, it is asked `{"spec": {…}, "labels": ["no", "yes"], "train": [{"words": […], "label": 1}, …], "held_out": […]}`, once for all seeds, and
//! answers `{"attention": [[…], …]}`: for each held-out text, a number for each word, of which only the order counts.
//!
//! To either it may answer `{"outside": "reason"}`.

use std::io::Write;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::json;

use super::TheoryQuestion;
use super::theories::between;
use crate::forecast::{LEVELS, RoundPrediction};
use crate::spec::Spec;
use crate::task::text::{TextData, TextExample};

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
        "the theory `{command}`, answer {line}: {reason}; expected {{\"steps\": [[0.1, 80], [0.5, 120], [0.9, null]]}} of copying, {{\"attention\": [[0.2, 1.5], …]}} of texts, or {{\"outside\": \"reason\"}}"
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

/// What a program is asked.
#[derive(Debug)]
pub(super) enum Asked<'a> {
    /// When a run of copying with this spec learns.
    Copying(&'a Spec, TheoryQuestion<'a>),
    /// Where attention goes in the held-out texts.
    Texts(&'a Spec, &'a TextData),
}

/// What it answers: of texts, the numbers too.
pub(super) type Answered = (RoundPrediction, Vec<Vec<f32>>);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Answer {
    Steps(Vec<(f64, Option<f64>)>),
    Attention(Vec<Vec<f32>>),
    Outside(String),
}

/// The answers of the program `command`, which a shell starts, to each of `questions`.
///
/// # Errors
/// If it cannot be started, fails, or does not give an answer of the form above to each question.
pub(super) fn ask_program(command: &str, questions: &[Asked<'_>]) -> Result<Vec<Answered>, ProgramError> {
    let ended = |reason: String| ProgramError::Ended { command: command.into(), reason };
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| ended(format!("cannot be started: {error}")))?;
    let mut input = child.stdin.take().expect("it was asked for");
    let lines: Vec<String> = questions.iter().map(line_of).collect();
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
    let read = |(place, (line, question)): (usize, (&&str, &Asked<'_>))| {
        answer(line, question).map_err(|reason| ProgramError::Form {
            command: command.into(),
            line: place + 1,
            reason,
        })
    };
    answers.iter().zip(questions).enumerate().map(read).collect()
}

fn line_of(question: &Asked<'_>) -> String {
    let whole = |spec: &Spec| spec.to_toml().parse::<toml::Table>().expect("a resolved spec is TOML");
    let text = |text: TextExample| json!({ "words": text.words, "label": text.label });
    match question {
        Asked::Copying(spec, question) => json!({
            "spec": whole(spec),
            "seed": spec.seed(),
            "budget": spec.training().steps,
            "initial_conditions": question.initial_conditions,
        }),
        Asked::Texts(spec, data) => json!({
            "spec": whole(spec),
            "labels": data.label_names,
            "train": (0..data.train.len()).map(|place| text(data.train.example(place))).collect::<Vec<_>>(),
            "held_out": data.validation.iter().map(text).collect::<Vec<_>>(),
        }),
    }
    .to_string()
}

fn answer(line: &str, question: &Asked<'_>) -> Result<Answered, String> {
    let answer = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match (answer, question) {
        (Answer::Outside(reason), _) => Ok((RoundPrediction::Outside(reason), Vec::new())),
        (Answer::Steps(steps), Asked::Copying(..)) => Ok((steps_of(steps)?, Vec::new())),
        (Answer::Attention(rows), Asked::Texts(_, data)) => {
            let expected: Vec<usize> = data.validation.iter().map(|text| text.words.len()).collect();
            match rows.iter().map(Vec::len).eq(expected.iter().copied()) {
                true => Ok((RoundPrediction::Attention, rows)),
                false => Err(not_for_each_word(&rows, &expected)),
            }
        }
        (Answer::Steps(_), Asked::Texts(..)) => Err("steps are of copying, and this is about texts".into()),
        (Answer::Attention(_), Asked::Copying(..)) => {
            Err("attention is of texts, and this is about copying".into())
        }
    }
}

fn not_for_each_word(rows: &[Vec<f32>], expected: &[usize]) -> String {
    if rows.len() != expected.len() {
        return format!("{} lists of numbers for {} held-out texts", rows.len(), expected.len());
    }
    let mut pairs = rows.iter().zip(expected).enumerate();
    let (place, (row, words)) = pairs.find(|(_, (row, words))| row.len() != **words).expect("one differs");
    format!("{} numbers for the {words} words of held-out text {}", row.len(), place + 1)
}

fn steps_of(steps: Vec<(f64, Option<f64>)>) -> Result<RoundPrediction, String> {
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
    use crate::spec::{ClassificationSpec, CopyingSpec};

    #[test]
    fn answers_are_read_and_those_of_another_form_named() {
        let spec = Spec::parse("task = 'copying'", "", &[]).unwrap();
        let copying = CopyingSpec::of(&spec).unwrap();
        let question = Asked::Copying(&spec, TheoryQuestion { spec: &copying, initial_conditions: &[] });
        let answer = |line: &str| answer(line, &question);
        let (RoundPrediction::Steps(steps), _) =
            answer(r#"{"steps": [[0.1, 50], [0.5, 100], [0.9, null]]}"#).unwrap()
        else {
            panic!("steps")
        };
        assert!((steps[1].unwrap() - 50.0).abs() < 1e-6 && steps[18].is_none());
        let (outside, _) = answer(r#"{"outside": "noise"}"#).unwrap();
        assert_eq!(outside, RoundPrediction::Outside("noise".into()));
        for (line, reason) in [
            (r#"{"steps": [[0.5, -1]]}"#, "positive"),
            (r#"{"steps": [[0.5, 10], [0.9, 5]]}"#, "must not fall"),
            (r#"{"steps": []}"#, "probabilities"),
            (r#"{"attention": [[0.5]]}"#, "about copying"),
            ("maybe", "expected"),
        ] {
            assert!(answer(line).unwrap_err().contains(reason), "{line}: {:?}", answer(line));
        }
    }

    #[test]
    fn attention_needs_a_number_for_each_word_of_each_text() {
        let spec = Spec::parse("task = 'classification'", "", &[]).unwrap();
        let data = TextData::load(&ClassificationSpec::of(&spec).unwrap().data).unwrap();
        let question = Asked::Texts(&spec, &data);
        let asked: serde_json::Value = serde_json::from_str(&line_of(&question)).unwrap();
        let mut rows: Vec<Vec<f32>> =
            data.validation.iter().map(|text| vec![1.0; text.words.len()]).collect();
        assert_eq!(asked["held_out"].as_array().unwrap().len(), rows.len());
        let said = |rows: &[Vec<f32>]| answer(&json!({ "attention": rows }).to_string(), &question);
        assert_eq!(said(&rows).unwrap(), (RoundPrediction::Attention, rows.clone()));
        assert!(said(&rows[1..]).unwrap_err().contains("lists of numbers for"));
        rows[2].pop();
        assert!(said(&rows).unwrap_err().contains("held-out text 3"));
        assert!(answer(r#"{"steps": [[0.5, 10]]}"#, &question).unwrap_err().contains("about texts"));
    }
}
