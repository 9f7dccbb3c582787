//! `onset classify`: labels new texts with the model of a classification run.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use onset::inference::{ClassifiedText, DescriptionClassifier, TextClassifier, read_labels};
use onset::measures::Confusion;
use onset::report::write_classified_page;
use onset::spec::Spec;
use onset::store::{RunDirectory, write_atomically};
use onset::task::descriptions::DescribedLabel;
use onset::task::text::{NewText, TextSource, new_lines, new_texts};
use serde_json::json;

use crate::Ending;
use crate::args::{ClassifyArguments, UsageError};

/// How the words of texts are written to a file.
#[derive(Clone, Copy)]
enum Form {
    JsonLines,
    Csv,
    Html,
}

/// A text with what it was labelled.
type Labelled = (NewText, ClassifiedText);

/// A model's labels and the checkpoint that is used.
struct Labelling {
    labels: Vec<String>,
    step: u64,
    labelled: Vec<Labelled>,
}

/// The run and the file of texts that were named.
struct Named<'a> {
    run: &'a Path,
    texts: Option<&'a Path>,
}

/// Labels the texts of a file or of standard input, and writes their words if that was requested.
pub fn classify(arguments: &ClassifyArguments) -> Result<Ending> {
    let output = match &arguments.output {
        Some(path) => Some((path, form_of(path)?)),
        None => None,
    };
    let named = named(arguments)?;
    let labelling = match DescriptionClassifier::is_for(named.run)? {
        true => by_description(arguments, &named)?,
        false => by_label(arguments, &named)?,
    };
    if let Some((path, form)) = output {
        let contents = match form {
            Form::JsonLines => json_lines(&labelling),
            Form::Csv => csv(&labelling.labelled)?,
            Form::Html => return html(path, arguments, &named, &labelling),
        };
        write_atomically(path, contents.as_bytes())?;
        note!("words: {}", path.display());
    }
    print(arguments, &labelling);
    Ok(Ending::Done)
}

fn named(arguments: &ClassifyArguments) -> Result<Named<'_>> {
    let mut paths = arguments.paths.iter().map(|path| path.as_path());
    let run = arguments.model.as_deref().or_else(|| paths.next());
    let Some(run) = run else {
        return Err(UsageError(
            "name the run directory of a classifier, such as runs/messages/seed-0".into(),
        )
        .into());
    };
    let texts = paths.next();
    match paths.next() {
        Some(path) => Err(UsageError(format!("{}: one file of texts at most", path.display())).into()),
        None => Ok(Named { run, texts }),
    }
}

/// By a model that was trained on these labels.
fn by_label(arguments: &ClassifyArguments, named: &Named<'_>) -> Result<Labelling> {
    let option = arguments
        .labels
        .as_ref()
        .map(|_| "--labels")
        .or((!arguments.questions.is_empty()).then_some("--label"));
    if let Some(option) = option {
        let message = format!(
            "{option}: {} has labels of its own; a run of `onset meta train` takes others",
            named.run.display()
        );
        return Err(UsageError(message).into());
    }
    let mut classifier = TextClassifier::open(named.run, arguments.step)?;
    let texts = read(arguments, named)?;
    let only_texts: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    let found = classifier.classify(&only_texts);
    let labelled = texts.into_iter().zip(found).collect();
    Ok(Labelling { labels: classifier.labels().to_vec(), step: classifier.step(), labelled })
}

/// The labels of `questions`, in the order in which they are first named.
fn labels_of(questions: &[(String, String)]) -> Vec<DescribedLabel> {
    let mut labels: Vec<DescribedLabel> = Vec::new();
    for (name, question) in questions {
        match labels.iter_mut().find(|label| label.value == *name) {
            Some(label) => label.descriptions.push(question.clone()),
            None => labels.push(DescribedLabel {
                value: name.clone(),
                name: None,
                descriptions: vec![question.clone()],
            }),
        }
    }
    labels
}

/// By what the labels mean.
fn by_description(arguments: &ClassifyArguments, named: &Named<'_>) -> Result<Labelling> {
    let labels = match &arguments.labels {
        Some(path) => read_labels(path)?,
        None => labels_of(&arguments.questions),
    };
    if labels.is_empty() {
        let message =
            "this model classifies by descriptions: give --labels FILE.toml or --label NAME=QUESTION";
        return Err(UsageError(message.into()).into());
    }
    let threads =
        arguments.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let mut classifier = DescriptionClassifier::open(named.run, arguments.step, labels, threads)?;
    let texts = read(arguments, named)?;
    let only_texts: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    let with_words = arguments.json || arguments.output.is_some();
    let found = classifier.classify(&only_texts, with_words);
    if classifier.cut_texts() > 0 {
        note!(
            "{} texts are cut, so that they fit behind a description (task.length of the run)",
            classifier.cut_texts()
        );
    }
    let labelled = texts.into_iter().zip(found).collect();
    Ok(Labelling { labels: classifier.labels(), step: classifier.step(), labelled })
}

