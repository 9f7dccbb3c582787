//! The page of an audit, for somebody who knows the data and nothing of models.

use std::path::Path;

use maud::{Markup, html};
use serde::Serialize;

use super::Grid;
use super::audit_words::{giveaway_name, leak_sentences, leaks_grid, percent, strong_words_grid};
use super::figure::{Matrix, svg};
use super::html::{FigureData, columns, figure, grid, page, verdict};
use crate::audit::{Audit, Giveaway};
use crate::data::Overlap;
use crate::store::{StoreError, write_atomically};

/// Words and labels of the figure at most.
const DRAWN: usize = 24;

/// Words whose rows are shown.
const WITH_ROWS: usize = 12;

/// What `heatmaps.js` draws: the share of each label's texts that have a word.
#[derive(Serialize)]
struct Shares {
    kind: &'static str,
    rows: Vec<String>,
    columns: Vec<String>,
    /// Row by row.
    values: Vec<f32>,
}

impl FigureData for Shares {
    fn still(&self) -> Option<String> {
        let matrix = Matrix {
            title: "Share of each label's texts that have the word".into(),
            name: "share".into(),
            fields: ["row", "word", "column", "label"],
            rows: self.rows.clone(),
            columns: self.columns.clone(),
            values: self.values.clone(),
            signed: false,
            largest: 1.0,
            wrong: Vec::new(),
        };
        Some(svg(&matrix.sheet()))
    }
}

/// Writes the page of an audit of the data that is called `name`.
pub fn write_audit_page(path: &Path, name: &str, audit: &Audit) -> Result<(), StoreError> {
    let sections = sections(name, audit);
    let page = page(&format!("Onset: audit of {name}"), &sections, &[]);
    write_atomically(path, page.as_bytes())
}

fn sections(name: &str, audit: &Audit) -> Vec<Markup> {
    let inspection = &audit.inspection;
    let first = html! {
        header {
            h1 { "Do some words give the labels away? " (name) }
            (verdict(&leak_sentences(name, audit).join(" ")))
            p class="lead" {
                "Somebody has labelled each text by hand or by rule. Where a word stands in for the label (the name of a file, a \
                 signature, a number that was given out label by label), a program learns that word instead of the texts, and \
                 fails on texts without it. This page lists such words in " (inspection.rows) " rows with "
                (inspection.label_names.len()) " labels."
            }
        }
        @if !audit.leaks.is_empty() { (leaks(audit)) }
    };
    vec![first, strong(audit), repeats(audit), groups(audit), method(audit)]
}

fn leaks(audit: &Audit) -> Markup {
    html! {
        h2 { "Words that give a label away" }
        (grid(&leaks_grid(audit)))
        (columns(&MEANINGS))
        @for leak in audit.leaks.iter().take(WITH_ROWS) { (rows(leak)) }
    }
}

/// What the columns of the tables mean.
const MEANINGS: [(&str, &str); 5] = [
    ("of its texts", "of the texts with the word, the share that have this label"),
    ("of the label", "of the texts with this label, the share that have the word"),
    (
        "shift",
        "how many percentage points more frequent the label is among texts with the word than among the others",
    ),
    ("signal", "by how many standard errors the word and the label come together more often than by chance"),
    (
        "alone",
        "the share of held-out texts that are labelled correctly by somebody who sees only whether they have the word",
    ),
];

fn rows(giveaway: &Giveaway) -> Markup {
    html! {
        h3 { (giveaway_name(giveaway)) " in texts labelled " (giveaway.label) }
        @if !giveaway.with.is_empty() {
            p { "In the same texts: " (giveaway.with.join(" "))
                @if giveaway.with_count > giveaway.with.len() { " and " (giveaway.with_count - giveaway.with.len()) " more" } "." }
        }
        ul { @for row in &giveaway.examples { li { "Line " (row.line) ": " (row.text) } } }
    }
}

