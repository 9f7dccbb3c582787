//! Words of copied sequences: whether they are said, and whether attention is where they stand.

use std::collections::BTreeMap;

use super::example::shown_steps;
use super::words::{Sums, WordCourse, WordCourses, WordLine, first_over_half};
use crate::spec::Order;
use crate::store::{RunDirectory, StoreError, Table};

const RULE: &str = "A word is known from the first checkpoint on at which the model says it in more than half of the \
    places where it should, and found from the first at which attention is largest on it there. (Copying runs keep no \
    β on record.)";

pub(super) fn courses(directory: &RunDirectory, order: Order) -> Result<WordCourses, StoreError> {
    let steps = shown_steps(directory);
    let mut sums: BTreeMap<i64, Vec<Sums>> = BTreeMap::new();
    for (at, &step) in steps.iter().enumerate() {
        let columns = ["position", "target", "predicted", "alpha"];
        let table = Table::read_columns(&directory.probe_path(step), &columns)?;
        let (positions, targets) = (table.ints("position")?, table.ints("target")?);
        let (predicted, alphas) = (table.ints("predicted")?, table.float_lists("alpha")?);
        for row in 0..table.rows() {
            let (size, position) = (alphas[row].len(), usize::try_from(positions[row]).unwrap_or(usize::MAX));
            // The end follows the words in either order, and is no word.
            let Some(words) = size.checked_sub(1).filter(|&words| position < words) else { continue };
            let place = if order == Order::Reversed { words - 1 - position } else { position };
            let sums =
                &mut sums.entry(targets[row]).or_insert_with(|| vec![Sums::default(); steps.len()])[at];
            let largest = alphas[row].iter().copied().fold(f32::NEG_INFINITY, f32::max);
            sums.count += 1;
            sums.alpha += f64::from(alphas[row][place]);
            sums.alpha_top += usize::from(alphas[row][place] >= largest);
            sums.beta_top += usize::from(predicted[row] == targets[row]);
        }
    }
    let words = sums.iter().map(|(word, sums)| WordCourse {
        word: word.to_string(),
        translation: None,
        occurrences: sums.last().map_or(0, |at| at.count),
        known: first_over_half(&steps, sums, |at| at.beta_top),
        found: first_over_half(&steps, sums, |at| at.alpha_top),
        lines: vec![
            WordLine {
                key: "alpha",
                name: "attention on the word when it is to be said",
                values: sums.iter().map(|at| at.mean(at.alpha)).collect(),
            },
            WordLine {
                key: "said",
                name: "share of places where it is said",
                values: sums.iter().map(|at| at.share(at.beta_top)).collect(),
            },
        ],
    });
    let words = words.collect();
    Ok(WordCourses { steps, rule: RULE, words, agreement: Vec::new() })
}
