//! The part of a report on branches: which run left which, and what each change did.

use maud::{Markup, html};

use super::Grid;
use super::figure::{Curves, Role};
use super::html::{columns, figure, grid};
use crate::store::StoreError;
use crate::study::{BranchEffect, Branches, PairedCurve, RunRecord, branches};

/// The section; none if no run is a branch.
pub(super) fn section(runs: &[RunRecord]) -> Result<Option<Markup>, StoreError> {
    let found = branches(&runs.iter().collect::<Vec<_>>())?;
    Ok((!found.is_empty()).then(|| markup(&found)))
}

fn markup(found: &Branches) -> Markup {
    html! {
        h2 { "Branches" }
        p {
            "A branch goes on from the state of another run with one change, and has the same random numbers. What differs from that \
             run is the effect of the change."
        }
        (tree(found))
        @if !found.effects.is_empty() {
            (grid(&effects(found)))
            (columns(&[
                ("pairs", "runs that were left, each with its branch"),
                ("at the end", "the mean score after the last step, of the runs that were left and of the branches"),
                ("times the steps", "the step at which the branch learned over that of the run it left, as a geometric mean over pairs that \
                                     both learned after the branch"),
            ]))
            div class="panels" {
                @for each in found.effects.iter().filter(|each| !each.difference.steps.is_empty()) {
                    (figure(&difference(&each.changes.join(", then "), &each.difference), html! {}))
                }
            }
        }
    }
}

/// Every change below the one that it adds to.
fn tree(found: &Branches) -> Markup {
    html! {
        ul class="tree" {
            li {
                "runs without a change"
                (below(found, &[]))
            }
            @for (name, changes) in &found.alone {
                li { (name) ": " (changes) " (the run that it left is not in this report)" }
            }
        }
    }
}

/// The branches that add one change to those of `path`.
fn below(found: &Branches, path: &[String]) -> Markup {
    let is_below =
        |each: &&BranchEffect| each.changes.len() == path.len() + 1 && each.changes.starts_with(path);
    let own: Vec<&BranchEffect> = found.effects.iter().filter(is_below).collect();
    html! {
        @if !own.is_empty() {
            ul {
                @for each in own {
                    li {
                        (each.changes[path.len()])
                        ": "
                        (each.pairs.iter().map(|[_, branch]| branch.as_str()).collect::<Vec<_>>().join(", "))
                        (below(found, &each.changes))
                    }
                }
            }
        }
    }
}

fn effects(found: &Branches) -> Grid {
    let number = |x: f64| if x.is_finite() { format!("{x:.3}") } else { "–".into() };
    let row = |each: &BranchEffect| {
        let [plain, changed] = each.last.map(number);
        let difference = each.difference.difference.last().copied().unwrap_or(f64::NAN);
        let interval = each.difference.interval.last().copied().flatten();
        let effect = each.effect.as_ref();
        let missing = effect.map_or(0, |effect| effect.missing);
        let never = if missing > 0 { format!("; {missing} branches did not learn") } else { String::new() };
        vec![
            each.changes.join(", then "),
            each.pairs.len().to_string(),
            each.score.into(),
            plain,
            changed,
            if difference.is_finite() { format!("{difference:+.3}") } else { "–".into() },
            interval.map_or("–".into(), |[low, high]| format!("{low:+.3} to {high:+.3}")),
            effect.map_or("–".into(), |effect| format!("{:.2}{never}", effect.log_ratio.exp())),
            effect
                .and_then(|effect| effect.interval)
                .map_or("–".into(), |[low, high]| format!("{:.2} to {:.2}", low.exp(), high.exp())),
        ]
    };
    let header = [
        "change",
        "pairs",
        "score",
        "at the end, unchanged",
        "at the end, changed",
        "difference",
        "95 % interval",
        "times the steps",
        "95 % interval",
    ];
    Grid {
        title: "What each change did".into(),
        header: header.map(String::from).to_vec(),
        rows: found.effects.iter().map(row).collect(),
    }
}

/// The difference that a change makes at each step, with its interval.
pub(super) fn difference(title: &str, curve: &PairedCurve) -> Curves {
    let steps = curve.steps.iter().map(|&step| step as f64);
    let points = |of: &dyn Fn(usize) -> Option<f64>| -> Vec<(f64, f64)> {
        let all = steps.clone().enumerate();
        all.filter_map(|(place, step)| Some((step, of(place)?))).collect()
    };
    let bound = |side: usize| points(&|place| curve.interval[place].map(|interval| interval[side]));
    Curves::new(format!("Effect: {title}"), "difference to the unchanged run", None)
        .over("step", steps.clone())
        .with_points("mean", Role::Median, points(&|place| Some(curve.difference[place])))
        .with_points("95 % interval, low", Role::Seed, bound(0))
        .with_points("95 % interval, high", Role::Seed, bound(1))
}
