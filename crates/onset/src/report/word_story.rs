//! One word of a text set over training: when the model knows it, and when attention finds it.

use super::figure::{Curves, Role};
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::Split;

/// What the model makes of `word` by itself, and the attention that it gets, at each checkpoint of `run`: the two stages of
/// learning, both as shares. Held-out texts in which the word occurs count.
pub(super) fn story(run: &RunRecord, word: &str) -> Result<Curves, StoreError> {
    let (mut known, mut attended) = (Vec::new(), Vec::new());
    let steps = run.directory.probe_steps();
    for &step in &steps {
        let texts = run.text_probes(step, Split::Validation)?;
        let (mut probability, mut weight, mut count) = (0.0, 0.0, 0.0);
        for (words, probe) in texts.words.iter().zip(&texts.probes) {
            for (place, _) in words.iter().enumerate().filter(|(_, each)| *each == word) {
                let (Some(&alpha), Some(&beta)) = (probe.alpha.get(place), probe.beta.get(place)) else {
                    continue;
                };
                probability += 1.0 / (1.0 + f64::from(-beta).exp());
                weight += f64::from(alpha);
                count += 1.0;
            }
        }
        if count > 0.0 {
            known.push((step as f64, probability / count));
            attended.push((step as f64, weight / count));
        }
    }
    let title = format!("“{word}”, seed {}", run.spec.seed());
    Ok(Curves::new(title, "share", Some([0.0, 1.0]))
        .over_steps(steps)
        .with_points("right label from the word alone, by β", Role::Main, known)
        .with_points("attention weight α of the word", Role::Main, attended))
}
