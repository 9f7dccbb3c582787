//! The report's part on copying.

use maud::{Markup, html};
use serde::Serialize;

use super::figure::{Curves, Role};
use super::forecast_part::copying_forecasts;
use super::groups::Group;
use super::html::{FigureData, columns, figure, verdict};
use super::run_page::standing;
use super::summary::summarize_copying;
use super::verdict::of_copying;
use super::{CopyingSummary, WithoutAttention};
use crate::measures::{Emergence, LEARNED, kaplan_meier};
use crate::spec::CopyingSpec;
use crate::store::StoreError;
use crate::study::RunRecord;

/// What `heatmaps.js` draws as a matrix that can be scrubbed through training.
#[derive(Debug, Serialize)]
struct Matrices {
    kind: &'static str,
    runs: Vec<MatrixRun>,
}

#[derive(Debug, Serialize)]
struct MatrixRun {
    name: String,
    /// The target tokens; the last is the end.
    words: Vec<String>,
    steps: Vec<u64>,
    /// By step: the predicted tokens.
    predicted: Vec<Vec<String>>,
    /// By step: α in thousandths, the mean over heads, target by source, row by row.
    alpha: Vec<Vec<u16>>,
}

/// What `heatmaps.js` draws as weight by distance from the diagonal, over training.
#[derive(Debug, Serialize)]
struct Offsets {
    kind: &'static str,
    runs: Vec<OffsetRun>,
}

#[derive(Debug, Serialize)]
struct OffsetRun {
    name: String,
    steps: Vec<i64>,
    first_offset: i64,
    /// By step: weight in ten-thousandths at each offset.
    mass: Vec<Vec<u16>>,
}

impl FigureData for Matrices {}
impl FigureData for Offsets {}

/// Everything on the copying runs of `groups`, which are those of `runs` grouped by all but the seed.
pub(super) fn section(runs: &[RunRecord], groups: &[Group<'_>]) -> Result<Markup, StoreError> {
    let summaries = summarize_copying(runs)?;
    let mut accuracy = Vec::new();
    let mut attention = Vec::new();
    let mut loss = Vec::new();
    let mut verdicts = Vec::new();
    for (group, summary) in groups.iter().zip(&summaries) {
        let spec = spec_of(group[0]);
        let without = WithoutAttention::of(&spec.data);
        verdicts.push(of_copying(summary, without));
        let title = group.name.to_string();
        accuracy.push(
            Curves::new(&title, "token accuracy", Some([0.0, 1.0]))
                .with_seeds(group, "accuracy")?
                .with_reference("learned: 0.95", LEARNED)
                .with_reference("best without attention", without.accuracy),
        );
        attention.push(
            Curves::new(&title, "attention accuracy", Some([0.0, 1.0]))
                .with_seeds(group, "attention_accuracy")?,
        );
        loss.push(
            Curves::new(&title, "cross-entropy (nats)", None)
                .with_seeds(group, "loss")?
                .with_reference("best without attention", without.loss),
        );
    }
    Ok(html! {
        header {
            h1 { "Copying: easy to express, or easy to learn?" }
            @for sentence in &verdicts { (verdict(sentence)) }
            p class="lead" { (LEAD) }
        }
        (summary_table(&summaries))
        @for summary in &summaries { (standing(&summary.standing)) }
        h2 { "When copying is learned" }
        (panels(&accuracy, html! {
            "Token accuracy on fresh sequences. Thin lines are seeds; the thick line is their median. \
             Dashed: the threshold from which a run counts as having learned, and the best accuracy \
             without looking at the source, knowing only which words were already output."
        }))
        (waiting(groups)?)
        h2 { "Attention accuracy" }
        (panels(&attention, html! {
            "Share of output words whose largest attention weight is on the target word."
        }))
        (copying_forecasts(runs)?)
        h2 { "Loss" }
        (panels(&loss, html! { "Mean cross-entropy of a token on fresh sequences." }))
        (two_numbers(groups)?)
        h2 { "Attention during training" }
        (figure(&matrices(groups)?, html! {
            "The same sequence of each run at every checkpoint. Rows are target tokens, columns source \
             tokens. If the model attends to its target token, the weights are on the diagonal. Below are \
             its predictions; wrong ones are struck through."
        }))
        (elsewhere(groups)?)
    })
}

fn spec_of(run: &RunRecord) -> CopyingSpec {
    CopyingSpec::of(&run.spec).expect("copying runs were picked before")
}

/// Panels side by side that share a caption.
fn panels(curves: &[Curves], caption: Markup) -> Markup {
    html! {
        div class="panels" { @for curves in curves { (figure(curves, html! {})) } }
        p class="caption" { (caption) }
    }
}

/// w and a of the reduced dynamics, as they are in the models; nothing for runs that did not record them.
fn two_numbers(groups: &[Group<'_>]) -> Result<Markup, StoreError> {
    let recorded = |group: &&Group<'_>| group.iter().all(|run| run.score("score_gap").is_ok());
    let mut drawn = Vec::new();
    for group in groups.iter().filter(recorded) {
        let title = group.name.to_string();
        drawn.push(Curves::new(format!("{title}: w"), "score gap w", None).with_seeds(group, "score_gap")?);
        drawn.push(Curves::new(format!("{title}: a"), "logit gap a", None).with_seeds(group, "logit_gap")?);
    }
    if drawn.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        h2 { "Score gap and logit gap" }
        (panels(&drawn, html! {
            "The two variables of the reduced dynamics, measured in the model. Score gap w: how much \
             higher the score of a word is than those of the other words if its position is the whole \
             context. Logit gap a: how much larger the attention logit of the target position is than \
             those of the others. If both are below 0, the model predicts the word that it does not attend \
             to: copying by elimination."
        }))
    })
}

