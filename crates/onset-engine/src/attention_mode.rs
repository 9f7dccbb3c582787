//! The attention mode: how attention weights are determined.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::tape::{Tape, Value};

/// How the attention weights α are determined.
///
/// In all modes each row of α sums to 1 and is 0 on hidden positions. The engine takes the weights of
/// [`Clamped`](Self::Clamped) and [`Given`](Self::Given) from the caller in the same way; the two differ only in who
/// chooses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttentionMode {
    /// The softmax of learned scores.
    #[default]
    Learned,
    /// The same weight on every visible position.
    Uniform,
    /// All weight on the right position or positions, which the task knows.
    Clamped,
    /// All weight on the token before; the first token attends to itself.
    Previous,
    /// Weights that the caller supplies.
    Given,
}

impl AttentionMode {
    /// All modes.
    pub const ALL: [Self; 5] = [Self::Learned, Self::Uniform, Self::Clamped, Self::Previous, Self::Given];

    /// The mode's name in specs and on screen, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::Uniform => "uniform",
            Self::Clamped => "clamped",
            Self::Previous => "previous",
            Self::Given => "given",
        }
    }

    /// Whether the caller supplies the weights.
    pub fn takes_weights(self) -> bool {
        matches!(self, Self::Clamped | Self::Previous | Self::Given)
    }

    /// The `weights` for a layer with `count` attention weights; `None` if the layer computes its own. Panics if they
    /// are missing, superfluous, or not `count` numbers.
    pub(crate) fn check_weights(self, tape: &Tape, weights: Option<Value>, count: usize) -> Option<Value> {
        match (self.takes_weights(), weights) {
            (true, Some(weights)) => {
                let found = tape.data(weights).len();
                assert_eq!(found, count, "{self} attention takes one weight for each entry of alpha");
            }
            (true, None) => panic!("{self} attention needs weights from the caller"),
            (false, Some(_)) => panic!("{self} attention computes its own weights and takes none"),
            (false, None) => {}
        }
        weights
    }
}

impl fmt::Display for AttentionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_and_screens_use_the_same_name() {
        for mode in AttentionMode::ALL {
            assert_eq!(format!("{mode:>8}").trim_start(), mode.name());
            assert_eq!(serde_json::to_value(mode).expect("a name"), mode.name());
            assert_eq!(serde_json::from_value::<AttentionMode>(mode.name().into()).expect("a mode"), mode);
        }
    }

    #[test]
    #[should_panic(expected = "uniform attention computes its own weights and takes none")]
    fn weights_are_refused_where_they_would_be_ignored() {
        let mut tape = Tape::new(1);
        let weights = tape.constant(1, 1, &[1.0]);
        AttentionMode::Uniform.check_weights(&tape, Some(weights), 1);
    }

    #[test]
    #[should_panic(expected = "clamped attention needs weights from the caller")]
    fn missing_weights_are_refused() {
        AttentionMode::Clamped.check_weights(&Tape::new(1), None, 1);
    }
}
