//! What each head of a Transformer does: grids of layers × heads through training, and a timeline.

use maud::{Markup, html};
use serde::Serialize;

use super::figure::{Curves, Role};
use super::html::{FigureData, columns, figure};
use crate::store::StoreError;
use crate::study::{HeadCourses, RunRecord};

/// Heads that have a line of their own in the timeline, at most.
const LINES: usize = 32;

/// The measures in the order in which they are shown: key, name, and what it means.
const MEASURES: [(&str, &str, &str); 8] = [
    ("previous_token", "previous token", "attention to the token before, on repeated random tokens"),
    (
        "prefix_matching",
        "prefix matching",
        "attention to what followed earlier occurrences, on repeated random tokens",
    ),
    ("right_position", "right position", "attention to the positions that the task knows to be right"),
    ("beta_gap", "gap of β", "how much larger β is at right positions than at others, in nats"),
    ("copying", "copying", "how far the head raises the token that it attends to, from −1 to 1"),
    ("entropy", "entropy", "entropy of α, in nats"),
    ("ablation", "ablation", "how much the loss rises if the head's output is replaced by its mean, in nats"),
    ("alone", "alone", "accuracy with this head as the only one of its layer"),
];

/// Measures that have a timeline.
const TIMELINES: [&str; 4] = ["previous_token", "prefix_matching", "right_position", "ablation"];

/// What `heads.js` draws.
#[derive(Debug, Serialize)]
struct Heads {
    kind: &'static str,
    measures: Vec<Measure>,
    runs: Vec<HeadsOfRun>,
}

impl FigureData for Heads {}

#[derive(Debug, Serialize)]
struct Measure {
    key: &'static str,
    name: &'static str,
    title: &'static str,
    signed: bool,
    /// The value with the strongest shade.
    largest: f64,
}

#[derive(Debug, Serialize)]
struct HeadsOfRun {
    name: String,
    steps: Vec<u64>,
    layers: Vec<String>,
    heads: Vec<String>,
    /// By measure and step: layer by layer, a value for each head; null where there is none.
    values: Vec<Vec<Vec<Option<f64>>>>,
}

/// The part on the heads of `runs` under their names; nothing if none were measured.
pub(super) fn heads_part<'a>(
    runs: impl IntoIterator<Item = (String, &'a RunRecord)>,
) -> Result<Markup, StoreError> {
    let mut found = Vec::new();
    for (name, run) in runs {
        found.extend(HeadCourses::of(run)?.map(|courses| (name, courses)));
    }
    let Some((first, courses)) = found.first() else { return Ok(html! {}) };
    let shown: Vec<&(&str, &str, &str)> = MEASURES.iter().filter(|(key, ..)| courses.has(key)).collect();
    let drawn = Heads {
        kind: "heads",
        measures: shown.iter().map(|measure| measure_of(measure, &found)).collect(),
        runs: found.iter().map(|(name, courses)| run_of(name, courses, &shown)).collect(),
    };
    let lines = courses.places.len() <= LINES;
    let timelines =
        TIMELINES.iter().filter(|key| lines && courses.has(key)).map(|key| timeline(courses, key));
    let timelines: Vec<Curves> = timelines.collect();
    let meanings: Vec<(&str, &str)> = shown.iter().map(|(_, name, meaning)| (*name, *meaning)).collect();
    Ok(html! {
        h2 { "What each head does" }
        (figure(&drawn, html! { "Rows are layers, columns heads, both counted from 0. Move the slider through training." }))
        (columns(&meanings))
        @if !timelines.is_empty() {
            h2 { "Which head became what, and when" }
            div class="panels" { @for each in &timelines { (figure(each, html! {})) } }
            p class="caption" { "A line for each head (layer.head) of " (first) "." }
        }
    })
}

fn measure_of(
    &(key, name, title): &(&'static str, &'static str, &'static str),
    found: &[(String, HeadCourses)],
) -> Measure {
    let signed = matches!(key, "copying" | "ablation" | "beta_gap");
    let all = found.iter().flat_map(|(_, courses)| {
        (0..courses.steps.len()).flat_map(|step| courses.at(key, step).iter().copied())
    });
    let largest = match key {
        "entropy" | "ablation" | "beta_gap" => {
            all.filter(|x| x.is_finite()).fold(1e-3, |most: f64, x| most.max(x.abs()))
        }
        _ => 1.0,
    };
    Measure { key, name, title, signed, largest }
}

fn run_of(name: &str, courses: &HeadCourses, shown: &[&(&str, &str, &str)]) -> HeadsOfRun {
    let most = |of: fn(&(usize, usize)) -> usize| courses.places.iter().map(of).max().unwrap_or(0);
    let numbers = |count: usize| (0..=count).map(|number| number.to_string()).collect();
    let rounded = |value: f64| value.is_finite().then(|| (value * 1e4).round() / 1e4);
    let of_step =
        |key: &str, step: usize| courses.at(key, step).iter().map(|&value| rounded(value)).collect();
    let values =
        shown.iter().map(|(key, ..)| (0..courses.steps.len()).map(|step| of_step(key, step)).collect());
    HeadsOfRun {
        name: name.to_owned(),
        steps: courses.steps.clone(),
        layers: numbers(most(|place| place.0)),
        heads: numbers(most(|place| place.1)),
        values: values.collect(),
    }
}

fn timeline(courses: &HeadCourses, key: &str) -> Curves {
    let (_, name, _) = MEASURES.iter().find(|(own, ..)| *own == key).expect("one of the measures");
    let range = (key != "ablation").then_some([0.0, 1.0]);
    let mut curves = Curves::new(*name, "by head", range).over_steps(courses.steps.iter().copied());
    for (place, (layer, head)) in courses.places.iter().enumerate() {
        let points = courses.steps.iter().map(|&step| step as f64).zip(courses.course(key, place));
        curves = curves.with_points(format!("{layer}.{head}"), Role::Main, points);
    }
    curves
}
