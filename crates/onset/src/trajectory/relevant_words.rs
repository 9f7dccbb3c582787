//! Words whose right position was recorded: whether the model has learned them, and whether attention is on that
//! position.

use std::collections::BTreeMap;

use onset_engine::argmax;

use super::example::shown_steps;
use super::unreadable::{Reader, keep};
use super::words::{KnownBy, MARKS, Sums, WordCourse, WordCourses, WordLine, over_half_from, ranks};
use crate::record::Records;
use crate::store::{RunDirectory, StoreError};
use crate::task::Split;

const RULE: &str = "A word counts as learned from the checkpoint on from which β ranks its relevant position \
                    among the top 5 % in more than half of the places where it is the target. It counts as found by \
                    attention from the checkpoint on from which that position has the largest attention weight.";

const RULE_WITHOUT_BETA: &str = "This run has no β, so that the table shows when a word is predicted, to which attention \
                                 contributes, and not when it is known. A word counts as predicted from the checkpoint on \
                                 from which it is predicted in more than half of the places where it is the target, and \
                                 more than half of its predictions are right. It counts as found by attention from the \
                                 checkpoint on from which its relevant position has the largest attention weight.";

pub(super) fn courses(directory: &RunDirectory) -> Result<WordCourses, StoreError> {
    let mut steps = shown_steps(directory);
    let mut reader = Reader::of(directory);
    let mut sums_of: BTreeMap<String, Vec<Sums>> = BTreeMap::new();
    let mut with_beta = true;
    let columns = ["split", "layer", "head", "tokens", "target", "predicted", "relevant", "alpha", "beta"];
    for (at, &step) in steps.iter().enumerate() {
        let Some(table) = reader.take(step, Records::of(directory).columns(step, &columns)) else { continue };
        let (splits, layers, heads) = (table.texts("split")?, table.ints("layer")?, table.ints("head")?);
        let (tokens, targets) = (table.text_lists("tokens")?, table.texts("target")?);
        let (predicted, relevant) = (table.texts("predicted")?, table.ints("relevant")?);
        let (alphas, betas) = (table.float_lists("alpha")?, table.float_lists("beta")?);
        for row in 0..table.rows() {
            if splits[row] != Split::Validation.name() || layers[row] != 0 || heads[row] != 0 {
                continue;
            }
            let place = usize::try_from(relevant[row]).ok().filter(|&place| place < alphas[row].len());
            let Some(place) = place.filter(|&place| place < tokens[row].len()) else { continue };
            if MARKS.contains(&targets[row].as_str()) {
                continue;
            }
            let of_word = sums_of.entry(targets[row].clone());
            let sums = &mut of_word.or_insert_with(|| vec![Sums::default(); steps.len()])[at];
            sums.count += 1;
            sums.alpha += f64::from(alphas[row][place]);
            sums.alpha_top += usize::from(argmax(&alphas[row]) == place);
            let beta = Some(&betas[row]).filter(|beta| beta.len() == alphas[row].len());
            with_beta &= beta.is_some();
            sums.beta += beta.map_or(0.0, |beta| f64::from(beta[place].exp()));
            sums.beta_top +=
                usize::from(beta.map_or(predicted[row] == targets[row], |beta| ranks(beta, place)));
            let of_prediction = sums_of.entry(predicted[row].clone());
            of_prediction.or_insert_with(|| vec![Sums::default(); steps.len()])[at].predicted += 1;
        }
    }
    let kept = reader.were_read(&steps);
    keep(&mut steps, &kept);
    sums_of.values_mut().for_each(|sums| keep(sums, &kept));
    // A model that always predicts one word does not know it.
    let known = |at: &Sums| match with_beta || 2 * at.beta_top > at.predicted {
        true => at.beta_top,
        false => 0,
    };
    sums_of.retain(|_, sums| sums.iter().any(|at| at.count > 0));
    let words = sums_of.iter().map(|(word, sums)| WordCourse {
        word: word.clone(),
        translation: None,
        occurrences: sums.last().map_or(0, |at| at.count),
        known: over_half_from(&steps, sums, known),
        found: over_half_from(&steps, sums, |at| at.alpha_top),
        lines: lines(sums, with_beta),
    });
    let mut words: Vec<WordCourse> = words.collect();
    // Tokens that are numbers are sorted as numbers.
    words.sort_by_key(|course| (course.word.parse::<u64>().unwrap_or(u64::MAX), course.word.clone()));
    let (rule, known_by) =
        if with_beta { (RULE, KnownBy::Beta) } else { (RULE_WITHOUT_BETA, KnownBy::Prediction) };
    Ok(WordCourses { steps, rule, known_by, words, agreement: Vec::new(), unreadable: reader.finish()? })
}

fn lines(sums: &[Sums], with_beta: bool) -> Vec<WordLine> {
    let line = |key, name, value: &dyn Fn(&Sums) -> f32| WordLine {
        key,
        name,
        values: sums.iter().map(value).collect(),
    };
    let alpha = line("alpha", "attention on its relevant position", &|at| at.mean(at.alpha));
    if !with_beta {
        return vec![
            alpha,
            line("predicted", "share of places where it is predicted", &|at| at.share(at.beta_top)),
        ];
    }
    vec![
        alpha,
        line("beta", "e^β: its probability, from its relevant position alone", &|at| at.mean(at.beta)),
        line("alpha_top", "share of places where attention is largest there", &|at| at.share(at.alpha_top)),
        line("beta_top", "share of places where β ranks it first", &|at| at.share(at.beta_top)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Column, Table, manifest};

    /// A run without β that records, after each step, what is predicted at four places whose targets are a, a, b and b. Attention is on
    /// the right position from the second record on.
    fn run(folder: &std::path::Path, predicted: &[[&str; 4]]) -> RunDirectory {
        let run = RunDirectory::create(&folder.join("run"), "task = 'copying'", manifest()).unwrap();
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<String>>();
        for (record, predicted) in predicted.iter().enumerate() {
            let alpha = if record == 0 { vec![0.2, 0.8] } else { vec![0.9, 0.1] };
            let table = Table::new()
                .with("example", Column::Int(vec![0, 0, 1, 1]))
                .with("split", Column::Text(words(&["validation"; 4])))
                .with("layer", Column::Int(vec![0; 4]))
                .with("head", Column::Int(vec![0; 4]))
                .with("position", Column::Int(vec![0, 1, 0, 1]))
                .with("tokens", Column::Texts(vec![words(&["a", "b"]); 4]))
                .with("target", Column::Text(words(&["a", "a", "b", "b"])))
                .with("predicted", Column::Text(words(predicted)))
                .with("relevant", Column::Int(vec![0; 4]))
                .with("alpha", Column::Floats(vec![alpha; 4]))
                .with("beta", Column::Floats(vec![Vec::new(); 4]));
            table.write(&run.probe_path(10 * record as u64)).unwrap();
        }
        run
    }

    #[test]
    fn a_model_that_always_predicts_one_word_does_not_know_it() {
        let folder = tempfile::tempdir().unwrap();
        let run = run(folder.path(), &[["a", "a", "a", "a"], ["a", "a", "b", "b"], ["a", "a", "a", "b"]]);
        let courses = courses(&run).unwrap();
        assert_eq!(courses.known_by, KnownBy::Prediction);
        let told: Vec<_> =
            courses.words.iter().map(|word| (word.word.as_str(), word.known, word.found)).collect();
        // Half of the places of b are not more than half; two of three predictions of a are right.
        assert_eq!(told, [("a", Some(10), Some(10)), ("b", None, Some(10))]);
    }
}
