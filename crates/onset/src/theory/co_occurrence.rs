//! Stage 1, first order: the initial gradient of β, from one pass over the data.
//!
//! With uniform attention and a bag of words, score = Σ_i f_i·w_i + c for relative counts f. Let w = 0 and let c be the
//! log-odds of the labels, so that p = ȳ. Gradient flow then moves w_i by −∂L/∂w_i = mean_e f_i(e)·(y(e) − ȳ), the
//! covariance of the word's share and the label.

use crate::task::text::Bags;

/// The covariance of each word's share with the label, by id; positive for words of the positive label.
pub fn first_order(bags: &Bags) -> Vec<f32> {
    let count = bags.len() as f64;
    let rate = bags.positive.iter().filter(|&&positive| positive).count() as f64 / count;
    let mut table = vec![0.0; bags.vocabulary];
    for (text, &positive) in bags.positive.iter().enumerate() {
        let surprise = (f64::from(u8::from(positive)) - rate) / count;
        bags.bag(text).for_each(|(id, share)| table[id] += surprise * f64::from(share));
    }
    table.into_iter().map(|slope| slope as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_covariance_of_share_and_label() {
        let mut bags = Bags::new(4);
        let texts: [(&[u32], bool); 4] =
            [(&[0, 1], true), (&[0, 2, 2, 1], false), (&[3], true), (&[1, 1, 3], true)];
        texts.iter().for_each(|(tokens, positive)| bags.push(tokens, *positive));
        let table = first_order(&bags);
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
        let mut bags = Bags::new(3);
        (0..10).for_each(|text| bags.push(&[0, 1 + text % 2], text % 2 == 0));
        let table = first_order(&bags);
        assert!(table[0].abs() < 1e-9 && table[1] > 0.1 && table[2] < -0.1);
    }
}
