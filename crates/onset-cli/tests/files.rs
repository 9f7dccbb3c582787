//! Files as they are: whatever separates, encodes or packs them is read, or said with what to do; nothing is swallowed.

mod support;

use std::fs;
use std::process::Command as Process;

use support::{SMALL_PAIRS, SMALL_TEXT, assert_parts, failure, messages, onset, sentences, success, write};
use tempfile::{TempDir, tempdir};

/// What `onset data inspect` with these arguments prints.
fn inspected(folder: &TempDir, arguments: &[&str]) -> String {
    success(onset(folder).args(["data", "inspect"]).args(arguments))[0].clone()
}

/// The twenty messages as rows of `label`, something between, and the text.
fn rows(between: &str, header: bool) -> String {
    let messages = messages();
    let lines = messages.lines().skip(usize::from(!header));
    lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(text, label)| format!("{label}{between}{text}\n"))
        .collect()
}

#[test]
fn rows_that_a_stray_quotation_mark_swallows_are_said_and_read_without_quotes() {
    let folder = tempdir().unwrap();
    let mut lines: Vec<String> = rows(",", true)
        .lines()
        .map(|line| {
            let (label, text) = line.split_once(',').unwrap();
            format!("{text},{label}")
        })
        .collect();
    lines[3].insert(0, '"');
    lines[12].insert(0, '"');
    write(&folder, "reviews.csv", lines.join("\n"));
    let page = inspected(&folder, &["reviews.csv"]);
    assert_parts(&page, &["11 rows", "lines 4 to 13", "8 of these lines look like rows", "--no-quotes"]);
    let [_, notes] = success(onset(&folder).args(["train", "reviews.csv"]).args(SMALL_TEXT));
    assert_parts(&notes, &["look like rows", "--no-quotes"]);
    let page = inspected(&folder, &["reviews.csv", "--no-quotes"]);
    assert_parts(&page, &["20 rows", "refuse no row"]);
    assert!(!page.contains("look like rows"), "{page}");
}

#[test]
fn a_table_of_pairs_is_predicted_trained_and_inspected_like_two_files() {
    let folder = tempdir().unwrap();
    let [german, english] = sentences();
    let pairs = german.lines().zip(english.lines());
    let table: String = pairs.map(|(source, target)| format!("{target};{source}\n")).collect();
    write(&folder, "pairs.csv", format!("en;de\n{table}"));
    write(&folder, "a.de", german);
    write(&folder, "a.en", english);
    let columns = ["pairs.csv", "--source-column", "de", "--target-column", "en"];
    let [table, notes] = success(onset(&folder).arg("predict").args(columns));
    let [files, _] = success(onset(&folder).args(["predict", "a.de,a.en"]));
    assert_eq!(table, files);
    assert_parts(&notes, &["separated by `;`", "--separator"]);
    success(onset(&folder).arg("train").args(columns).args(SMALL_PAIRS));
    assert_parts(&inspected(&folder, &columns), &["pairs.csv: 60 pairs"]);
    let validated = ["data", "inspect", "a.de,a.en", "--validation", "b.de,b.en"];
    assert_parts(&failure(onset(&folder).args(validated), 2), &["--validation b.de,b.en would be ignored"]);
    let study = ["reproduce", "translation", "--data", "a.de,a.en", "--positive", "x"];
    assert_parts(&failure(onset(&folder).args(study), 2), &["leave out --positive"]);
}

#[test]
fn two_columns_of_one_name_are_refused_and_told_apart_by_number() {
    let folder = tempdir().unwrap();
    let lines: String = rows(",", false).lines().map(|line| format!("meta,{line}\n")).collect();
    write(&folder, "dup.csv", format!("text,label,text\n{lines}"));
    let message = failure(onset(&folder).args(["data", "inspect", "dup.csv"]), 1);
    assert_parts(&message, &["2 columns called `text`", "1 or 3", "--text-column"]);
    assert_parts(&inspected(&folder, &["dup.csv", "--text-column", "3"]), &["20 rows", "win a free prize"]);
}

