//! Interactive training on the keyword task: classifying texts by whether they contain a keyword.

use std::sync::Arc;

use onset_engine::AttentionMode;

use super::prediction::Prediction;
use super::training::LiveTask;
use super::{LiveError, Point, TextView, View, WordView};
use crate::experiment::Measured;
use crate::forecast;
use crate::record::{TextProbe, TextProbes};
use crate::spec::Spec;
use crate::task::text::{KEYWORD, TextData};
use crate::train::{Prepared, Trainer};

/// The number of texts shown: with the keyword, without it.
const SHOWN: [usize; 2] = [3, 1];

/// The number of words shown, including the keyword.
const WORDS: usize = 12;

/// The measurements of a model that looks for keywords.
pub(super) struct LiveKeyword {
    spec: Spec,
    prepared: Prepared,
    data: Arc<TextData>,
    /// The numbers of the held-out texts that are shown.
    shown: Vec<usize>,
    /// The words that are shown.
    words: Vec<String>,
}

impl LiveKeyword {
    /// Prepares the measurements on the texts of `prepared`, which are those of `spec`.
    pub(super) fn new(spec: &Spec, prepared: &Prepared) -> Self {
        let data = Arc::clone(prepared.get::<TextData>().expect("the keyword task has texts"));
        let of = |label: u32, count: usize| {
            let texts = (0..data.validation.len()).filter(|&text| data.validation.label(text) == label);
            texts.take(count).collect::<Vec<usize>>()
        };
        let shown = [of(1, SHOWN[0]), of(0, SHOWN[1])].concat();
        let words = frequent(&data);
        Self { spec: spec.clone(), prepared: prepared.clone(), shown, words, data }
    }

    fn texts(&self, measured: &Measured) -> TextProbes {
        let row = |rows: &crate::batch::Rows| if rows.is_empty() { Vec::new() } else { rows.row(0).to_vec() };
        TextProbes {
            example: (0..measured.readings.len()).collect(),
            labels: measured.examples.labels.clone(),
            words: self.data.validation.iter().map(|text| text.words).collect(),
            probes: measured
                .readings
                .iter()
                .zip(&measured.examples.labels)
                .map(|(reading, &label)| TextProbe {
                    logit: reading.logit.unwrap_or(0.0),
                    predicted: self.data.label_names[reading.predicted[0] as usize].clone(),
                    right: reading.predicted[0] == label,
                    alpha: row(&reading.places[0].alpha),
                    beta: row(&reading.places[0].beta),
                    delta: Vec::new(),
                })
                .collect(),
        }
    }
}

impl LiveTask for LiveKeyword {
    /// Measures on the held-out texts.
    fn measure(&mut self, trainer: &mut Trainer) -> Point {
        let step = trainer.step_count();
        let (measured, scores) = trainer.look(|experiment, tape| {
            let measured = experiment.read_evaluated(tape, step);
            let scores = experiment.scores(tape, step, &measured);
            (measured, scores)
        });
        let score = |name: &str| scores.floats(name).map_or(f64::NAN, |scores| scores[0]);
        let read = self.texts(&measured);
        let keyed = attention_on_keyword(&read.words, read.probes.iter().map(|probe| &probe.alpha[..]));
        Point {
            step,
            loss: score("loss"),
            accuracy: score("accuracy"),
            attention: keyed.weight,
            attention_accuracy: keyed.largest,
            progress: None,
            previous_token: None,
            words_known: None,
            word_probability: Some(probability_from_keyword(&read)),
            score_gap: None,
            logit_gap: None,
        }
    }

    /// α and β of the texts and words that are shown.
    fn view(&mut self, trainer: &mut Trainer) -> View {
        let step = trainer.step_count();
        let measured = trainer.look(|experiment, tape| experiment.read_evaluated(tape, step));
        let read = self.texts(&measured);
        let text = |&number: &usize| TextView {
            words: read.words[number].clone(),
            positive: read.labels[number] == 1,
            score: read.probes[number].logit,
            alpha: read.probes[number].alpha.clone(),
            beta: read.probes[number].beta.clone(),
        };
        View::Keyword {
            texts: self.shown.iter().map(text).collect(),
            words: self.words.iter().map(|word| in_the_mean(word, &read)).collect(),
        }
    }

    fn predict(&self) -> Result<Prediction, LiveError> {
        if self.spec.attention() == AttentionMode::Uniform {
            let beyond = "attention is uniform and does not move; only β is learned".to_owned();
            return Ok(Prediction { beyond: Some(beyond), ..Prediction::default() });
        }
        let attention = match forecast::predict(&self.spec, &self.prepared) {
            Ok((_, attention)) => attention,
            Err(error) => {
                return Ok(Prediction { beyond: Some(error.to_string()), ..Prediction::default() });
            }
        };
        let words: Vec<Vec<String>> = self.data.validation.iter().map(|text| text.words).collect();
        let keyed = attention_on_keyword(&words, attention.alpha.iter().map(Vec::as_slice));
        Ok(Prediction {
            texts: self.shown.iter().map(|&number| attention.alpha[number].clone()).collect(),
            keyword_attention: Some(keyed.weight),
            ..Prediction::default()
        })
    }
}

