//! The report of meta-tuning.

use std::path::Path;

use maud::{Markup, PreEscaped, html};

use super::Grid;
use super::figure::{Curves, Role, Scatter, svg};
use super::html::{columns, figure, grid, page, verdict};
use crate::agreement::Interval;
use crate::store::{StoreError, write_atomically};
use crate::study::{
    GroupGain, HeadShift, LabelGain, MetaFindings, RunRecord, VariantFindings, meta_sentences,
};

fn area(area: f64) -> String {
    if area.is_finite() { format!("{area:.3}") } else { "–".into() }
}

fn points(difference: f64) -> String {
    if difference.is_finite() { format!("{:+.1}", 100.0 * difference) } else { "–".into() }
}

fn range(interval: Option<Interval>) -> String {
    interval
        .map_or("–".into(), |Interval { low, high }| format!("{:+.1} to {:+.1}", 100.0 * low, 100.0 * high))
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(String::from).to_vec()
}

/// The main variant by group, and all variants.
pub fn meta_grids(findings: &MetaFindings) -> Vec<Grid> {
    let mut grids: Vec<Grid> = findings.variants.first().map(by_group).into_iter().collect();
    let row = |variant: &VariantFindings| {
        let groups = variant.groups.len().to_string();
        let [own, main] = variant.after;
        let (over_groups, over_labels) = (variant.over_groups, variant.over_labels);
        vec![
            variant.title.clone(),
            groups,
            area(own),
            area(main),
            points(over_groups.0),
            range(over_groups.1),
            points(over_labels.0),
            range(over_labels.1),
            format!("{:.0} %", 100.0 * variant.improved),
        ]
    };
    grids.push(Grid {
        title: "Ways of training: area under the ROC curve on held-out sets".into(),
        header: texts([
            "",
            "groups",
            "after",
            "main variant there",
            "change over groups (points)",
            "95 % interval",
            "change over labels (points)",
            "95 % interval",
            "labels that improve",
        ]),
        rows: findings.variants.iter().map(row).collect(),
    });
    grids
}

fn by_group(main: &VariantFindings) -> Grid {
    let row = |group: &GroupGain| {
        let [keywords, before, after] = group.areas.map(area);
        let (labels, change) = (group.labels.to_string(), points(group.difference));
        vec![group.group.clone(), labels, keywords, before, after, change, range(group.interval)]
    };
    Grid {
        title: "Area under the ROC curve by held-out group".into(),
        header: texts([
            "group",
            "labels",
            "keywords",
            "before training",
            "after",
            "change (points)",
            "95 % interval over labels",
        ]),
        rows: main.groups.iter().map(row).collect(),
    }
}

/// Every label of every variant.
pub fn meta_labels(findings: &MetaFindings) -> Grid {
    let row = |variant: &VariantFindings, label: &LabelGain| {
        let areas = [label.keywords, label.before, label.after].map(area);
        let own = [&variant.title, &label.group, &label.set, &label.label].map(String::clone);
        own.into_iter().chain(areas).chain([points(label.after - label.before)]).collect()
    };
    Grid {
        title: "Area under the ROC curve by label".into(),
        header: texts([
            "way of training",
            "group",
            "set",
            "label",
            "keywords",
            "before",
            "after",
            "change (points)",
        ]),
        rows: findings
            .variants
            .iter()
            .flat_map(|variant| variant.labels.iter().map(move |label| row(variant, label)))
            .collect(),
    }
}

/// Writes the report.
pub fn write_meta_report(
    findings: &MetaFindings,
    runs: &[&RunRecord],
    path: &Path,
) -> Result<(), StoreError> {
    let sentences = meta_sentences(findings);
    let section = html! {
        header {
            h1 { "Meta-tuning: classifying by a description" }
            @if let Some(first) = sentences.first() { (verdict(first)) }
            p class="lead" {
                "A model learns to answer Yes or No to a question about a text, such as “Is this message spam?”, on many data sets. Each \
                 group of similar sets is held out in turn: its labels are predicted from their descriptions alone."
            }
            ul { @for sentence in sentences.iter().skip(1) { li { (sentence) } } }
        }
        @if let Some(main) = findings.variants.first() { (scatter(main)) }
        @for table in meta_grids(findings) { h2 { (table.title) } (grid(&table)) }
        (columns(&[
            ("keywords", "cosine of bags of words, each weighted by how rare it is: what matching keywords can do"),
            ("before training", "the cosine of embeddings for a sentence encoder, an untrained score for other models"),
            ("change", "area after training minus area before it, in points of a hundred"),
            ("main variant there", "area after training of the main variant, on the labels that this one was evaluated on"),
        ]))
        (attention(findings))
        (heads(findings))
        h2 { "Every label" }
        (grid(&meta_labels(findings)))
    };
    write_atomically(path, page("Onset: meta-tuning", &[section], runs).as_bytes())
}