#[test]
fn a_file_without_a_header_is_recognised_and_read_by_number() {
    let folder = tempdir().unwrap();
    write(&folder, "raw.csv", rows(",", false));
    for arguments in [&["raw.csv"][..], &["raw.csv", "--text-column", "1", "--label-column", "0"]] {
        let message = failure(onset(&folder).args(["data", "inspect"]).args(arguments), 1);
        assert_parts(&message, &["looks like a file without a header", "--no-header", "--text-column"]);
    }
    for columns in [
        &["--text-column", "2", "--label-column", "1"][..],
        &["--text-column", "1", "--label-column", "0"],
        &[],
    ] {
        let page = inspected(&folder, &[&["raw.csv", "--no-header"], columns].concat());
        assert_parts(&page, &["20 rows", "refuse no row"]);
    }
    success(onset(&folder).args(["train", "raw.csv", "--no-header"]).args(SMALL_TEXT));
    let spec = fs::read_to_string(folder.path().join("runs/raw/seed-0/spec.toml")).unwrap();
    assert_parts(&spec, &["header = false"]);
}

#[test]
fn any_separator_is_found_and_said_or_given() {
    let folder = tempdir().unwrap();
    write(&folder, "semicolon.csv", rows(";", true));
    assert_parts(&inspected(&folder, &["semicolon.csv"]), &["20 rows", "separated by `;`", "--separator"]);
    write(&folder, "colon.csv", rows(":", true));
    assert_parts(&inspected(&folder, &["colon.csv", "--separator", ":"]), &["20 rows"]);
    let message = failure(onset(&folder).args(["data", "inspect", "colon.csv", "--separator", "ab"]), 2);
    assert_parts(&message, &["task.separator = ab", "one character"]);
}

#[test]
fn texts_without_spaces_are_noticed_and_read_by_character() {
    let folder = tempdir().unwrap();
    let words = [["好看", "漂亮", "喜欢", "满意"], ["损坏", "退款", "生气", "糟糕"]];
    let row = |i: usize| {
        let [a, b, c] = [i / 2, i / 8 + 1, i / 32 + 2].map(|j| words[i % 2][j % 4]);
        format!("今天收到{a}{b}的盒子{c}{}。\t{}\n", words[i % 2][i % 3], i % 2)
    };
    let thai = |i: usize| format!("ร้านมาถึงของ{}กล่องรวดเร็ว{i}\t{}\n", ["สวยงาม", "เสียหาย"][i % 2], i % 2);
    write(&folder, "zh.tsv", format!("text\tlabel\n{}", (0..200).map(row).collect::<String>()));
    write(&folder, "th.tsv", format!("text\tlabel\n{}", (0..200).map(thai).collect::<String>()));
    for file in ["zh.tsv", "th.tsv"] {
        assert_parts(&inspected(&folder, &[file]), &["words look like sentences", "--tokens"]);
        let [_, notes] = success(onset(&folder).args(["predict", file]));
        assert_parts(&notes, &["words look like sentences", "task.tokens = \"subwords\" or \"characters\""]);
    }
    let [table, notes] = success(onset(&folder).args(["predict", "zh.tsv", "--tokens", "characters"]));
    assert!(table.contains("漂") && !notes.contains("look like sentences"), "{table}{notes}");
    success(onset(&folder).args(["train", "zh.tsv", "--set", "task.tokens=characters"]).args(SMALL_TEXT));
    write(&folder, "new.txt", "漂亮的盒子\n");
    let [classified, _] = success(onset(&folder).args(["classify", "runs/zh/seed-0", "new.txt", "--json"]));
    assert!(classified.contains("\"漂\""), "{classified}");
    let kept = fs::read_to_string(folder.path().join("runs/zh/seed-0/vocabulary.json")).unwrap();
    assert!(kept.contains("\"漂\""), "{kept}");
    // Subwords are learned from the training texts, kept with the run, and used for new texts.
    let subwords = ["--name", "pieces", "--tokens", "subwords", "--set", "task.vocabulary=60"];
    let [_, notes] = success(onset(&folder).args(["train", "zh.tsv"]).args(subwords).args(SMALL_TEXT));
    assert!(notes.contains("subwords in the vocabulary"), "{notes}");
    assert!(folder.path().join("runs/pieces/seed-0/tokenizer.json").exists());
    fs::remove_file(folder.path().join("zh.tsv")).unwrap();
    let [classified, _] =
        success(onset(&folder).args(["classify", "runs/pieces/seed-0", "new.txt", "--json"]));
    assert!(classified.contains("漂亮") && classified.contains('▁'), "{classified}");
    write(&folder, "messages.tsv", messages());
    let lone = ["messages.tsv", "--set", "task.vocabulary=60"];
    let message = failure(onset(&folder).arg("train").args(lone).args(SMALL_TEXT), 2);
    assert_parts(&message, &["task.vocabulary = 60", "task.tokens = \"subwords\""]);
    assert!(!inspected(&folder, &["messages.tsv"]).contains("look like sentences"));
}

