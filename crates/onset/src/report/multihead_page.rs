//! The report of the multi-head experiment.

use std::path::Path;

use maud::{Markup, html};

use super::Grid;
use super::figure::{Curves, Role};
use super::html::{columns, figure, grid, page, verdict};
use crate::measures::{Emergence, LEARNED};
use crate::store::{StoreError, write_atomically};
use crate::study::{
    BAD_BELOW, BodyOutcome, EmergenceQuartiles, KindOutcome, Quartiles, RunRecord, multihead_sentences,
};

/// What came of each kind of combination on one body.
pub fn multihead_grid(outcome: &BodyOutcome) -> Grid {
    let header = ["heads", "passed 0.95", "median step (quartiles)", "final accuracy (quartiles)"];
    let row = |kind: &KindOutcome| {
        vec![
            kind.name.clone(),
            format!("{} of {}", kind.learned, kind.runs),
            steps(kind.emergence),
            shares(kind.accuracy),
        ]
    };
    Grid {
        title: format!("Body {}, {} steps", outcome.body, outcome.budget),
        header: header.map(String::from).to_vec(),
        rows: outcome.kinds.iter().map(row).collect(),
    }
}

fn steps(EmergenceQuartiles { lower, median, upper }: EmergenceQuartiles) -> String {
    let step = |emergence: Emergence| match emergence {
        Emergence::At(step) => format!("{step:.0}"),
        Emergence::NotBy(step) => format!("not by {step:.0}"),
    };
    format!("{} ({}–{})", step(median), step(lower), step(upper))
}

fn shares(Quartiles { lower, median, upper }: Quartiles) -> String {
    format!("{median:.3} ({lower:.3}–{upper:.3})")
}

/// Writes the report of some bodies.
pub fn write_multihead_report(
    bodies: &[BodyOutcome],
    runs: &[&RunRecord],
    path: &Path,
) -> Result<(), StoreError> {
    let section = html! {
        header {
            h1 { "Several heads: is one good initial condition enough?" }
            @if let Some(first) = multihead_sentences(bodies).first() { (verdict(first)) }
            p class="lead" {
                "Whether a model learns to copy permutations depends on the initial weights of its \
                 attention. On each body (everything but the heads' query and context maps), single heads \
                 were trained on several data seeds: good heads reached an accuracy of " (LEARNED)
                " on each, bad heads ended below "
                (BAD_BELOW) " on each. Combinations of heads were then trained on data seeds that were not \
                             used for selection."
            }
            ul { @for sentence in multihead_sentences(bodies).iter().skip(1) { li { (sentence) } } }
        }
        @for body in bodies { (of_body(body)) }
    };
    write_atomically(path, page("Onset: multi-head attention", &[section], runs).as_bytes())
}

fn of_body(body: &BodyOutcome) -> Markup {
    let panels = |curves: Vec<Curves>, caption: Markup| {
        html! {
            div class="panels" { @for curves in &curves { (figure(curves, html! {})) } }
            p class="caption" { (caption) }
        }
    };
    let each = |label: &'static str, curve: fn(&KindOutcome) -> &[Quartiles]| {
        body.kinds.iter().map(move |kind| spread(kind, label, curve(kind))).collect()
    };
    html! {
        h2 { "Body " (body.body) }
        (grid(&multihead_grid(body)))
        (columns(&[
            ("heads", "combination of heads"),
            ("passed 0.95", "runs that reached this accuracy"),
            ("median step", "the step at which they reached it, with quartiles"),
            ("final accuracy", "median and quartiles at the last evaluation"),
        ]))
        (figure(&medians(body), html! { "Median token accuracy on fresh sequences, by kind of combination." }))
        (panels(each("token accuracy", |kind| &kind.accuracy_curve), html! {
            "Token accuracy by kind: median over runs (thick) and quartiles (thin)."
        }))
        (panels(each("attention accuracy", |kind| &kind.attention_curve), html! {
            "Share of output words whose largest attention weight is on the target word, for the head \
             where it is highest: median over runs (thick) and quartiles (thin)."
        }))
    }
}

fn medians(body: &BodyOutcome) -> Curves {
    let steps = body.kinds.first().map_or(&[][..], |kind| &kind.steps);
    let curves = Curves::new(format!("Body {}", body.body), "token accuracy", Some([0.0, 1.0]))
        .over("step", steps.iter().map(|&step| step as f64));
    let with = |curves: Curves, kind: &KindOutcome| {
        curves.with_points(&kind.name, Role::Main, points(kind, &kind.accuracy_curve, |q| q.median))
    };
    body.kinds.iter().fold(curves, with).with_reference("learned: 0.95", LEARNED)
}

fn spread(kind: &KindOutcome, label: &'static str, curve: &[Quartiles]) -> Curves {
    Curves::new(&kind.name, label, Some([0.0, 1.0]))
        .over("step", kind.steps.iter().map(|&step| step as f64))
        .with_points("lower quartile", Role::Seed, points(kind, curve, |q| q.lower))
        .with_points("upper quartile", Role::Seed, points(kind, curve, |q| q.upper))
        .with_points("median", Role::Median, points(kind, curve, |q| q.median))
}

fn points(kind: &KindOutcome, curve: &[Quartiles], of: fn(&Quartiles) -> f64) -> Vec<(f64, f64)> {
    kind.steps.iter().zip(curve).map(|(&step, quartiles)| (step as f64, of(quartiles))).collect()
}
