//! The part of many runs that one machine does.

use std::str::FromStr;

/// Part `part` of `of` (counted from 1): every `of`-th run. The default is all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    part: usize,
    of: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self { part: 1, of: 1 }
    }
}

impl Shard {
    /// Whether the run with this number, from 0, belongs to it.
    pub fn has(self, number: usize) -> bool {
        number % self.of == self.part - 1
    }

    /// Whether it is all runs.
    pub fn is_all(self) -> bool {
        self.of == 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(part, of)| {
            Some((part.trim().parse::<usize>().ok()?, of.trim().parse::<usize>().ok()?))
        });
        match parts {
            Some((part, of)) if part >= 1 && part <= of => Ok(Self { part, of }),
            _ => {
                Err(format!("`{text}` is not a shard; expected PART/OF with PART from 1 to OF, such as 3/64"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_in_exactly_one_shard() {
        let shards: Vec<Shard> = (1..=3).map(|part| format!("{part}/3").parse().unwrap()).collect();
        for number in 0..10 {
            assert_eq!(shards.iter().filter(|shard| shard.has(number)).count(), 1);
        }
        assert!((0..5).all(|number| Shard::default().has(number)));
        for wrong in ["", "3", "0/4", "5/4", "a/2", "1/0", "-1/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