fn html(
    path: &Path,
    arguments: &ClassifyArguments,
    named: &Named<'_>,
    labelling: &Labelling,
) -> Result<Ending> {
    let rows: Vec<_> =
        labelling.labelled.iter().map(|(text, found)| (text.label.clone(), found.clone())).collect();
    let run = named.run.display().to_string();
    write_classified_page(path, &run, labelling.step, &labelling.labels, &rows)?;
    note!("page: {}", path.display());
    print(arguments, labelling);
    Ok(Ending::Done)
}

fn form_of(path: &Path) -> Result<Form> {
    match path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase).as_deref() {
        Some("jsonl" | "ndjson") => Ok(Form::JsonLines),
        Some("csv") => Ok(Form::Csv),
        Some("html") => Ok(Form::Html),
        _ => {
            let message =
                format!("--output {}: expected a file ending in .jsonl, .csv or .html", path.display());
            Err(UsageError(message).into())
        }
    }
}

/// The texts to label, with the columns that the run was trained with.
fn read(arguments: &ClassifyArguments, named: &Named<'_>) -> Result<Vec<NewText>> {
    let source = source_of(named.run)?;
    let source = TextSource {
        text: arguments.text_column.clone().unwrap_or(source.text),
        label: arguments.label_column.clone().unwrap_or(source.label),
        separator: source.separator,
        header: source.header,
        quotes: source.quotes,
        encoding: source.encoding,
        ..TextSource::default()
    };
    let standard = Path::new("-");
    let path = named.texts.unwrap_or(standard);
    if path != standard {
        return Ok(new_texts(path, &source)?);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
    Ok(new_lines(Path::new("standard input"), &bytes, &source)?)
}

fn source_of(run: &Path) -> Result<TextSource> {
    let directory = RunDirectory::view(run)?;
    let spec = Spec::parse(directory.spec_text(), &run.join("spec.toml").display().to_string(), &[])?;
    Ok(onset::spec::ClassificationSpec::of(&spec).map(|spec| spec.data).unwrap_or_default())
}

/// A line for each text, and the accuracy where labels are known.
fn print(arguments: &ClassifyArguments, labelling: &Labelling) {
    let Labelling { labels, step, labelled } = labelling;
    if arguments.json {
        crate::output::result(format_args!("{}", json_lines(labelling)));
    } else {
        for (_, found) in labelled {
            match &found.label {
                Some(label) => say!("{label}\t{:.4}", largest(&found.probabilities)),
                None => say!("\t"),
            }
        }
    }
    let without = labelled.iter().filter(|(_, found)| found.label.is_none()).count();
    note!("{} texts labelled with the checkpoint of step {}", labelled.len() - without, step);
    if without > 0 {
        note!("{without} texts have no words and get no label");
    }
    note_accuracy(labels, labelled);
}

/// How many of the texts with a known label have it predicted.
fn note_accuracy(labels: &[String], labelled: &[Labelled]) {
    let number = |name: &Option<String>| {
        let name = name.as_ref()?;
        labels.iter().position(|label| label == name)
    };
    let mut confusion = Confusion::new(labels.len());
    for (text, found) in labelled {
        if let (Some(truth), Some(predicted)) = (number(&text.label), number(&found.label)) {
            confusion.add(truth as u32, predicted as u32);
        }
    }
    let unknown = labelled.iter().filter(|(text, _)| text.label.is_some() && number(&text.label).is_none());
    let unknown = unknown.count();
    if confusion.texts() > 0 {
        note!(
            "accuracy {:.3}, macro-averaged F1 {:.3} on {} texts with a known label",
            confusion.accuracy(),
            confusion.macro_f1(),
            confusion.texts()
        );
    }
    if unknown > 0 {
        note!("{unknown} texts have a label that the model does not know");
    }
}

fn largest(probabilities: &[f64]) -> f64 {
    probabilities.iter().copied().fold(0.0, f64::max)
}

fn json_lines(labelling: &Labelling) -> String {
    let Labelling { labels, labelled, .. } = labelling;
    let line = |(text, found): &Labelled| {
        let probabilities: serde_json::Map<String, serde_json::Value> =
            labels.iter().cloned().zip(found.probabilities.iter().map(|&p| json!(p))).collect();
        let line = json!({
            "line": text.line, "text": text.text, "true_label": text.label, "label": found.label,
            "probabilities": probabilities, "words": found.words, "alpha": found.alpha, "beta": found.beta,
            "delta": found.delta,
        });
        format!("{line}\n")
    };
    labelled.iter().map(line).collect()
}

/// A row for each word.
fn csv(labelled: &[Labelled]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["line", "label", "probability", "position", "word", "alpha", "beta", "delta"])?;
    for (text, found) in labelled {
        let label = found.label.clone().unwrap_or_default();
        let probability = largest(&found.probabilities).to_string();
        for (position, word) in found.words.iter().enumerate() {
            // A model with several heads has no β here.
            let of = |numbers: &[f32]| numbers.get(position).map(f32::to_string).unwrap_or_default();
            let [alpha, beta, delta] = [&found.alpha, &found.beta, &found.delta].map(|numbers| of(numbers));
            writer.write_record([
                &text.line.to_string(),
                &label,
                &probability,
                &position.to_string(),
                word,
                &alpha,
                &beta,
                &delta,
            ])?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