/// Seeds from which a curve of those that wait is drawn.
const SEVERAL: usize = 5;

/// The share of seeds that have not learned yet, of distributions with several.
fn waiting(groups: &[Group<'_>]) -> Result<Markup, StoreError> {
    let mut panels = Vec::new();
    for group in groups.iter().filter(|group| group.len() >= SEVERAL) {
        let mut runs = Vec::new();
        for run in group.iter() {
            runs.push(Emergence::of(run.steps()?, run.score("accuracy")?));
        }
        let curve = kaplan_meier(&runs);
        let end = |run: &Emergence| match *run {
            Emergence::At(end) | Emergence::NotBy(end) => end,
        };
        let last = runs.iter().map(end).fold(0.0, f64::max);
        // A step function: each share holds from where it begins to the step before the next.
        let mut points = vec![(0.0, 1.0)];
        for &(step, share, _) in &curve {
            points.push((step - 1.0, points[points.len() - 1].1));
            points.push((step, share));
        }
        if last > points[points.len() - 1].0 {
            points.push((last, points[points.len() - 1].1));
        }
        panels.push(
            Curves::new(group.name.to_string(), "share not yet learned", Some([0.0, 1.0]))
                .over("step", points.iter().map(|point| point.0))
                .with_points("not yet learned", Role::Median, points),
        );
    }
    if panels.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        h2 { "Share of seeds that have not yet learned" }
        (panels_of(&panels))
    })
}

fn panels_of(curves: &[Curves]) -> Markup {
    panels(
        curves,
        html! {
            "Share of seeds that have not yet reached an accuracy of 0.95 (Kaplan–Meier estimate: seeds \
             that ended earlier count until their last evaluation)."
        },
    )
}

/// What the page is about.
const LEAD: &str = "Each of these models can express copying. Whether training finds this solution depends \
                    on how informative co-occurrence is early on, while attention is still uniform. In \
                    permutations of all words, every source word co-occurs equally often with every target \
                    word, so there is nothing to learn from.";

/// The columns of the summary.
const COLUMNS: [(&str, &str); 6] = [
    ("Copying", "the data distribution"),
    ("Learned", "number of seeds whose accuracy on fresh sequences reached 0.95"),
    ("Median step", "the step by which half of the seeds had reached it"),
    (
        "Step, by seed",
        "the first evaluation at which each seed reached it; “not by” gives the last evaluation of a seed \
         that did not",
    ),
    ("Final accuracy", "share of output tokens that are correct at the last evaluation"),
    (
        "Final attention accuracy",
        "share of output tokens whose largest attention weight is on the target token",
    ),
];

fn summary_table(summaries: &[CopyingSummary]) -> Markup {
    let list = |values: &[f64]| values.iter().map(|x| format!("{x:.2}")).collect::<Vec<_>>().join("  ");
    let steps = |summary: &CopyingSummary| {
        let step = |step: &Emergence| step.to_string();
        summary.emergence.iter().map(step).collect::<Vec<_>>().join("  ")
    };
    html! {
        div class="scroll" { table {
            thead { tr {
                th { "Copying" } th { "Learned" } th { "Median step" } th { "Step, by seed" }
                th { "Final accuracy, by seed" } th { "Final attention accuracy, by seed" }
            } }
            tbody { @for summary in summaries { tr {
                th scope="row" { (summary.distribution) }
                td { (summary.learned) " of " (summary.standing.seeds) }
                td { (summary.median_emergence) }
                td class="list" { (steps(summary)) }
                td class="list" { (list(&summary.accuracy)) }
                td class="list" { (list(&summary.attention_accuracy)) }
            } } }
        } }
        (columns(&COLUMNS))
    }
}

