//! The report's part on text classification.

use maud::{Markup, html};
use serde::Serialize;

use super::figure::{Curves, Role};
use super::groups::Group;
use super::html::{FigureData, columns, figure, verdict};
use super::run_page::standing;
use super::summary::{TextSummary, summarize_text_group};
use super::verdict::of_texts;
use super::word_story::story;
use crate::measures::Confusion;
use crate::record::TextProbes;
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::Split;
use crate::task::text::TextFacts;

/// Held-out texts that are shown: the first ones, and among the rest the first that end up wrong.
const SHOWN: usize = 40;
const SHOWN_WRONG: usize = 20;

/// Labels whose accuracy has a curve of its own, and whose predictions are counted in a matrix, at most.
const DRAWN_LABELS: usize = 12;

/// Runs whose texts are shown.
const SHOWN_RUNS: usize = 3;

/// What `texts.js` draws: texts whose words are shaded.
#[derive(Debug, Serialize)]
pub(super) struct Texts {
    pub kind: &'static str,
    pub labels: Vec<String>,
    pub runs: Vec<TextRun>,
}

impl FigureData for Texts {}

#[derive(Debug, Serialize)]
pub(super) struct TextRun {
    pub name: String,
    pub steps: Vec<u64>,
    pub examples: Vec<Example>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Example {
    pub words: Vec<String>,
    pub label: u32,
    /// By step: the number of the predicted label.
    pub predicted: Vec<usize>,
    /// By step.
    pub logit: Vec<f32>,
    /// By step: α in thousandths.
    pub alpha: Vec<Vec<u16>>,
    /// By step: β in hundredths.
    pub beta: Vec<Vec<i32>>,
    /// By step: Δ in hundredths.
    pub delta: Vec<Vec<i32>>,
}

/// Everything on the runs of one text set, which differ by their seed.
pub(super) fn section(group: &Group<'_>) -> Result<Markup, StoreError> {
    let Some(summary) = summarize_text_group(group)? else { return Ok(html! {}) };
    let facts: TextFacts = group[0].directory.read_json("data.json")?;
    let accuracy = Curves::new("all texts", "accuracy", Some([0.0, 1.0])).with_seeds(group, "accuracy")?;
    let by_label = by_label(group[0], &summary.label_names)?;
    let loss = Curves::new("loss", "loss (nats)", None).with_seeds(group, "loss")?;
    Ok(html! {
        header {
            h1 { "Where attention goes: " (summary.name) }
            (verdict(&of_texts(&summary, group)?))
            p class="lead" {
                "The paper's classifier with " (facts.label_names.len()) " labels, trained on " (facts.train)
                " texts and evaluated on " (facts.validation) " held-out ones; the vocabulary has " (facts.vocabulary)
                " words."
            }
            (notices(&facts))
            (standing(&summary.standing))
        }
        (accuracy_table(&summary))
        (confusion_matrix(&summary))
        h2 { "Scores during training" }
        div class="panels" {
            (figure(&accuracy, html! {})) (figure(&by_label, html! {})) (figure(&loss, html! {}))
        }
        p class="caption" { "On held-out texts." }
        (known_then_attended(group, &summary)?)
        h2 { "The words that attention goes to" }
        (word_table(&summary))
        h2 { "Held-out texts, shaded by α, β or Δ" }
        (figure(&texts(group, &summary)?, html! {
            "α: shading shows attention weight above that of uniform attention. β: the log-odds of the \
             true label for the word alone. Δ: how much the word's embedding supports the true label. Blue \
             supports the true label, orange the others. Point at a word for its numbers."
        }))
    })
}

/// Words whose way through training is drawn.
const FOLLOWED: usize = 2;

/// The words that get most attention, followed through training; nothing where attention is uniform.
fn known_then_attended(group: &[&RunRecord], summary: &TextSummary) -> Result<Markup, StoreError> {
    let salient = summary.words.iter().filter(|word| word.attention >= 2.0 && !word.word.starts_with('<'));
    let mut drawn = Vec::new();
    for word in salient.take(FOLLOWED) {
        drawn.push(story(group[0], &word.word)?);
    }
    if drawn.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        h2 { "Are words known before they are attended to?" }
        div class="panels" { @for each in &drawn { (figure(each, html! {})) } }
        p class="caption" {
            "For the words with the most attention at the end, averaged over the held-out texts that \
             contain them: the probability of the true label if only this word were attended to (from β), \
             and the attention weight of the word (α)."
        }
    })
}

/// What was left out, if anything.
fn notices(facts: &TextFacts) -> Markup {
    let notices = facts.notices.sentences();
    html! { @if !notices.is_empty() { p { (notices.join(", ")) "." } } }
}

/// The accuracy of each label of one run; macro-averaged F1 where there are too many to draw.
fn by_label(run: &RunRecord, names: &[String]) -> Result<Curves, StoreError> {
    let title = |what: &str| format!("{what}, seed {}", run.spec.seed());
    let bounds = Some([0.0, 1.0]);
    if let [negative, positive] = names {
        let curves = Curves::new(title("by label"), "accuracy", bounds);
        return curves.with_line(negative, run, "accuracy_negative")?.with_line(
            positive,
            run,
            "accuracy_positive",
        );
    }
    if names.len() > DRAWN_LABELS {
        return Curves::new(title("mean over labels"), "macro-averaged F1", bounds)
            .with_line("F1", run, "macro_f1");
    }
    let mut curves = Curves::new(title("by label"), "accuracy", bounds);
    if run.evaluation.rows() == 0 {
        return Ok(curves);
    }
    let steps: Vec<f64> = run.steps()?.iter().map(|&step| step as f64).collect();
    curves = curves.over("step", steps.iter().copied());
    let recorded = run.evaluation.float_lists("confusion")?;
    let confusions: Vec<_> = recorded.iter().filter_map(|counts| Confusion::from_flat(counts)).collect();
    for (label, name) in names.iter().enumerate() {
        let recalls = confusions.iter().map(|confusion| confusion.by_label()[label].recall);
        curves = curves.with_points(name, Role::Main, steps.iter().copied().zip(recalls));
    }
    Ok(curves)
}

