//! The theories of where attention goes in labelled texts that take part in a round.

use crate::forecast::PredictedAttention;
use crate::proxy::Proxies;
use crate::task::text::{Bags, TextData, WordTable};
use crate::theory::{BagFlow, BagPace, KNOWN_AT};

/// What a theory of attention in texts may use. Held-out texts have their true labels, by which β is signed.
#[derive(Debug)]
pub struct TextQuestion<'a> {
    /// The texts.
    pub data: &'a TextData,
    /// Texts in a step of training.
    pub batch: usize,
    /// What models of word counts make of the training texts.
    pub proxies: &'a Proxies,
    /// The attention that both stages together predict.
    pub predicted: &'a PredictedAttention,
}

/// A theory of where attention goes in labelled texts.
#[derive(Debug, Clone, Copy)]
pub struct TextTheory {
    /// Its name.
    pub name: &'static str,
    /// What it uses, in a few words.
    pub about: &'static str,
    /// For each held-out text, a number for each position, of which only the order counts.
    pub predict: fn(&TextQuestion<'_>) -> Vec<Vec<f32>>,
}

/// The theories of Onset, one line each.
pub const TEXT_THEORIES: [TextTheory; 5] = [
    TextTheory {
        name: "co-occurrence",
        about: "the covariance of a word's share with the label: the first gradient of knowledge",
        predict: |question| along(question, &question.proxies.first_order),
    },
    TextTheory {
        name: "bag under Adam",
        about: "knowledge at the end of stage one, as Adam learns a bag of words, without stage two",
        predict: bag_under_adam,
    },
    TextTheory {
        name: "logistic regression",
        about: "a regression on word counts, trained until it holds best (the paper's β^lr)",
        predict: |question| along(question, &question.proxies.regression),
    },
    TextTheory {
        name: "bag of embeddings",
        about: "a trained model with uniform attention over embeddings (the paper's β^px)",
        predict: |question| along(question, &question.proxies.embeddings),
    },
    TextTheory {
        name: "both stages",
        about: "the attention of onset predict: knowledge beyond noise, then attention that is drawn to it",
        predict: |question| question.predicted.alpha.clone(),
    },
];

fn along(question: &TextQuestion<'_>, table: &WordTable) -> Vec<Vec<f32>> {
    question.data.validation.iter().map(|text| table.along(&text.tokens, text.label)).collect()
}

fn bag_under_adam(question: &TextQuestion<'_>) -> Vec<Vec<f32>> {
    let data = question.data;
    let bags = Bags::of(&data.train, data.vocabulary.len(), data.label_names.len());
    let mut flow = BagFlow::new(&bags, BagPace::Adam { batch: question.batch as f64 });
    flow.advance_to(KNOWN_AT);
    along(question, &flow.table())
}
