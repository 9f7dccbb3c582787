//! Runs that an earlier version wrote are read as today's.
//!
//! The runs, and how they were made, are in `tests/earlier/`.

use std::path::Path;

use onset::record::Records;
use onset::report::write_report;
use onset::store::{Column, Table};
use onset::study::RunRecord;
use onset::task::Split;
use onset::trajectory::{
    ExampleAt, ExampleCourse, ExampleEntry, ExampleQuery, MatrixCourse, example_course, list_examples,
    recorded_splits, word_courses,
};
use tempfile::tempdir;

const RUNS: [&str; 4] = ["copying/same", "copying/reversed", "texts", "pairs"];

/// Today's columns that every run has.
const COLUMNS: [&str; 15] = [
    "step",
    "split",
    "example",
    "layer",
    "head",
    "kind",
    "position",
    "tokens",
    "target",
    "predicted",
    "log_probability",
    "relevant",
    "alpha",
    "beta",
    "delta",
];

fn run(name: &str) -> RunRecord {
    RunRecord::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/earlier").join(name)).unwrap()
}

/// Each step of a run with its table as it was written, and under today's names.
fn tables(run: &RunRecord) -> Vec<(u64, Table, Table)> {
    let records = Records::of(&run.directory);
    let read = |step| {
        let written = Table::read(&run.directory.probe_path(step)).unwrap();
        (step, written, records.columns(step, &COLUMNS).unwrap())
    };
    records.steps().into_iter().map(read).collect()
}

fn last(run: &RunRecord) -> (Table, Table) {
    let (_, written, table) = tables(run).pop().unwrap();
    (written, table)
}

fn list(run: &RunRecord, split: Split) -> Vec<ExampleEntry> {
    list_examples(&run.directory, &ExampleQuery { split, containing: String::new(), wrong: false, limit: 99 })
        .unwrap()
}

fn matrix(run: &RunRecord, example: i64) -> MatrixCourse {
    match example_course(&run.directory, ExampleAt::first(Split::Validation, example)).unwrap().unwrap() {
        ExampleCourse::Matrix(course) => course,
        other => panic!("{other:?}"),
    }
}

/// Asserts that the columns are as they were written, each under its name then and its name today.
fn assert_same(written: &Table, table: &Table, names: &[[&str; 2]]) {
    for [then, today] in names {
        assert!(written.column(then).is_some(), "{then}");
        assert_eq!(written.column(then), table.column(today), "{then}, {today}");
    }
}

