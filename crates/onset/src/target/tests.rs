use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::task::text::Tokens;

fn options() -> TargetOptions {
    TargetOptions::default()
}

fn named(target: &str, options: &TargetOptions) -> (String, TargetKind, String) {
    let target = resolve(target, options).unwrap();
    (target.name, target.kind, target.spec.task().kind().to_owned())
}

#[test]
fn every_kind_of_target_is_told_from_the_others() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("a.toml"), "task = 'copying'").unwrap();
    fs::write(at("pairs.tsv"), "\u{feff}target\tsource\na\tb\n").unwrap();
    fs::write(at("pairs.csv"), "\"source\",\"target\"\r\na,b\r\n").unwrap();
    fs::write(at("pairs.jsonl"), "{\"source\": \"a\", \"target\": \"b\"}\n").unwrap();
    fs::write(at("both.tsv"), "text\tlabel\tsource\ttarget\n").unwrap();
    let is = |target: &str| named(target, &options());
    let expected = |name: &str, kind, task: &str| (name.to_owned(), kind, task.to_owned());
    assert_eq!(is("keyword"), expected("keyword", TargetKind::BuiltIn, "classification"));
    assert_eq!(is("copying"), expected("copying", TargetKind::BuiltIn, "copying"));
    assert_eq!(is(&at("a.toml")), expected("a", TargetKind::Spec, "copying"));
    assert_eq!(is("x/mail.jsonl.gz"), expected("mail", TargetKind::Texts, "classification"));
    assert_eq!(is("train.de,train.en"), expected("train", TargetKind::Pairs, "translation"));
    for file in ["pairs.tsv", "pairs.csv", "pairs.jsonl"] {
        assert_eq!(is(&at(file)), expected("pairs", TargetKind::Pairs, "translation"));
    }
    assert_eq!(is(&at("both.tsv")), expected("both", TargetKind::Texts, "classification"));
}

#[test]
fn a_file_of_running_text_is_told_from_tables_of_the_same_ending() {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = root.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let is = |target: &str, options: &TargetOptions| named(target, options).2;
    let prose = write(
        "prose.txt",
        "It was late, and dark.\n\nNobody came.\nThen, at last, somebody, or something.\n",
    );
    for text in [&prose, &write("one.TXT", "one line, one comma"), &write("empty.txt", "")] {
        assert_eq!(named(text, &options()).1, TargetKind::Prose);
        assert_eq!(is(text, &options()), "corpus");
    }
    for (name, content, task) in [
        ("a.txt", "text\tlabel\na\t1\n", "classification"),
        ("b.txt", "label;text\n1;a;b\n", "classification"),
        ("c.txt", "source\ttarget\na\tb\n", "translation"),
        ("d.txt", "good\tfine film\n", "classification"),
        ("e.txt", "1,fine film\n0,dull film\n1,fine\n", "classification"),
    ] {
        assert_eq!(is(&write(name, content), &options()), task, "{name}");
    }
    fs::create_dir(root.path().join("folder.txt")).unwrap();
    assert_eq!(is(root.path().join("folder.txt").to_str().unwrap(), &options()), "classification");
    let tokens = TextOptions { tokens: Some(Tokens::Words), ..TextOptions::default() };
    let validation = Some("other.txt".to_owned());
    let target = resolve(&prose, &TargetOptions { texts: tokens, validation, ..options() }).unwrap();
    let task: &CorpusTask = target.spec.task().get().unwrap();
    assert_eq!(task.tokens, Tokens::Words);
    assert!(task.validation_file.as_ref().unwrap().ends_with("other.txt"));
    // What only tables have tells that it is one.
    let labels = TextOptions { labels: Some(vec!["a".into(), "b".into()]), ..TextOptions::default() };
    assert_eq!(is(&prose, &TargetOptions { texts: labels, ..options() }), "classification");
    let needed = Some(DataTask::Classification);
    assert_eq!(is(&prose, &TargetOptions { needed, ..options() }), "classification");
}

#[test]
fn sets_are_found_with_their_own_validation_unless_another_is_given() {
    let root = tempfile::tempdir().unwrap();
    for (set, files) in [
        ("sst2", &["train.tsv.gz", "dev.tsv.gz"][..]),
        ("multi30k", &["train.de.gz", "train.en.gz", "val.de.gz", "val.en.gz", "test_2016_flickr.de.gz"]),
    ] {
        let folder = root.path().join(set);
        fs::create_dir(&folder).unwrap();
        let all = find(set).unwrap().files.iter().map(|file| file.name);
        all.chain(files.iter().copied()).for_each(|file| fs::write(folder.join(file), "").unwrap());
    }
    let mut options = TargetOptions { from: Some(root.path().into()), ..options() };
    let target = resolve("sst2", &options).unwrap();
    assert_eq!((target.name.as_str(), target.kind), ("sst2", TargetKind::DataSet));
    assert!(target.texts().unwrap().validation_file.as_ref().unwrap().ends_with("sst2/dev.tsv.gz"));
    let pairs = resolve("multi30k", &options).unwrap();
    assert_eq!(pairs.pairs().unwrap().title.as_deref(), Some("Multi30k"));
    assert!(pairs.pairs().unwrap().validation_target.as_ref().unwrap().ends_with("multi30k/val.en.gz"));
    options.validation = Some("other.tsv".into());
    let target = resolve("sst2", &options).unwrap();
    assert!(target.texts().unwrap().validation_file.as_ref().unwrap().ends_with("other.tsv"));
    options.validation = Some("a.de,a.en".into());
    let pairs = resolve("multi30k", &options).unwrap();
    assert!(pairs.pairs().unwrap().validation_source.as_ref().unwrap().ends_with("a.de"));
}

