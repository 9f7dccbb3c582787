//! How well a bag of words predicts the label of held-out texts, with all words and without some.

use crate::task::text::{Bags, Gathered, Vocabulary, WordText, WordTexts};
use crate::theory::{BagFlow, BagPace};

/// The time τ up to which the bag of words is trained; on our sets it predicts held-out labels no better later on.
const TRAINED_UNTIL: f64 = 48.0;

/// Texts in a batch, which decides how much the bag of words trusts rare words.
const BATCH: f64 = 32.0;

/// The accuracy on held-out texts of a bag of words that is trained on the other texts, where `is_left_out` takes words
/// (text and place) away from both.
pub(super) fn accuracy(
    texts: &Gathered,
    min_count: usize,
    is_left_out: &dyn Fn(&WordText<'_>, usize) -> bool,
) -> f64 {
    let labels = texts.labelling.names.len();
    let vocabulary = texts.train.vocabulary(&texts.words, min_count);
    let ids: Vec<u32> = texts.words.iter().map(|word| vocabulary.id(word)).collect();
    let tokens = |text: &WordText<'_>| -> Vec<u32> {
        let kept = (0..text.words.len()).filter(|&place| !is_left_out(text, place));
        // As models read them, so that no text is empty.
        let framed =
            std::iter::once(Vocabulary::BEGIN).chain(kept.map(|place| ids[text.words[place] as usize]));
        framed.chain([Vocabulary::END]).collect()
    };
    let mut bags = Bags::new(vocabulary.len(), labels);
    texts.train.iter().for_each(|text| bags.push(&tokens(&text), text.label));
    let mut flow = BagFlow::new(&bags, BagPace::Adam { batch: BATCH });
    flow.advance_to(TRAINED_UNTIL);
    let right = texts.validation.iter().filter(|text| flow.predicts(&tokens(text)) == text.label).count();
    right as f64 / texts.validation.len().max(1) as f64
}

/// The accuracy on held-out texts of always predicting the most frequent label of the training texts.
pub(super) fn majority(texts: &Gathered) -> f64 {
    let count = |texts: &WordTexts, label: u32| texts.labels.iter().filter(|&&each| each == label).count();
    let labels = 0..texts.labelling.names.len() as u32;
    let most = labels.rev().max_by_key(|&label| count(&texts.train, label)).unwrap_or(0);
    count(&texts.validation, most) as f64 / texts.validation.len().max(1) as f64
}
