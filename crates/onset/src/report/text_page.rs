//! The report's part on text classification.

use maud::{Markup, html};
use serde::Serialize;

use super::curves::Curves;
use super::html::figure;
use super::summary::{TextSummary, summarize_text_group};
use crate::record::TextProbes;
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::Split;
use crate::task::text::TextFacts;

/// Held-out texts that are shown: the first ones, and among the rest the first that end up wrong.
const SHOWN: usize = 40;
const SHOWN_WRONG: usize = 20;

/// Runs whose texts are shown.
const SHOWN_RUNS: usize = 3;

/// What `texts.js` draws: texts whose words are shaded.
#[derive(Debug, Serialize)]
struct Texts {
    kind: &'static str,
    labels: [String; 2],
    runs: Vec<TextRun>,
}

#[derive(Debug, Serialize)]
struct TextRun {
    name: String,
    steps: Vec<u64>,
    examples: Vec<Example>,
}

#[derive(Debug, Default, Serialize)]
struct Example {
    words: Vec<String>,
    positive: bool,
    /// By step.
    logit: Vec<f32>,
    /// By step: α in thousandths.
    alpha: Vec<Vec<u16>>,
    /// By step: β in hundredths.
    beta: Vec<Vec<i32>>,
    /// By step: Δ in hundredths.
    delta: Vec<Vec<i32>>,
}

/// Everything on the runs of one text set, which differ by their seed.
pub(super) fn section(group: &[&RunRecord]) -> Result<Markup, StoreError> {
    let Some(summary) = summarize_text_group(group)? else { return Ok(html! {}) };
    let facts: TextFacts = group[0].directory.read_json("data.json")?;
    let accuracy = Curves::new("all texts", "accuracy", Some([0.0, 1.0])).with_seeds(group, "accuracy")?;
    let [negative, positive] = &summary.label_names;
    let mut by_label =
        Curves::new(format!("by label, seed {}", group[0].spec.seed()), "accuracy", Some([0.0, 1.0]));
    by_label = by_label.with_line(negative, group[0], "accuracy_negative")?.with_line(
        positive,
        group[0],
        "accuracy_positive",
    )?;
    let loss = Curves::new("loss", "logistic loss (nats)", None).with_seeds(group, "loss")?;
    Ok(html! {
        header {
            h1 { "Where attention goes: " (summary.source) }
            p class="lead" {
                "The paper's classifier, trained on " (facts.train) " texts and looked at on " (facts.validation)
                " held-out ones; " (facts.vocabulary) " words are known."
            }
            (notices(&facts))
        }
        (accuracy_table(&summary))
        h2 { "Through training" }
        div class="panels" {
            (figure(&accuracy, html! {})) (figure(&by_label, html! {})) (figure(&loss, html! {}))
        }
        p class="caption" { "On held-out texts, at the recorded steps." }
        h2 { "The words that attention goes to" }
        (word_table(&summary))
        h2 { "Held-out texts, shaded" }
        (figure(&texts(group, &summary)?, html! {
            "α: the darker a word, the more weight it has in its text at that step (relative to the text's \
             largest). β: what the model would say of the word alone; Δ: how much the word's embedding supports the \
             answer. Blue supports the true label, orange the other. Point at a word for its numbers."
        }))
    })
}

/// What was left out, if anything.
fn notices(facts: &TextFacts) -> Markup {
    let notices = facts.notices.sentences();
    html! { @if !notices.is_empty() { p { (notices.join(", ")) "." } } }
}

fn accuracy_table(summary: &TextSummary) -> Markup {
    let list = |values: &[f64]| values.iter().map(|x| format!("{x:.3}")).collect::<Vec<_>>().join("  ");
    html! {
        div class="scroll" { table {
            thead { tr { th { "Label" } th { "Held-out texts" } th { "Final accuracy, by seed" } } }
            tbody {
                tr {
                    th scope="row" { "all" }
                    td { (summary.class_texts.iter().sum::<usize>()) }
                    td class="list" { (list(&summary.accuracy)) }
                }
                @for class in [0, 1] { tr {
                    th scope="row" { (summary.label_names[class]) }
                    td { (summary.class_texts[class]) }
                    td class="list" { (list(&summary.class_accuracy[class])) }
                } }
            }
        } }
    }
}

fn word_table(summary: &TextSummary) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr {
                th { "Word" } th { "Attention" } th { "Occurrences" } th { "In " (summary.label_names[1]) }
            } }
            tbody { @for word in &summary.words { tr {
                th scope="row" { (word.word) }
                td { (format!("{:.2}", word.attention)) " ×" }
                td { (word.occurrences) }
                td { (format!("{:.0} %", 100.0 * word.positive_share)) }
            } } }
        } }
        p class="caption" {
            "Mean attention weight relative to uniform attention, at the last recorded step, over the held-out \
             texts"
            @if summary.seeds > 1 { " and all seeds" }
            "; words that occur fewer than " (summary.at_least) " times are not listed."
        }
    }
}

fn texts(group: &[&RunRecord], summary: &TextSummary) -> Result<Texts, StoreError> {
    let mut runs = Vec::new();
    for run in group.iter().take(SHOWN_RUNS) {
        let steps = run.directory.probe_steps();
        let Some(&last) = steps.last() else { continue };
        let shown = shown(&run.text_probes(last, Split::Validation)?);
        let mut examples: Vec<Example> = shown.iter().map(|_| Example::default()).collect();
        for &step in &steps {
            let texts = run.text_probes(step, Split::Validation)?;
            for (example, &row) in examples.iter_mut().zip(&shown) {
                let probe = &texts.probes[row];
                example.words = texts.words[row].clone();
                example.positive = texts.positive[row];
                example.logit.push((probe.logit * 100.0).round() / 100.0);
                example.alpha.push(probe.alpha.iter().map(|x| (x * 1000.0).round() as u16).collect());
                example.beta.push(in_hundredths(&probe.beta));
                example.delta.push(in_hundredths(&probe.delta));
            }
        }
        runs.push(TextRun { name: format!("seed {}", run.spec.seed()), steps, examples });
    }
    Ok(Texts { kind: "texts", labels: summary.label_names.clone(), runs })
}

/// Numbers as the page holds them.
pub(super) fn in_hundredths(numbers: &[f32]) -> Vec<i32> {
    numbers.iter().map(|x| (x * 100.0).round() as i32).collect()
}

/// The texts that are shown.
pub(super) fn shown(texts: &TextProbes) -> Vec<usize> {
    let wrong = (SHOWN..texts.len()).filter(|&row| (texts.probes[row].logit > 0.0) != texts.positive[row]);
    (0..texts.len().min(SHOWN)).chain(wrong.take(SHOWN_WRONG)).collect()
}
