//! What a round shows, in sentences.

use super::{Agreement, AttentionFindings, AttentionScore, KindScores, RoundFindings};
use crate::agreement::Interval;
use crate::stats::mean;
use crate::theory::{CopyingLaw, LawDeviation};

/// What the round shows, a sentence or two each.
pub fn round_sentences(findings: &RoundFindings) -> Vec<String> {
    let mut sentences = Vec::new();
    let number = |x: Option<f64>| x.map_or("–".into(), |x| format!("{x:.2}"));
    let mut all: Vec<&KindScores> = findings.scores.iter().filter(|scores| scores.kind == "all").collect();
    all.sort_by(|a, b| a.crps.unwrap_or(f64::INFINITY).total_cmp(&b.crps.unwrap_or(f64::INFINITY)));
    if let Some(best) = all.first() {
        sentences.push(format!(
            "Of {} runs whose forecasts were sealed, the theory with the best score (CRPS of ln step {}) is: {}. Its predicted and measured \
             steps have a rank correlation of {}, the root mean square of ln(measured/predicted) is {}, and its 80 % intervals hold {} of the \
             {} runs that it covers.",
            best.runs,
            number(best.crps),
            best.theory,
            number(best.rank_correlation),
            number(best.log_error),
            best.coverage.map_or("–".into(), |share| format!("{:.0} %", 100.0 * share)),
            best.covered
        ));
    }
    let others = all.iter().skip(1).map(|scores| {
        format!(
            "{} {} (ρ = {}, {} covered)",
            scores.theory,
            number(scores.crps),
            number(scores.rank_correlation),
            scores.covered
        )
    });
    let others: Vec<String> = others.collect();
    if !others.is_empty() {
        sentences.push(format!("The others: {}.", others.join("; ")));
    }
    if let Some(auc) = findings.branch_auc {
        sentences
            .push(format!("Whether a seed attends on permutations: the area under the curve is {auc:.2}."));
    }
    if let Some(Agreement { pairs, share, between }) = findings.branch_agreement {
        let of_kind = between.map_or(String::new(), |share| {
            format!("; two of other distributions of the kind in {:.0} %", 100.0 * share)
        });
        sentences.push(format!(
            "Two seeds of one distribution of permutations take the same branch in {:.0} % of {pairs} pairs{of_kind}.",
            100.0 * share
        ));
    }
    if let Some(heads) = findings.heads {
        sentences.push(format!(
            "Of several heads, the one that the reduced dynamics names attends most in {} of {} runs (by chance {:.1}).",
            heads.right, heads.runs, heads.chance
        ));
    }
    sentences.extend(attention_sentence(findings));
    if !findings.void.is_empty() {
        let named: Vec<String> =
            findings.void.iter().take(3).map(|(run, reason)| format!("{run} ({reason})")).collect();
        sentences.push(format!("{} runs do not count: {}.", findings.void.len(), named.join(", ")));
    }
    if findings.runs.is_empty() {
        return sentences;
    }
    for part in CopyingLaw::shipped().coefficients() {
        let terms: Vec<String> = part
            .coefficients
            .iter()
            .map(|(name, [value, error])| format!("{name} {value:+.2} ± {error:.2}"))
            .collect();
        sentences.push(format!(
            "The law ({}; {} distributions): {}; ln T deviates by {} between distributions and by {} between seeds.",
            part.part,
            part.settings,
            terms.join(", "),
            deviation(&part.between),
            deviation(&part.within)
        ));
    }
    let odds = CopyingLaw::shipped().odds();
    let terms: Vec<String> =
        odds.iter().map(|(name, [value, error])| format!("{name} {value:+.2} ± {error:.2}")).collect();
    sentences.push(format!(
        "The odds of attending on permutations, of which ln is linear in: {}.",
        terms.join(", ")
    ));
    sentences
}

/// Of sets of texts, the theory that says best where attention goes.
fn attention_sentence(findings: &RoundFindings) -> Option<String> {
    let AttentionFindings { sets, scores } = &findings.attention;
    let above = |score: &AttentionScore| score.agreement - score.chance;
    let best = scores.iter().max_by(|a, b| above(a).total_cmp(&above(b)))?;
    let interval = best.above_chance.map_or(String::new(), |Interval { low, high }| {
        format!(" (above chance by {:.2}, {low:.2} to {high:.2})", above(best))
    });
    let seeds = mean(&sets.iter().filter_map(|set| set.between_seeds).collect::<Vec<f64>>());
    let seeds = seeds.map_or(String::new(), |seeds| format!("; two seeds agree by {seeds:.2}"));
    Some(format!(
        "Where attention goes in {} sets of texts, {} says best: A (top 5 %) is {:.2}{interval}, by chance {:.2}{seeds}.",
        sets.len(),
        best.theory,
        best.agreement,
        best.chance
    ))
}

/// A standard deviation and how it grows, for people.
fn deviation(LawDeviation { least, growth }: &LawDeviation) -> String {
    let terms: Vec<String> = growth.iter().map(|(name, value)| format!("{value:+.2} · ({name})")).collect();
    if terms.is_empty() { format!("{least:.2}") } else { format!("{least:.2}·exp({})", terms.join(" ")) }
}
