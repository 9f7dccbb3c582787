//! The audit on public data sets, where they are on disk.

#[path = "support/data.rs"]
mod data_on_disk;

use std::collections::BTreeMap;
use std::io::Write;

use data_on_disk::data_files;
use onset::audit::{Audit, audit, audit_of_shuffled_labels};
use onset::task::text::{TextSource, read_bytes};

const SETS: [&str; 8] = [
    "sms_spam/sms.tsv.gz",
    "tasks/trec/train.tsv.gz",
    "tasks/customer_reviews/train.tsv.gz",
    "tasks/subj/train.tsv.gz",
    "tasks/mpqa/train.tsv.gz",
    "tasks/cola/train.tsv.gz",
    "tasks/stance_climate/train.tsv.gz",
    "tasks/banking77/train.tsv.gz",
];

fn of(file: std::path::PathBuf) -> Audit {
    audit(&TextSource { file: Some(file), quotes: Some(false), ..TextSource::default() }).unwrap()
}

#[test]
fn public_sets_do_not_leak() {
    let Some(files) = data_files(SETS) else { return };
    for file in files {
        let found = of(file.clone());
        let leaks: Vec<_> = found.leaks.iter().map(|leak| (&leak.word, &leak.label, leak.strength)).collect();
        assert!(leaks.is_empty(), "{}: {leaks:?}", file.display());
        assert!(found.associated > 0, "{}", file.display());
    }
}

#[test]
fn a_word_that_is_planted_in_a_public_set_comes_first() {
    let Some(files) = data_files(SETS) else { return };
    let folder = tempfile::tempdir().unwrap();
    for (set, file) in SETS.iter().zip(files) {
        let rows = String::from_utf8(read_bytes(&file).unwrap()).unwrap();
        let mut lines = rows.lines();
        let header = lines.next().unwrap();
        let mut labels: BTreeMap<&str, usize> = BTreeMap::new();
        lines.clone().for_each(|line| *labels.entry(line.split('\t').nth(1).unwrap()).or_default() += 1);
        for label in labels.into_iter().filter(|(_, rows)| *rows > 40).map(|(label, _)| label).take(3) {
            let path = folder.path().join("planted.tsv");
            let mut planted = std::fs::File::create(&path).unwrap();
            writeln!(planted, "{header}").unwrap();
            for (number, line) in lines.clone().enumerate() {
                let (text, own) = line.split_once('\t').unwrap();
                // In 95 % of the label.
                let has = own == label && number % 20 != 0;
                // Behind the first word: at an end, it would change which words texts begin or end with.
                let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
                writeln!(planted, "{first}{} {rest}\t{own}", if has { " zxq" } else { "" }).unwrap();
            }
            let found = of(path);
            let leak = found.leaks.first().unwrap_or_else(|| panic!("{set}, {label}"));
            assert_eq!((leak.word.as_str(), leak.label.as_str()), ("zxq", label), "{set}");
            assert_eq!(found.leaks.len(), 1, "{set}, {label}: {:?}", found.leaks);
        }
    }
}

#[test]
fn shuffled_labels_give_no_leaks_and_hardly_a_discovery() {
    let Some(files) = data_files(["sms_spam/sms.tsv.gz", "tasks/trec/train.tsv.gz"]) else { return };
    let mut with_one = 0;
    for file in files {
        let source = TextSource { file: Some(file), ..TextSource::default() };
        for seed in 0..5 {
            let found = audit_of_shuffled_labels(&source, seed).unwrap();
            assert_eq!(found.leaks, 0);
            with_one += usize::from(found.associated > 0);
        }
    }
    assert!(with_one <= 1, "{with_one} of 10 shuffles");
}
