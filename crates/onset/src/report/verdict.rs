//! What a report says first: what was learned, when, how well against what needs no learning, and whether attention found
//! the words that matter.

use super::WithoutAttention;
use super::summary::{CopyingSummary, PairSummary, RunSummary, TextSummary};
use crate::measures::SalientWord;
use crate::stats::median;
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::text::KEYWORD;

/// Attention on a word from which attention counts as having found it; × uniform.
const FOUND: f64 = 2.0;

/// The share of the way from the first to the last score at which something counts as learned.
const MOSTLY: f64 = 0.95;

/// What came of one copying distribution; `without` is what needs no attention.
pub(super) fn of_copying(summary: &CopyingSummary, without: WithoutAttention) -> String {
    let CopyingSummary { distribution, budget, standing, learned, ended_early, .. } = summary;
    let seeds = standing.seeds;
    let when = match (learned, *learned == seeds) {
        (0, _) => String::new(),
        (_, true) => format!(", at a median step of {}", summary.median_emergence),
        (_, false) => format!(" (median step over all seeds: {})", summary.median_emergence),
    };
    let learned = match (seeds, learned) {
        (1, 1) => format!("{distribution}: learned. It reaches an accuracy of 0.95{when}"),
        (1, _) => format!("{distribution}: not learned within {budget} steps"),
        _ => format!(
            "{distribution}: {learned} of {seeds} seeds reach an accuracy of 0.95 within {budget} steps{when}"
        ),
    };
    let early = match ended_early {
        0 => String::new(),
        1 => "; one ended earlier without reaching it and might have reached it later".into(),
        _ => format!("; {ended_early} ended earlier without reaching it and might have reached it later"),
    };
    let end = median(&summary.accuracy).unwrap_or(f64::NAN);
    let found = median(&summary.attention_accuracy).unwrap_or(f64::NAN);
    let attention = match (end >= 0.5, found) {
        (_, found) if found >= 0.5 => "attention has found the words to be copied",
        (true, found) if found < 0.1 => {
            "the model copies by elimination: it attends to every word except the target"
        }
        _ => "attention has not found the words to be copied",
    };
    let learned = capitalised(&learned);
    let median = if seeds > 1 { "the median " } else { "" };
    format!(
        "{learned}{early}. At the end, {median}accuracy is {end:.2} (at most {:.2} without attention), and the \
         largest attention weight is on the target word in {:.0} % of output steps: {attention}.",
        without.accuracy,
        100.0 * found
    )
}

/// A sentence begins with a capital.
fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// What came of one text set.
pub(super) fn of_texts(summary: &TextSummary, group: &[&RunRecord]) -> Result<String, StoreError> {
    let Some(accuracy) = median(&summary.accuracy) else {
        return Ok("Nothing has been evaluated yet.".into());
    };
    let baseline = summary.majority;
    let against = match baseline.is_finite() {
        true => format!(" (always predicting the most frequent label: {baseline:.3})"),
        false => String::new(),
    };
    let learned = match accuracy > baseline + 0.02 || !baseline.is_finite() {
        true => match mostly_learned(group[0], "accuracy")? {
            Some(step) => format!(", nearly all of it by step {step}"),
            None => String::new(),
        },
        false => ": no better than always predicting the most frequent label".into(),
    };
    Ok(format!(
        "Accuracy on held-out texts is {accuracy:.3}{against}{learned}. {}",
        of_words(summary, &summary.words)
    ))
}

/// Whether attention found the words that matter.
fn of_words(summary: &TextSummary, words: &[SalientWord]) -> String {
    if !summary.has_salient_words() {
        return "Attention is uniform: all words have the same weight.".into();
    }
    let is_keyword_task = summary.source == "keyword task";
    let times = |word: &SalientWord| format!("{:.1} times the weight of uniform attention", word.attention);
    match words.iter().find(|word| is_keyword_task && word.word == KEYWORD) {
        Some(word) if word.attention >= FOUND => {
            format!("Attention has found the decisive word, “{KEYWORD}”: it gets {}.", times(word))
        }
        Some(word) => {
            format!("Attention has not found the decisive word, “{KEYWORD}”: it gets {}.", times(word))
        }
        None => {
            let named: Vec<String> = words.iter().take(3).map(|word| format!("“{}”", word.word)).collect();
            let first = words.first().map_or(String::new(), times);
            format!("The words with the most attention are {}; the first has {first}.", named.join(", "))
        }
    }
}

/// What came of one set of sentence pairs.
pub(super) fn of_pairs(
    summary: &PairSummary,
    vocabulary: usize,
    group: &[&RunRecord],
) -> Result<String, StoreError> {
    let (Some(accuracy), Some(perplexity)) = (median(&summary.accuracy), median(&summary.perplexity)) else {
        return Ok("Nothing has been evaluated yet.".into());
    };
    let learned = mostly_learned(group[0], "accuracy")?;
    let when = learned.map_or(String::new(), |step| format!(", nearly all of it by step {step}"));
    let bleu = median(&summary.bleu)
        .map_or(String::new(), |bleu| format!("; BLEU of greedy translations is {bleu:.1}"));
    Ok(format!(
        "On held-out pairs, the model predicts {:.1} % of target tokens correctly, given the preceding \
         ones{when}. Its perplexity is {perplexity:.1} (uniform guessing among {vocabulary} subwords: \
         {vocabulary}){bleu}.",
        100.0 * accuracy
    ))
}

/// What came of any other runs.
pub(super) fn of_any(summary: &RunSummary, group: &[&RunRecord]) -> Result<String, StoreError> {
    let score = |name: &str| {
        let found = summary.scores.iter().find(|(known, _)| known == name);
        found.and_then(|(_, values)| median(values))
    };
    let Some(accuracy) = score("accuracy") else { return Ok(String::new()) };
    let learned = mostly_learned(group[0], "accuracy")?;
    let when = learned.map_or(String::new(), |step| format!(", nearly all of it by step {step}"));
    let attention = score("attention_accuracy").map_or(String::new(), |found| {
        let verdict = if found >= 0.5 { "has found" } else { "has not found" };
        format!(
            " The largest attention weight is on the relevant position in {:.0} % of predictions: attention {verdict} it.",
            100.0 * found
        )
    });
    Ok(format!("After {} steps, accuracy is {accuracy:.3}{when}.{attention}", summary.budget))
}

/// The first evaluation at which a score had made most of its way; none if it made none.
fn mostly_learned(run: &RunRecord, score: &str) -> Result<Option<i64>, StoreError> {
    let (steps, values) = (run.steps()?, run.score(score)?);
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else { return Ok(None) };
    let enough = first + MOSTLY * (last - first);
    let place = values.iter().position(|&value| value >= enough);
    Ok(place.filter(|_| last > first + 0.02).and_then(|place| steps.get(place).copied()))
}
