//! Writing attribution records, row by row.

use crate::model::{Place, PlaceReading, Reading};
use crate::store::{Column, Table};
use crate::task::Split;

/// One prediction of an example, in words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prediction {
    /// The tokens at all positions of the example that can be attended to.
    pub tokens: Vec<String>,
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
    tokens: Vec<Vec<String>>,
    log_probability: Vec<f64>,
    lists: [Vec<Vec<f32>>; 3],
    labels: Vec<i64>,
    logits: Vec<f64>,
}

impl Attributions {
    /// Adds all predictions of an example at all `places`; `predictions` says them in words.
    pub fn push(
        &mut self,
        (step, split, example): (u64, Split, usize),
        places: &[Place],
        reading: &Reading,
        predictions: &[Prediction],
    ) {
        for (place, attention) in places.iter().zip(&reading.places) {
            for (position, prediction) in predictions.iter().enumerate() {
                let ints = [
                    step as i64,
                    example as i64,
                    place.layer as i64,
                    place.head as i64,
                    position as i64,
                    prediction.relevant.map_or(-1, i64::from),
                ];
                self.ints.iter_mut().zip(ints).for_each(|(column, value)| column.push(value));
                let texts = [split.name(), place.kind.name(), &prediction.target, &prediction.predicted]
                    .map(String::from);
                self.texts.iter_mut().zip(texts).for_each(|(column, value)| column.push(value));
                self.push_numbers(position, attention, reading, prediction);
            }
        }
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
        self.tokens.push(prediction.tokens[..alpha.len()].to_vec());
        self.log_probability.push(f64::from(reading.log_probability[position]));
        let lists = [alpha, row(&attention.beta), row(&reading.delta)];
        self.lists.iter_mut().zip(lists).for_each(|(column, value)| column.push(value));
        if let (Some(label), Some(logit)) = (prediction.label, reading.logit) {
            self.labels.push(i64::from(label));
            self.logits.push(f64::from(logit));
        }
    }

    /// The columns as a table.
    pub fn into_table(self) -> Table {
        let [step, example, layer, head, position, relevant] = self.ints.map(Column::Int);
        let [split, kind, target, predicted] = self.texts.map(Column::Text);
        let [alpha, beta, delta] = self.lists.map(Column::Floats);
        let labelled = !self.labels.is_empty();
        let table = Table::new()
            .with("step", step)
            .with("split", split)
            .with("example", example)
            .with("layer", layer)
            .with("head", head)
            .with("kind", kind)
            .with("position", position)
            .with("tokens", Column::Texts(self.tokens))
            .with("target", target)
            .with("predicted", predicted)
            .with("log_probability", Column::Float(self.log_probability))
            .with("relevant", relevant)
            .with("alpha", alpha)
            .with("beta", beta)
            .with("delta", delta);
        if !labelled {
            return table;
        }
        table.with("label", Column::Int(self.labels)).with("logit", Column::Float(self.logits))
    }
}
