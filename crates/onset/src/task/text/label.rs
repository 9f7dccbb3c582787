//! Which label is negative and which is positive.

use std::collections::BTreeMap;

use super::TextSource;
use super::{LabelFault, LabelRows, Origin, TextError};
use crate::settings::did_you_mean;

/// Pairs of labels whose names tell which is which: negative, positive.
const PLAIN: [[&str; 2]; 7] = [
    ["0", "1"],
    ["-1", "1"],
    ["false", "true"],
    ["no", "yes"],
    ["neg", "pos"],
    ["negative", "positive"],
    ["ham", "spam"],
];

/// How labels become classes: 0 is negative, 1 positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelling {
    /// The names of the classes, by number.
    pub names: [String; 2],
    /// The label that is negative; none means all that are not positive.
    negative: Option<String>,
    /// Whether rows with other labels are left out, because two labels were chosen, rather than refused.
    pub chosen: bool,
}

impl Labelling {
    /// The class of `label`; none if it belongs to neither.
    pub fn class(&self, label: &str) -> Option<u32> {
        if label == self.names[1] {
            return Some(1);
        }
        self.negative.as_ref().is_none_or(|negative| negative == label).then_some(0)
    }

    /// Decides by the spec's `labels` or `positive`, or else by the two labels that occur; `counts` gives the
    /// rows of each label.
    pub fn choose(
        origin: &Origin,
        counts: &BTreeMap<String, usize>,
        source: &TextSource,
    ) -> Result<Self, TextError> {
        let fail = |fault: LabelFault| TextError::Labels { origin: origin.clone(), fault };
        let check = |label: &str| {
            if counts.contains_key(label) {
                return Ok(());
            }
            let nearest = did_you_mean(label, counts.keys().map(String::as_str));
            Err(fail(LabelFault::Unknown { wanted: label.into(), nearest, found: by_frequency(counts) }))
        };
        if counts.len() < 2 {
            return Err(fail(LabelFault::One(by_frequency(counts))));
        }
        if let Some([negative, positive]) = &source.labels {
            check(negative)?;
            check(positive)?;
            return Ok(Self {
                names: [negative.clone(), positive.clone()],
                negative: Some(negative.clone()),
                chosen: true,
            });
        }
        if let Some(positive) = &source.positive {
            check(positive)?;
            let others: Vec<&String> = counts.keys().filter(|label| *label != positive).collect();
            let negative = if let [other] = others[..] { other.clone() } else { format!("not {positive}") };
            return Ok(Self { names: [negative, positive.clone()], negative: None, chosen: false });
        }
        let labels: Vec<&String> = counts.keys().collect();
        let [a, b] = labels[..] else { return Err(fail(LabelFault::Many(by_frequency(counts)))) };
        let reversed = |pair: &[&str; 2]| pair[0].eq_ignore_ascii_case(b) && pair[1].eq_ignore_ascii_case(a);
        let [negative, positive] = if PLAIN.iter().any(reversed) { [b, a] } else { [a, b] };
        Ok(Self {
            names: [negative.clone(), positive.clone()],
            negative: Some(negative.clone()),
            chosen: false,
        })
    }
}

/// The labels with their rows, the most frequent first.
fn by_frequency(counts: &BTreeMap<String, usize>) -> Vec<LabelRows> {
    let mut labels: Vec<LabelRows> = counts.iter().map(|(label, &rows)| (label.clone(), rows)).collect();
    labels.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(labels: &[&str], source: &TextSource) -> Result<Labelling, TextError> {
        let mut counts = BTreeMap::new();
        labels.iter().for_each(|label| *counts.entry((*label).to_owned()).or_default() += 1);
        Labelling::choose(&Origin::File("a.tsv".into()), &counts, source)
    }

    fn names(labels: &[&str]) -> [String; 2] {
        choose(labels, &TextSource::default()).unwrap().names
    }

    #[test]
    fn two_labels_are_taken_as_their_names_suggest() {
        assert_eq!(names(&["1", "0"]), ["0", "1"]);
        assert_eq!(names(&["spam", "ham"]), ["ham", "spam"]);
        assert_eq!(names(&["Yes", "No"]), ["No", "Yes"]);
        assert_eq!(names(&["true", "false"]), ["false", "true"]);
        assert_eq!(names(&["1", "-1"]), ["-1", "1"]);
        assert_eq!(names(&["world", "business"]), ["business", "world"]);
    }

    #[test]
    fn of_many_labels_two_can_be_picked_or_one_set_against_the_rest() {
        let all = ["a", "b", "c", "a"];
        let source = TextSource { labels: Some(["b".into(), "a".into()]), ..Default::default() };
        let labelling = choose(&all, &source).unwrap();
        assert_eq!(["a", "b", "c"].map(|l| labelling.class(l)), [Some(1), Some(0), None]);
        let source = TextSource { positive: Some("c".into()), ..Default::default() };
        let labelling = choose(&all, &source).unwrap();
        assert_eq!(["a", "b", "c"].map(|l| labelling.class(l)), [Some(0), Some(0), Some(1)]);
        assert_eq!(labelling.names, ["not c", "c"]);
    }

    #[test]
    fn what_cannot_be_two_classes_is_refused_with_the_options() {
        let message = choose(&["a", "b", "c", "a"], &TextSource::default()).unwrap_err().to_string();
        assert!(message.contains("3 labels, a (2), b (1), c (1); two labels must be chosen"), "{message}");
        assert!(message.contains("task.labels") && message.contains("task.positive"), "{message}");
        assert!(choose(&["a"], &TextSource::default()).unwrap_err().to_string().contains("only one label"));
        let source = TextSource { positive: Some("spam".into()), ..Default::default() };
        let message = choose(&["Spam", "ham"], &source).unwrap_err().to_string();
        assert!(message.contains("no label `spam`, did you mean `Spam`?"), "{message}");
    }
}
