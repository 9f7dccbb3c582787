//! Words of classified texts over training: the attention on them, and the model's output for each word alone.

use std::collections::HashMap;

use super::example::shown_steps;
use super::unreadable::{Reader, keep};
use super::words::{
    AT_LEAST, KnownBy, MOST, Sums, WordCourse, WordCourses, WordLine, agreement_of, over_half_from, ranks,
};
use crate::record::Records;
use crate::store::{RunDirectory, StoreError};
use crate::task::Split;

const RULE: &str = "A word counts as learned from the checkpoint on from which β ranks it among the top 5 \
                    % of its text in more than half of its occurrences in held-out texts. It counts as \
                    found by attention from the checkpoint on from which α does so.";

/// α and β of held-out texts at one checkpoint.
struct Probed {
    words: Vec<Vec<String>>,
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
    let mut counts: HashMap<&str, usize> = HashMap::new();
    last.words.iter().flatten().for_each(|word| *counts.entry(word).or_default() += 1);
    let mut frequent: Vec<(&str, usize)> =
        counts.into_iter().filter(|(_, count)| *count >= AT_LEAST).collect();
    frequent.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    frequent.truncate(MOST);
    let numbers: HashMap<&str, usize> =
        frequent.iter().enumerate().map(|(n, (word, _))| (*word, n)).collect();
    let mut sums = vec![vec![Sums::default(); steps.len()]; frequent.len()];
    let mut agreement = [Vec::new(), Vec::new()];
    for (at, &step) in steps.iter().enumerate() {
        let Some(probed) = reader.take(step, read(directory, step)) else {
            agreement.iter_mut().for_each(|values| values.push(f32::NAN));
            continue;
        };
        for ((words, alpha), beta) in probed.words.iter().zip(&probed.alpha).zip(&probed.beta) {
            let length = words.len() as f64;
            for (place, word) in words.iter().enumerate() {
                let Some(&number) = numbers.get(word.as_str()) else { continue };
                let sums = &mut sums[number][at];
                sums.count += 1;
                sums.alpha += f64::from(alpha[place]) * length;
                sums.beta += f64::from(beta[place]);
                sums.alpha_top += usize::from(ranks(alpha, place));
                sums.beta_top += usize::from(ranks(beta, place));
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
    let words = frequent.iter().zip(&sums).map(|((word, count), sums)| WordCourse {
        word: (*word).into(),
        translation: None,
        occurrences: *count,
        known: over_half_from(&steps, sums, |at| at.beta_top),
        found: over_half_from(&steps, sums, |at| at.alpha_top),
        lines: lines(sums),
    });
    let words = words.collect();
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

fn lines(sums: &[Sums]) -> Vec<WordLine> {
    let line = |key, name, value: &dyn Fn(&Sums) -> f32| WordLine {
        key,
        name,
        values: sums.iter().map(value).collect(),
    };
    vec![
        line("alpha", "attention, × uniform", &|at| at.mean(at.alpha)),
        line("beta", "β, towards the label", &|at| at.mean(at.beta)),
        line("alpha_top", "share of texts in which α ranks it first", &|at| at.share(at.alpha_top)),
        line("beta_top", "share of texts in which β ranks it first", &|at| at.share(at.beta_top)),
    ]
}

fn read(directory: &RunDirectory, step: u64) -> Result<Probed, StoreError> {
    let table = Records::of(directory).columns(step, &["split", "tokens", "alpha", "beta"])?;
    let splits = table.texts("split")?;
    let rows: Vec<usize> = (0..table.rows()).filter(|&row| splits[row] == Split::Validation.name()).collect();
    let (words, alpha, beta) =
        (table.text_lists("tokens")?, table.float_lists("alpha")?, table.float_lists("beta")?);
    // Lists of different lengths in one row mean that the file was tampered with. Skip the row and keep the others.
    let whole = |&row: &usize| {
        let length = words[row].len();
        length > 0 && alpha[row].len() == length && beta[row].len() == length
    };
    let rows: Vec<usize> = rows.into_iter().filter(whole).collect();
    Ok(Probed {
        words: rows.iter().map(|&row| words[row].clone()).collect(),
        alpha: rows.iter().map(|&row| alpha[row].clone()).collect(),
        beta: rows.iter().map(|&row| beta[row].clone()).collect(),
    })
}
