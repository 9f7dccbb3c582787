//! Alignments from the pairs alone, with nothing trained.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::Serialize;

use super::Links;
use crate::theory::{CoOccurrence, Competition, CompetitionSettings};

/// How links are found with nothing trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The source word with the largest first-order slope: knowledge as it starts to grow.
    CoOccurrence,
    /// Attention after the first round of [`Competition`]: stage one alone.
    StageOne,
    /// Attention after both stages have taken turns, without positions.
    Words,
    /// The same with relative positions.
    Theory,
    /// IBM model 1, five rounds, for comparison.
    Ibm1,
}

impl Way {
    /// All, from the least to the most, and the comparison last.
    pub const ALL: [Self; 5] = [Self::CoOccurrence, Self::StageOne, Self::Words, Self::Theory, Self::Ibm1];

    /// Its name in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::CoOccurrence => "co-occurrence",
            Self::StageOne => "stage-one",
            Self::Words => "words",
            Self::Theory => "theory",
            Self::Ibm1 => "ibm-1",
        }
    }

    /// How the stages take turns, and whether a word may belong to none.
    fn settings(self) -> Option<(CompetitionSettings, bool)> {
        let usual = CompetitionSettings::default();
        match self {
            Self::CoOccurrence => None,
            Self::StageOne => Some((CompetitionSettings { rounds: 1, positions: false, ..usual }, true)),
            Self::Words => Some((CompetitionSettings { positions: false, ..usual }, true)),
            Self::Theory => Some((usual, true)),
            Self::Ibm1 => Some((CompetitionSettings::IBM_1, false)),
        }
    }
}

/// A pair as words between spaces.
pub type SplitPair = [Vec<String>; 2];

/// Splits sentences at spaces, as alignments count words.
pub fn split_pairs(pairs: impl IntoIterator<Item = [String; 2]>, lowercase: bool) -> Vec<SplitPair> {
    let words = |side: String| -> Vec<String> {
        let own = |word: &str| if lowercase { word.to_lowercase() } else { word.to_owned() };
        side.split_whitespace().map(own).collect()
    };
    pairs.into_iter().map(|sides| sides.map(words)).collect()
}

/// The links of the first `count` of `pairs`, with what all of them tell: for each target word (with `backward`, each source word) the
/// word of the other side that it attends to most, or none.
pub fn aligned(pairs: &[SplitPair], count: usize, way: Way, backward: bool) -> Vec<Links> {
    let settings = way.settings();
    let with_none = settings.is_some_and(|(_, with_none)| with_none);
    let coded = Coded::of(pairs, backward, with_none);
    let pairs: Vec<(&[u32], &[u32])> = coded.pairs.iter().map(|[a, b]| (&a[..], &b[..])).collect();
    let own = &pairs[..count.min(pairs.len())];
    match settings {
        Some((settings, _)) => {
            let theory = Competition::of(&pairs, coded.words, settings);
            let alpha = |pair: (&[u32], &[u32]), place: usize, weights: &mut Vec<f64>| {
                theory.attend(pair, place, weights)
            };
            links_of(own, with_none, backward, &alpha)
        }
        None => {
            let most = coded.words[0].max(coded.words[1]);
            let slopes = CoOccurrence::of(pairs.iter().copied(), most);
            let slope = |(source, target): (&[u32], &[u32]), place: usize, weights: &mut Vec<f64>| {
                weights.clear();
                weights.extend(source.iter().map(|&word| f64::from(slopes.slope(word, target[place]))));
            };
            links_of(own, with_none, backward, &slope)
        }
    }
}

/// Weights of the source words (the last argument) for a pair and a target position.
type Weigh<'a> = dyn Fn((&[u32], &[u32]), usize, &mut Vec<f64>) + Sync + 'a;

/// A link from each target word to the source word with the largest weight, the first of equal ones.
fn links_of(pairs: &[(&[u32], &[u32])], with_none: bool, backward: bool, weigh: &Weigh<'_>) -> Vec<Links> {
    let of_pair = |&(source, target): &(&[u32], &[u32])| {
        let (mut links, mut weights) = (Links::new(), Vec::new());
        for place in 0..target.len() {
            weigh((source, target), place, &mut weights);
            let best =
                (1..weights.len()).fold(0, |best, at| if weights[at] > weights[best] { at } else { best });
            if source.is_empty() || (with_none && best + 1 == source.len()) {
                continue;
            }
            let link = (best as u32, place as u32);
            links.insert(if backward { (link.1, link.0) } else { link });
        }
        links
    };
    pairs.par_iter().map(of_pair).collect()
}

/// Pairs as numbers.
struct Coded {
    pairs: Vec<[Vec<u32>; 2]>,
    /// Different words of each side.
    words: [usize; 2],
}

impl Coded {
    /// Numbers the words of both sides; with `with_none`, every source ends with a word of no meaning.
    fn of(pairs: &[SplitPair], backward: bool, with_none: bool) -> Self {
        let mut known: [HashMap<&str, u32>; 2] = Default::default();
        let mut coded = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let [first, second] = pair;
            let sides = if backward { [second, first] } else { [first, second] };
            let mut own = [Vec::new(), Vec::new()];
            for ((own, known), words) in own.iter_mut().zip(&mut known).zip(sides) {
                own.extend(words.iter().map(|word| {
                    let next = known.len() as u32 + 1;
                    *known.entry(word).or_insert(next)
                }));
            }
            if with_none {
                own[0].push(0);
            }
            coded.push(own);
        }
        Self { pairs: coded, words: known.map(|known| known.len() + 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> Vec<SplitPair> {
        let raw = [
            ("das Haus", "the house"),
            ("das Buch", "the book"),
            ("ein Buch", "a book"),
            ("ein Haus", "a house"),
        ];
        split_pairs(raw.map(|(a, b)| [a.into(), b.into()]), true)
    }

    #[test]
    fn every_way_finds_the_words_of_small_sentences_in_both_directions() {
        let right: Links = [(0, 0), (1, 1)].into();
        for way in Way::ALL {
            for backward in [false, true] {
                let links = aligned(&pairs(), 2, way, backward);
                assert_eq!(links, [right.clone(), right.clone()], "{} {backward}", way.name());
            }
        }
    }

    #[test]
    fn an_empty_side_has_no_links() {
        let pairs = split_pairs([["".into(), "a".into()], ["x".into(), "".into()]], false);
        for way in Way::ALL {
            assert_eq!(aligned(&pairs, 2, way, false), [Links::new(), Links::new()], "{}", way.name());
        }
    }
}
