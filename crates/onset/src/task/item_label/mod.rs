//! Item–label pairs in context: items, each followed by a label that holds for this sequence alone, and at last an item again, whose
//! label is to be predicted (Singh et al. 2024, "What needs to go right for an induction head?", §2).
//!
//! The right positions of the prediction are those of the label behind the same item.

use std::any::Any;
use std::sync::Arc;

use onset_engine::Random;
use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::sequences::{drawn, sequence_scores};
use super::streams::REFERENCE_CHAINS;
use super::{Defaults, Draw, EpochOrder, Evaluated, Task, TaskError, TaskSettings, number};
use crate::batch::{Examples, Ragged, Signature};
use crate::settings::{Amount, Budget, Record, Settings, SpecError, is_default, require, require_size};
use crate::stats::{mean, standard_deviation};
use crate::store::Table;

/// Which sequences are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct ItemLabelTask {
    /// Number of items.
    #[key(from = 2, to = 1048576, unit = "items")]
    pub items: usize,
    /// Number of labels.
    #[key(from = 2, to = 1048576, unit = "labels")]
    pub labels: usize,
    /// Item–label pairs before the query.
    #[key(from = 2, to = 1048576, unit = "pairs")]
    pub pairs: usize,
    /// Pairs that have the query's item.
    #[serde(skip_serializing_if = "is_one")]
    #[key(from = 1, unit = "pairs")]
    pub copies: usize,
    /// How often each item is drawn: item i in proportion to 1/(i + 1) to this power.
    #[serde(skip_serializing_if = "is_default")]
    #[key(from = 0)]
    pub zipf: f64,
    /// Fresh sequences per evaluation.
    #[key(from = 1, to = 1048576, unit = "sequences")]
    pub sequences: usize,
}

/// Whether a count has its default, one.
fn is_one(count: &usize) -> bool {
    *count == 1
}

impl Default for ItemLabelTask {
    fn default() -> Self {
        Self { items: 50, labels: 5, pairs: 2, copies: 1, zipf: 0.0, sequences: 512 }
    }
}

impl Settings for ItemLabelTask {
    const KIND: &'static str = "item-label";
}

impl TaskSettings for ItemLabelTask {
    fn check(&self) -> Result<(), SpecError> {
        for (key, size) in
            [("task.items", self.items), ("task.labels", self.labels), ("task.pairs", self.pairs)]
        {
            require_size(size, key)?;
            require(size >= 2, key, size, "it must be at least 2")?;
        }
        require_size(self.sequences, "task.sequences")?;
        let (copies, pairs) = (self.copies, self.pairs);
        let some_other = format!(
            "it must be at least 1 and less than task.pairs = {pairs}, as some pair must be of another item"
        );
        require((1..pairs).contains(&copies), "task.copies", copies, &some_other)?;
        let others = pairs - copies;
        let enough = format!(
            "the {} other pairs of a sequence have other items; give at least {}",
            others,
            others + 1
        );
        require(self.items > others, "task.items", self.items, &enough)?;
        require(
            self.zipf.is_finite() && self.zipf >= 0.0,
            "task.zipf",
            self.zipf,
            "it must be a number of at least 0",
        )
    }

    fn defaults(&self) -> Defaults {
        let record = Record {
            every: Some(100),
            checkpoints: None,
            probes: Amount::Count(8),
            influence: Amount::Count(8),
            ..Record::default()
        };
        Defaults { model: "transformer", train: Budget::paper(3000, 32), record }
    }

    fn checkpoints(&self, _steps: u64) -> Vec<u64> {
        Vec::new()
    }

    fn describe(&self) -> String {
        format!("{} pairs of {} items with {} labels", self.pairs, self.items, self.labels)
    }

    fn knows_relevant(&self) -> bool {
        true
    }

    fn is_drawn(&self) -> bool {
        true
    }