/// Adapted against unadapted.
fn scatter(main: &VariantFindings) -> Markup {
    let groups = main.labels.chunk_by(|a, b| a.group == b.group).map(|labels| {
        (labels[0].group.clone(), labels.iter().map(|label| [label.before, label.after]).collect::<Vec<_>>())
    });
    let groups: Vec<(String, Vec<[f64; 2]>)> = groups.collect();
    let all = groups.iter().flat_map(|(_, points)| points).flatten();
    let lowest = all.fold(0.5f64, |lowest, &area| lowest.min(area));
    let drawing = Scatter {
        title: "After training against before it".into(),
        axes: ["area under the curve before training", "after training"].map(String::from),
        range: [(lowest * 10.0).floor() / 10.0, 1.0],
        groups,
    };
    html! {
        figure {
            (PreEscaped(svg(&drawing.sheet())))
            figcaption { "Each point is a label of a held-out set; above the diagonal training helped." }
        }
    }
}

/// Which heads change: a row for each layer.
fn heads(findings: &MetaFindings) -> Markup {
    let layers: Vec<&[HeadShift]> = findings.heads.chunk_by(|a, b| a.layer == b.layer).collect();
    let Some(first) = layers.first() else { return html! {} };
    let row = |layer: &&[HeadShift]| {
        let moved = layer.iter().map(|head| area(head.moved));
        [format!("layer {}", layer[0].layer)].into_iter().chain(moved).collect()
    };
    let heads = first.iter().map(|head| format!("head {}", head.head));
    let table = Grid {
        title: "Which heads change".into(),
        header: [String::new()].into_iter().chain(heads).collect(),
        rows: layers.iter().map(row).collect(),
    };
    html! {
        h2 { (table.title) }
        (grid(&table))
        p class="caption" {
            "The share of a head's attention that is elsewhere after training than before it, as a mean over examples of sets that              were not trained on, in the main variant (total variation distance of α)."
        }
    }
}

/// What attention learns.
fn attention(findings: &MetaFindings) -> Markup {
    let Some((_, course)) = findings.attention.first().filter(|(_, course)| course.len() > 1) else {
        return html! {};
    };
    let steps = || course.iter().map(|at| at.step as f64);
    let line = |of: &dyn Fn(usize) -> f64| {
        (0..course.len()).map(|place| (course[place].step as f64, of(place))).collect::<Vec<_>>()
    };
    let names = ["α and β", "α and Δ", "β and Δ"];
    let agreement = Curves::new("agreement on unseen sets", "Kendall's τ", None).over("step", steps());
    let agreement = names.iter().enumerate().fold(agreement, |curves, (measure, name)| {
        curves.with_points(*name, Role::Main, line(&|place| course[place].measures[measure]))
    });
    let shares = findings.attention.iter().fold(
        Curves::new("attention on the description", "share", Some([0.0, 1.0])).over("step", steps()),
        |curves, (name, course)| {
            let points = course.iter().map(|at| (at.step as f64, at.measures[3]));
            curves.with_points(name.as_str(), Role::Main, points.collect::<Vec<_>>())
        },
    );
    let areas = Curves::new("area under the curve", "area", None).over("step", steps());
    let areas = areas.with_points("main variant", Role::Main, line(&|place| course[place].auc));
    html! {
        h2 { "What attention learns" }
        div class="panels" {
            (figure(&areas, html! {}))
            (figure(&agreement, html! {}))
            (figure(&shares, html! {}))
        }
        p class="caption" {
            "On sets that were not trained on, for each token of a text: α, its weight in the last layer; β, the score of Yes if the \
             text were this token alone; Δ, how much its embedding speaks for Yes. Right: the share of the last layer's attention \
             that the description gets; a bi-encoder reads description and text apart, so that it is a half."
        }
    }
}
