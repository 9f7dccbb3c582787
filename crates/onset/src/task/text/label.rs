//! Which labels there are, and which class each becomes.

use std::collections::{BTreeMap, BTreeSet};

use super::TextSource;
use super::{LabelFault, LabelRows, TextError};
use crate::settings::did_you_mean;
use crate::task::rows::Origin;

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

/// From so many different values on, a column is taken for something else than labels if most values occur once.
const MANY: usize = 20;

/// How labels become classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelling {
    /// The names of the classes, by number. Of two, the first is negative and the second positive.
    pub names: Vec<String>,
    /// The class of each label that has one of its own.
    classes: BTreeMap<String, u32>,
    /// The class of all other labels.
    rest: Option<u32>,
    /// Whether rows with other labels are left out, because labels were chosen, rather than refused.
    pub chosen: bool,
}

impl Labelling {
    /// A class for each label.
    fn each(names: Vec<String>, chosen: bool) -> Self {
        let classes = names.iter().cloned().zip(0..).collect();
        Self { names, classes, rest: None, chosen }
    }

    /// The `positive` labels as one class, all others as the other.
    fn against_the_rest(positive: &[String], counts: &BTreeMap<String, usize>) -> Self {
        let others: Vec<&String> = counts.keys().filter(|label| !positive.contains(label)).collect();
        let name = positive.join(" or ");
        let negative = if let [other] = others[..] { other.clone() } else { format!("not {name}") };
        let classes = positive.iter().map(|label| (label.clone(), 1)).collect();
        Self { names: vec![negative, name], classes, rest: Some(0), chosen: false }
    }

    /// The class of `label`; none if it has none.
    pub fn class(&self, label: &str) -> Option<u32> {
        self.classes.get(label).copied().or(self.rest)
    }

    /// The labels that have a class of their own, as they stand in the file, by class.
    pub fn values(&self) -> Vec<String> {
        let mut known: Vec<_> = self.classes.iter().collect();
        known.sort_by_key(|(_, class)| **class);
        known.into_iter().map(|(label, _)| label.clone()).collect()
    }

    /// Decides by the spec's `labels` or `positive`, or else by the labels that occur; `counts` gives the rows of each
    /// label. The classes are then called as the spec's `label_names` say.
    pub fn choose(
        origin: &Origin,
        counts: &BTreeMap<String, usize>,
        source: &TextSource,
    ) -> Result<Self, TextError> {
        let mut chosen = Self::chosen(origin, counts, source)?;
        for name in &mut chosen.names {
            if let Some(called) = source.label_names.get(name) {
                name.clone_from(called);
            }
        }
        let mut seen = BTreeSet::new();
        match chosen.names.iter().find(|name| !seen.insert(name.as_str())) {
            Some(twice) => {
                Err(TextError::Labels { origin: origin.clone(), fault: LabelFault::SameName(twice.clone()) })
            }
            None => Ok(chosen),
        }
    }

    fn chosen(
        origin: &Origin,
        counts: &BTreeMap<String, usize>,
        source: &TextSource,
    ) -> Result<Self, TextError> {
        let fail = |fault: LabelFault| TextError::Labels { origin: origin.clone(), fault };
        let check = |label: &String| {
            if counts.contains_key(label) {
                return Ok(());
            }
            let nearest = did_you_mean(label, counts.keys().map(String::as_str));
            Err(fail(LabelFault::Unknown { wanted: label.into(), nearest, found: by_frequency(counts) }))
        };
        source.label_names.keys().try_for_each(check)?;
        if counts.len() < 2 {
            return Err(fail(LabelFault::One(by_frequency(counts))));
        }
        if let Some(labels) = &source.labels {
            labels.iter().try_for_each(check)?;
            return Ok(Self::each(labels.clone(), true));
        }
        if let Some(positive) = &source.positive {
            let positive = positive.list();
            positive.iter().try_for_each(check)?;
            if positive.len() == counts.len() {
                return Err(fail(LabelFault::AllPositive(by_frequency(counts))));
            }
            return Ok(Self::against_the_rest(positive, counts));
        }
        let rows: usize = counts.values().sum();
        if counts.len() > MANY && 2 * counts.len() > rows {
            return Err(fail(LabelFault::NotLabels {
                values: counts.len(),
                rows,
                found: by_frequency(counts),
            }));
        }
        Ok(Self::each(in_order(counts), false))
    }
}