    fn signature(&self) -> Signature {
        Signature::Sequence { vocabulary: self.items + self.labels, longest: 2 * self.pairs + 2 }
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        let mut sum = 0.0;
        let weights = (0..self.items).map(|item| ((item + 1) as f64).powf(-self.zipf));
        let cumulative = weights.map(|weight| {
            sum += weight;
            sum
        });
        Ok(Arc::new(ItemLabel { cumulative: cumulative.collect(), settings: self.clone() }))
    }
}

/// Item–label pairs, ready to be drawn. Tokens are the items, then the labels.
struct ItemLabel {
    settings: ItemLabelTask,
    /// The sum of the weights of the items up to each.
    cumulative: Vec<f64>,
}

impl ItemLabel {
    fn item(&self, random: &mut Random) -> u32 {
        let all = self.cumulative[self.cumulative.len() - 1];
        let at = f64::from(random.unit()) * all;
        self.cumulative.partition_point(|&sum| sum <= at).min(self.cumulative.len() - 1) as u32
    }

    /// Fills `sequence`: pairs in random order, of which `copies` have the query's item, then query and label. The query's label
    /// is that of no other pair where there are enough labels.
    fn draw(&self, random: &mut Random, sequence: &mut Vec<u32>) {
        let ItemLabelTask { items, labels, pairs, copies, .. } = self.settings;
        let query = self.item(random);
        let label = |random: &mut Random| items as u32 + random.below(labels as u32);
        let right = label(random);
        // Items of the other pairs differ from the query and from each other; their labels differ from the right one.
        let mut all = vec![(query, right); copies];
        while all.len() < pairs {
            let item = self.item(random);
            if all.iter().all(|&(other, _)| other != item) {
                let other = items as u32
                    + (right - items as u32 + 1 + random.below(labels as u32 - 1)) % labels as u32;
                all.push((item, other));
            }
        }
        random.shuffle(&mut all);
        sequence.clear();
        all.iter().for_each(|&(item, label)| sequence.extend([item, label]));
        sequence.extend([query, right]);
    }
}

impl Task for ItemLabel {
    fn as_any(&self) -> &dyn Any {
        &self.settings
    }

    fn signature(&self) -> Signature {
        self.settings.signature()
    }

    fn fill(&self, draw: Draw, _order: &mut EpochOrder, examples: &mut Examples) {
        let sequences = self.settings.sequences;
        let (mut random, count) = drawn(draw, sequences);
        examples.clear();
        let mut sequence = std::mem::take(&mut examples.scratch);
        for _ in 0..count {
            self.draw(&mut random, &mut sequence);
            examples.push_sequence(sequence.iter().copied(), sequence.len() as u32 - 1);
        }
        examples.scratch = sequence;
    }

    fn relevant(&self, examples: &Examples, relevant: &mut Ragged) -> bool {
        relevant.clear();
        for example in 0..examples.len() {
            let sequence = examples.target.row(example);
            let query = sequence[sequence.len() - 2];
            let pairs = (0..self.settings.pairs).filter(|pair| sequence[2 * pair] == query);
            relevant.push(pairs.map(|pair| 2 * pair as u32 + 1));
        }
        true
    }

    /// Items are numbers, labels letters.
    fn token(&self, id: u32) -> String {
        let Some(label) = id.checked_sub(self.settings.items as u32) else { return id.to_string() };
        let letter = (b'a' + (label % 26) as u8) as char;
        if label < 26 { letter.to_string() } else { format!("{letter}{}", label / 26) }
    }

    /// Beside the scores of every sequence task: the share of right answers among labels, and of one who picks any label.
    fn scores(&self, table: Table, evaluated: Evaluated<'_>) -> Table {
        let mut relevant = Ragged::default();
        self.relevant(evaluated.examples, &mut relevant);
        let labels = self.settings.labels as f64;
        sequence_scores(table, &evaluated, &relevant).with("loss_uniform", number(labels.ln()))
    }
}

/// Sequences over which a level is averaged.
const DRAWN: usize = 20_000;

