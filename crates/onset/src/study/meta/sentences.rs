//! What the study shows, in sentences.

use super::{MetaFindings, MetaVariant, VariantFindings};
use crate::agreement::Interval;
use crate::stats::mean;

/// The first sentence is the answer.
pub fn meta_sentences(findings: &MetaFindings) -> Vec<String> {
    let Some(main) = findings.variants.first().filter(|first| first.variant == MetaVariant::Main) else {
        return Vec::new();
    };
    let mut sentences = vec![answer(main), by_group(main)];
    sentences.extend(findings.variants[1..].iter().map(compared));
    sentences.push(format!(
        "One score from all descriptions of a label is better than each alone by {}.",
        points(main.together)
    ));
    sentences.extend(attention(findings));
    sentences.extend(heads(findings));
    sentences
}

fn answer(main: &VariantFindings) -> String {
    let (difference, interval) = main.over_groups;
    let verdict = match interval {
        Some(Interval { low, .. }) if low > 0.0 => "Meta-tuning helps on sets that were never seen",
        Some(Interval { high, .. }) if high < 0.0 => "Meta-tuning hurts on sets that were never seen",
        _ => "Whether meta-tuning helps on sets that were never seen is open",
    };
    format!(
        "{verdict}: the area under the ROC curve changes by {} over {} groups{} and by {} over {} labels{}; it rises for {:.0} % of labels.",
        points(difference),
        main.groups.len(),
        within(interval),
        points(main.over_labels.0),
        main.labels.iter().filter(|label| !label.templated).count(),
        within(main.over_labels.1),
        100.0 * main.improved
    )
}

fn by_group(main: &VariantFindings) -> String {
    let mut groups: Vec<_> = main.groups.iter().collect();
    groups.sort_by(|a, b| b.difference.total_cmp(&a.difference));
    let each: Vec<String> =
        groups.iter().map(|group| format!("{} {}", group.group, points(group.difference))).collect();
    format!("By group: {}.", each.join(", "))
}

fn compared(other: &VariantFindings) -> String {
    let [own, main] = other.after;
    format!(
        "{}: {own:.3} after training, where the main variant has {main:.3} on the same labels.",
        capital(&other.title)
    )
}

fn attention(findings: &MetaFindings) -> Option<String> {
    let (_, course) = findings.attention.first()?;
    let (first, last) = (course.first()?, course.last()?);
    let tau = |place: usize| {
        format!("{:.2} before training, {:.2} after it", first.measures[place], last.measures[place])
    };
    Some(format!(
        "Agreement on unseen sets (Kendall's τ, over the tokens of a text): of α and β, {}; of α and Δ, {}; of β and Δ, {}.",
        tau(0),
        tau(1),
        tau(2)
    ))
}

/// Which heads' attention moves most, and that of how many hardly moves.
fn heads(findings: &MetaFindings) -> Option<String> {
    let mut heads: Vec<_> = findings.heads.iter().collect();
    heads.sort_by(|a, b| b.moved.total_cmp(&a.moved));
    let of_all = mean(&heads.iter().map(|head| head.moved).collect::<Vec<_>>())?;
    let most: Vec<String> = heads
        .iter()
        .take(3)
        .map(|head| format!("head {} of layer {} ({:.2})", head.head, head.layer, head.moved))
        .collect();
    Some(format!(
        "On unseen sets {of_all:.2} of a head's attention moves elsewhere, as a mean over {} heads; most in {}.",
        heads.len(),
        most.join(", ")
    ))
}

/// A difference in points of a hundred.
fn points(difference: f64) -> String {
    format!("{:+.1} points", 100.0 * difference)
}

fn within(interval: Option<Interval>) -> String {
    interval.map_or_else(String::new, |Interval { low, high }| {
        format!(" (95 % interval {:+.1} to {:+.1})", 100.0 * low, 100.0 * high)
    })
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
