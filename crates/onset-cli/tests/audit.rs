//! `onset audit`: words that give labels away, and nothing else.

#[path = "../../onset/tests/support/data.rs"]
mod data_on_disk;
mod support;

use std::fs;

use serde_json::Value;
use support::{failure, onset, sentences, success, write};
use tempfile::{TempDir, tempdir};

/// Whole numbers that look random, each time the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Reviews of two kinds: mostly filler words, and a word that three in ten good ones and few bad ones have.
fn reviews(count: usize) -> Vec<(String, &'static str)> {
    let mut numbers = Numbers(7);
    let mut review = |place: usize| {
        let label = ["bad", "good"][place % 2];
        let mut words: Vec<String> =
            (0..12).map(|_| format!("filler{}", letters(numbers.below(80)))).collect();
        for (word, often) in [("great", [3, 30]), ("broken", [25, 4]), ("lovely", [2, 15])] {
            if numbers.below(100) < often[place % 2] {
                words.insert(numbers.below(12) as usize, word.into());
            }
        }
        (words.join(" "), label)
    };
    (0..count).map(&mut review).collect()
}

/// A number in letters, so that it is no identifier.
fn letters(number: u64) -> String {
    [number / 10, number % 10].map(|digit| char::from(b'a' + digit as u8)).iter().collect()
}

fn table(rows: &[(String, &str)]) -> String {
    let lines: String = rows.iter().map(|(text, label)| format!("{text}\t{label}\n")).collect();
    format!("text\tlabel\n{lines}")
}

/// The reviews, each changed by `change`, which gets its number, text and label.
fn changed(change: impl Fn(usize, &str, &str) -> String) -> TempDir {
    let folder = tempdir().unwrap();
    let rows: Vec<(String, &str)> = reviews(600)
        .into_iter()
        .enumerate()
        .map(|(number, (text, label))| (change(number, &text, label), label))
        .collect();
    write(&folder, "reviews.tsv", table(&rows));
    folder
}

fn audited(folder: &TempDir) -> Value {
    let [json, _] = success(onset(folder).args(["audit", "reviews.tsv", "--json"]));
    serde_json::from_str(&json).unwrap()
}

/// A word in 95 % of the bad reviews.
fn planted() -> TempDir {
    changed(|number, text, label| match label == "bad" && number % 40 != 0 {
        true => text.replacen(' ', " zxq ", 3),
        false => text.into(),
    })
}

#[test]
fn a_word_in_95_percent_of_one_label_comes_first_with_its_rows() {
    let folder = planted();
    let found = audited(&folder);
    let leaks = found["leaks"].as_array().unwrap();
    assert_eq!(leaks.len(), 1, "{leaks:#?}");
    let leak = &leaks[0];
    assert_eq!(
        (&leak["word"], &leak["label"], &leak["kind"]),
        (&"zxq".into(), &"bad".into(), &"word".into())
    );
    let share = leak["share_of_label"].as_f64().unwrap();
    assert!((0.9..0.99).contains(&share) && leak["share_of_word"] == 1.0, "{leak:#}");
    let text = fs::read_to_string(folder.path().join("reviews.tsv")).unwrap();
    for row in leak["examples"].as_array().unwrap() {
        let line = text.lines().nth(row["line"].as_u64().unwrap() as usize - 1).unwrap();
        assert!(line.contains("zxq") && line.ends_with("bad"), "{line}");
        assert!(row["text"].as_str().unwrap().contains("zxq"), "{row}");
    }
    let accuracy = |key: &str| found["accuracy"][key].as_f64().unwrap();
    assert!(accuracy("all_words") > 0.9 && accuracy("without_leaks") < 0.8, "{:#}", found["accuracy"]);
}

