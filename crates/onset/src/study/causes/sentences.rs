//! What is found, in sentences.

use super::{Arm, ArmFindings, CausesFindings, SubjectFindings};
use crate::agreement::spearman;

/// What the study shows, a sentence or two each.
pub fn causes_sentences(findings: &CausesFindings) -> Vec<String> {
    findings.subjects.iter().flat_map(of_subject).collect()
}

fn of_subject(found: &SubjectFindings) -> Vec<String> {
    let mut sentences = Vec::new();
    let title = found.subject.title();
    let arm = |is_meant: &dyn Fn(Arm) -> bool| -> Vec<&ArmFindings> {
        found.arms.iter().filter(|each| is_meant(each.arm)).collect()
    };
    if let [plain] = arm(&|arm| arm == Arm::Plain)[..] {
        sentences.push(format!(
            "{title}: {} after {} steps (median of {} {}{}).",
            found.subject.emerges(),
            plain.measured,
            plain.seeds.len(),
            if plain.seeds.len() == 1 { "seed" } else { "seeds" },
            plain.predicted.map_or(String::new(), |step| format!("; predicted {}", of_steps(step)))
        ));
    }
    let uniform = arm(&|arm| matches!(arm, Arm::UniformUntil(_)));
    if !uniform.is_empty() {
        let delays: Vec<String> = uniform.iter().map(|each| delay(each)).collect();
        sentences.push(format!(
            "{title}, attention uniform until a step and then released: from the release it takes {}.",
            delays.join(", ")
        ));
    }
    for each in arm(&|arm| matches!(arm, Arm::KnowledgeFrozen | Arm::AttentionFrozen)) {
        let [measured, predicted] = each.last_attention;
        let weight = |weight: Option<f64>| weight.map_or("–".into(), |weight| format!("{weight:.3}"));
        let attention = match (measured, predicted) {
            (None, _) => String::new(),
            (measured, predicted) => format!(
                "; at the end, the right position has the largest weight in {} of cases (predicted weight {})",
                weight(measured),
                weight(predicted)
            ),
        };
        sentences.push(format!(
            "{title}, {}: {} of {} emerge{attention}.",
            each.arm.title(),
            emerged(each),
            each.seeds.len()
        ));
    }
    for each in arm(&|arm| arm.donor_step().is_some() || matches!(arm, Arm::ClampedUntil(_))) {
        sentences.push(format!("{title}, {}: {}.", each.arm.title(), effect(each)));
    }
    if let Some(rho) = order(found) {
        sentences.push(format!(
            "{title}: over all changes, predicted and measured effects have a rank correlation of {rho:.2}."
        ));
    }
    sentences
}

fn emerged(each: &ArmFindings) -> usize {
    each.emergence.iter().filter(|emergence| emergence.is_observed()).count()
}

fn of_steps(step: f64) -> String {
    if step.is_finite() { format!("{step:.0}") } else { "never".into() }
}

fn delay(each: &ArmFindings) -> String {
    let release = each.arm.release();
    let measured = match each.measured.step() {
        Some(step) => format!("{:.0}", step - release as f64),
        None => "more than was trained".into(),
    };
    let predicted = each
        .predicted
        .map_or(String::new(), |step| format!("; predicted {}", of_steps(step - release as f64)));
    format!("{measured} steps (released at {release}{predicted})")
}

/// The ratio of steps with its interval.
fn effect(each: &ArmFindings) -> String {
    let Some(effect) = each.effect else {
        return format!("{} of {} emerge", emerged(each), each.seeds.len());
    };
    let interval = effect.interval.map_or(String::new(), |[low, high]| {
        format!(" (95 % interval {:.2} to {:.2})", low.exp(), high.exp())
    });
    let predicted = match (each.predicted_effect, each.predicted) {
        (Some(effect), _) => format!(", predicted {:.2}", effect.exp()),
        (None, Some(_)) => ", predicted never".into(),
        (None, None) => String::new(),
    };
    let missing = match effect.missing {
        0 => String::new(),
        count => format!("; {count} did not emerge"),
    };
    format!("{:.2} times the steps{interval}{predicted}{missing}", effect.log_ratio.exp())
}

/// Rank correlation of predicted and measured medians over the changes.
fn order(found: &SubjectFindings) -> Option<f64> {
    let late = f64::from(f32::MAX);
    let steps = found.arms.iter().filter_map(|each| {
        let predicted = each.predicted?;
        Some((each.measured.step().unwrap_or(late) as f32, predicted.min(late) as f32))
    });
    let (measured, predicted): (Vec<f32>, Vec<f32>) = steps.unzip();
    spearman(&measured, &predicted)
}