fn strong(audit: &Audit) -> Markup {
    if audit.strong_words.is_empty() {
        return html! {
            h2 { "Words that go with a label" }
            p { "No " @if !audit.leaks.is_empty() { "further " } "word goes with a label more often than chance would have it." }
        };
    }
    html! {
        h2 { "Words that go with a label, as words do" }
        p { "These are no leaks: they are what the texts are about, or how they are written. Look through them once; a word that has \
             nothing to do with the label's meaning deserves a question." }
        (grid(&strong_words_grid(audit, usize::MAX)))
        @if audit.leaks.is_empty() { (columns(&MEANINGS)) }
        (figure(&shares(audit), html! {
            "Each row is a word, each column a label. The darker, the larger the share of the label's texts that have the word. A \
             word that gives a label away is one dark field in a white row."
        }))
    }
}

fn shares(audit: &Audit) -> Shares {
    let words: Vec<&Giveaway> = audit.leaks.iter().chain(&audit.strong_words).take(DRAWN).collect();
    let labels = &audit.inspection.label_names;
    // With many labels, those that the words go with.
    let is_drawn = |label: &&String| labels.len() <= DRAWN || words.iter().any(|word| word.label == **label);
    let drawn: Vec<&String> = labels.iter().filter(is_drawn).collect();
    let share = |word: &Giveaway, label: &String| {
        let place = labels.iter().position(|each| each == label).expect("a label of the data");
        word.by_label[place] as f32 / audit.texts_by_label[place].max(1) as f32
    };
    Shares {
        kind: "shares",
        rows: words.iter().map(|word| giveaway_name(word)).collect(),
        columns: drawn.iter().map(|label| (*label).clone()).collect(),
        values: words.iter().flat_map(|word| drawn.iter().map(|label| share(word, label))).collect(),
    }
}

fn repeats(audit: &Audit) -> Markup {
    let inspection = &audit.inspection;
    let kinds = [
        (
            &inspection.leaked,
            "held-out texts are the same words as a text to train on, so that accuracy on them says little about new texts",
        ),
        (&inspection.conflicting, "texts occur with different labels"),
        (&inspection.repeated, "texts repeat an earlier one"),
    ];
    html! {
        h2 { "Texts that occur more than once" }
        @if kinds.iter().all(|(overlap, _)| overlap.count == 0) { p { "There are none." } }
        @for (overlap, what) in kinds.iter().filter(|(overlap, _)| overlap.count > 0) { (repeat(overlap, what)) }
        @if inspection.refused.count > 0 {
            p { (inspection.refused.count) " rows that cannot be read are left out; the first is line "
                (inspection.refused.first[0].line) ": " (inspection.refused.first[0].found) "." }
        }
    }
}

fn repeat(overlap: &Overlap, what: &str) -> Markup {
    html! {
        p { (overlap.count) " " (what) "." }
        ul { @for pair in &overlap.examples {
            li { "Lines " (pair.first_line) " and " (pair.second_line) ": " (pair.text) }
        } }
    }
}

fn groups(audit: &Audit) -> Markup {
    html! {
        @if audit.grouped > 0 {
            h2 { "Words that always come together" }
            p { (audit.grouped) " words are in exactly the same texts as another word, equally often. Nobody can tell from these texts \
                 which of them matters." }
            ul { @for group in &audit.groups { li { (group.join(" ")) } } }
        }
    }
}

fn method(audit: &Audit) -> Markup {
    let accuracy = &audit.accuracy;
    let share = |what: &str, share: f64| vec![what.to_owned(), percent(share)];
    let mut rows = vec![
        share("always the most frequent label", accuracy.majority),
        share("from all words", accuracy.all_words),
    ];
    rows.extend(
        accuracy
            .without_leaks
            .map(|without| share("from all words but those that give a label away", without)),
    );
    let table = Grid {
        title: String::new(),
        header: vec!["how the label is predicted".into(), "held-out texts labelled correctly".into()],
        rows,
    };
    html! {
        h2 { "What words are worth" }
        (grid(&table))
        h2 { "How this was found" }
        p { "In " (audit.texts) " different texts, " (audit.tests) " pairs of a word and a label were compared with what chance would \
             give (Fisher's exact test). So many comparisons find something by chance. The list is cut so that at most "
            (percent(audit.false_discovery_rate)) " of what it holds is expected to be there by chance (Benjamini and Hochberg); "
            (audit.associated) " pairs remain. A word gives a label away if it all but equals the label: it is in nearly all texts of the \
             label and in nearly no others, and far more so than the ordinary words of these texts. Words at the beginning or end of \
             a text, and words of one form (`#` stands for digits), are compared as words are." }
    }
}