fn matrices(groups: &[Group<'_>]) -> Result<Matrices, StoreError> {
    let mut runs = Vec::new();
    for (group, run) in each_run(groups) {
        let mut matrix = MatrixRun {
            name: label(group, run),
            words: Vec::new(),
            steps: Vec::new(),
            predicted: Vec::new(),
            alpha: Vec::new(),
        };
        for step in run.directory.probe_steps() {
            let columns = ["example", "head", "target", "predicted", "alpha"];
            let records = run.probe_columns(step, &columns)?;
            let (examples, heads) = (records.ints("example")?, records.ints("head")?);
            let rows =
                |head: i64| (0..records.rows()).filter(move |&row| examples[row] == 0 && heads[row] == head);
            let words = |name| -> Result<Vec<String>, StoreError> {
                let texts = records.texts(name)?;
                Ok(rows(0).map(|row| texts[row].clone()).collect())
            };
            matrix.words = words("target")?;
            matrix.steps.push(step);
            matrix.predicted.push(words("predicted")?);
            let count = heads.iter().max().map_or(1, |&last| last + 1);
            let alpha = records.float_lists("alpha")?;
            let mut mean: Vec<f32> = Vec::new();
            for head in 0..count {
                let all: Vec<f32> = rows(head).flat_map(|row| alpha[row].iter().copied()).collect();
                mean.resize(all.len(), 0.0);
                mean.iter_mut().zip(all).for_each(|(sum, weight)| *sum += weight / count as f32);
            }
            matrix.alpha.push(mean.into_iter().map(|weight| in_parts(weight, 1000.0)).collect());
        }
        if !matrix.steps.is_empty() {
            runs.push(matrix);
        }
    }
    Ok(Matrices { kind: "matrices", runs })
}

fn in_parts(weight: f32, parts: f32) -> u16 {
    (weight * parts).round() as u16
}

fn label(group: &Group<'_>, run: &RunRecord) -> String {
    format!("{}, {}", group.name, run.seed_label())
}

/// Each run with its group.
fn each_run<'a, 'b>(groups: &'b [Group<'a>]) -> impl Iterator<Item = (&'b Group<'a>, &'a RunRecord)> {
    groups.iter().flat_map(|group| group.iter().map(move |run| (group, *run)))
}

/// Where the attention of runs goes that did not learn.
fn elsewhere(groups: &[Group<'_>]) -> Result<Markup, StoreError> {
    let mut runs = Vec::new();
    let mut sentences = Vec::new();
    for (group, run) in each_run(groups) {
        let learned = Emergence::of(run.steps()?, run.score("accuracy")?).is_observed();
        if learned || run.evaluation.rows() == 0 {
            continue;
        }
        let mass = run.evaluation.float_lists("offset_mass")?;
        let size = spec_of(run).data.length as i64;
        sentences
            .push(html! { li { b { (label(group, run)) } ": " (describe_attention(run, mass, size)?) } });
        runs.push(OffsetRun {
            name: label(group, run),
            steps: run.steps()?.to_vec(),
            first_offset: -size,
            mass: mass.iter().map(|row| row.iter().map(|&x| in_parts(x, 10_000.0)).collect()).collect(),
        });
    }
    if runs.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        h2 { "Where attention goes instead" }
        p { "Runs that had not learned by their last evaluation, at that step:" }
        ul { @for sentence in &sentences { (sentence) } }
        (figure(&Offsets { kind: "offsets", runs }, html! {
            "Mean attention weight by distance from the target word (0 is the target word, positive \
             distances are later in the source). Training runs from top to bottom. Uniform attention gives \
             a broad triangle."
        }))
    })
}

/// The last evaluation's attention in words.
fn describe_attention(run: &RunRecord, mass: &[Vec<f32>], size: i64) -> Result<Markup, StoreError> {
    let last = mass.last().map_or(&[][..], Vec::as_slice);
    let near: f32 = last.iter().skip(size as usize - 1).take(3).sum();
    let strongest = last.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let (offset, weight) = strongest.map_or((0, 0.0), |(index, &weight)| (index as i64 - size, weight));
    let score = |name: &str| Ok::<_, StoreError>(run.score(name)?.last().copied().unwrap_or(f64::NAN));
    let positions = (size + 1) as f64;
    Ok(html! {
        "accuracy " (format!("{:.2}", score("accuracy")?)) "; "
        (format!("{:.0} %", 100.0 * near)) " of the weight lies within one position of the target word (uniform: "
        (format!("{:.0} %", 100.0 * (3.0 * positions - 2.0) / (positions * positions))) "), most at offset "
        (offset) " (" (format!("{:.0} %", 100.0 * weight)) "); the largest weight of a row is "
        (format!("{:.2}", score("attention_peak")?)) " on average, and the entropy "
        (format!("{:.2}", score("attention_entropy")?)) " of at most " (format!("{:.2}", positions.ln())) " nats; "
        "the largest weight is on the target word in " (format!("{:.0} %", 100.0 * score("attention_accuracy")?))
        " of rows, one position before it in " (format!("{:.0} %", 100.0 * score("attention_accuracy_before")?))
        ", one position after it in " (format!("{:.0} %", 100.0 * score("attention_accuracy_after")?)) "."
    })
}
