//! What is found, in sentences.

use super::{InductionFindings, SettingFindings};
use crate::measures::Emergence;
use crate::stats::median;

/// What the study shows, a sentence or two each.
pub fn induction_sentences(findings: &InductionFindings) -> Vec<String> {
    let mut sentences = Vec::new();
    for setting in findings.settings.iter().filter(|setting| setting.free.is_none()) {
        sentences.push(drop_of(setting));
        sentences.extend(order_of(setting));
        let clamped = findings.settings.iter().filter(|other| other.free == Some(setting.name));
        sentences.extend(clamped.map(|other| clamp_of(setting, other)));
        sentences.extend(strength_of(setting));
    }
    sentences
}

fn drop_of(setting: &SettingFindings) -> String {
    let learned = setting.runs.iter().filter(|run| run.drop.is_observed()).count();
    let steps: Vec<String> = setting.runs.iter().map(|run| run.drop.to_string()).collect();
    let what = match reference(setting, "unigram").zip(reference(setting, "bigram")) {
        Some((unigram, bigram)) => format!(
            "the loss leaves that of unigram counts ({unigram:.3}) for that of bigram counts ({bigram:.3}), halfway"
        ),
        None => {
            "accuracy passes 0.75, halfway from guessing one of the labels in sight to always right,".into()
        }
    };
    format!(
        "{}: {what} at step {} in the median of {} runs ({}; {learned} of them).",
        capitalised(setting.title),
        setting.drop,
        setting.runs.len(),
        steps.join(", ")
    )
}

/// The order in which heads change and the loss drops.
fn order_of(setting: &SettingFindings) -> Option<String> {
    let middle = |of: fn(&crate::study::LayerTimes) -> Option<u64>| {
        let steps: Vec<f64> =
            setting.runs.iter().filter_map(|run| of(&run.times)).map(|step| step as f64).collect();
        median(&steps)
    };
    let previous = middle(|times| times.previous_token)?;
    let (attention, gap) = (middle(|times| times.right_position)?, middle(|times| times.beta_gap)?);
    let first = setting.runs.iter().filter_map(|run| Some((run.times.beta_gap?, run.times.right_position?)));
    let (mut before, mut together, mut after) = (0, 0, 0);
    for (gap, attention) in first {
        match gap.cmp(&attention) {
            std::cmp::Ordering::Less => before += 1,
            std::cmp::Ordering::Equal => together += 1,
            std::cmp::Ordering::Greater => after += 1,
        }
    }
    Some(format!(
        "Half of their rise is made by: attention of layer 0 to the token before at step {previous:.0}; what the head of layer 1 \
         would gain from the right positions (gap of β) at {gap:.0}; its attention to them at {attention:.0} (medians). The gap \
         of β comes first in {before} runs, at the same evaluation in {together}, later in {after}."
    ))
}

fn clamp_of(free: &SettingFindings, clamped: &SettingFindings) -> String {
    let title = clamped.title.strip_prefix("the same, ").unwrap_or(clamped.title);
    let effect = match (free.drop, clamped.drop) {
        (Emergence::At(free), Emergence::At(own)) if free > 0.0 => {
            format!("the drop comes at step {own} instead of {free} ({:.2} of the time)", own / free)
        }
        (_, own) if own.is_observed() => format!("the drop comes at step {own}"),
        (free, own) => {
            format!("the drop has not come ({own}) where it came at {free} when attention was learned")
        }
    };
    format!("With {title}, {effect}.")
}

fn strength_of(setting: &SettingFindings) -> Option<String> {
    let rho = setting.strength?;
    Some(format!(
        "Over the heads of layer 1 of all runs, attention to the right positions and accuracy with that head alone have a rank \
         correlation of {rho:.2}."
    ))
}

fn reference(setting: &SettingFindings, name: &str) -> Option<f64> {
    setting.references.iter().find(|(own, _)| *own == name).map(|&(_, loss)| loss)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