fn accuracy_table(summary: &TextSummary) -> Markup {
    let list = |values: &[f64]| values.iter().map(|x| format!("{x:.3}")).collect::<Vec<_>>().join("  ");
    html! {
        div class="scroll" { table {
            thead { tr {
                th { "Label" } th { "Held-out texts" } th { "Final accuracy, by seed" } th { "Precision" } th { "F1" }
            } }
            tbody {
                tr {
                    th scope="row" { "all" }
                    td { (summary.by_label.iter().map(|label| label.texts).sum::<u64>()) }
                    td class="list" { (list(&summary.accuracy)) }
                    td {}
                    td class="list" { (list(&summary.macro_f1)) }
                }
                @for label in &summary.by_label { tr {
                    th scope="row" { (label.label) }
                    td { (label.texts) }
                    td class="list" { @if label.texts == 0 { "no held-out text" } @else { (list(&label.accuracy)) } }
                    td class="list" { (list(&label.precision)) }
                    td class="list" { (list(&label.f1)) }
                } }
            }
        } }
        (columns(&[
            ("Label", "the true label"),
            ("Held-out texts", "number of held-out texts with this label"),
            ("Final accuracy", "share of these texts that the model labels correctly at the last \
                                evaluation (recall)"),
            ("Precision", "share of correct predictions among the texts that the model gives this label"),
            ("F1", "harmonic mean of recall and precision; in the row “all”, the mean over labels \
                    (macro-averaged)"),
        ]))
        p class="caption" {
            "Always predicting the most frequent label has an accuracy of "
            (format!("{:.3}", summary.majority)) ". Final loss on held-out \
             texts: " (list(&summary.loss)) "; on training batches: " (list(&summary.training_loss)) "."
        }
    }
}

/// True against predicted labels, over all seeds.
fn confusion_matrix(summary: &TextSummary) -> Markup {
    let labels = summary.label_names.len();
    let Some(first) = summary.confusion.first().filter(|_| labels <= DRAWN_LABELS) else { return html! {} };
    let mut sums = first.counts.clone();
    for other in &summary.confusion[1..] {
        let pairs = sums.iter_mut().flatten().zip(other.counts.iter().flatten());
        pairs.for_each(|(sum, count)| *sum += count);
    }
    html! {
        details {
            summary { "True and predicted labels" }
            div class="scroll" { table {
                thead { tr { th { "True label" } @for name in &summary.label_names { th { "predicted " (name) } } } }
                tbody { @for (name, row) in summary.label_names.iter().zip(&sums) { tr {
                    th scope="row" { (name) }
                    @for count in row { td { (count) } }
                } } }
            } }
            p class="caption" { "Held-out texts at the last evaluation, summed over all seeds." }
        }
    }
}

fn word_table(summary: &TextSummary) -> Markup {
    if !summary.has_salient_words() {
        return html! {
            p { "None: attention is uniform at the last recorded step, so all words have the same weight." }
        };
    }
    html! {
        div class="scroll" { table {
            thead { tr {
                th { "Word" } th { "Attention" } th { "Occurrences" } th { "Mostly in" } th { "Share there" }
            } }
            tbody { @for word in &summary.words { tr {
                th scope="row" { (word.word) }
                td { (format!("{:.2}", word.attention)) " ×" }
                td { (word.occurrences) }
                @let (label, share) = word.main_label();
                td class="list" { (summary.label_names[label]) }
                td { (format!("{:.0} %", 100.0 * share)) }
            } } }
        } }
        (columns(&[
            ("Attention", "mean attention weight of the word, relative to uniform attention (1 ×)"),
            ("Occurrences", "number of occurrences in the held-out texts"),
            ("Mostly in", "the most frequent label of these texts, and the share that have it"),
        ]))
        p class="caption" {
            "At the last recorded step, over the held-out texts"
            @if summary.standing.finished > 1 { " and all finished seeds" }
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
                example.label = texts.labels[row];
                let predicted = summary.label_names.iter().position(|name| *name == probe.predicted);
                example.predicted.push(predicted.unwrap_or(0));
                example.logit.push((probe.logit * 100.0).round() / 100.0);
                example.alpha.push(probe.alpha.iter().map(|x| (x * 1000.0).round() as u16).collect());
                example.beta.push(in_hundredths(&probe.beta));
                example.delta.push(in_hundredths(&probe.delta));
            }
        }
        runs.push(TextRun { name: run.seed_label(), steps, examples });
    }
    Ok(Texts { kind: "texts", labels: summary.label_names.clone(), runs })
}

/// Numbers as the page holds them.
pub(super) fn in_hundredths(numbers: &[f32]) -> Vec<i32> {
    numbers.iter().map(|x| (x * 100.0).round() as i32).collect()
}

/// The texts that are shown.
pub(super) fn shown(texts: &TextProbes) -> Vec<usize> {
    let wrong = (SHOWN..texts.len()).filter(|&row| !texts.probes[row].right);
    (0..texts.len().min(SHOWN)).chain(wrong.take(SHOWN_WRONG)).collect()
}
