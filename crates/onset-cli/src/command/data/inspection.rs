//! Formats an inspection as text.

use std::fmt::Write;

use onset::audit::{Giveaway, Inspected};
use onset::data::{Inspection, LabelCount, Overlap, PairInspection, Part, Refusals};
use onset::report::giveaway_name;
use onset::task::rows::shown;

use crate::option_names::with_options;
use crate::table::table;

/// A page of findings; it ends with points to check.
pub fn describe(Inspected { inspection: found, leaks }: &Inspected) -> String {
    let mut page = format!("{}: {} rows", found.file.display(), found.rows);
    if let Some(other) = &found.validation_file {
        let _ = write!(page, ", with those of {}", other.display());
    }
    let _ = writeln!(page, "\n{}\n", labels(found));
    let part = |part: &Part| match part.by_class[..] {
        [_, positive] => format!("{} texts, {positive} of them positive", part.texts),
        _ => format!("{} texts", part.texts),
    };
    let words = found.words;
    let mut say = |what: &str, value: String| {
        let _ = writeln!(page, "{what:<18}{value}");
    };
    say("training", part(&found.train));
    say("held out", part(&found.validation));
    say(
        "words per text",
        format!("{} to {}, median {}, 95 % up to {}", words.min, words.max, words.median, words.p95),
    );
    say("words in total", found.tokens.to_string());
    say(
        "vocabulary",
        format!(
            "{} with three special tokens; training has {} different words, and those with {} or more \
             occurrences are in the vocabulary",
            found.vocabulary, found.distinct_words, found.min_count
        ),
    );
    say("unknown", format!("{:.1} % of held-out words", 100.0 * found.unknown_share));
    for (count, what) in [
        (found.cut_texts, format!("texts cut after {} words (task.max_words)", found.max_words)),
        (found.other_labels, "rows with other labels left out".into()),
        (found.over_validation, "held-out texts not used (task.max_validation)".into()),
    ] {
        if count > 0 {
            let _ = writeln!(page, "{count} {what}");
        }
    }
    if let Some(sentence) = &found.not_held_out {
        let _ = writeln!(page, "\n{sentence}");
    }
    remarks(&mut page, &found.remarks);
    let [first, second] = match &found.validation_file {
        Some(_) => ["training line", "held-out line"],
        None => ["line", "line"],
    };
    overlap(&mut page, "texts have the same words as an earlier one", &found.repeated, ["line", "line"]);
    let leaked = "held-out texts have the same words as a training text: accuracy on them does not show \
         generalisation";
    overlap(&mut page, leaked, &found.leaked, [first, second]);
    overlap(&mut page, "texts occur with more than one label", &found.conflicting, ["line", "line"]);
    give_away(&mut page, leaks);
    refusals(&mut page, &found.refused);
    page
}

/// The words that give a label away, in a sentence.
fn give_away(page: &mut String, leaks: &[Giveaway]) {
    let named = |leak: &Giveaway| shown(&format!("{} ({})", giveaway_name(leak), leak.label)).into_owned();
    let names: Vec<String> = leaks.iter().take(NAMED).map(named).collect();
    let what = match leaks.len() {
        0 => return,
        1 => "one word gives a label away".to_owned(),
        count => format!("{count} words give labels away"),
    };
    let more = if leaks.len() > NAMED { ", …" } else { "" };
    let _ = writeln!(page, "\n{what}: {}{more}; see `onset audit`", names.join(", "));
}

/// Words that are named in a sentence.
const NAMED: usize = 5;

/// The labels with their rows; of more than two classes, how many are held out.
fn labels(found: &Inspection) -> String {
    if let [_, _] = found.label_names[..] {
        let class =
            |class: Option<u32>| class.map_or("not used", |class| ["negative", "positive"][class as usize]);
        let row = |label: &LabelCount| {
            vec![label.label.clone(), label.rows.to_string(), class(label.class).to_owned()]
        };
        return table(&["label", "rows", "class"], found.labels.iter().map(row)).to_string();
    }
    let split = |part: &Part, class: Option<u32>| {
        class.map_or("not used".into(), |class| part.by_class[class as usize].to_string())
    };
    let row = |label: &LabelCount| {
        let splits = [&found.train, &found.validation].map(|part| split(part, label.class));
        [vec![label.label.clone(), label.rows.to_string()], splits.to_vec()].concat()
    };
    table(&["label", "rows", "training", "held out"], found.labels.iter().map(row)).to_string()
}

/// A page about two files of sentence pairs.
pub fn describe_pairs(found: &PairInspection) -> String {
    let source = found.source.display();
    let mut page = match &found.target {
        Some(target) => format!("{source} and {}: {} lines each\n\n", target.display(), found.lines),
        None => format!("{source}: {} pairs\n\n", found.lines),
    };
    let mut say = |what: &str, value: String| {
        let _ = writeln!(page, "{what:<32}{value}");
    };
    for (side, [shortest, median, longest]) in ["source", "target"].into_iter().zip(found.words) {
        say(&format!("words per {side} sentence"), format!("{shortest} to {longest}, median {median}"));
    }
    let [low, median, high] = found.ratio;
    say("target words per source word", format!("{median:.2} (5 % below {low:.2}, 5 % above {high:.2})"));
    for (count, what) in [
        (found.empty, "lines with an empty side, left out of training".to_owned()),
        (found.over_long, format!("pairs with more words than task.max_subwords ({}) allows", found.limit)),
    ] {
        if count > 0 {
            let _ = writeln!(page, "{count} {what}");
        }
    }
    remarks(&mut page, &found.remarks);
    let lines = ["line", "line"];
    overlap(&mut page, "pairs with a side three times as long as the other", &found.uneven, lines);
    overlap(&mut page, "pairs are the same as an earlier one", &found.repeated, lines);
    overlap(&mut page, "sentences occur with more than one translation", &found.translated_anew, lines);
    page
}

/// What should be known about how files were read.
fn remarks(page: &mut String, sentences: &[String]) {
    for sentence in sentences {
        let _ = writeln!(page, "\n{}", with_options(sentence));
    }
}

fn overlap(page: &mut String, what: &str, overlap: &Overlap, [first, second]: [&str; 2]) {
    if overlap.count == 0 {
        return;
    }
    let _ = writeln!(page, "\n{} {what}", overlap.count);
    for pair in &overlap.examples {
        let text = shown(&pair.text);
        let _ = writeln!(page, "  {first} {}, {second} {}: {text}", pair.first_line, pair.second_line);
    }
}

fn refusals(page: &mut String, refused: &Refusals) {
    if refused.count == 0 {
        let _ = writeln!(page, "\ntraining would refuse no row");
        return;
    }
    let _ = writeln!(page, "\ntraining would refuse {} rows, and stop at the first", refused.count);
    for row in &refused.first {
        let message = with_options(&format!("{}; {}", row.found, row.remedy));
        let _ = writeln!(page, "  {}:{}: {message}", row.file.display(), row.line);
    }
    let more = refused.count - refused.first.len();
    if more > 0 {
        let _ = writeln!(page, "  … and {more} more");
    }
}
