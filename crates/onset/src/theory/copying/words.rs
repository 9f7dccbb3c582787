//! The words of a copying task, grouped by frequency, the only property that the reduced dynamics depends on.

use crate::task::copying::{CopyingTask, Frequencies};

/// A kind of words: all words of one frequency.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    /// The number of words of this kind.
    pub count: f64,
    /// The probability that one given word of this kind is the target token; it sums to 1 over all words.
    pub right: f64,
    /// The probability that it occurs at 0, 1, … *other* positions, given that it is the target token.
    pub others_if_right: Vec<f64>,
    /// The probability that it occurs at 0, 1, … positions, given that it is not the target token.
    pub others_if_not: Vec<f64>,
}

/// Counts with a smaller probability are omitted.
const RAREST: f64 = 1e-9;

/// The kinds of words of `task`: one for uniform frequencies, one for each word under Zipf's law.
pub fn words_of(task: &CopyingTask) -> Vec<Words> {
    let vocabulary = task.vocabulary as f64;
    let weights: Vec<f64> = match task.frequencies {
        Frequencies::Uniform => vec![1.0],
        Frequencies::Zipf => task.weights(),
    };
    let count = vocabulary / weights.len() as f64;
    let length = task.length as f64;
    if task.repetition {
        let sum: f64 = weights.iter().sum::<f64>() * count;
        let kind = |weight: &f64| {
            let others = binomial(task.length - 1, weight / sum);
            Words { count, right: weight / sum, others_if_right: others.clone(), others_if_not: others }
        };
        return weights.iter().map(kind).collect();
    }
    // A draw without replacement is a race: each word arrives after an exponential time with its weight as rate, and
    // the first `length` are taken. We replace the random end of the race by the time at which `length` words have
    // arrived on average.
    let all = arrived(&weights, count, length);
    let rest = arrived(&weights, count, (length - 1.0) * vocabulary / (vocabulary - 1.0).max(1.0));
    let kind = |(among, rest): (&f64, &f64)| Words {
        count,
        right: among / length,
        others_if_right: vec![1.0],
        others_if_not: vec![1.0 - rest, *rest],
    };
    all.iter().zip(&rest).map(kind).collect()
}

/// The probability that each word is among the `length` drawn, where `count` words have each weight.
fn arrived(weights: &[f64], count: f64, length: f64) -> Vec<f64> {
    if weights.len() == 1 {
        return vec![length / count];
    }
    let at = |time: f64| weights.iter().map(move |weight| -(-weight * time).exp_m1());
    let (mut early, mut late) = (0.0, 1.0);
    while count * at(late).sum::<f64>() < length && late < 1e12 {
        late *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (early + late);
        if count * at(middle).sum::<f64>() < length {
            early = middle;
        } else {
            late = middle;
        }
    }
    at(late).collect()
}

/// The probabilities of 0, 1, … successes in `trials`, up to the last that is not negligible.
fn binomial(trials: usize, chance: f64) -> Vec<f64> {
    let mut probabilities = vec![(1.0 - chance).powi(trials as i32)];
    for k in 1..=trials {
        let next = probabilities[k - 1] * (trials - k + 1) as f64 / k as f64 * chance / (1.0 - chance);
        if next < RAREST && k as f64 > trials as f64 * chance {
            break;
        }
        probabilities.push(next);
    }
    probabilities
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Examples;
    use onset_engine::{Random, Stream};

    #[test]
    fn words_come_as_often_as_they_are_drawn() {
        for repetition in [false, true] {
            for frequencies in [Frequencies::Uniform, Frequencies::Zipf] {
                let task = CopyingTask {
                    vocabulary: 12,
                    length: 6,
                    repetition,
                    frequencies,
                    ..CopyingTask::default()
                };
                let (mut pairs, draws) = (Examples::default(), 40_000);
                task.draw(&mut Random::at(3, Stream::Data, 0), draws, &mut pairs);
                let kinds = words_of(&task);
                let total: f64 = kinds.iter().map(|kind| kind.count * kind.right).sum();
                assert!((total - 1.0).abs() < 1e-9, "{total}");
                for (index, kind) in kinds.iter().enumerate() {
                    let (mut first, mut rest) = (0.0, 0.0);
                    for row in 0..draws {
                        let row = &pairs.source.row(row)[..6];
                        let is = |word: &u32| *word as usize == index;
                        first += f64::from(u8::from(is(&row[0])));
                        rest +=
                            if is(&row[0]) { 0.0 } else { row[1..].iter().filter(|w| is(w)).count() as f64 };
                    }
                    let chance = first / draws as f64;
                    let others = rest / (draws as f64 - first);
                    let expected: f64 =
                        kind.others_if_not.iter().enumerate().map(|(k, p)| k as f64 * p).sum();
                    assert!((chance - kind.right).abs() < 0.015, "{index}: {chance} {}", kind.right);
                    assert!((others - expected).abs() < 0.06, "{index}: {others} {expected}");
                }
            }
        }
    }

    #[test]
    fn permutations_have_every_word() {
        let [words] = &words_of(&CopyingTask::default())[..] else { panic!("one kind") };
        assert!((words.right - 1.0 / 40.0).abs() < 1e-9 && (words.others_if_not[1] - 1.0).abs() < 1e-9);
    }
}