/// All labels in the order of their classes: two as their names suggest, more by number or by alphabet.
fn in_order(counts: &BTreeMap<String, usize>) -> Vec<String> {
    let mut labels: Vec<String> = counts.keys().cloned().collect();
    if let [a, b] = &labels[..] {
        let reversed = |pair: &[&str; 2]| pair[0].eq_ignore_ascii_case(b) && pair[1].eq_ignore_ascii_case(a);
        if PLAIN.iter().any(reversed) {
            labels.reverse();
        }
        return labels;
    }
    let numbers: Option<Vec<f64>> = labels.iter().map(|label| label.parse().ok()).collect();
    if let Some(numbers) = numbers {
        let mut numbered: Vec<(f64, String)> = numbers.into_iter().zip(labels).collect();
        numbered.sort_by(|a, b| a.0.total_cmp(&b.0));
        labels = numbered.into_iter().map(|(_, label)| label).collect();
    }
    labels
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
    use crate::task::text::Positive;

    fn choose(labels: &[&str], source: &TextSource) -> Result<Labelling, TextError> {
        let mut counts = BTreeMap::new();
        labels.iter().for_each(|label| *counts.entry((*label).to_owned()).or_default() += 1);
        Labelling::choose(&Origin::File("a.tsv".into()), &counts, source)
    }

    fn names(labels: &[&str]) -> Vec<String> {
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
    fn more_labels_are_ordered_by_number_or_by_alphabet() {
        assert_eq!(names(&["10", "9", "-1"]), ["-1", "9", "10"]);
        assert_eq!(names(&["10", "9", "none"]), ["10", "9", "none"]);
        let labelling = choose(&["c", "a", "b"], &TextSource::default()).unwrap();
        assert_eq!(["a", "b", "c", "d"].map(|l| labelling.class(l)), [Some(0), Some(1), Some(2), None]);
    }

    #[test]
    fn of_many_labels_some_can_be_picked_or_set_against_the_rest() {
        let all = ["a", "b", "c", "a", "d"];
        let pick = |labels: &[&str]| {
            let labels = Some(labels.iter().map(|&label| label.into()).collect());
            let labelling = choose(&all, &TextSource { labels, ..Default::default() }).unwrap();
            ["a", "b", "c", "d"].map(|label| labelling.class(label))
        };
        assert_eq!(pick(&["b", "a"]), [Some(1), Some(0), None, None]);
        assert_eq!(pick(&["d", "b", "a"]), [Some(2), Some(1), None, Some(0)]);
        let against = |positive| {
            let labelling =
                choose(&all, &TextSource { positive: Some(positive), ..Default::default() }).unwrap();
            (["a", "b", "c", "d"].map(|l| labelling.class(l).unwrap()), labelling.names)
        };
        let one = against(Positive::One("c".into()));
        assert_eq!(one, ([0, 0, 1, 0], vec!["not c".into(), "c".into()]));
        let two = against(Positive::Several(vec!["c".into(), "b".into()]));
        assert_eq!(two, ([0, 1, 1, 0], vec!["not c or b".into(), "c or b".into()]));
    }

    #[test]
    fn labels_can_be_called_by_other_names() {
        let called = |names: &[(&str, &str)]| {
            let label_names = names.iter().map(|&(value, name)| (value.into(), name.into())).collect();
            choose(&["1", "0", "1"], &TextSource { label_names, ..Default::default() })
        };
        let labelling = called(&[("0", "ham"), ("1", "spam")]).unwrap();
        assert_eq!(labelling.names, ["ham", "spam"]);
        assert_eq!((labelling.class("0"), labelling.class("ham")), (Some(0), None));
        assert_eq!(labelling.values(), ["0", "1"]);
        assert_eq!(called(&[("1", "spam")]).unwrap().names, ["0", "spam"]);
        let message = called(&[("2", "eggs")]).unwrap_err().to_string();
        assert!(message.contains("no label `2`") && message.contains("1 (2)"), "{message}");
        let message = called(&[("1", "0")]).unwrap_err().to_string();
        assert!(message.contains("two labels are called `0`"), "{message}");
    }

    #[test]
    fn what_is_no_set_of_labels_is_refused_with_the_reason() {
        let texts: Vec<String> = (0..50).map(|text| format!("text {text}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let message = choose(&texts, &TextSource::default()).unwrap_err().to_string();
        assert!(message.contains("50 different values in 50 rows"), "{message}");
        assert!(message.contains("task.label"), "{message}");
        assert!(choose(&["a"], &TextSource::default()).unwrap_err().to_string().contains("only one label"));
        let positive = |labels: &[&str]| {
            let positive = Positive::Several(labels.iter().map(|&label| label.into()).collect());
            let source = TextSource { positive: Some(positive), ..Default::default() };
            choose(&["spam", "ham"], &source).unwrap_err().to_string()
        };
        let message = positive(&["Spam"]);
        assert!(message.contains("no label `Spam`, did you mean `spam`?"), "{message}");
        assert!(positive(&["spam", "ham"]).contains("every label is positive"));
    }
}