#[test]
fn every_row_has_a_place_and_attention_over_its_tokens_that_sums_to_one() {
    for (name, kind) in RUNS.into_iter().zip(["cross", "cross", "pooling", "cross"]) {
        let run = run(name);
        assert_eq!(run.manifest().onset, "0.1.0");
        let tables = tables(&run);
        let steps: Vec<u64> = tables.iter().map(|(step, ..)| *step).collect();
        assert_eq!(steps, if name.starts_with("copying") { vec![0, 6, 12] } else { vec![0, 12] });
        for (step, written, table) in tables {
            assert!(written.column("split").is_none(), "{name} is a run of today");
            assert_eq!(table.names().collect::<Vec<_>>(), COLUMNS, "{name}");
            assert!(table.rows() > 0 && table.rows() == written.rows(), "{name}");
            assert_same(&written, &table, &["example", "alpha"].map(|name| [name, name]));
            assert!(table.ints("step").unwrap().iter().all(|&each| each == step as i64));
            assert!(["layer", "head"].iter().all(|n| table.ints(n).unwrap().iter().all(|&each| each == 0)));
            assert!(table.texts("kind").unwrap().iter().all(|each| each == kind), "{name}");
            let tokens = table.text_lists("tokens").unwrap();
            for (alpha, tokens) in table.float_lists("alpha").unwrap().iter().zip(tokens) {
                assert_eq!(alpha.len(), tokens.len(), "{name}");
                assert!((alpha.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{name}: {alpha:?}");
            }
        }
    }
}

#[test]
fn columns_and_examples_read_alone_are_as_when_all_are_read() {
    for name in RUNS {
        let run = run(name);
        let records = Records::of(&run.directory);
        let (_, table) = last(&run);
        for column in COLUMNS {
            let alone = records.columns(12, &[column]).unwrap();
            // Compared as text: what was not recorded is not a number, and differs from itself.
            let [alone, whole] = [&alone, &table].map(|table| format!("{:?}", table.column(column).unwrap()));
            assert_eq!(alone, whole, "{name}: {column}");
        }
        let (splits, examples) = (table.texts("split").unwrap(), table.ints("example").unwrap());
        let is_second = |row: &usize| splits[*row] == "validation" && examples[*row] == 1;
        let rows: Vec<usize> = (0..table.rows()).filter(is_second).collect();
        let second = records.rows(12, &COLUMNS, &rows).unwrap();
        let mut kept = table.clone();
        kept.retain(|row| is_second(&row));
        assert!(second.rows() > 0);
        assert_eq!(format!("{second:?}"), format!("{kept:?}"), "{name}");
    }
}

#[test]
fn copied_numbers_become_tokens_and_right_positions() {
    let mut seen = Vec::new();
    for (order, relevant) in [("same", [0, 1, 2, 3]), ("reversed", [2, 1, 0, 3])] {
        for (step, written, table) in tables(&run(&format!("copying/{order}"))) {
            assert_same(&written, &table, &[["position", "position"]]);
            assert!(table.texts("split").unwrap().iter().all(|split| split == "validation"));
            assert!(["beta", "delta"].iter().all(|n| table.float_lists(n).unwrap().concat().is_empty()));
            assert!(table.floats("log_probability").unwrap().iter().all(|each| each.is_nan()));
            assert_eq!(table.ints("relevant").unwrap(), relevant.repeat(3), "{order}");
            for name in ["target", "predicted"] {
                let token = |number: &i64| match number {
                    5 => "end".to_string(),
                    6 => "begin".to_string(),
                    number => number.to_string(),
                };
                let tokens: Vec<String> = written.ints(name).unwrap().iter().map(token).collect();
                assert_eq!(table.texts(name).unwrap(), tokens, "{order}, {step}: {name}");
                seen.extend(tokens);
            }
            let (tokens, targets) = (table.text_lists("tokens").unwrap(), table.texts("target").unwrap());
            for (row, target) in targets.iter().enumerate() {
                assert_eq!(tokens[row][relevant[row % 4] as usize], *target, "{order}");
            }
        }
    }
    assert!(["begin", "end", "0"].iter().all(|token| seen.iter().any(|each| each == token)));
}

#[test]
fn copied_sequences_are_followed_and_listed() {
    for (order, source) in [("same", ["4", "1", "0", "end"]), ("reversed", ["1", "4", "0", "end"])] {
        let run = run(&format!("copying/{order}"));
        let course = matrix(&run, 0);
        let mut target = source;
        if order == "reversed" {
            target[..3].reverse();
        }
        assert_eq!(
            (course.steps, course.source, course.target),
            (vec![0, 6, 12], words(&source), words(&target))
        );
        let (written, table) = last(&run);
        assert_eq!(course.probes.len(), 1);
        assert_eq!(course.probes[0].values[2], written.float_lists("alpha").unwrap()[..4].concat());

        let listed = list(&run, Split::Validation);
        assert_eq!(listed.iter().map(|entry| entry.example).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!((listed[0].text.as_str(), &listed[0].label), (source.join(" ").as_str(), &None));
        assert!(listed.iter().all(|entry| !entry.right && !entry.influence));
        assert!(list(&run, Split::Training).is_empty());
        assert_eq!(recorded_splits(&run.directory).unwrap(), [Split::Validation]);

        let courses = word_courses(&run.directory).unwrap();
        assert_eq!(courses.steps, [0, 6, 12]);
        assert_eq!(courses.words.iter().map(|word| word.occurrences).sum::<usize>(), 9);
        let word = &courses.words[0];
        let targets = table.texts("target").unwrap().iter();
        let (alpha, relevant) = (table.float_lists("alpha").unwrap(), table.ints("relevant").unwrap());
        let rows = targets.enumerate().filter(|(_, target)| **target == word.word).map(|(row, _)| row);
        let at_right: Vec<f32> = rows.map(|row| alpha[row][relevant[row] as usize]).collect();
        let mean = at_right.iter().sum::<f32>() / at_right.len() as f32;
        assert_eq!((word.occurrences, word.lines[0].key), (at_right.len(), "alpha"));
        assert!((word.lines[0].values[2] - mean).abs() < 1e-6);
        assert_eq!(word.lines[1].key, "predicted");
    }
}

#[test]
fn texts_keep_their_numbers_and_are_named_by_their_labels() {
    let run = run("texts");
    let mut seen = Vec::new();
    for (step, written, table) in tables(&run) {
        let kept = [["part", "split"], ["words", "tokens"], ["beta", "beta"], ["delta", "delta"]];
        assert_same(&written, &table, &kept);
        let own = Records::of(&run.directory).columns(step, &["label", "logit"]).unwrap();
        assert_same(&written, &own, &["label", "logit"].map(|name| [name, name]));
        assert!(table.ints("position").unwrap().iter().all(|&each| each == 0));
        assert!(table.ints("relevant").unwrap().iter().all(|&each| each == -1));
        let name = |positive: bool| if positive { "keyed" } else { "plain" };
        for row in 0..table.rows() {
            let (label, logit) = (written.ints("label").unwrap()[row], written.floats("logit").unwrap()[row]);
            assert_eq!(table.texts("target").unwrap()[row], name(label == 1));
            assert_eq!(table.texts("predicted").unwrap()[row], name(logit > 0.0));
            seen.push(logit > 0.0);
            let positive = 1.0 / (1.0 + (-logit).exp());
            let right = if label == 1 { positive } else { 1.0 - positive };
            assert!((table.floats("log_probability").unwrap()[row] - right.ln()).abs() < 1e-9);
        }
    }
    assert!(seen.contains(&true) && seen.contains(&false));
}

#[test]
fn texts_are_followed_and_listed() {
    let run = run("texts");
    let (written, _) = last(&run);
    let parts = written.texts("part").unwrap();
    for (split, examples) in [(Split::Validation, [0, 1, 2, 3]), (Split::Training, [1, 8, 10, 12])] {
        let listed = list(&run, split);
        assert_eq!(listed.iter().map(|entry| entry.example).collect::<Vec<_>>(), examples);
        let first = parts.iter().position(|part| part == split.name()).unwrap();
        for (row, entry) in (first..).zip(&listed) {
            let (label, logit) = (written.ints("label").unwrap()[row], written.floats("logit").unwrap()[row]);
            let words = &written.text_lists("words").unwrap()[row];
            let name = ["plain", "keyed"][label as usize];
            assert_eq!((&entry.text, entry.label.as_deref()), (&words.join(" "), Some(name)));
            assert!(entry.influence && entry.right == ((label == 1) == (logit > 0.0)));
            let at = ExampleAt::first(split, entry.example);
            let Some(ExampleCourse::Text(course)) = example_course(&run.directory, at).unwrap() else {
                panic!("{at:?}")
            };
            assert_eq!((&course.words, course.steps.as_slice()), (words, &[0, 12][..]));
            assert_eq!((course.label.as_str(), course.logit[1]), (name, logit as f32));
            for probe in &course.probes {
                assert_eq!(probe.values[1], written.float_lists(probe.key).unwrap()[row]);
            }
        }
    }
    let courses = word_courses(&run.directory).unwrap();
    let words = written.text_lists("words").unwrap().iter().zip(parts);
    let held_out = words.filter(|(_, part)| *part == "validation").flat_map(|(words, _)| words);
    let dola = courses.words.iter().find(|word| word.word == "dola").unwrap();
    assert_eq!(dola.occurrences, held_out.filter(|word| *word == "dola").count());
    assert_eq!((courses.agreement[0].values[1], courses.agreement.len()), (1.0, 2));
}

#[test]
fn pairs_keep_their_numbers_and_words() {
    for (_, written, table) in tables(&run("pairs")) {
        let same = ["position", "target", "predicted", "log_probability", "beta", "delta"];
        assert_same(&written, &table, &same.map(|name| [name, name]));
        assert_same(&written, &table, &[["part", "split"], ["source", "tokens"]]);
        assert!(table.ints("relevant").unwrap().iter().all(|&each| each == -1));
        for (beta, alpha) in
            table.float_lists("beta").unwrap().iter().zip(table.float_lists("alpha").unwrap())
        {
            assert!(beta.len() == alpha.len() && beta.iter().all(|&each| each < 0.0));
        }
        let Some(Column::Floats(delta)) = table.column("delta") else { panic!("no Δ") };
        assert!(delta.iter().any(Vec::is_empty) && delta.iter().any(|row| !row.is_empty()));
    }
}

#[test]
fn pairs_are_followed_and_listed() {
    let run = run("pairs");
    let (written, _) = last(&run);
    let listed = list(&run, Split::Validation);
    let texts: Vec<(i64, &str, bool)> =
        listed.iter().map(|entry| (entry.example, entry.text.as_str(), entry.influence)).collect();
    let expected =
        [(0, "ein Hund sieht ein Kind", true), (1, "das rote Haus", false), (2, "ein Kind singt", false)];
    assert_eq!(texts, expected);
    assert!(!list(&run, Split::Training).is_empty());
    assert_eq!(recorded_splits(&run.directory).unwrap(), Split::ALL);

    let course = matrix(&run, 0);
    let target = course.target.concat().replace('▁', " ");
    assert_eq!((target.trim(), course.steps), ("a dog sees a child</s>", vec![0, 12]));
    let rows = course.target.len();
    assert_eq!(course.probes[0].values[1], written.float_lists("alpha").unwrap()[..rows].concat());
    assert_eq!(course.probes.iter().map(|probe| probe.key).collect::<Vec<_>>(), ["alpha", "beta", "delta"]);
    assert!(course.relevant.iter().all(|&place| place == -1));

    let courses = word_courses(&run.directory).unwrap();
    assert!(!courses.words.is_empty() && courses.words.iter().all(|word| word.translation.is_some()));
    assert_eq!(courses.agreement[0].values[1], 1.0);
}

#[test]
fn reports_are_made_of_each_run_and_of_all() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("report.html");
    for (name, said) in RUNS.into_iter().zip(["drawn from 5", "reversed", "dola", "Hund"]) {
        write_report(&[run(name)], &path).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains(said), "{name}");
    }
    write_report(&RUNS.map(run), &path).unwrap();
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}
