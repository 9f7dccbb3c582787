//! Summaries on standard output, as tables or as JSON.

use anyhow::Result;
use onset::report::{
    CopyingSummary, PairSummary, RunSummary, Standing, TextSummary, summarize_copying, summarize_others,
    summarize_pairs, summarize_text,
};
use onset::spec::RunName;
use onset::stats::median;
use onset::study::RunRecord;
use onset::task::pairs::BleuScope;
use serde_json::json;

use crate::table::table;

/// Prints a summary of `runs`.
pub fn show(runs: &[RunRecord], as_json: bool) -> Result<()> {
    let (copying, text, pairs) = (summarize_copying(runs)?, summarize_text(runs)?, summarize_pairs(runs)?);
    let others = summarize_others(runs)?;
    if as_json {
        let all = json!({ "copying": copying, "text": text, "translation": pairs, "runs": others });
        say!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    if !copying.is_empty() {
        show_copying(&copying);
    }
    text.iter().for_each(show_text);
    if !pairs.is_empty() {
        show_pairs(&pairs);
    }
    others.iter().for_each(show_others);
    Ok(())
}

fn show_others(summary: &RunSummary) {
    say!("{}: scores after training", heading(&summary.name, &summary.standing));
    let rows = summary.scores.iter().map(|(name, values)| vec![name.replace('_', " "), spread(values)]);
    say!("{}", table(&["score", "value"], rows));
    note_unfinished(&summary.standing);
}

/// The name of a group, and how many of its runs have finished.
fn heading(name: &RunName, standing: &Standing) -> String {
    match standing.words() {
        words if words.is_empty() => name.to_string(),
        words => format!("{name}, {words}"),
    }
}

/// Prints which runs have not finished.
fn note_unfinished(standing: &Standing) {
    standing.sentences().iter().for_each(|sentence| say!("{sentence}"));
}

/// `2`, or `1 of 2 finished`.
fn finished(standing: &Standing) -> String {
    let Standing { seeds, finished, .. } = standing;
    if seeds == finished { seeds.to_string() } else { format!("{finished} of {seeds} finished") }
}

fn show_pairs(summaries: &[PairSummary]) {
    let beam = summaries.iter().any(|summary| !summary.bleu_beam.is_empty());
    let greedy = |summary: &PairSummary| match summary.bleu_scope {
        BleuScope::Sample | BleuScope::Beam if !summary.bleu.is_empty() => {
            format!("{} on {} sentences", spread(&summary.bleu), BleuScope::SAMPLE.min(summary.pairs))
        }
        _ => spread(&summary.bleu),
    };
    let rows = summaries.iter().map(|summary| {
        let mut row = vec![
            summary.name.to_string(),
            finished(&summary.standing),
            summary.pairs.to_string(),
            spread(&summary.accuracy),
            spread(&summary.perplexity),
            greedy(summary),
        ];
        row.extend(beam.then(|| spread(&summary.bleu_beam)));
        row
    });
    let mut header =
        vec!["translation", "seeds", "held out", "token accuracy", "perplexity", "BLEU (greedy)"];
    header.extend(beam.then_some("BLEU (beam)"));
    say!("{}", table(&header, rows));
    summaries.iter().for_each(|summary| note_unfinished(&summary.standing));
}

fn show_copying(summaries: &[CopyingSummary]) {
    let header = [
        "copying",
        "reached 0.95 accuracy",
        "median step",
        "steps",
        "final accuracy",
        "final attention accuracy",
    ];
    let rows = summaries.iter().map(|summary| {
        let steps: Vec<f64> = summary.emergence.iter().filter_map(|each| each.step()).collect();
        let range = match (steps.iter().copied().reduce(f64::min), steps.iter().copied().reduce(f64::max)) {
            (Some(low), Some(high)) => format!("{low}–{high}"),
            _ => "–".into(),
        };
        let mut learned = format!("{} of {}", summary.learned, summary.standing.seeds);
        if summary.ended_early > 0 {
            learned += &format!(" ({} ended early)", summary.ended_early);
        }
        vec![
            summary.distribution.clone(),
            learned,
            summary.median_emergence.to_string(),
            range,
            spread(&summary.accuracy),
            spread(&summary.attention_accuracy),
        ]
    });
    say!("{}", table(&header, rows));
    summaries.iter().for_each(|summary| note_unfinished(&summary.standing));
}

fn show_text(summary: &TextSummary) {
    say!("{}: accuracy on held-out texts", heading(&summary.name, &summary.standing));
    let texts: u64 = summary.by_label.iter().map(|label| label.texts).sum();
    let mut rows = vec![vec![
        "all".into(),
        texts.to_string(),
        spread(&summary.accuracy),
        String::new(),
        spread(&summary.macro_f1),
    ]];
    for label in &summary.by_label {
        let scores = [&label.accuracy, &label.precision, &label.f1].map(|scores| spread(scores));
        rows.push([vec![label.label.clone(), label.texts.to_string()], scores.to_vec()].concat());
    }
    say!("{}", table(&["label", "texts", "accuracy (recall)", "precision", "F1"], rows));
    note_unfinished(&summary.standing);
    say!(
        "baseline (most frequent label): accuracy {:.3}; loss on held-out texts {}, on training batches {}",
        summary.majority,
        spread(&summary.loss),
        spread(&summary.training_loss)
    );
    if !summary.has_salient_words() {
        say!("attention is uniform: all words have the same weight");
        return;
    }
    say!("words that attention goes to (× uniform; words that occur at least {} times)", summary.at_least);
    let words = summary.words.iter().map(|word| {
        vec![
            word.word.clone(),
            format!("{:.2}", word.attention),
            word.occurrences.to_string(),
            summary.label_names[word.main_label().0].clone(),
            format!("{:.0} %", 100.0 * word.main_label().1),
        ]
    });
    say!("{}", table(&["word", "attention", "occurrences", "mostly in", "share there"], words));
}

/// The median, followed by the range if there are several values.
fn spread(values: &[f64]) -> String {
    let Some(median) = median(values) else { return "–".into() };
    let (low, high) = values.iter().fold((median, median), |(low, high), &x| (x.min(low), x.max(high)));
    if values.len() == 1 { format!("{median:.3}") } else { format!("{median:.3} ({low:.3}–{high:.3})") }
}
