//! Mutations of inputs, from a seed.

/// A generator of numbers (xorshift64*): the same seed gives the same numbers everywhere.
pub struct Dice(u64);

impl Dice {
    /// From any seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    /// One of `all`, which are not empty.
    pub fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Numbers at which readers break.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "1e308",
    "-0.0",
    "1e-400",
];

/// The longest input that is made.
const LONGEST: usize = 64 * 1024;

/// `input` changed in one to eight places; `other` is another input, of which parts may be taken.
pub fn mutated(input: &[u8], other: &[u8], words: &[&str], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(8) {
        change(&mut bytes, other, words, dice);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], words: &[&str], dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let end = at + dice.below((bytes.len() - at).min(64) + 1);
    match dice.below(11) {
        0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        1 if at < bytes.len() => bytes[at] = dice.below(256) as u8,
        2 => bytes.insert(at, dice.below(256) as u8),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let part = bytes[at..end].to_vec();
            let place = dice.below(bytes.len() + 1);
            bytes.splice(place..place, part);
        }
        5 | 6 if !words.is_empty() => drop(bytes.splice(at..at, dice.one(words).bytes())),
        7 if !words.is_empty() => drop(bytes.splice(at..end, dice.one(words).bytes())),
        8 => replace_number(bytes, dice),
        9 if !other.is_empty() => {
            let from = dice.below(other.len());
            let part = &other[from..][..dice.below((other.len() - from).min(512) + 1)];
            bytes.splice(at..end, part.iter().copied());
        }
        10 if dice.below(4) == 0 => bytes.truncate(at),
        _ => {
            // A whole line twice, or gone.
            let begin = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
            let end = bytes[at..]
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(bytes.len(), |place| at + place + 1);
            if dice.below(2) == 0 {
                bytes.drain(begin..end);
            } else {
                let line = bytes[begin..end].to_vec();
                bytes.splice(begin..begin, line);
            }
        }
    }
}

/// Puts another number in place of one that is written in digits.
fn replace_number(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let from = dice.below(bytes.len() + 1);
    let Some(begin) = bytes[from..].iter().position(u8::is_ascii_digit).map(|place| from + place) else {
        return;
    };
    let end = bytes[begin..]
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .map_or(bytes.len(), |place| begin + place);
    bytes.splice(begin..end, dice.one(&NUMBERS).bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_the_mutations_and_they_differ() {
        let make = |seed| {
            let mut dice = Dice::new(seed);
            (0..50)
                .map(|_| mutated(b"text\tlabel\na 12\t1\n", b"other", &["word"], &mut dice))
                .collect::<Vec<_>>()
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
        let mut differing = make(1);
        differing.sort();
        differing.dedup();
        assert!(differing.len() > 40);
    }
}
