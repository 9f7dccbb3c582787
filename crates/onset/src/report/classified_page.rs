//! New texts with the labels that a model gives them, on one page.

use std::path::Path;

use maud::html;

use super::html::{figure, page};
use super::text_page::{Example, TextRun, Texts, in_hundredths};
use crate::inference::ClassifiedText;
use crate::store::{StoreError, write_atomically};

/// Writes the texts that the model of `run` after `step` steps has classified, with the words shaded by α, β and Δ. `truth`
/// holds the true label of each text, where it is known.
pub fn write_classified_page(
    path: &Path,
    run: &str,
    step: u64,
    labels: &[String],
    texts: &[(Option<String>, ClassifiedText)],
) -> Result<(), StoreError> {
    let number = |name: &String| labels.iter().position(|label| label == name);
    let example = |(truth, text): &(Option<String>, ClassifiedText)| {
        let predicted = text.label.as_ref().and_then(number)?;
        let truth = truth.as_ref().and_then(number).unwrap_or(predicted);
        let probability = text.probabilities[predicted];
        let odds = (probability / (1.0 - probability).max(1e-12)).ln() as f32;
        Some(Example {
            words: text.words.clone(),
            label: truth as u32,
            predicted: vec![predicted],
            logit: vec![(odds * 100.0).round() / 100.0],
            alpha: vec![text.alpha.iter().map(|x| (x * 1000.0).round() as u16).collect()],
            beta: vec![in_hundredths(&text.beta)],
            delta: vec![in_hundredths(&text.delta)],
        })
    };
    let examples: Vec<Example> = texts.iter().filter_map(example).collect();
    let (shown, all) = (examples.len(), texts.len());
    let run_name = format!("step {step}");
    let data = Texts {
        kind: "texts",
        labels: labels.to_vec(),
        runs: vec![TextRun { name: run_name, steps: vec![step], examples }],
    };
    let section = html! {
        header {
            h1 { "Texts classified by " (run) }
            p class="lead" {
                (shown) " texts, labelled by the model after " (step) " steps."
                @if shown < all { " " (all - shown) " texts without words are left out." }
            }
        }
        (figure(&data, html! {
            "α: shading shows attention weight above that of uniform attention. β: the log-odds of the \
             predicted label if attention were on this word alone. Δ: how much the word's embedding \
             supports the predicted label. Blue supports it, orange opposes it. The number after a label \
             is its log-odds. Point at a word for its numbers."
        }))
    };
    let page = page("Onset: classified texts", &[section], &[]);
    write_atomically(path, page.as_bytes())
}
