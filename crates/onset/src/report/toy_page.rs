//! The report of the toy classifier.

use std::path::Path;

use maud::html;

use super::Grid;
use super::figure::{Curves, Role};
use super::html::{columns, figure, grid, page, verdict};
use crate::store::{Column, StoreError, Table, write_atomically};
use crate::theory::{ToyPoint, ToyRun};

/// The loss at which the runs are compared.
const LOSS: f64 = -2.0;

/// One in so many points is drawn.
const DRAWN: usize = 10;

const VERDICT: &str = "Attention follows knowledge: from equal scores, the model first learns which word is positive, and only \
    then attends to it.";

/// When what happens, for each start.
pub fn toy_table(runs: &[ToyRun]) -> Grid {
    let time = |time: Option<f64>| time.map_or("never".into(), |time| format!("{time:.3}"));
    let row =
        |run: &ToyRun| {
            let start = run.points[0];
            let last = run.points.last().unwrap_or(&start);
            let lowest = run.points.iter().map(|point| point.p).fold(f64::MAX, f64::min);
            vec![
                run.start.name.to_string(),
                time(run.first(|point| {
                    (point.beta1 - point.beta0).abs() > (start.beta1 - start.beta0).abs() + 0.1
                })),
                time(run.first(|point| point.p > 0.6)),
                time(run.first(|point| point.p >= 1.0)),
                format!("{lowest:.3}"),
                time(run.first(|point| point.loss() <= LOSS)),
                format!("{:.3}", last.p),
            ]
        };
    let loss = format!("L = {LOSS}");
    let header =
        ["start (p = 0.5)", "β gap + 0.1", "p > 0.6", "p = 1", "lowest p", loss.as_str(), "p at the end"];
    Grid {
        title: "The toy classifier: time at which …".into(),
        header: header.map(String::from).to_vec(),
        rows: runs.iter().map(row).collect(),
    }
}

/// Writes the report, and the trajectories as a table of start, time, β₀, β₁, p and loss.
pub fn write_toy_report(runs: &[ToyRun], report: &Path, trajectories: &Path) -> Result<(), StoreError> {
    trajectories_of(runs).write(trajectories)?;
    let figures: Vec<_> = runs.iter().map(curves).collect();
    let section = html! {
        header {
            h1 { "The toy classifier: knowledge before attention" }
            (verdict(VERDICT))
            p class="lead" {
                "Two texts, {0,0} negative and {0,1} positive; scores s₀ = β₀ and s₁ = (1−p)β₀ + pβ₁; loss \
                 L = s₀ − s₁ = p(β₀ − β₁). Gradient flow moves β₁ up and β₀ down at the rate p, and p at \
                 the rate β₁ − β₀. Attention moves to word 1 as soon as word 1 is known to be positive, \
                 and for this reason."
            }
        }
        (grid(&toy_table(runs)))
        (columns(&[
            ("β gap + 0.1", "when β₁ − β₀ has changed by 0.1: the word is being learned"),
            ("p > 0.6, p = 1", "when attention to word 1 exceeds 0.6, and when it reaches 1"),
            ("lowest p", "lowest attention to word 1"),
            ("L = −2", "when the loss reaches this value"),
        ]))
        ul {
            li { "From equal β, the gap opens first and attention follows: the two stages." }
            li {
                "From β₀ = 10, β₁ = −10, attention first moves the wrong way and reaches 0, where the flow \
                 stops: a word without attention is not learned. Attention recovers only if β₁ − β₀ > \
                 −√2·p₀ at the start, as from β₀ = 0.3, β₁ = −0.3."
            }
            li {
                "With attention frozen to uniform, the same loss is reached, only later: nothing in the \
                 loss requires attention. At p = 1, β₀ = −K and β₁ = K give the same scores as β₀ = −K and \
                 β₁ = 3K at p = 0.5. Attention is learned because of the training path, not because of the \
                 objective."
            }
        }
        div class="panels" { @for figures in &figures { @for each in figures { (figure(each, html! {})) } } }
        p class="caption" { "β₀ and β₁ (left) and p (right) against time." }
    };
    write_atomically(report, page("Onset: the toy classifier", &[section], &[]).as_bytes())
}

/// β₀ and β₁, and p, against time.
fn curves(run: &ToyRun) -> [Curves; 2] {
    let drawn = || run.points.iter().step_by(DRAWN);
    let line = |y: fn(&ToyPoint) -> f64| drawn().map(move |point| (point.time, y(point)));
    let over = |title: String, label, range| {
        Curves::new(title, label, range).over("time τ", drawn().map(|point| point.time))
    };
    [
        over(run.start.name.to_string(), "β", None)
            .with_points("β₁", Role::Main, line(|point| point.beta1))
            .with_points("β₀", Role::Main, line(|point| point.beta0)),
        over(run.start.name.to_string(), "attention p", Some([0.0, 1.02]))
            .with_points("p", Role::Median, line(|point| point.p))
            .with_reference("uniform", 0.5),
    ]
}

fn trajectories_of(runs: &[ToyRun]) -> Table {
    let points = || runs.iter().flat_map(|run| run.points.iter().map(move |point| (run, point)));
    let column =
        |value: fn(&ToyPoint) -> f64| Column::Float(points().map(|(_, point)| value(point)).collect());
    Table::new()
        .with("start", Column::Text(points().map(|(run, _)| run.start.name.to_string()).collect()))
        .with("time", column(|point| point.time))
        .with("beta0", column(|point| point.beta0))
        .with("beta1", column(|point| point.beta1))
        .with("p", column(|point| point.p))
        .with("loss", column(ToyPoint::loss))
}