#[test]
fn words_that_go_with_a_label_are_no_leaks() {
    let found = audited(&changed(|_, text, _| text.into()));
    assert_eq!(found["leaks"].as_array().unwrap().len(), 0);
    let strong: Vec<&str> =
        found["strong_words"].as_array().unwrap().iter().map(|word| word["word"].as_str().unwrap()).collect();
    assert!(strong.contains(&"great") && strong.contains(&"broken"), "{strong:?}");
    assert!(strong.iter().all(|word| !word.starts_with("filler")), "{strong:?}");
    assert!(found["accuracy"]["without_leaks"].is_null());
}

#[test]
fn identifiers_that_differ_from_row_to_row_are_found_by_their_form() {
    for (ids, form) in [
        (["ham-", "spm-"], ["ham-#", "spm-#"]),
        // Numbers that were given out label by label.
        (["1", "2"], ["1####", "2####"]),
    ] {
        let folder = changed(|number, text, label| {
            let id = format!("{}{:04}", ids[usize::from(label == "bad")], (number * 37) % 10_000);
            format!("{text} {id} end")
        });
        let leaks = audited(&folder)["leaks"].clone();
        let names: Vec<&str> =
            leaks.as_array().unwrap().iter().map(|leak| leak["word"].as_str().unwrap()).collect();
        assert!(form.iter().all(|form| names.contains(form)) && names.len() == 2, "{names:?}");
        assert_eq!(leaks[0]["kind"], "form");
    }
}

#[test]
fn a_usual_word_gives_a_label_away_where_it_stands() {
    let folder = changed(|_, text, label| {
        let [first, second] = if label == "good" { ["the", "filleraa"] } else { ["filleraa", "the"] };
        format!("{first} {second} {text}")
    });
    let leaks = audited(&folder)["leaks"].clone();
    let found: Vec<(&str, &str)> = leaks
        .as_array()
        .unwrap()
        .iter()
        .map(|leak| (leak["word"].as_str().unwrap(), leak["kind"].as_str().unwrap()))
        .collect();
    assert!(
        found.contains(&("the", "first_word")) && found.contains(&("filleraa", "first_word")),
        "{found:?}"
    );
}

#[test]
fn words_that_come_together_are_one_leak() {
    let folder = changed(|_, text, label| match label {
        "good" => format!("{text} sent from my telephone"),
        _ => text.into(),
    });
    let leaks = audited(&folder)["leaks"].clone();
    assert_eq!(leaks.as_array().unwrap().len(), 1, "{leaks:#}");
    let together = [vec![leaks[0]["word"].clone()], leaks[0]["with"].as_array().unwrap().clone()].concat();
    for word in ["sent", "from", "my", "telephone"] {
        assert!(together.contains(&word.into()), "{together:?}");
    }
}

#[test]
fn each_of_many_labels_may_have_its_own_leak() {
    let folder = tempdir().unwrap();
    let labels = ["a", "b", "c", "d", "e"];
    let rows: Vec<(String, &str)> = reviews(600)
        .into_iter()
        .enumerate()
        .map(|(number, (text, _))| (format!("{text} mark{}", letters(number as u64 % 5)), labels[number % 5]))
        .collect();
    write(&folder, "reviews.tsv", table(&rows));
    let leaks = audited(&folder)["leaks"].clone();
    assert_eq!(leaks.as_array().unwrap().len(), 5, "{leaks:#}");
}

#[test]
fn labels_that_say_nothing_about_their_texts_give_no_discovery() {
    let mut numbers = Numbers(3);
    for _ in 0..5 {
        let rows: Vec<(String, &str)> = reviews(600)
            .into_iter()
            .map(|(text, _)| (text, ["bad", "good"][numbers.below(2) as usize]))
            .collect();
        let folder = tempdir().unwrap();
        write(&folder, "reviews.tsv", table(&rows));
        let found = audited(&folder);
        assert_eq!(found["associated"], 0, "{:#}", found["strong_words"]);
    }
}

