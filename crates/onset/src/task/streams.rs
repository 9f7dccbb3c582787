//! The fixed places of the random streams: one name for each draw that does not depend on a step or an epoch.
//!
//! Two draws at one place of one stream would be the same numbers, so every fixed place is listed here. Places
//! that are computed (a step, an epoch, the index of a parameter) belong to `Data`, `Evaluation`, `Dropout`,
//! `Initialisation` and `Resampling`, which have no fixed ones.

use onset_engine::{Random, Stream};

/// A place in a stream, where a generator is made for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedPlace {
    /// The stream.
    pub stream: Stream,
    /// The place in it.
    pub place: u64,
}

impl FixedPlace {
    /// The generator of `seed` at this place.
    pub fn random(self, seed: u64) -> Random {
        Random::at(seed, self.stream, self.place)
    }
}

const fn probe(place: u64) -> FixedPlace {
    FixedPlace { stream: Stream::Probe, place }
}

const fn split(place: u64) -> FixedPlace {
    FixedPlace { stream: Stream::Split, place }
}

/// Examples whose attribution is recorded: the sample of the training split, and the copying task's sequences.
pub const RECORDED_EXAMPLES: FixedPlace = probe(0);
/// Sequences on which the theory measures an initial model.
pub const INITIAL_SEQUENCES: FixedPlace = probe(1);
/// Sequences that hold every word, for the table of what each word alone predicts.
pub const WORD_TABLE_SEQUENCES: FixedPlace = probe(2);
/// Chains over which the theory of Markov tasks averages.
pub const REFERENCE_CHAINS: FixedPlace = probe(3);
/// Repeated random tokens on which heads are measured.
pub const REPEATED_SEQUENCES: FixedPlace = probe(4);
/// Sequences on which the theory rehearses the first steps of training.
pub const REHEARSED_SEQUENCES: FixedPlace = probe(5);

/// Which examples are held out.
pub const HELD_OUT: FixedPlace = split(0);
/// The texts of the keyword task.
pub const KEYWORD_TEXTS: FixedPlace = split(1);
/// Which held-out texts are used where there are more than `data.max_validation`.
pub const VALIDATION_SAMPLE: FixedPlace = split(2);
/// Which described sets are trained on where not all are.
pub const TRAINING_SETS: FixedPlace = split(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_purposes_share_a_place() {
        let all = [
            RECORDED_EXAMPLES,
            INITIAL_SEQUENCES,
            WORD_TABLE_SEQUENCES,
            REFERENCE_CHAINS,
            REPEATED_SEQUENCES,
            REHEARSED_SEQUENCES,
            HELD_OUT,
            KEYWORD_TEXTS,
            VALIDATION_SAMPLE,
            TRAINING_SETS,
        ];
        for (index, place) in all.iter().enumerate() {
            assert!(!all[..index].contains(place), "{place:?}");
        }
    }
}