#[test]
fn public_sets_and_their_labels_are_called_as_people_call_them_also_where_a_file_is_named() {
    let root = tempfile::tempdir().unwrap();
    let file = |name: &str, rows: &str| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut packed = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
        packed.write_all(rows.as_bytes()).unwrap();
        packed.finish().unwrap();
        path.to_str().unwrap().to_owned()
    };
    let rows = "text\tlabel\nwin a prize\t1\nsee you\t0\n";
    let called = |target: &str, options: &TargetOptions| {
        let target = resolve(target, options).unwrap();
        let names: Vec<String> = target.texts().unwrap().label_names.values().cloned().collect();
        (crate::spec::describe(&target.spec), names.join(", "))
    };
    let known = ("SMS spam".to_owned(), "ham, spam".to_owned());
    let plain = file("sms.tsv.gz", rows);
    assert_eq!(called(&plain, &options()), known);
    file("sms_spam/sms.tsv.gz", rows);
    let from = TargetOptions { from: Some(root.path().into()), ..options() };
    assert_eq!(called("sms_spam", &from), known);
    file("sst2/train.tsv.gz", rows);
    let folder = root.path().join("sst2");
    assert_eq!(called(folder.to_str().unwrap(), &options()), ("SST-2".into(), "negative, positive".into()));
    let pairs = ["de", "en"].map(|side| file(&format!("multi30k/train.{side}.gz"), "a\n"));
    let pairs = resolve(&pairs.join(","), &options()).unwrap();
    assert_eq!(crate::spec::describe(&pairs.spec), "Multi30k");
    // Other labels are called as they are, and one's own names are kept.
    let other = file("other/sms.tsv.gz", &rows.replace("1\n", "spam\n"));
    assert_eq!(called(&other, &options()), ("sms.tsv.gz".into(), String::new()));
    let mut own = options();
    own.texts.label_names = [("0".into(), "fine".into())].into();
    own.overrides = vec!["task.title='My mail'".into()];
    assert_eq!(called(&plain, &own), ("My mail".into(), "fine".into()));
}

#[test]
fn options_reach_the_spec_whatever_characters_they_hold_and_overrides_win() {
    let texts = TextOptions {
        labels: Some(vec!["a \"b\"".into(), "c\\d".into()]),
        text_column: Some("it's".into()),
        ..TextOptions::default()
    };
    let mut options = TargetOptions { texts, ..options() };
    let target = resolve("odd ' \" name.tsv", &options).unwrap();
    let texts = target.texts().unwrap();
    assert_eq!(texts.labels, Some(vec!["a \"b\"".into(), "c\\d".into()]));
    assert_eq!(texts.text, "it's");
    assert!(texts.file.as_ref().unwrap().ends_with("odd ' \" name.tsv"));
    options.overrides = vec!["data.text=body".into(), "seed=7".into()];
    let target = resolve("a.tsv", &options).unwrap();
    assert_eq!((target.texts().unwrap().text.as_str(), target.spec.seed()), ("body", 7));
}

#[test]
fn what_is_no_target_is_answered_with_what_there_is_and_the_nearest() {
    let message = |target: &str| resolve(target, &options()).unwrap_err().to_string();
    for (target, nearest) in [("keywrod", "keyword"), ("copyng", "copying"), ("sms-spam", "sms_spam")] {
        let message = message(target);
        assert!(message.contains(&format!("did you mean `{nearest}`?")), "{message}");
        assert!(message.contains("SOURCE,TARGET") && message.contains("multi30k"), "{message}");
    }
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("two.doc");
    fs::write(&file, "").unwrap();
    assert!(message(file.to_str().unwrap()).contains("its extension is unknown"));
    assert!(message(root.path().to_str().unwrap()).contains("a folder of this name"));
}

#[test]
fn a_file_that_is_not_there_is_named_before_keys_of_what_it_seemed_to_be() {
    for target in ["nosuch.txt", "nosuch.csv", "nosuch.en,nosuch.de"] {
        let options = TargetOptions { overrides: vec!["task.length=8".into()], ..TargetOptions::default() };
        let error = resolve(target, &options).unwrap_err();
        assert!(error.to_string().starts_with("cannot read nosuch."), "{error}");
    }
}

#[test]
fn what_does_not_fit_is_refused_rather_than_ignored() {
    let of = |target: &str, options: &TargetOptions| resolve(target, options).unwrap_err().to_string();
    let positive = TextOptions { positive: vec!["spam".into()], ..TextOptions::default() };
    let texts = TargetOptions { texts: positive, ..options() };
    for target in ["a.de,a.en", "copying"] {
        assert!(of(target, &texts).contains("the option `positive` does not apply"));
    }
    let validation = TargetOptions { validation: Some("nothing".into()), ..options() };
    assert!(of("copying", &validation).contains("`validation`"));
    assert!(of("a.de,a.en", &validation).contains("cannot validate on nothing"));
    for (target, needed, part) in [
        ("copying", DataTask::Classification, "copying is for copying, but classification is needed"),
        ("keyword", DataTask::Translation, "keyword is for classification"),
        ("a.de,a.en", DataTask::Classification, "is for translation"),
        ("multi30k", DataTask::Classification, "sets for classification are"),
    ] {
        let message = of(target, &TargetOptions { needed: Some(needed), ..options() });
        assert!(message.contains(part), "{message}");
    }
}
