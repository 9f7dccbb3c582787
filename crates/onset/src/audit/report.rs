//! The audit as a whole.

use onset_engine::{Random, Stream};
use serde::Serialize;

use super::bag::{accuracy, majority};
use super::giveaway::Giveaway;
use super::leak::leaks;
use super::search::Search;
use crate::data::{Inspection, inspect_and_keep};
use crate::forecast::indistinguishable;
use crate::measures::FALSE_DISCOVERIES;
use crate::task::text::{Gathered, TextError, TextSource, Vocabulary};

/// Words that go with a label and are no leaks, listed at most.
const LISTED: usize = 30;

/// Groups that are listed at most.
const GROUPS: usize = 20;

/// What an audit finds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// What training would read.
    pub inspection: Inspection,
    /// Training texts that were counted; a text that is repeated counts once.
    pub texts: usize,
    /// These texts by label.
    pub texts_by_label: Vec<u32>,
    /// Pairs of a word and a label that were tested.
    pub tests: usize,
    /// The expected share of false discoveries among what is listed, at most.
    pub false_discovery_rate: f64,
    /// Pairs of a word and a label that go together.
    pub associated: usize,
    /// Words that give a label away, the strongest first.
    pub leaks: Vec<Giveaway>,
    /// Words that go with a label, as words do, the strongest first; at most thirty.
    pub strong_words: Vec<Giveaway>,
    /// How well a bag of words predicts held-out labels.
    pub accuracy: BagAccuracy,
    /// Groups of words that occur equally often in the same training texts, so that no count can tell them apart; the
    /// largest first, at most twenty.
    pub groups: Vec<Vec<String>>,
    /// The number of words in all such groups.
    pub grouped: usize,
}

/// The share of held-out texts whose label is predicted correctly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BagAccuracy {
    /// By always predicting the most frequent label.
    pub majority: f64,
    /// By a bag of all words.
    pub all_words: f64,
    /// By a bag of all words but the leaks; `None` if there are none.
    pub without_leaks: Option<f64>,
}

/// Reads the texts of `source` and looks for words that give labels away. Rows that training would refuse are left out and
/// counted in the inspection.
///
/// # Errors
/// As those of [`inspect`](crate::data::inspect).
pub fn audit(source: &TextSource) -> Result<Audit, TextError> {
    let (inspection, texts) = inspect_and_keep(source)?;
    let search = Search::of(&texts);
    let is_leak = leaks(&search.found, search.labels());
    let mut leaks = Vec::new();
    let mut strong_words = Vec::new();
    let mut leaking = Vec::new();
    for (found, &is_leak) in search.found.iter().zip(&is_leak) {
        if is_leak {
            leaking.push(found.association.word);
            leaking.extend(&found.with);
            leaks.push(Giveaway::of(found, &search));
        } else if strong_words.len() < LISTED {
            strong_words.push(Giveaway::of(found, &search));
        }
    }
    let without_leaks = (!leaks.is_empty()).then(|| {
        accuracy(&texts, source.min_count, &|text, place| {
            leaking.iter().any(|&number| search.marks.is_at(number, text, place))
        })
    });
    let accuracy = BagAccuracy {
        majority: majority(&texts),
        all_words: accuracy(&texts, source.min_count, &|_, _| false),
        without_leaks,
    };
    let groups = groups(&texts);
    Ok(Audit {
        inspection,
        texts: search.distinct.len(),
        texts_by_label: search.train.texts().to_vec(),
        tests: search.tests,
        false_discovery_rate: FALSE_DISCOVERIES,
        associated: search.associated,
        leaks,
        strong_words,
        accuracy,
        grouped: groups.iter().map(Vec::len).sum(),
        groups: groups.into_iter().take(GROUPS).collect(),
    })
}

/// What training would read, and the words that give labels away.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspected {
    /// What training would read.
    #[serde(flatten)]
    pub inspection: Inspection,
    /// Words that give a label away, the strongest first.
    pub leaks: Vec<Giveaway>,
}

/// As [`inspect`](crate::data::inspect), with the words that give a label away.
///
/// # Errors
/// As those of [`inspect`](crate::data::inspect).
pub fn inspect_with_leaks(source: &TextSource) -> Result<Inspected, TextError> {
    let (inspection, texts) = inspect_and_keep(source)?;
    let search = Search::of(&texts);
    let is_leak = leaks(&search.found, search.labels());
    let leaks = search.found.iter().zip(is_leak).filter(|(_, is_leak)| *is_leak);
    let leaks = leaks.map(|(found, _)| Giveaway::of(found, &search)).collect();
    Ok(Inspected { inspection, leaks })
}

/// What is found where labels say nothing about texts: how many false discoveries an audit makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FalseDiscoveries {
    /// Pairs of a word and a label that were tested.
    pub tests: usize,
    /// Pairs that were taken to go together.
    pub associated: usize,
    /// Words that were taken to give a label away.
    pub leaks: usize,
}

/// Audits the texts of `source` with their labels shuffled.
///
/// # Errors
/// As those of [`audit`].
pub fn audit_of_shuffled_labels(source: &TextSource, seed: u64) -> Result<FalseDiscoveries, TextError> {
    let (_, mut texts) = inspect_and_keep(source)?;
    Random::at(seed, Stream::Resampling, 0).shuffle(&mut texts.train.labels);
    let search = Search::of(&texts);
    let leaks = leaks(&search.found, search.labels()).into_iter().filter(|&is_leak| is_leak).count();
    Ok(FalseDiscoveries { tests: search.tests, associated: search.associated, leaks })
}

/// Groups of words that no count can tell apart.
fn groups(texts: &Gathered) -> Vec<Vec<String>> {
    let rows = texts.train.iter().map(|text| text.words);
    let first = Vocabulary::SPECIAL.len() as u32;
    let groups = indistinguishable(rows, texts.words.len(), first);
    let named = |group: Vec<u32>| group.iter().map(|&word| texts.words.word(word).to_owned()).collect();
    groups.into_iter().map(named).collect()
}