/// The mean losses of predictors over sequences of `task`, with their standard errors, in nats: any label (uniform), the labels that
/// are in sight as often as the right one, which is [`ItemLabelTask::copies`] times (in sight), and the label behind the same item.
pub fn levels(task: &ItemLabelTask) -> [(&'static str, f64, f64); 3] {
    let mut random: Random = REFERENCE_CHAINS.random(2);
    let mut counts = vec![0; task.labels - 1];
    let mut losses = Vec::with_capacity(DRAWN);
    for _ in 0..DRAWN {
        counts.fill(0);
        // The other pairs have any label but the right one.
        (task.copies..task.pairs).for_each(|_| counts[random.below(task.labels as u32 - 1) as usize] += 1);
        let as_often = counts.iter().filter(|&&count| count == task.copies).count();
        losses.push(((1 + as_often) as f64).ln());
    }
    let error = standard_deviation(&losses).unwrap_or(0.0) / (DRAWN as f64).sqrt();
    let in_sight = mean(&losses).expect("there are sequences");
    [("uniform", (task.labels as f64).ln(), 0.0), ("in_sight", in_sight, error), ("matched", 0.0, 0.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_among_the_items_and_its_label_behind_it() {
        for (pairs, copies, zipf) in [(2, 1, 0.0), (4, 2, 1.0), (8, 1, 2.0)] {
            let settings = ItemLabelTask { items: 9, labels: 3, pairs, copies, zipf, sequences: 200 };
            settings.check().unwrap();
            let task = settings.load().unwrap();
            let (mut examples, mut relevant) = (Examples::default(), Ragged::default());
            task.fill(Draw::Evaluation { seed: 1, step: 0 }, &mut EpochOrder::default(), &mut examples);
            assert!(task.relevant(&examples, &mut relevant));
            for example in 0..200 {
                let sequence = examples.target.row(example);
                let right = examples.predicted(example);
                assert_eq!((sequence.len(), right.len()), (2 * pairs + 2, 1));
                assert_eq!(relevant.row(example).len(), copies);
                for &position in relevant.row(example) {
                    assert_eq!(sequence[position as usize], right[0]);
                    assert_eq!(sequence[position as usize - 1], sequence[2 * pairs]);
                }
                let with_right = (0..pairs).filter(|pair| sequence[2 * pair + 1] == right[0]).count();
                assert_eq!(with_right, copies);
            }
        }
    }

    #[test]
    fn impossible_sequences_are_refused() {
        let usual = ItemLabelTask::default();
        for (task, key) in [
            (ItemLabelTask { labels: 1, ..usual.clone() }, "task.labels"),
            (ItemLabelTask { copies: 2, ..usual.clone() }, "task.copies"),
            (ItemLabelTask { copies: 0, ..usual.clone() }, "task.copies"),
            (ItemLabelTask { items: 3, pairs: 5, ..usual.clone() }, "task.items"),
            (ItemLabelTask { zipf: -1.0, ..usual.clone() }, "task.zipf"),
        ] {
            let message = task.check().unwrap_err().to_string();
            assert!(message.contains(key), "{message}");
        }
    }

    #[test]
    fn frequent_items_come_first_under_zipf() {
        let settings = ItemLabelTask { zipf: 1.0, sequences: 4000, ..ItemLabelTask::default() };
        let task = settings.load().unwrap();
        let mut examples = Examples::default();
        task.fill(Draw::Evaluation { seed: 1, step: 0 }, &mut EpochOrder::default(), &mut examples);
        let queries = |item: u32| {
            let all = (0..examples.len()).map(|example| examples.target.row(example));
            all.filter(|sequence| sequence[sequence.len() - 2] == item).count() as f64
        };
        assert!((queries(0) / queries(1) - 2.0).abs() < 0.4 && queries(0) > 8.0 * queries(30));
        assert_eq!((task.token(3), task.token(50), task.token(54)), ("3".into(), "a".into(), "e".into()));
    }
}
