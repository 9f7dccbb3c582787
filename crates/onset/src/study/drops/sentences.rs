//! What is found, in sentences.

use super::DropFindings;
use crate::theory::DropLaw;

/// What the study shows, a sentence or two each.
pub fn drop_sentences(findings: &DropFindings) -> Vec<String> {
    let mut sentences = Vec::new();
    let number = |x: Option<f64>| x.map_or("–".into(), |x| format!("{x:.2}"));
    let held_out = findings.settings.iter().filter(|setting| setting.predicted.is_some());
    if let Some((_, all)) = findings.scores.first() {
        sentences.push(format!(
            "Of {} runs of {} settings that were not fitted, {} left the plateau within their budget. Predicted and measured steps have \
             a rank correlation of {} over settings and {} over runs; the root mean square of ln(measured/predicted) is {}.",
            all.runs,
            held_out.count(),
            all.learned,
            number(findings.setting_correlation),
            number(all.rank_correlation),
            number(all.log_error)
        ));
        let of = |(name, scores): &(&str, crate::forecast::TimeScores)| {
            let share = scores.coverage.map_or("–".into(), |share| format!("{:.0} %", 100.0 * share));
            format!("{share} of {} runs ({name})", scores.learned)
        };
        let held: Vec<String> = findings.scores.iter().map(of).collect();
        sentences.push(format!("80 % intervals hold the steps of {}.", held.join(", ")));
    }
    let [ordered, of] = findings
        .settings
        .iter()
        .fold([0, 0], |[ordered, of], setting| [ordered + setting.ordered[0], of + setting.ordered[1]]);
    if of > 0 {
        sentences.push(format!(
            "What the head of layer 1 would gain from the right positions (gap of β) was predicted to make half of its rise before its \
             attention to them does: so it is in {ordered} of {of} runs in which both rise."
        ));
    }
    sentences.extend(findings.laws.iter().map(law));
    sentences
}

fn law(law: &DropLaw) -> String {
    let exponents = law.names.iter().zip(&law.coefficients[1..]).zip(&law.errors[1..]);
    let exponents: Vec<String> =
        exponents.map(|((name, value), error)| format!("{name} {value:+.2} ± {error:.2}")).collect();
    format!(
        "Fitted on {} settings of {} symbols, the step grows with powers of: {} (standard errors); ln T deviates by {:.2} between \
         settings and by {:.2} between seeds.",
        law.settings,
        if law.names.contains(&"task.symbols") { "three to six" } else { "two" },
        exponents.join(", "),
        law.between,
        law.within
    )
}
