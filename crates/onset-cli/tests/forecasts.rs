//! `onset reproduce forecasts`: theories are sealed, scored, and may be programs.

mod support;

use std::fs;

use support::{assert_parts, failure, onset, success, write};
use tempfile::{TempDir, tempdir};

const DISTRIBUTIONS: &str = "\
[[distribution]]
name = 'small'
kind = 'plain'
set = ['task.vocabulary=12', 'task.length=8', 'model.hidden=32', 'model.embedding=32', 'train.batch=16', 'train.steps=4', 'record.every=2']

[[distribution]]
name = 'all-words'
kind = 'permutation'
set = ['task.vocabulary=8', 'task.length=8', 'model.hidden=32', 'model.embedding=32', 'train.batch=16', 'train.steps=4', 'record.every=2']
";

/// Says 100 steps to everything but permutations.
const PROGRAM: &str = "\
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    task = asked['spec']['task']
    assert asked['budget'] == 4 and asked['initial_conditions'][0]['score_gap']
    if task['vocabulary'] == task['length']:
        print(json.dumps({'outside': 'permutations'}))
    else:
        print(json.dumps({'steps': [[0.1, 50], [0.5, 100], [0.9, None]]}))
";

fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    write(&folder, "mine.toml", DISTRIBUTIONS);
    write(&folder, "mine.py", PROGRAM);
    folder
}

#[test]
fn theories_are_sealed_and_scored_and_a_program_takes_part() {
    let folder = folder();
    let command = ["reproduce", "forecasts", "--distributions", "mine.toml", "--seeds", "2"];
    let mine = ["--theory", "mine=python3 mine.py"];
    let [said, told] = success(onset(&folder).args(command).args(mine));
    assert_parts(&told, &["4 forecasts sealed"]);
    assert_parts(&said, &["reduced dynamics", "first slope", "mine", "2 of 4", "4 of 4", "permutation"]);
    let forecast =
        fs::read_to_string(folder.path().join("runs/forecasts/small/seed-1/forecast.json")).unwrap();
    assert_parts(&forecast, &["\"mine\"", "\"law\"", "\"steps\""]);
    let page = fs::read_to_string(folder.path().join("runs/forecasts/report.html")).unwrap();
    assert_parts(&page, &["on what none was fitted on", "Calibration"]);
    // A forecast that is changed afterwards does not count.
    let path = folder.path().join("runs/forecasts/small/seed-0/forecast.json");
    fs::write(&path, forecast.replace("\"seed\": 1", "\"seed\": 0")).unwrap();
    let [said, _] = success(onset(&folder).args(command).args(mine));
    assert_parts(&said, &["1 runs do not count", "it was modified"]);
}

#[test]
fn a_program_that_does_not_answer_as_asked_is_named_and_nothing_is_trained() {
    let folder = folder();
    let command = ["reproduce", "forecasts", "--distributions", "mine.toml", "--seeds", "1"];
    for (program, reason) in [
        ("cat > /dev/null", "gave 0 answers to 2 questions"),
        ("while read line; do echo '{\"steps\": [[0.5, -3]]}'; done", "answer 1"),
        ("exit 3", "ended with"),
    ] {
        let theory = format!("mine={program}");
        let refused = failure(onset(&folder).args(command).args(["--theory", &theory]), 1);
        assert_parts(&refused, &[reason]);
        assert!(!folder.path().join("runs/forecasts").exists());
    }
    let refused = failure(onset(&folder).args(command).args(["--theory", "python mine.py"]), 2);
    assert_parts(&refused, &["NAME=COMMAND"]);
    let refused = failure(onset(&folder).args(command).args(["--theory", "law=python mine.py"]), 2);
    assert_parts(&refused, &["a theory of the name law"]);
}

#[test]
fn calibration_writes_the_table_of_the_law() {
    let folder = folder();
    let command = ["reproduce", "forecasts", "--distributions", "mine.toml", "--seeds", "1", "--calibrate"];
    success(onset(&folder).args(command));
    let table = fs::read_to_string(folder.path().join("runs/forecasts/measured.tsv")).unwrap();
    assert_parts(&table, &["optimizer\tvocabulary", "adam\t12\t8\t32\t16\t0.001\t0\t0\t0\t0\t1\t0\t4"]);
}