#[test]
fn the_table_says_what_was_found_and_what_to_do() {
    let [table, _] = success(onset(&planted()).args(["audit", "reviews.tsv"]));
    for part in
        ["One word gives a label away in reviews: zxq is in", "take them out", "zxq", "line ", "signal"]
    {
        assert!(table.contains(part), "`{part}`: {table}");
    }
    let [table, _] = success(onset(&changed(|_, text, _| text.into())).args(["audit", "reviews.tsv"]));
    assert!(table.contains("No word of reviews gives a label away."), "{table}");
}

#[test]
fn the_page_is_for_a_colleague() {
    let folder = planted();
    success(onset(&folder).args(["audit", "reviews.tsv", "-o", "audit.html"]));
    let page = fs::read_to_string(folder.path().join("audit.html")).unwrap();
    let body = page.split("<main>").nth(1).unwrap().split("</main>").next().unwrap();
    let is_greek = |c: char| ('\u{370}'..='\u{3ff}').contains(&c);
    assert!(!body.contains(is_greek), "{body}");
    for part in ["zxq", "Words that give a label away", "Line ", "Fisher", "<noscript><svg"] {
        assert!(body.contains(part), "{part}");
    }
    assert!(!page.contains("http://") || !page.contains("src=\"http"), "nothing is fetched");
    let message = failure(onset(&folder).args(["audit", "reviews.tsv", "-o", "audit.pdf"]), 2);
    assert!(message.contains(".html"), "{message}");
}

#[test]
fn a_script_can_fail_on_a_leak() {
    failure(onset(&planted()).args(["audit", "reviews.tsv", "--fail-on-leak"]), 1);
    success(onset(&changed(|_, text, _| text.into())).args(["audit", "reviews.tsv", "--fail-on-leak"]));
}

#[test]
fn an_inspection_names_the_leak() {
    let folder = planted();
    let [page, _] = success(onset(&folder).args(["data", "inspect", "reviews.tsv"]));
    assert!(page.contains("one word gives a label away: zxq (bad); see `onset audit`"), "{page}");
    let [json, _] = success(onset(&folder).args(["data", "inspect", "reviews.tsv", "--json"]));
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&found["leaks"][0]["word"], &found["rows"]), (&"zxq".into(), &600.into()));
    let clean = changed(|_, text, _| text.into());
    let [page, _] = success(onset(&clean).args(["data", "inspect", "reviews.tsv"]));
    assert!(!page.contains("away"), "{page}");
}

#[test]
fn duplicates_contradictions_and_refused_rows_are_told() {
    let folder = tempdir().unwrap();
    let mut rows = reviews(100);
    let (first, second) = (rows[0].clone(), rows[1].clone());
    rows.push(first);
    rows.push((second.0, "bad"));
    write(&folder, "reviews.tsv", table(&rows) + "broken\n");
    let [page, _] = success(onset(&folder).args(["audit", "reviews.tsv"]));
    for part in [
        "2 texts have the same words",
        "1 texts occur with more than one label",
        "1 rows that training would refuse",
    ] {
        assert!(page.contains(part), "`{part}`: {page}");
    }
}

#[test]
fn sentence_pairs_have_no_labels_to_audit() {
    let folder = tempdir().unwrap();
    let [source, target] = sentences();
    write(&folder, "a.de", source);
    write(&folder, "a.en", target);
    let message = failure(onset(&folder).args(["audit", "a.de,a.en"]), 2);
    assert!(message.contains("no labelled texts to audit"), "{message}");
    let message = failure(onset(&folder).args(["audit", "copying"]), 2);
    assert!(message.contains("no labelled texts to audit"), "{message}");
}

#[test]
fn the_keyword_of_the_built_in_task_is_its_leak() {
    let folder = tempdir().unwrap();
    let [json, _] = success(onset(&folder).args(["audit", "keyword", "--json"]));
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["leaks"][0]["word"], "keyword");
    assert_eq!(found["leaks"].as_array().unwrap().len(), 1);
}
