//! What separates a leak from a word that goes with a label.
//!
//! Words go with labels: *free* with spam, *who* with questions about people. That is what a classifier learns from. A leak
//! all but equals the label: it is in nearly all texts of the label and in nearly no others, and it stands apart from the
//! ordinary words of its data. Strength is the correlation of word and label, at the lower ends of the 95 % intervals of
//! its two shares, so that a few texts cannot make a leak. A word is a leak if its strength
//!
//! - is at least 0.9; or
//! - is at least 0.7, and one and a half times that of the ordinary words: the third strongest word of each label, of the
//!   label where this is strongest. The two before it may be leaks themselves.

use super::search::Found;
use crate::measures::Counts;

/// The strength of a word that all but equals a label, whatever other words do.
pub const EQUALS_THE_LABEL: f64 = 0.9;

/// The least strength of a leak.
pub const LEAST_STRENGTH: f64 = 0.7;

/// How many times as strong as ordinary words a leak is that does not equal its label.
pub const TIMES_ORDINARY: f64 = 1.5;

/// Which word of a label, by strength, is an ordinary one.
const ORDINARY: usize = 3;

/// For each of `found`, which are ordered by correlation, whether it is a leak.
pub(super) fn leaks(found: &[Found], labels: usize) -> Vec<bool> {
    let least = (TIMES_ORDINARY * ordinary(found, labels)).clamp(LEAST_STRENGTH, EQUALS_THE_LABEL);
    found.iter().map(|found| strength(found.counts()) >= least).collect()
}

/// The correlation of the third strongest word of each label, of the label where this is strongest.
fn ordinary(found: &[Found], labels: usize) -> f64 {
    let third = |label: usize| {
        let of_label = found.iter().filter(|found| found.association.label as usize == label);
        of_label.map(|found| found.counts().correlation()).nth(ORDINARY - 1).unwrap_or(0.0)
    };
    (0..labels).map(third).fold(0.0, f64::max)
}

/// The correlation of word and label that the counts make sure of.
pub(super) fn strength(counts: Counts) -> f64 {
    let [both, word, label, all] = [counts.both, counts.word, counts.label, counts.all].map(f64::from);
    let sure_both = label * lower_end(both, label);
    let most_with_word = (sure_both / lower_end(both, word)).min(all);
    let scale = (most_with_word * (all - most_with_word) * label * (all - label)).sqrt();
    if scale > 0.0 { ((sure_both * all - most_with_word * label) / scale).max(0.0) } else { 0.0 }
}

/// The lower end of the 95 % interval of a share (Wilson 1927).
fn lower_end(some: f64, all: f64) -> f64 {
    const Z: f64 = 1.959_964;
    let share = some / all;
    let spread = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
    (share + Z * Z / (2.0 * all) - spread) / (1.0 + Z * Z / all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::Association;

    fn found(label: u32, [both, word, of_label, all]: [u32; 4]) -> Found {
        let counts = Counts { both, word, label: of_label, all };
        Found { association: Association { word: 0, label, counts, q: 0.0 }, with: Vec::new() }
    }

    #[test]
    fn the_lower_end_is_wilsons() {
        // statsmodels: proportion_confint(8, 10, method="wilson") and (10, 10).
        assert!((lower_end(8.0, 10.0) - 0.490_162).abs() < 1e-5, "{}", lower_end(8.0, 10.0));
        assert!((lower_end(10.0, 10.0) - 0.722_467).abs() < 1e-5);
    }

    #[test]
    fn a_word_of_nearly_all_texts_of_a_label_is_a_leak_and_a_frequent_topic_word_is_not() {
        // A planted word, and the strongest words of trec (who), sms_spam (£) and sst2 (too).
        for (counts, expected) in [
            ([950, 950, 1000, 3000], true),
            ([578, 595, 1215, 5380], false),
            ([210, 215, 642, 5159], false),
            ([967, 1131, 29_647, 66_978], false),
        ] {
            assert_eq!(leaks(&[found(0, counts)], 2), [expected], "{counts:?}");
        }
    }

    #[test]
    fn few_texts_make_no_leak() {
        assert_eq!(leaks(&[found(0, [8, 8, 8, 16])], 2), [false]);
        assert_eq!(leaks(&[found(0, [40, 40, 40, 80])], 2), [true]);
    }

    #[test]
    fn where_ordinary_words_are_strong_a_leak_has_to_equal_its_label() {
        // Intents: `phone` is in most texts about lost phones, and other intents have such words, too.
        let phone = found(0, [99, 108, 121, 9997]);
        let ordinary = || found(1, [80, 100, 120, 9997]);
        assert_eq!(leaks(std::slice::from_ref(&phone), 2), [true]);
        let all = [phone, ordinary(), ordinary(), ordinary()];
        assert!(!leaks(&all, 2)[0]);
        let equal = [found(0, [120, 120, 121, 9997]), ordinary(), ordinary(), ordinary()];
        assert!(leaks(&equal, 2)[0]);
    }
}