#[test]
fn an_array_of_objects_is_read_alike_by_every_command() {
    let folder = tempdir().unwrap();
    let object = |line: &str| {
        let (label, text) = line.split_once(',').unwrap();
        format!(" {{\n  \"text\": \"{text}\",\n  \"label\": \"{label}\"\n }}")
    };
    let objects: Vec<String> = rows(",", false).lines().map(object).collect();
    write(&folder, "array.jsonl", format!("[\n{}\n]\n", objects.join(",\n")));
    assert_parts(&inspected(&folder, &["array.jsonl"]), &["20 rows", "refuse no row"]);
    success(onset(&folder).args(["train", "array.jsonl"]).args(SMALL_TEXT));
    write(&folder, "lists.jsonl", "[\"a\", 1]\n");
    for command in [&["data", "inspect"][..], &["train"]] {
        let message = failure(onset(&folder).args(command).arg("lists.jsonl"), 1);
        assert_parts(
            &message,
            &["lists.jsonl:1: not a JSON object", "one object a line, or one array of objects"],
        );
    }
}

#[test]
fn another_encoding_is_proposed_and_read() {
    let folder = tempdir().unwrap();
    let table = messages().replace("prize", "prix dévoilé à Genève");
    write(&folder, "latin.tsv", table.chars().map(|c| c as u8).collect::<Vec<u8>>());
    let message = failure(onset(&folder).args(["train", "latin.tsv"]), 1);
    assert_parts(&message, &["latin.tsv:2", "not UTF-8", "windows-1252", "--encoding"]);
    let page = inspected(&folder, &["latin.tsv", "--encoding", "windows-1252"]);
    assert_parts(&page, &["20 rows", "dévoilé"]);
    let [german, english] = sentences();
    write(
        &folder,
        "a.txt",
        german.replace("rote", "gr\u{fc}ne").chars().map(|c| c as u8).collect::<Vec<u8>>(),
    );
    write(&folder, "b.txt", english);
    let [_, notes] = success(onset(&folder).args(["predict", "a.txt,b.txt", "--encoding", "latin1"]));
    assert_parts(&notes, &["in sample"]);
    let message = failure(onset(&folder).args(["predict", "a.txt,b.txt", "--no-header"]), 2);
    assert_parts(&message, &["task.header", "no use"]);
}