/// Says that attention goes to the last word that is not the end, and nothing of copying.
const LAST_WORD: &str = "\
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if 'held_out' not in asked:
        print(json.dumps({'outside': 'copying'}))
        continue
    assert asked['labels'] and asked['train'][0]['words'][0] == '<bos>'
    print(json.dumps({'attention': [[float(i == len(text['words']) - 2) for i in range(len(text['words']))] for text in asked['held_out']]}))
";

#[test]
fn attention_in_texts_is_sealed_and_scored_and_a_program_takes_part() {
    let folder = folder();
    write(&folder, "last.py", LAST_WORD);
    fs::create_dir_all(folder.path().join("copies/tasks/notes")).unwrap();
    let rows: String = (0..300)
        .map(|row| {
            let (word, label) = if row % 2 == 0 { ("good", "yes") } else { ("bad", "no") };
            format!("the thing number{} is {word} you know\t{label}\n", row % 7)
        })
        .collect();
    write(&folder, "copies/tasks/notes/train.tsv", format!("text\tlabel\n{rows}"));
    let texts = "\
[[distribution]]
name = 'notes'
kind = 'opinion'
data = 'notes'
set = ['model.hidden=16', 'model.embedding=16', 'model.attention_hidden=16', 'train.steps=60', 'train.batch=16', 'record.every=20']
";
    write(&folder, "both.toml", format!("{DISTRIBUTIONS}\n{texts}"));
    let command =
        ["reproduce", "forecasts", "--distributions", "both.toml", "--from", "copies", "--seeds", "2"];
    let [said, told] = success(onset(&folder).args(command).args(["--theory", "last=python3 last.py"]));
    assert_parts(&told, &["6 forecasts sealed"]);
    assert_parts(
        &said,
        &["Where attention goes", "both stages", "co-occurrence", "last", "between seeds", "1 of 1"],
    );
    let forecast =
        fs::read_to_string(folder.path().join("runs/forecasts/notes/seed-1/forecast.json")).unwrap();
    assert_parts(&forecast, &["\"last\": \"attention\"", "\"both stages\": \"attention\""]);
    let page = fs::read_to_string(folder.path().join("runs/forecasts/report.html")).unwrap();
    assert_parts(&page, &["Where attention goes in texts", "When copying is learned", "A of two seeds"]);
    // Steps are no answer about texts, and what is not there is named.
    let steps = "while read line; do echo '{\"steps\": [[0.5, 3]]}'; done";
    let refused = failure(
        onset(&folder).args(command).args(["--out", "again", "--theory", &format!("mine={steps}")]),
        1,
    );
    assert_parts(&refused, &["answer 5", "this is about texts"]);
    let nowhere = ["reproduce", "forecasts", "--from", "copies", "--seeds", "1"];
    let refused = failure(onset(&folder).args(nowhere), 2);
    assert_parts(&refused, &["none of the sets of texts is there", "banking77"]);
}

#[test]
fn texts_that_the_theory_does_not_cover_are_named_and_a_folder_without_use_is_refused() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("copies/notes")).unwrap();
    let rows = "so good\tyes\nso bad\tno\n".repeat(60);
    write(&folder, "copies/notes/train.tsv", format!("text\tlabel\n{rows}"));
    let one =
        "[[distribution]]\nname = 'notes'\nkind = 'opinion'\ndata = 'notes'\nset = ['train.optimizer=sgd']\n";
    write(&folder, "descent.toml", one);
    let command = ["reproduce", "forecasts", "--from", "copies", "--seeds", "1", "--distributions"];
    let refused = failure(onset(&folder).args(command).arg("descent.toml"), 1);
    assert_parts(&refused, &["distribution notes", "train.optimizer"]);
    let refused = failure(onset(&folder).args(command).arg("mine.toml"), 2);
    assert_parts(&refused, &["--from is for texts", "leave it out"]);
}
