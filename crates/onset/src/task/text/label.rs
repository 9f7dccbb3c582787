//! Which label is negative and which is positive.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Row, TextError};
use crate::spec::{TextSource, did_you_mean};

/// Pairs of labels whose meaning is plain: negative, positive.
const PLAIN: [[&str; 2]; 7] = [
    ["0", "1"],
    ["-1", "1"],
    ["false", "true"],
    ["no", "yes"],
    ["neg", "pos"],
    ["negative", "positive"],
    ["ham", "spam"],
];

/// How labels become two classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelling {
    /// What the classes are called: negative, positive.
    pub names: [String; 2],
    /// The label that is negative; none means all that are not positive.
    negative: Option<String>,
    /// Whether other labels are left out because two were picked, rather than wrong.
    pub picked: bool,
}

impl Labelling {
    /// The class of `label`; none if its row is left out.
    pub fn positive(&self, label: &str) -> Option<bool> {
        if label == self.names[1] {
            return Some(true);
        }
        self.negative.as_ref().is_none_or(|negative| negative == label).then_some(false)
    }

    /// Decides by the spec's `labels` or `positive`, or else by the two labels that are there.
    pub fn choose(path: &Path, rows: &[Row], source: &TextSource) -> Result<Self, TextError> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        rows.iter().for_each(|row| *counts.entry(&row.label).or_default() += 1);
        let fail = |found: String, remedy: String| TextError::Labels { path: path.into(), found, remedy };
        let check = |label: &str| {
            if counts.contains_key(label) {
                return Ok(());
            }
            let nearest = did_you_mean(label, counts.keys().copied());
            Err(fail(format!("no label `{label}`{nearest}"), format!("the labels are {}", listed(&counts))))
        };
        if counts.len() < 2 {
            let found = format!("only one label, {}", listed(&counts));
            return Err(fail(found, "a classifier needs texts of two kinds".into()));
        }
        if let Some([negative, positive]) = &source.labels {
            check(negative)?;
            check(positive)?;
            return Ok(Self {
                names: [negative.clone(), positive.clone()],
                negative: Some(negative.clone()),
                picked: true,
            });
        }
        if let Some(positive) = &source.positive {
            check(positive)?;
            let others: Vec<&str> = counts.keys().copied().filter(|label| label != positive).collect();
            let negative = if let [other] = others[..] { other.into() } else { format!("not {positive}") };
            return Ok(Self { names: [negative, positive.clone()], negative: None, picked: false });
        }
        let labels: Vec<&str> = counts.keys().copied().collect();
        let [a, b] = labels[..] else {
            return Err(fail(
                format!("{} labels, {}", counts.len(), listed(&counts)),
                "choose two with --labels A,B (data.labels in a spec), or set one against all others with \
                 --positive A (data.positive)"
                    .into(),
            ));
        };
        let plain = |pair: &[&str; 2]| pair[0].eq_ignore_ascii_case(b) && pair[1].eq_ignore_ascii_case(a);
        let [negative, positive] = if PLAIN.iter().any(plain) { [b, a] } else { [a, b] };
        Ok(Self { names: [negative.into(), positive.into()], negative: Some(negative.into()), picked: false })
    }
}

/// The labels with their counts, the most frequent first, at most twelve.
fn listed(counts: &BTreeMap<&str, usize>) -> String {
    let mut labels: Vec<_> = counts.iter().collect();
    labels.sort_by_key(|(label, count)| (std::cmp::Reverse(**count), **label));
    let shown: Vec<String> =
        labels.iter().take(12).map(|(label, count)| format!("{label} ({count})")).collect();
    shown.join(", ") + if labels.len() > 12 { ", …" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(labels: &[&str], source: &TextSource) -> Result<Labelling, TextError> {
        let row = |label: &&str| Row { line: 1, text: "x".into(), label: (*label).into() };
        Labelling::choose(Path::new("a.tsv"), &labels.iter().map(row).collect::<Vec<_>>(), source)
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
        assert_eq!(["a", "b", "c"].map(|l| labelling.positive(l)), [Some(true), Some(false), None]);
        let source = TextSource { positive: Some("c".into()), ..Default::default() };
        let labelling = choose(&all, &source).unwrap();
        assert_eq!(["a", "b", "c"].map(|l| labelling.positive(l)), [Some(false), Some(false), Some(true)]);
        assert_eq!(labelling.names, ["not c", "c"]);
    }

    #[test]
    fn what_cannot_be_two_classes_is_refused_with_the_options() {
        let message = choose(&["a", "b", "c", "a"], &TextSource::default()).unwrap_err().to_string();
        assert!(message.contains("3 labels, a (2), b (1), c (1)"), "{message}");
        assert!(message.contains("--labels A,B") && message.contains("--positive A"), "{message}");
        assert!(choose(&["a"], &TextSource::default()).unwrap_err().to_string().contains("only one label"));
        let source = TextSource { positive: Some("spam".into()), ..Default::default() };
        let message = choose(&["Spam", "ham"], &source).unwrap_err().to_string();
        assert!(message.contains("no label `spam`, did you mean `Spam`?"), "{message}");
    }
}
