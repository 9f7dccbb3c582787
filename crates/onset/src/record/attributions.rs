//! Writing attribution records, row by row.

use std::sync::Arc;

use arrow_array::ArrayRef;

use crate::model::{Place, PlaceReading, Reading};
use crate::store::{Column, Table, prefixes};
use crate::task::Split;

/// One prediction of an example, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The tokens at all positions of the example that can be attended to; the predictions of an example share them.
    pub tokens: Arc<[String]>,
    /// The right output.
    pub target: String,
    /// The likeliest output.
    pub predicted: String,
    /// The first right position, where the task knows one.
    pub relevant: Option<u32>,
    /// The true label, where the output is one.
    pub label: Option<u32>,
}

/// Rows of attribution records, as columns.
#[derive(Debug, Clone, Default)]
pub struct Attributions {
    ints: [Vec<i64>; 6],
    texts: [Vec<String>; 4],
    /// The tokens of each row's example, and how many of them the row sees.
    tokens: Vec<(Arc<[String]>, usize)>,
    log_probability: Vec<f64>,
    lists: [Vec<Vec<f32>>; 3],
    /// −1 where there is none.
    labels: Vec<i64>,
    /// NaN where there is none.
    logits: Vec<f64>,
    /// Whether some row has a label, so that there are columns for it.
    pub(super) labelled: bool,
}

impl Attributions {
    /// Adds all predictions of an example at all `places`; `predictions` says them in words.
    pub fn push(
        &mut self,
        example: (u64, Split, usize),
        places: &[Place],
        reading: &Reading,
        predictions: &[Prediction],
    ) {
        for (place, attention) in places.iter().zip(&reading.places) {
            for (position, prediction) in predictions.iter().enumerate() {
                self.push_row(example, (place, attention), reading, (position, prediction));
            }
        }
    }

    /// Adds one prediction at one place.
    pub(super) fn push_row(
        &mut self,
        (step, split, example): (u64, Split, usize),
        (place, attention): (&Place, &PlaceReading),
        reading: &Reading,
        (position, prediction): (usize, &Prediction),
    ) {
        let ints = [
            step as i64,
            example as i64,
            place.layer as i64,
            place.head as i64,
            position as i64,
            prediction.relevant.map_or(-1, i64::from),
        ];
        self.ints.iter_mut().zip(ints).for_each(|(column, value)| column.push(value));
        let texts =
            [split.name(), place.kind.name(), &prediction.target, &prediction.predicted].map(String::from);
        self.texts.iter_mut().zip(texts).for_each(|(column, value)| column.push(value));
        self.push_numbers(position, attention, reading, prediction);
    }

    fn push_numbers(
        &mut self,
        position: usize,
        attention: &PlaceReading,
        reading: &Reading,
        prediction: &Prediction,
    ) {
        let row = |rows: &crate::batch::Rows| match rows.is_empty() {
            true => Vec::new(),
            false => rows.row(position).to_vec(),
        };
        let alpha = row(&attention.alpha);
        self.tokens.push((Arc::clone(&prediction.tokens), alpha.len()));
        self.log_probability.push(f64::from(reading.log_probability[position]));
        let lists = [alpha, row(&attention.beta), row(&reading.delta)];
        self.lists.iter_mut().zip(lists).for_each(|(column, value)| column.push(value));
        let label = prediction.label.zip(reading.logit);
        self.labelled |= label.is_some();
        self.labels.push(label.map_or(-1, |(label, _)| i64::from(label)));
        self.logits.push(label.map_or(f64::NAN, |(_, logit)| f64::from(logit)));
    }

    /// The columns as a table.
    pub fn into_table(mut self) -> Table {
        let lists = std::mem::take(&mut self.tokens);
        let tokens = Column::Texts(lists.into_iter().map(|(tokens, seen)| tokens[..seen].to_vec()).collect());
        let [before, behind] = self.around_tokens();
        let columns = behind.into_columns();
        let table = before.with(TOKENS, tokens);
        columns.fold(table, |table, (name, column)| table.with(&name, column))
    }

    /// The columns as arrays, by name, without a copy of the tokens for each row.
    pub(super) fn into_arrays(mut self) -> impl Iterator<Item = (String, ArrayRef)> {
        let tokens = prefixes(&std::mem::take(&mut self.tokens));
        let [before, behind] = self.around_tokens();
        let arrays: Vec<_> =
            before.arrays().chain([(TOKENS.to_owned(), tokens)]).chain(behind.arrays()).collect();
        arrays.into_iter()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.log_probability.is_empty()
    }

    /// The columns before the tokens, and those behind them.
    fn around_tokens(self) -> [Table; 2] {
        let [step, example, layer, head, position, relevant] = self.ints.map(Column::Int);
        let [split, kind, target, predicted] = self.texts.map(Column::Text);
        let [alpha, beta, delta] = self.lists.map(Column::Floats);
        let before = Table::new()
            .with("step", step)
            .with("split", split)
            .with("example", example)
            .with("layer", layer)
            .with("head", head)
            .with("kind", kind)
            .with("position", position);
        let behind = Table::new()
            .with("target", target)
            .with("predicted", predicted)
            .with("log_probability", Column::Float(self.log_probability))
            .with("relevant", relevant)
            .with("alpha", alpha)
            .with("beta", beta)
            .with("delta", delta);
        if !self.labelled {
            return [before, behind];
        }
        let labels = Column::Int(self.labels);
        [before, behind.with("label", labels).with("logit", Column::Float(self.logits))]
    }
}

/// The column between the others.
const TOKENS: &str = "tokens";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Rows;
    use crate::model::PlaceKind;

    #[test]
    fn an_example_without_a_label_may_stand_beside_others() {
        let place = Place { layer: 0, head: 0, kind: PlaceKind::Pooling };
        let alpha = Rows::from_iter([vec![1.0]]);
        let mut rows = Attributions::default();
        for label in [None, Some(1)] {
            let reading = Reading {
                log_probability: vec![-1.0],
                logit: label.map(|_| 0.5),
                places: vec![PlaceReading { alpha: alpha.clone(), ..PlaceReading::default() }],
                ..Reading::default()
            };
            let prediction = Prediction {
                tokens: ["a".to_owned()].into(),
                target: "b".into(),
                predicted: "b".into(),
                relevant: None,
                label,
            };
            rows.push((3, Split::Validation, 0), &[place], &reading, &[prediction]);
        }
        let table = rows.into_table();
        assert_eq!(table.ints("label").unwrap(), [-1, 1]);
        assert!(table.floats("logit").unwrap()[0].is_nan());
    }
}
