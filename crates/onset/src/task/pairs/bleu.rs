//! Which BLEU is recorded during training.

use std::fmt;
use std::ops::ControlFlow;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::PairData;
use crate::decode::{BeamSettings, decode};
use crate::score::bleu;
use crate::store::Table;
use crate::task::{Generation, number};
use crate::watch::Watch;

/// Which BLEU is recorded during training (`task.bleu`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BleuScope {
    /// None.
    Off,
    /// Of greedy translations of the first 200 held-out sentences, at every evaluation: the column `bleu_sample`. A
    /// translation is at most ten subwords longer than twice its source.
    #[default]
    Sample,
    /// As [`BleuScope::Sample`], and at the end of training of beam search (5) over all held-out sentences: the column
    /// `bleu_beam`, NaN before.
    Beam,
    /// Of greedy translations of all held-out sentences, at every evaluation: the column `bleu`.
    Full,
}

impl BleuScope {
    /// Held-out sentences of a sample, or all if there are fewer.
    pub const SAMPLE: usize = 200;

    /// The column of the evaluations' scores, and what it is in words; none if there is none.
    pub fn score(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Off => None,
            Self::Sample | Self::Beam => Some(("bleu_sample", "BLEU of greedy translations of a sample")),
            Self::Full => Some(("bleu", "BLEU of greedy translations")),
        }
    }

    /// Adds its columns to `scores`; none if the model cannot translate.
    pub(super) fn add(
        self,
        data: &PairData,
        scores: Table,
        mut generation: Generation<'_>,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Table> {
        let Some((column, _)) = self.score() else { return ControlFlow::Continue(scores) };
        let all = data.validation.len();
        let (count, factor) = if self == Self::Full { (all, None) } else { (Self::SAMPLE.min(all), Some(2)) };
        let greedy = BeamSettings { beam: 1, source_factor: factor, ..BeamSettings::default() };
        let Some(score) = translated(data, count, greedy, &mut generation, watch)? else {
            return ControlFlow::Continue(scores);
        };
        let scores = scores.with(column, number(score));
        if self != Self::Beam {
            return ControlFlow::Continue(scores);
        }
        let beam = match generation.last {
            true => translated(data, all, BeamSettings::default(), &mut generation, watch)?,
            false => None,
        };
        ControlFlow::Continue(scores.with("bleu_beam", number(beam.unwrap_or(f64::NAN))))
    }
}

/// BLEU of translations of the first `count` held-out sentences; none if the model cannot translate.
fn translated(
    data: &PairData,
    count: usize,
    settings: BeamSettings,
    generation: &mut Generation<'_>,
    watch: &mut Watch<'_>,
) -> ControlFlow<(), Option<f64>> {
    let held_out = &data.validation[..count];
    let sources: Vec<&[u32]> = held_out.iter().map(|pair| &pair.source[..]).collect();
    let model = (generation.model, generation.modes);
    let Some(found) = decode(model, generation.tape, &sources, settings, watch)? else {
        return ControlFlow::Continue(None);
    };
    let hypotheses: Vec<String> = found.iter().map(|tokens| data.subwords.decode(tokens)).collect();
    let references: Vec<String> =
        held_out.iter().map(|pair| data.subwords.normalise(&pair.text[1]).into_owned()).collect();
    ControlFlow::Continue(Some(bleu(&hypotheses, &references).score))
}

/// `full` and `off` are written as earlier versions knew them.
impl Serialize for BleuScope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::Full => serializer.serialize_bool(true),
            Self::Sample => serializer.serialize_str("sample"),
            Self::Beam => serializer.serialize_str("beam"),
        }
    }
}

impl<'de> Deserialize<'de> for BleuScope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = BleuScope;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("\"sample\", \"beam\", \"full\" (or true) or \"off\" (or false)")
    }

    fn visit_bool<E: de::Error>(self, full: bool) -> Result<BleuScope, E> {
        Ok(if full { BleuScope::Full } else { BleuScope::Off })
    }

    fn visit_str<E: de::Error>(self, scope: &str) -> Result<BleuScope, E> {
        match scope {
            "off" => Ok(BleuScope::Off),
            "sample" => Ok(BleuScope::Sample),
            "beam" => Ok(BleuScope::Beam),
            "full" => Ok(BleuScope::Full),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::Spec;

    #[test]
    fn scopes_read_back_and_earlier_spellings_are_understood() {
        let read = |given: &str| {
            let text = "[task]\nkind = 'translation'\nsource = 'a.tsv'";
            let spec = Spec::parse(text, "", &[format!("task.bleu={given}")]).map_err(|e| e.to_string())?;
            let again = Spec::parse(&spec.to_toml(), "", &[]).map_err(|e| e.to_string())?;
            assert_eq!(again, spec);
            Ok::<String, String>(spec.to_toml())
        };
        for (given, written) in [
            ("true", "bleu = true"),
            ("full", "bleu = true"),
            ("false", "bleu = false"),
            ("off", "bleu = false"),
            ("sample", "bleu = \"sample\""),
            ("beam", "bleu = \"beam\""),
        ] {
            assert!(read(given).unwrap().contains(written), "{given}");
        }
        let message = read("everything").unwrap_err();
        assert!(message.contains("task.bleu") && message.contains("\"sample\""), "{message}");
    }
}
