//! Seeds in one word: `5` (the first five), `0..5`, or `1,3,8`.

use std::str::FromStr;

/// The largest number of seeds of one request.
const MOST: u64 = 100_000;

/// A list of at least one seed, in order, without duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeds(pub Vec<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| {
            part.trim().parse::<u64>().map_err(|_| {
                format!(
                    "`{part}` is not a whole number; expected a count (5), a range (0..5) or a list (1,3,8)"
                )
            })
        };
        let mut seeds: Vec<u64> = if let Some((first, end)) = text.split_once("..") {
            let (first, end) = (number(first)?, number(end)?);
            if end.saturating_sub(first) > MOST {
                return Err(format!("{text} names more than 100,000 seeds"));
            }
            (first..end).collect()
        } else if text.contains(',') {
            text.split(',').map(number).collect::<Result<_, _>>()?
        } else {
            (0..number(text)?.min(MOST)).collect()
        };
        seeds.sort_unstable();
        seeds.dedup();
        if seeds.is_empty() {
            return Err("there is no seed; expected a count (5), a range (0..5) or a list (1,3,8)".into());
        }
        Ok(Self(seeds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_ranges_and_lists_are_understood() {
        let seeds = |text: &str| text.parse::<Seeds>().map(|s| s.0);
        assert_eq!(seeds("3"), Ok(vec![0, 1, 2]));
        assert_eq!(seeds("5..8"), Ok(vec![5, 6, 7]));
        assert_eq!(seeds("8,1,8"), Ok(vec![1, 8]));
        for wrong in ["", "0", "a", "1,b", "3..3", "5..2", "-1", "0..999999999999"] {
            assert!(seeds(wrong).is_err(), "{wrong}");
        }
    }
}
