//! One example of a run through its checkpoints, as a page of its own: what a notebook shows.

use maud::html;

use super::html::{figure, page};
use super::pair_page::alignment;
use super::text_page::{Example, TextRun, Texts, in_hundredths};
use crate::record::RecordedPair;
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::trajectory::{ExampleAt, ExampleCourse, MatrixCourse, TextCourse, example_course};

/// The page of one example at one place, with a slider over the checkpoints; `None` if it was not recorded. It needs no network.
pub fn example_page(run: &RunRecord, at: ExampleAt) -> Result<Option<String>, StoreError> {
    let Some(course) = example_course(&run.directory, at)? else { return Ok(None) };
    let drawn = match course {
        ExampleCourse::Matrix(course) => {
            let name = format!("{}, layer {}, head {}", run.seed_label(), course.layer, course.head);
            let (steps, pairs) = (course.steps.clone(), pairs(&course, at.example));
            alignment(name, steps, pairs)
        }
        ExampleCourse::Text(course) => {
            let note = html! { "Words are shaded by α, β or Δ; positive β and Δ support the true label." };
            figure(&texts(run, &course), note)
        }
    };
    Ok(Some(page(&format!("Onset: example {}", at.example), &[drawn], &[run])))
}

/// The records of one sequence at each checkpoint.
fn pairs(course: &MatrixCourse, example: i64) -> Vec<RecordedPair> {
    let rows = |key: &str, step: usize, of: fn(f32) -> f32| -> Vec<Vec<f32>> {
        let probe = course.probes.iter().find(|probe| probe.key == key);
        let values = probe.and_then(|probe| probe.values.get(step)).map_or(&[][..], Vec::as_slice);
        let rows: Vec<Vec<f32>> = values
            .chunks(course.source.len().max(1))
            .map(|row| row.iter().map(|&value| of(value)).collect())
            .collect();
        // Records that a checkpoint does not have are empty rows.
        if rows.is_empty() { vec![Vec::new(); course.target.len()] } else { rows }
    };
    let pair = |step: usize| RecordedPair {
        example,
        source: course.source.clone(),
        target: course.target.clone(),
        predicted: course.predicted[step].clone(),
        alpha: rows("alpha", step, |alpha| alpha),
        // The course has probabilities, the record their logarithms.
        beta: rows("beta", step, f32::ln),
        delta: rows("delta", step, |delta| delta),
    };
    (0..course.steps.len()).map(pair).collect()
}

fn texts(run: &RunRecord, course: &TextCourse) -> Texts {
    let number = |name: &String| course.label_names.iter().position(|known| known == name).unwrap_or(0);
    let values = |key: &str| {
        let probe = course.probes.iter().find(|probe| probe.key == key);
        probe.map_or_else(Vec::new, |probe| probe.values.clone())
    };
    let hundredths = |key: &str| values(key).iter().map(|row| in_hundredths(row)).collect();
    let thousandths = |row: Vec<f32>| row.iter().map(|x| (x * 1000.0).round() as u16).collect();
    let example = Example {
        words: course.words.clone(),
        label: number(&course.label) as u32,
        predicted: course.predicted.iter().map(number).collect(),
        logit: course.logit.clone(),
        alpha: values("alpha").into_iter().map(thousandths).collect(),
        beta: hundredths("beta"),
        delta: hundredths("delta"),
    };
    let runs = vec![TextRun { name: run.seed_label(), steps: course.steps.clone(), examples: vec![example] }];
    Texts { kind: "texts", labels: course.label_names.clone(), runs }
}
