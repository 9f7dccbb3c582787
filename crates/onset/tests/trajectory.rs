//! What the lab draws of runs, from tiny ones that are really trained.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use onset::record::{PAIR_COLUMNS, recorded_pairs};
use onset::spec::Spec;
use onset::study::RunRecord;
use onset::task::Split;
use onset::train::{Prepared, RunOptions, Start, run};
use onset::trajectory::{
    ExampleAt, ExampleCourse, ExampleQuery, MatrixCourse, RunCurves, TRAINING_LOSS, TextCourse,
    example_course, list_examples, word_courses,
};
use tempfile::tempdir;

fn train(path: &Path, text: &str, set: &[&str]) -> RunRecord {
    let overrides: Vec<String> = set.iter().map(ToString::to_string).collect();
    let spec = Spec::parse(text, "test", &overrides).unwrap();
    let data = Prepared::load(&spec).unwrap();
    let cancel = AtomicBool::new(false);
    let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
    run(&spec, &data, path, options, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    RunRecord::read(path).unwrap()
}

fn copying(path: &Path, order: &str) -> RunRecord {
    let order = format!("data.order='{order}'");
    let set = [
        "data.vocabulary=8",
        "data.length=6",
        "model.hidden=12",
        "model.embedding=10",
        "train.batch=4",
        "train.steps=20",
        "record.checkpoints=[0]",
        &order,
    ];
    train(path, "task = 'copying'", &set)
}

fn keyword(path: &Path) -> RunRecord {
    let set = [
        "model.hidden=6",
        "model.embedding=8",
        "model.attention_hidden=5",
        "train.batch=8",
        "train.steps=12",
        "record.checkpoints=[0, 6, 12]",
    ];
    train(path, "task = 'classification'", &set)
}

fn matrix(run: &RunRecord, example: i64) -> MatrixCourse {
    match example_course(&run.directory, ExampleAt::first(Split::Validation, example)).unwrap().unwrap() {
        ExampleCourse::Matrix(course) => course,
        other => panic!("{other:?}"),
    }
}

fn text(run: &RunRecord, split: Split, example: i64) -> TextCourse {
    match example_course(&run.directory, ExampleAt::first(split, example)).unwrap().unwrap() {
        ExampleCourse::Text(course) => course,
        other => panic!("{other:?}"),
    }
}

fn query(split: Split) -> ExampleQuery {
    ExampleQuery { split, containing: String::new(), wrong: false, limit: 5000 }
}

#[test]
fn curves_are_the_scores_on_record_and_the_loss_of_each_step() {
    let folder = tempdir().unwrap();
    let run = copying(&folder.path().join("run"), "same");
    let curves = RunCurves::read(&run.directory).unwrap();
    assert_eq!(curves.scores["accuracy"].values, run.score("accuracy").unwrap());
    assert_eq!(curves.scores[TRAINING_LOSS].steps, (1..=20).collect::<Vec<u64>>());
    assert_eq!(curves.last_step(), 20);
    assert!(!curves.scores.contains_key("offset_mass") && !curves.scores.contains_key("step"));
}

#[test]
fn a_copied_sequence_is_followed_with_its_words_in_either_order() {
    let folder = tempdir().unwrap();
    for order in ["same", "reversed"] {
        let run = copying(&folder.path().join(order), order);
        let course = matrix(&run, 1);
        assert_eq!(course.steps, run.directory.probe_steps());
        assert_eq!((course.source.len(), course.target.len(), course.target[6].as_str()), (7, 7, "end"));
        let mut source = course.source.clone();
        if order == "reversed" {
            source[..6].reverse();
        }
        assert_eq!(source, course.target);
        let alpha = &course.probes[0].values;
        assert!(alpha.iter().all(|matrix| matrix.len() == 49));
        assert!((alpha[0][..7].iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(example_course(&run.directory, ExampleAt::first(Split::Validation, 999)).unwrap().is_none());
        let listed = list_examples(&run.directory, &query(Split::Validation)).unwrap();
        assert_eq!(listed[1].text, course.source.join(" "));
        let words = word_courses(&run.directory).unwrap();
        assert_eq!(words.words.iter().map(|word| word.occurrences).sum::<usize>(), 6 * listed.len());
        assert!(
            words
                .words
                .iter()
                .all(|word| word.lines.iter().all(|line| line.values.len() == words.steps.len()))
        );
    }
}

#[test]
fn a_text_is_followed_with_the_probes_on_record() {
    let folder = tempdir().unwrap();
    let run = keyword(&folder.path().join("run"));
    for split in Split::ALL {
        let listed = list_examples(&run.directory, &query(split)).unwrap();
        let third = &listed[3];
        let course = text(&run, split, third.example);
        let recorded = run.text_probes(12, split).unwrap();
        assert_eq!((course.steps.as_slice(), listed.len()), (&[0, 6, 12][..], recorded.len()));
        assert_eq!(course.words, recorded.words[3]);
        assert_eq!(third.text.split(' ').next(), course.words.first().map(String::as_str));
        let probe = &recorded.probes[3];
        let last: Vec<&Vec<f32>> = course.probes.iter().map(|probe| &probe.values[2]).collect();
        assert_eq!(last, [&probe.alpha, &probe.beta, &probe.delta]);
        assert_eq!((course.logit[2], &course.predicted[2]), (probe.logit, &probe.predicted));
        assert_eq!(course.label == course.predicted[2], probe.right);
    }
}

#[test]
fn examples_are_found_by_their_words_and_by_being_wrong() {
    let folder = tempdir().unwrap();
    let run = keyword(&folder.path().join("run"));
    let list = |containing: &str, wrong: bool, limit: usize| {
        let query = ExampleQuery { split: Split::Validation, containing: containing.into(), wrong, limit };
        list_examples(&run.directory, &query).unwrap()
    };
    let all = list("", false, 5000);
    let wrong = list("", true, 5000);
    assert_eq!(wrong.len(), all.iter().filter(|entry| !entry.right).count());
    let word = text(&run, Split::Validation, all[0].example).words[1].clone();
    let found = list(&word.to_uppercase(), false, 5000);
    assert!(!found.is_empty() && found.len() <= all.len() && found[0].example == all[0].example);
    assert_eq!((list("", false, 2).len(), list("no such word at all", false, 9).len()), (2, 0));
}

#[test]
fn what_is_said_of_a_words_attention_is_the_mean_over_the_texts_that_have_it() {
    let folder = tempdir().unwrap();
    let run = keyword(&folder.path().join("run"));
    let words = word_courses(&run.directory).unwrap();
    let course = &words.words[words.words.len() / 2];
    let recorded = run.text_probes(6, Split::Validation).unwrap();
    let (mut sum, mut count) = (0.0, 0);
    for (text, probe) in recorded.words.iter().zip(&recorded.probes) {
        for (word, alpha) in text.iter().zip(&probe.alpha) {
            if *word == course.word {
                (sum, count) = (sum + f64::from(*alpha) * text.len() as f64, count + 1);
            }
        }
    }
    assert_eq!(course.occurrences, count);
    assert!((f64::from(course.lines[0].values[1]) - sum / count as f64).abs() < 1e-5);
    let [alpha, beta] = words.agreement.as_slice() else { panic!() };
    assert!(alpha.values[2] == 1.0 && beta.values.len() == 3, "{alpha:?}");
}

#[test]
fn a_pair_is_followed_and_its_words_with_what_they_are_said_as() {
    let folder = tempdir().unwrap();
    let words = [["ein", "a"], ["Hund", "dog"], ["Kind", "child"], ["sieht", "sees"], ["rote", "red"]];
    for (side, name) in ["a.de", "a.en"].iter().enumerate() {
        let line = |i: usize| {
            (0..3 + i % 4).map(|j| words[(i * 3 + j * j) % 5][side]).collect::<Vec<_>>().join(" ") + "\n"
        };
        std::fs::write(folder.path().join(name), (0..60).map(line).collect::<String>()).unwrap();
    }
    let [source, target] = ["a.de", "a.en"].map(|name| folder.path().join(name).display().to_string());
    let spec = format!("task = 'translation'\n[data]\nsource = '{source}'\ntarget = '{target}'\n");
    let set = [
        "model.hidden=8",
        "model.embedding=8",
        "data.vocabulary=24",
        "train.batch=4",
        "train.steps=12",
        "record.checkpoints=[0, 12]",
        "record.influence=2",
        "record.bleu=false",
    ];
    let run = train(&folder.path().join("run"), &spec, &set);
    let pairs = recorded_pairs(&run.probe_columns(12, PAIR_COLUMNS).unwrap(), Split::Validation).unwrap();
    let listed = list_examples(&run.directory, &query(Split::Validation)).unwrap();
    assert_eq!(listed.len(), pairs.len());
    let course = matrix(&run, pairs[0].example);
    assert_eq!((&course.source, &course.target), (&pairs[0].source, &pairs[0].target));
    assert_eq!(course.probes[0].values[1], pairs[0].alpha.concat());
    let beta: Vec<f32> = pairs[0].beta.concat().iter().map(|beta| beta.exp()).collect();
    assert_eq!((course.probes[1].name, &course.probes[1].values[1]), ("e^β", &beta));
    assert_eq!(course.probes.len(), 2 + usize::from(listed[0].influence));
    let words = word_courses(&run.directory).unwrap();
    assert!(words.words.iter().all(|word| word.translation.is_some() && word.occurrences >= 5), "{words:?}");
}
