//! Words of a source language: whether β ranks them on top for their translation, and whether attention is on them at
//! the positions of that translation.

use std::collections::HashMap;

use super::example::shown_steps;
use super::unreadable::{Reader, keep};
use super::words::{
    AT_LEAST, KnownBy, MARKS, MOST, Sums, WordCourse, WordCourses, WordLine, agreement_of, over_half_from,
    ranks,
};
use crate::record::Records;
use crate::store::{RunDirectory, StoreError};
use crate::task::Split;

const RULE: &str = "The translation of a subword is the target subword for which it gets the most \
                    attention at the last checkpoint, over held-out pairs. It counts as learned from the \
                    checkpoint on from which β of that translation ranks the subword among the top 5 % of \
                    its sentence in more than half of the pairs that contain both. It counts as found by \
                    attention from the checkpoint on from which α does so.";

/// The held-out rows at one checkpoint: one for each target position.
struct Probed {
    sources: Vec<Vec<String>>,
    targets: Vec<String>,
    alpha: Vec<Vec<f32>>,
    beta: Vec<Vec<f32>>,
}

pub(super) fn courses(directory: &RunDirectory) -> Result<WordCourses, StoreError> {
    let mut steps = shown_steps(directory);
    let mut reader = Reader::of(directory);
    let Some(last) = reader.last(&mut steps, |step| read(directory, step)) else {
        reader.finish()?;
        return Ok(WordCourses::default());
    };
    let translations = translations(&last);
    let numbers: HashMap<&str, (usize, &str)> =
        translations.iter().enumerate().map(|(n, (word, target))| (*word, (n, *target))).collect();
    let mut sums = vec![vec![Sums::default(); steps.len()]; translations.len()];
    let mut agreement = [Vec::new(), Vec::new()];
    for (at, &step) in steps.iter().enumerate() {
        let Some(probed) = reader.take(step, read(directory, step)) else {
            agreement.iter_mut().for_each(|values| values.push(f32::NAN));
            continue;
        };
        for row in 0..probed.targets.len() {
            for (place, word) in probed.sources[row].iter().enumerate() {
                let Some(&(number, target)) = numbers.get(word.as_str()) else { continue };
                if target != probed.targets[row] {
                    continue;
                }
                let sums = &mut sums[number][at];
                sums.count += 1;
                sums.alpha += f64::from(probed.alpha[row][place]);
                sums.beta += f64::from(probed.beta[row][place].exp());
                sums.alpha_top += usize::from(ranks(&probed.alpha[row], place));
                sums.beta_top += usize::from(ranks(&probed.beta[row], place));
            }
        }
        for (values, rows) in agreement.iter_mut().zip([&probed.alpha, &probed.beta]) {
            values.push(agreement_of(&last.alpha, rows));
        }
    }
    let kept = reader.were_read(&steps);
    keep(&mut steps, &kept);
    sums.iter_mut().for_each(|sums| keep(sums, &kept));
    agreement.iter_mut().for_each(|values| keep(values, &kept));
    let mut words: Vec<WordCourse> = translations
        .iter()
        .zip(&sums)
        .map(|((word, target), sums)| WordCourse {
            word: (*word).into(),
            translation: Some((*target).into()),
            occurrences: sums.last().map_or(0, |at| at.count),
            known: over_half_from(&steps, sums, |at| at.beta_top),
            found: over_half_from(&steps, sums, |at| at.alpha_top),
            lines: lines(sums),
        })
        .filter(|course| course.occurrences >= AT_LEAST)
        .collect();
    words.sort_by(|a, b| b.occurrences.cmp(&a.occurrences).then_with(|| a.word.cmp(&b.word)));
    words.truncate(MOST);
    let [alpha, beta] = agreement;
    let agreement = vec![
        WordLine { key: "alpha", name: "α now with α at the end", values: alpha },
        WordLine { key: "beta", name: "β now with α at the end", values: beta },
    ];
    Ok(WordCourses {
        steps,
        rule: RULE,
        known_by: KnownBy::Beta,
        words,
        agreement,
        unreadable: reader.finish()?,
    })
}

/// For each source subword, the target subword at whose positions it has the largest total attention.
fn translations(last: &Probed) -> Vec<(&str, &str)> {
    let mut weights: HashMap<&str, HashMap<&str, f64>> = HashMap::new();
    for (row, target) in last.targets.iter().enumerate() {
        if MARKS.contains(&target.as_str()) {
            continue;
        }
        for (word, &alpha) in last.sources[row].iter().zip(&last.alpha[row]) {
            if !MARKS.contains(&word.as_str()) {
                *weights.entry(word).or_default().entry(target).or_default() += f64::from(alpha);
            }
        }
    }
    let mut all = Vec::with_capacity(weights.len());
    for (word, targets) in weights {
        // Ties are broken by name, so that the result is deterministic.
        let best = targets.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(a.0)));
        all.extend(best.map(|(target, _)| (word, target)));
    }
    all.sort_unstable();
    all
}

fn lines(sums: &[Sums]) -> Vec<WordLine> {
    let line = |key, name, value: &dyn Fn(&Sums) -> f32| WordLine {
        key,
        name,
        values: sums.iter().map(value).collect(),
    };
    vec![
        line("alpha", "attention on it when its translation is the target", &|at| at.mean(at.alpha)),
        line("beta", "e^β: probability of its translation, from it alone", &|at| at.mean(at.beta)),
        line("alpha_top", "share of pairs in which α ranks it first", &|at| at.share(at.alpha_top)),
        line("beta_top", "share of pairs in which β ranks it first", &|at| at.share(at.beta_top)),
    ]
}

fn read(directory: &RunDirectory, step: u64) -> Result<Probed, StoreError> {
    let columns = ["split", "layer", "head", "tokens", "target", "alpha", "beta"];
    let table = Records::of(directory).columns(step, &columns)?;
    let (layers, heads) = (table.ints("layer")?, table.ints("head")?);
    let (splits, sources, targets) =
        (table.texts("split")?, table.text_lists("tokens")?, table.texts("target")?);
    let (alpha, beta) = (table.float_lists("alpha")?, table.float_lists("beta")?);
    // Lists of different lengths in one row mean that the file was tampered with. Skip the row and keep the others.
    let is_whole = |&row: &usize| {
        let length = sources[row].len();
        splits[row] == Split::Validation.name()
            && (layers[row], heads[row]) == (0, 0)
            && length > 0
            && alpha[row].len() == length
            && beta[row].len() == length
    };
    let rows: Vec<usize> = (0..table.rows()).filter(is_whole).collect();
    Ok(Probed {
        sources: rows.iter().map(|&row| sources[row].clone()).collect(),
        targets: rows.iter().map(|&row| targets[row].clone()).collect(),
        alpha: rows.iter().map(|&row| alpha[row].clone()).collect(),
        beta: rows.iter().map(|&row| beta[row].clone()).collect(),
    })
}
