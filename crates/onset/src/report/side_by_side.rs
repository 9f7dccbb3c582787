//! Texts shaded by several probes, one under the other.

use serde::Serialize;

use super::html::FigureData;
use super::text_page::{in_hundredths, shown};
use crate::agreement::Measure;
use crate::proxy::Proxies;
use crate::store::StoreError;
use crate::study::{ClassificationPlan, Pair, Study, StudyRuns};
use crate::task::Split;

/// What `side_by_side.js` draws.
#[derive(Debug, Serialize)]
pub(super) struct SideBySide {
    kind: &'static str,
    labels: Vec<String>,
    /// What the rows of a text are called.
    probes: Vec<String>,
    examples: Vec<Example>,
}

impl FigureData for SideBySide {}

#[derive(Debug, Serialize)]
struct Example {
    words: Vec<String>,
    label: u32,
    /// The name of the label that the gold run predicts.
    predicted: String,
    /// By probe: α in ten-thousandths, the others in hundredths.
    values: Vec<Vec<i32>>,
}

/// Held-out texts under gold α, β of the uniform run where it agrees best, gold Δ and β^px.
pub(super) fn side_by_side(
    plan: &ClassificationPlan,
    study: &Study,
    proxies: &Proxies,
    runs: &StudyRuns,
) -> Result<SideBySide, StoreError> {
    let texts = runs.gold.text_probes(study.gold.step, Split::Validation)?;
    let agreement = study.part("validation", Measure::Top).agreement(Pair::AlphaUniform);
    let step = agreement.and_then(|agreement| agreement.step).unwrap_or_default();
    let others = runs.uniform.text_probes(step, Split::Validation)?;
    let mut examples = Vec::new();
    for row in shown(&texts) {
        let probe = &texts.probes[row];
        let known = plan.data.validation.example(texts.example[row]);
        let proxy = proxies.embeddings.along(&known.tokens, known.label);
        let alpha = probe.alpha.iter().map(|weight| (weight * 10_000.0).round() as i32).collect();
        let lists = [&others.probes[row].beta, &probe.delta, &proxy];
        let mut values = vec![alpha];
        values.extend(lists.map(|list| in_hundredths(list)));
        examples.push(Example {
            words: texts.words[row].clone(),
            label: texts.labels[row],
            predicted: probe.predicted.clone(),
            values,
        });
    }
    Ok(SideBySide {
        kind: "sideBySide",
        labels: plan.data.label_names.clone(),
        probes: vec![
            format!("α, step {}", study.gold.step),
            format!("β^uf, step {step}"),
            format!("Δ, step {}", study.gold.step),
            "β^px".into(),
        ],
        examples,
    })
}