/// The keyword, then the most frequent other words.
fn frequent(data: &TextData) -> Vec<String> {
    let mut counts = vec![0usize; data.vocabulary.len()];
    let tokens = (0..data.train.len()).flat_map(|text| data.train.tokens(text));
    tokens.for_each(|&id| counts[id as usize] += 1);
    let mut ids: Vec<usize> = (0..counts.len()).collect();
    ids.sort_by_key(|&id| (std::cmp::Reverse(counts[id]), id));
    let word = |id: usize| data.vocabulary.word(id as u32).to_owned();
    let others = ids.into_iter().map(word).filter(|word| word != KEYWORD && !word.starts_with('<'));
    std::iter::once(KEYWORD.to_owned()).chain(others).take(WORDS).collect()
}

/// Attention to the keyword in the texts that contain it.
struct Keyed {
    weight: f64,
    largest: f64,
}

fn attention_on_keyword<'a>(words: &[Vec<String>], alpha: impl Iterator<Item = &'a [f32]>) -> Keyed {
    let (mut weight, mut largest, mut count) = (0.0, 0.0, 0.0f64);
    for (words, alpha) in words.iter().zip(alpha) {
        if let Some(place) = words.iter().position(|word| word == KEYWORD) {
            count += 1.0;
            weight += f64::from(alpha[place]);
            largest +=
                f64::from(u8::from(alpha.iter().enumerate().all(|(l, &a)| l == place || a < alpha[place])));
        }
    }
    Keyed { weight: weight / count.max(1.0), largest: largest / count.max(1.0) }
}

/// The mean probability of the keyword's label over the texts with the keyword, were the context the state of the keyword alone.
fn probability_from_keyword(read: &TextProbes) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0f64);
    for ((words, probe), &label) in read.words.iter().zip(&read.probes).zip(&read.labels) {
        if let Some(place) = words.iter().position(|word| label == 1 && word == KEYWORD) {
            sum += 1.0 / (1.0 + (-f64::from(probe.beta[place])).exp());
            count += 1.0;
        }
    }
    sum / count.max(1.0)
}

/// Mean β and α of one word over the texts that contain it.
fn in_the_mean(word: &str, read: &TextProbes) -> WordView {
    let (mut beta, mut attention, mut count) = (0.0, 0.0, 0.0f64);
    for ((words, probe), &label) in read.words.iter().zip(&read.probes).zip(&read.labels) {
        for place in (0..words.len()).filter(|&place| words[place] == word) {
            let sign = if label == 1 { 1.0 } else { -1.0 };
            beta += sign * f64::from(probe.beta[place]);
            attention += f64::from(probe.alpha[place]) * words.len() as f64;
            count += 1.0;
        }
    }
    let count = count.max(1.0);
    WordView { word: word.to_owned(), beta: beta / count, attention: attention / count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Setup, TaskChoice};

    #[test]
    fn the_keyword_is_predicted_and_then_attended_to() {
        let setup = Setup {
            task: TaskChoice::Keyword,
            vocabulary: 30,
            length: 8,
            width: 16,
            learning_rate: 0.005,
            ..Setup::default()
        };
        let spec = setup.spec().unwrap();
        let prepared = Prepared::load(&spec).unwrap();
        let mut trainer = Trainer::new(&spec, &prepared, 1);
        let mut live = LiveKeyword::new(&spec, &prepared);
        let prediction = live.predict().unwrap();
        assert!(prediction.keyword_attention.unwrap() > 0.4, "{:?}", prediction.keyword_attention);
        assert_eq!(prediction.texts.len(), 4);
        let before = live.measure(&mut trainer);
        assert!(before.attention < 0.3 && before.accuracy < 0.8, "{before:?}");
        trainer.replay(&[], 200).unwrap();
        let after = live.measure(&mut trainer);
        assert!(after.accuracy > 0.95 && after.attention > 0.5, "{after:?}");
        let View::Keyword { texts, words } = live.view(&mut trainer) else { panic!("texts") };
        assert_eq!((texts.len(), words[0].word.as_str()), (4, KEYWORD));
        assert!(texts[0].positive && !texts[3].positive && texts[0].words.contains(&KEYWORD.into()));
        assert!(words[0].beta > 1.0 && words[1..].iter().all(|word| word.beta < words[0].beta), "{words:?}");
    }
}
