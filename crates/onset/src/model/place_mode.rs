//! The attention mode of single layers or heads, as specs write it.

use std::fmt;
use std::str::FromStr;

use onset_engine::AttentionMode;
use serde::{Deserialize, Serialize};

use super::Place;

/// The attention mode of a layer or of one head, both counted from 0: `0:previous`, `1.3:uniform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlaceMode {
    /// The layer.
    pub layer: usize,
    /// The head; all of the layer if none is given.
    pub head: Option<usize>,
    /// Its mode.
    pub mode: AttentionMode,
}

impl PlaceMode {
    /// Whether it is about `place`.
    pub fn covers(&self, place: &Place) -> bool {
        place.is_in(Some(self.layer), self.head)
    }
}

impl FromStr for PlaceMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no attention mode of a layer or head: expected LAYER:MODE or LAYER.HEAD:MODE, such as 0:previous or \
                 1.3:uniform, with a mode of {}",
                AttentionMode::ALL.map(AttentionMode::name).join(", ")
            )
        };
        let (place, mode) = text.split_once(':').ok_or_else(wrong)?;
        let (layer, head) = place.split_once('.').map_or((place, None), |(layer, head)| (layer, Some(head)));
        let number = |digits: &str| digits.trim().parse::<usize>().map_err(|_| wrong());
        let mode =
            AttentionMode::ALL.into_iter().find(|each| each.name() == mode.trim()).ok_or_else(wrong)?;
        Ok(Self { layer: number(layer)?, head: head.map(number).transpose()?, mode })
    }
}

impl fmt::Display for PlaceMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, head, mode } = self;
        match head {
            Some(head) => write!(f, "{layer}.{head}:{mode}"),
            None => write!(f, "{layer}:{mode}"),
        }
    }
}

impl TryFrom<String> for PlaceMode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<PlaceMode> for String {
    fn from(mode: PlaceMode) -> Self {
        mode.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PlaceKind;

    #[test]
    fn modes_are_read_as_they_are_written() {
        for text in ["0:previous", "1.3:uniform", "12.0:clamped"] {
            assert_eq!(text.parse::<PlaceMode>().unwrap().to_string(), text);
        }
        for text in ["previous", "0:sideways", "x:uniform", "0.:uniform", "-1:uniform", ""] {
            assert!(text.parse::<PlaceMode>().unwrap_err().contains("LAYER.HEAD:MODE"), "{text}");
        }
    }

    #[test]
    fn a_layer_covers_all_its_heads() {
        let at = |layer, head| Place { layer, head, kind: PlaceKind::SelfAttention };
        let (layer, head): (PlaceMode, PlaceMode) =
            ("1:uniform".parse().unwrap(), "1.2:uniform".parse().unwrap());
        assert!(layer.covers(&at(1, 0)) && layer.covers(&at(1, 2)) && !layer.covers(&at(0, 0)));
        assert!(!head.covers(&at(1, 0)) && head.covers(&at(1, 2)) && !head.covers(&at(0, 2)));
    }
}
