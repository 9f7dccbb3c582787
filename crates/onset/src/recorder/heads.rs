//! What each head does, from the attention that a recorder reads.

use super::{Attended, Probe};
use crate::batch::Rows;
use crate::experiment::HEAD_MEASURES;
use crate::measures::{entropy, prefix_matching, previous_token};
use crate::model::Place;
use crate::store::{Column, Table};
use onset_engine::{Random, Stream};

/// The measures of one head; NaN where one is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadMeasures {
    /// The head.
    pub place: Place,
    /// By measure, in the order of [`HEAD_MEASURES`].
    values: [f64; HEAD_MEASURES.len()],
}

impl HeadMeasures {
    /// A head of which nothing is known.
    pub fn new(place: Place) -> Self {
        Self { place, values: [f64::NAN; HEAD_MEASURES.len()] }
    }

    /// With one of [`HEAD_MEASURES`]; another name is passed over.
    pub fn with(mut self, measure: &str, value: f64) -> Self {
        if let Some(at) = HEAD_MEASURES.iter().position(|name| *name == measure) {
            self.values[at] = value;
        }
        self
    }

    /// With the mean entropy of rows of α, in nats.
    pub fn with_entropy<'a>(self, rows: impl IntoIterator<Item = &'a [f32]>) -> Self {
        self.with("entropy", entropy(rows).unwrap_or(f64::NAN))
    }

    /// Whether the entropy of its α is known.
    pub(super) fn has_entropy(&self) -> bool {
        HEAD_MEASURES.iter().zip(&self.values).any(|(name, value)| *name == "entropy" && !value.is_nan())
    }
}

/// The scores of a head as a previous-token head and as an induction head, by name: the means over `sequences`, each with α of every
/// position and the tokens; NaN where one is unknown.
pub fn sequence_scores<'a>(
    sequences: impl IntoIterator<Item = (&'a Rows, &'a [u32])>,
) -> [(&'static str, f64); 2] {
    let (mut sums, mut counts) = ([0.0; 2], [0usize; 2]);
    for (alpha, tokens) in sequences {
        let found = [previous_token(alpha), prefix_matching(alpha, tokens)];
        for ((sum, count), found) in sums.iter_mut().zip(&mut counts).zip(found) {
            *sum += found.unwrap_or(0.0);
            *count += usize::from(found.is_some());
        }
    }
    let mean = |at: usize| if counts[at] > 0 { sums[at] / counts[at] as f64 } else { f64::NAN };
    [("previous_token", mean(0)), ("prefix_matching", mean(1))]
}

/// The heads with the entropy of their α on the probes, where it is not known.
pub(super) fn with_entropies(heads: &[HeadMeasures], probes: &[Probe]) -> Vec<HeadMeasures> {
    let filled = |head: &HeadMeasures| {
        if head.has_entropy() {
            return head.clone();
        }
        let is_own = |attended: &&Attended| {
            (attended.place.layer, attended.place.head) == (head.place.layer, head.place.head)
        };
        let own = probes.iter().flat_map(|probe| &probe.places).filter(is_own);
        head.clone().with_entropy(own.flat_map(|attended| attended.alpha.iter()))
    };
    heads.iter().map(filled).collect()
}

/// The table of what heads do after `step` steps, as runs have it.
pub(super) fn table(step: u64, heads: &[HeadMeasures]) -> Table {
    let ints =
        |of: fn(&Place) -> usize| Column::Int(heads.iter().map(|each| of(&each.place) as i64).collect());
    let kinds = heads.iter().map(|each| each.place.kind.name().to_owned());
    let table = Table::new()
        .with("step", Column::Int(vec![step as i64; heads.len()]))
        .with("layer", ints(|place| place.layer))
        .with("head", ints(|place| place.head))
        .with("kind", Column::Text(kinds.collect()));
    HEAD_MEASURES.iter().enumerate().fold(table, |table, (at, name)| {
        table.with(name, Column::Float(heads.iter().map(|each| each.values[at]).collect()))
    })
}

/// Sequences on which heads are measured (Olsson et al. 2022): `count` sequences of random tokens below `vocabulary`, `length` of
/// them, `repeats` times in a row. The same at every call.
pub fn repeated_tokens(count: usize, length: usize, repeats: usize, vocabulary: u32) -> Vec<Vec<u32>> {
    let mut random = Random::at(0, Stream::Evaluation, 0);
    let mut one = || {
        let once: Vec<u32> = (0..length).map(|_| random.below(vocabulary.max(1))).collect();
        once.repeat(repeats)
    };
    (0..count).map(|_| one()).collect()
}