#[test]
fn standard_input_is_read_by_every_command_and_kept_where_a_run_needs_it() {
    let folder = tempdir().unwrap();
    for command in [&["data", "inspect", "-"][..], &["predict", "-", "--set", "task.min_count=1"]] {
        success(onset(&folder).args(command).write_stdin(messages()));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let [_, notes] = success(onset(&folder).args(["train", "-"]).args(SMALL_TEXT).write_stdin(messages()));
    assert_parts(&notes, &["standard input is saved as runs/stdin-", ".tsv"]);
    let again = ["train", "-", "--resume"];
    success(onset(&folder).args(again).args(SMALL_TEXT).write_stdin(messages()));
    let kept: Vec<_> = fs::read_dir(folder.path().join("runs")).unwrap().collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    let message = failure(onset(&folder).args(["data", "inspect", "-"]).write_stdin(""), 2);
    assert_parts(&message, &["standard input is empty"]);
}

#[test]
fn several_columns_make_one_text() {
    let folder = tempdir().unwrap();
    let line = |line: &str| {
        let (label, text) = line.split_once(',').unwrap();
        let (title, rest) = text.split_once(' ').unwrap();
        format!("{title},{rest},{label}\n")
    };
    let lines: String = rows(",", false).lines().map(line).collect();
    write(&folder, "two.csv", format!("title,body,label\n{lines}"));
    write(&folder, "one.tsv", messages());
    let page = |arguments: &[&str]| {
        inspected(&folder, arguments).lines().skip(1).map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(page(&["two.csv", "--text-column", "title,body"]), page(&["one.tsv"]));
}

#[test]
fn labels_that_look_alike_are_said_and_hidden_characters_are_shown() {
    let folder = tempdir().unwrap();
    let table = messages()
        .replacen("\t1", "\tSpam", 1)
        .replace("\t1", "\tspam\u{200b}")
        .replace("\t0", "\t\u{202e}ham");
    write(&folder, "a.tsv", table);
    let options = ["a.tsv", "--positive", "spam\u{200b}"];
    let page = inspected(&folder, &options);
    assert_parts(&page, &["look alike", "`spam\\u{200b}` (9)", "`Spam` (1)", "\\u{202e}ham"]);
    let message =
        failure(onset(&folder).args(["data", "inspect", "a.tsv", "--positive", "\u{1b}[31mspam"]), 1);
    for text in [&page, &message] {
        assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{1b}']), "{text:?}");
    }
}

#[test]
fn packed_files_are_unpacked() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    for (packer, ending) in [("gzip", "gz"), ("xz", "xz"), ("zstd", "zst")] {
        let run = Process::new(packer).args(["-c", "messages.tsv"]).current_dir(&folder).output();
        let Ok(packed) = run else { continue };
        let name = format!("messages.tsv.{ending}");
        write(&folder, &name, packed.stdout);
        assert_parts(&inspected(&folder, &[&name]), &["20 rows"]);
    }
}

#[test]
fn a_folder_of_tables_is_trained_on_with_its_own_validation() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("mail")).unwrap();
    write(&folder, "mail/train-0.tsv", messages());
    write(&folder, "mail/train-1.tsv", messages());
    write(&folder, "mail/test.tsv", messages());
    let page = inspected(&folder, &["mail"]);
    assert_parts(&page, &["train-*.tsv: 60 rows, with those of", "mail/test.tsv", "40 texts", "20 texts"]);
    success(onset(&folder).args(["train", "mail"]).args(SMALL_TEXT));
    assert!(folder.path().join("runs/mail/seed-0").is_dir());
}

#[test]
fn options_of_a_prediction_that_do_not_apply_are_refused() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    for (arguments, part) in [
        (&["messages.tsv", "--seeds", "5"][..], "--seeds is for copying"),
        (&["copying", "--top", "5"], "--top is for"),
        (&["copying", "--no-header"], "leave out --no-header"),
        (&["messages.tsv", "--source-column", "a"], "has no column `a`"),
        (&["keyword", "--encoding", "latin1"], "no task.file"),
        (&["keyword", "--tokens", "characters"], "give a text file"),
    ] {
        let mut command = onset(&folder);
        let output = command.arg("predict").args(arguments).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && message.contains(part), "{arguments:?}: {message}");
    }
}
