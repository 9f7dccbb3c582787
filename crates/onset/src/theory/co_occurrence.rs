//! Stage 1, first order: the initial gradient of β, from one pass over the data.
//!
//! With uniform attention and a bag of words, score = Σ_i f_i·w_i + c for relative counts f. Let w = 0 and let c be the
//! log-odds of the labels, so that p = ȳ. Gradient flow then moves w_i by −∂L/∂w_i = mean_e f_i(e)·(y(e) − ȳ), the
//! covariance of the word's share and the label.

use crate::task::text::{Bags, WordTable, WordUnit};

/// The covariance of each word's share with the labels, by id: positive for words of the second of two labels; of more
/// labels, one number for each.
pub fn first_order(bags: &Bags) -> WordTable {
    let (count, width) = (bags.len() as f64, bags.link.width());
    let counts = bags.label_counts();
    // Of two labels, the second one alone is scored.
    let rates: Vec<f64> = counts[counts.len() - width..].iter().map(|&texts| texts as f64 / count).collect();
    let mut table = vec![0.0; bags.vocabulary * width];
    for (text, &label) in bags.labels.iter().enumerate() {
        for (id, share) in bags.bag(text) {
            let row = table[id * width..][..width].iter_mut().zip(&rates).enumerate();
            for (score, (slope, rate)) in row {
                let surprise = (bags.link.truth(score, label) - rate) / count;
                *slope += surprise * f64::from(share);
            }
        }
    }
    let numbers = table.into_iter().map(|slope| slope as f32).collect();
    WordTable { link: bags.link, unit: WordUnit::Covariances, numbers }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_covariance_of_share_and_label() {
        let mut bags = Bags::new(4, 2);
        let texts: [(&[u32], bool); 4] =
            [(&[0, 1], true), (&[0, 2, 2, 1], false), (&[3], true), (&[1, 1, 3], true)];
        texts.iter().for_each(|(tokens, positive)| bags.push(tokens, u32::from(*positive)));
        let table = first_order(&bags).numbers;
        for (id, &slope) in table.iter().enumerate() {
            let share = |tokens: &[u32]| {
                tokens.iter().filter(|&&t| t as usize == id).count() as f64 / tokens.len() as f64
            };
            let label = |positive: bool| f64::from(u8::from(positive));
            let mean =
                |f: &dyn Fn(&[u32], bool) -> f64| texts.iter().map(|(t, p)| f(t, *p)).sum::<f64>() / 4.0;
            let product = mean(&|t, p| share(t) * label(p));
            let covariance = product - mean(&|t, _| share(t)) * mean(&|_, p| label(p));
            assert!((f64::from(slope) - covariance).abs() < 1e-8, "{id}: {slope} {covariance}");
        }
    }

    #[test]
    fn a_word_with_the_same_share_in_every_text_has_no_slope() {
        let mut bags = Bags::new(3, 2);
        (0..10).for_each(|text| bags.push(&[0, 1 + text % 2], u32::from(text % 2 == 0)));
        let table = first_order(&bags).numbers;
        assert!(table[0].abs() < 1e-9 && table[1] > 0.1 && table[2] < -0.1);
    }

    #[test]
    fn the_covariances_of_a_word_with_all_labels_sum_to_zero() {
        let mut bags = Bags::new(4, 3);
        (0..30).for_each(|text| bags.push(&[0, 1 + text % 3, 1], text % 3));
        let table = first_order(&bags);
        for word in 0..4 {
            assert!(table.row(word).iter().sum::<f32>().abs() < 1e-6);
        }
        assert!(table.support(2, 1) > 0.05 && table.support(2, 0) < 0.0 && table.support(0, 1).abs() < 1e-6);
    }
}
