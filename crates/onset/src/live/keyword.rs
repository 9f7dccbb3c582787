//! Telling texts with a keyword from texts without, watched.

use std::sync::Arc;

use onset_engine::Tape;

use super::prediction::Prediction;
use super::{LiveError, Point, TextView, View, WordView};
use crate::forecast;
use crate::probe::TextProbes;
use crate::spec::{Attention, ClassificationSpec, Spec};
use crate::task::text::{KEYWORD, TextData};
use crate::train::{ClassificationExperiment, Prepared, Trainer};

/// Texts that are shown: so many with the keyword, so many without.
const SHOWN: [usize; 2] = [3, 1];

/// Words that are shown, with the keyword.
const WORDS: usize = 12;

/// A trainer whose model looks for keywords, and its texts.
pub(super) struct KeywordTrainer {
    pub(super) trainer: Trainer<ClassificationExperiment>,
    spec: ClassificationSpec,
    data: Arc<TextData>,
    /// The numbers of the held-out texts that are shown.
    shown: Vec<usize>,
    /// The words that are shown.
    words: Vec<String>,
}

impl KeywordTrainer {
    /// The initial model.
    pub(super) fn begin(spec: &ClassificationSpec) -> Result<Self, LiveError> {
        let data = Arc::new(TextData::load(&spec.data)?);
        let mut tape = Tape::new(1);
        let experiment = ClassificationExperiment::new(spec.clone(), Arc::clone(&data), &mut tape);
        let trainer = Trainer::of(Box::new(experiment), tape, &spec.train);
        let of = |positive: bool, count: usize| {
            let texts = data.validation.iter().enumerate();
            texts.filter(move |(_, text)| text.positive == positive).map(|(number, _)| number).take(count)
        };
        let shown = of(true, SHOWN[0]).chain(of(false, SHOWN[1])).collect();
        let words = frequent(&data);
        Ok(Self { trainer, spec: spec.clone(), data: Arc::clone(&data), shown, words })
    }

    fn read(&mut self) -> TextProbes {
        self.trainer.look(|experiment, tape| experiment.read_held_out(tape))
    }

    /// A point of the curves, on the held-out texts.
    pub(super) fn measure(&mut self) -> Point {
        let read = self.read();
        let scores = self.trainer.experiment().score(&read);
        let keyed = attention_on_keyword(&read.words, read.probes.iter().map(|probe| &probe.alpha[..]));
        Point {
            step: self.trainer.step_count(),
            loss: scores.loss,
            accuracy: scores.accuracy,
            attention: keyed.weight,
            attention_accuracy: keyed.largest,
            knowledge: None,
            preference: None,
        }
    }

    /// Some texts and words.
    pub(super) fn view(&mut self) -> View {
        let read = self.read();
        let text = |&number: &usize| TextView {
            words: read.words[number].clone(),
            positive: read.positive[number],
            score: read.probes[number].logit,
            alpha: read.probes[number].alpha.clone(),
            beta: read.probes[number].beta.clone(),
        };
        View::Keyword {
            texts: self.shown.iter().map(text).collect(),
            words: self.words.iter().map(|word| in_the_mean(word, &read)).collect(),
        }
    }

    /// Where the theory says that attention will go.
    pub(super) fn foretell(&self) -> Result<Prediction, LiveError> {
        if self.spec.model.attention == Attention::Uniform {
            let beyond =
                "attention is uniform: there is nowhere for it to go, and only β is learned".to_owned();
            return Ok(Prediction { beyond: Some(beyond), ..Prediction::default() });
        }
        let spec = Spec::Classification(self.spec.clone());
        let Ok((_, attention)) = forecast::predict(&spec, &Prepared::Text(Arc::clone(&self.data))) else {
            return Ok(Prediction::default());
        };
        let words: Vec<Vec<String>> = self.data.validation.iter().map(|text| text.words.clone()).collect();
        let keyed = attention_on_keyword(&words, attention.alpha.iter().map(Vec::as_slice));
        Ok(Prediction {
            texts: self.shown.iter().map(|&number| attention.alpha[number].clone()).collect(),
            keyword_attention: Some(keyed.weight),
            ..Prediction::default()
        })
    }
}

/// The keyword, and the words that come most often after it.
fn frequent(data: &TextData) -> Vec<String> {
    let mut counts = vec![0usize; data.vocabulary.len()];
    data.train.iter().flat_map(|text| &text.tokens).for_each(|&id| counts[id as usize] += 1);
    let mut ids: Vec<usize> = (0..counts.len()).collect();
    ids.sort_by_key(|&id| (std::cmp::Reverse(counts[id]), id));
    let word = |id: usize| data.vocabulary.word(id as u32).to_owned();
    let others = ids.into_iter().map(word).filter(|word| word != KEYWORD && !word.starts_with('<'));
    std::iter::once(KEYWORD.to_owned()).chain(others).take(WORDS).collect()
}

/// How texts with the keyword attend to it.
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

/// β and α of one word over the texts that have it.
fn in_the_mean(word: &str, read: &TextProbes) -> WordView {
    let (mut beta, mut attention, mut count) = (0.0, 0.0, 0.0f64);
    for ((words, probe), &positive) in read.words.iter().zip(&read.probes).zip(&read.positive) {
        for place in (0..words.len()).filter(|&place| words[place] == word) {
            let sign = if positive { 1.0 } else { -1.0 };
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
    use crate::live::{LiveTask, Setup};

    #[test]
    fn the_keyword_is_foretold_and_then_attended_to() {
        let setup = Setup {
            task: LiveTask::Keyword,
            vocabulary: 30,
            length: 8,
            width: 16,
            learning_rate: 0.005,
            ..Setup::default()
        };
        let Spec::Classification(spec) = setup.spec().unwrap() else { panic!("texts") };
        let mut watched = KeywordTrainer::begin(&spec).unwrap();
        let said = watched.foretell().unwrap();
        assert!(said.keyword_attention.unwrap() > 0.4, "{:?}", said.keyword_attention);
        assert_eq!(said.texts.len(), 4);
        let before = watched.measure();
        assert!(before.attention < 0.3 && before.accuracy < 0.8, "{before:?}");
        watched.trainer.replay(&[], 200).unwrap();
        let after = watched.measure();
        assert!(after.accuracy > 0.95 && after.attention > 0.5, "{after:?}");
        let View::Keyword { texts, words } = watched.view() else { panic!("texts") };
        assert_eq!((texts.len(), words[0].word.as_str()), (4, KEYWORD));
        assert!(texts[0].positive && !texts[3].positive && texts[0].words.contains(&KEYWORD.into()));
        assert!(words[0].beta > 1.0 && words[1..].iter().all(|word| word.beta < words[0].beta), "{words:?}");
    }
}
