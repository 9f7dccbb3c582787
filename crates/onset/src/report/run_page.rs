//! The report's part on runs of a task and model without a part of their own: scores through training, and attention.

use maud::{Markup, html};

use super::figure::{Curves, is_share};
use super::groups::{Group, Standing};
use super::heads_part::heads_part;
use super::html::{columns, figure, verdict};
use super::pair_page::alignments;
use super::summary::summarize_any;
use super::verdict::of_any;
use crate::store::StoreError;

/// Runs whose attention is shown.
const SHOWN_RUNS: usize = 3;

/// How many runs have finished; empty if all have.
pub(super) fn standing(standing: &Standing) -> Markup {
    html! {
        @if !standing.unfinished.is_empty() {
            p { (standing.words()) ". " (standing.sentences().join(". ")) "." }
        }
    }
}

/// Everything on the runs of one group, which differ by their seed.
pub(super) fn section(group: &Group<'_>) -> Result<Markup, StoreError> {
    let summary = summarize_any(group)?;
    let mut panels = Vec::new();
    for (name, _) in &summary.scores {
        let axis = is_share(name).then_some([0.0, 1.0]);
        panels.push(Curves::new(name.replace('_', " "), "score", axis).with_seeds(group, name)?);
    }
    let runs = group.iter().take(SHOWN_RUNS).map(|run| (run.seed_label(), *run));
    let list = |values: &[f64]| values.iter().map(|x| format!("{x:.3}")).collect::<Vec<_>>().join("  ");
    Ok(html! {
        header {
            h1 { (summary.name) }
            (verdict(&of_any(&summary, group)?))
            p class="lead" {
                "Task " (group[0].spec.task().kind()) ", model " (group[0].spec.model().kind()) ", "
                (summary.budget) " steps."
            }
            (standing(&summary.standing))
        }
        div class="scroll" { table {
            thead { tr { th { "Score" } th { "At the last evaluation, by seed" } } }
            tbody { @for (name, values) in &summary.scores { tr {
                th scope="row" { (name.replace('_', " ")) }
                td class="list" { (list(values)) }
            } } }
        } }
        (columns(&[
            ("Score", "measured on held-out examples; losses and entropies are in nats"),
            ("By seed", "value at the last evaluation, for each seed"),
        ]))
        h2 { "Scores during training" }
        div class="panels" { @for panel in &panels { (figure(panel, html! {})) } }
        p class="caption" { "One line per seed." }
        (heads_part(runs.clone())?)
        h2 { "Attention during training" }
        (alignments(runs)?)
    })
}
