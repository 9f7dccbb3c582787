//! The model of a classification run, ready to label new texts.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::run_model::{RunModel, RunModelError};
use crate::batch::{Batch, LabelledBatch, Link, Ragged};
use crate::model::{PlaceReading, Reading, Want};
use crate::store::StoreError;
use crate::task::subwords::{SUBWORDS, SubwordsError};
use crate::task::text::{TextFacts, TextSource, Tokens, Vocabulary, WordPieces, tokens_of};

/// Why a run cannot classify.
#[derive(Debug, thiserror::Error)]
pub enum ClassifierError {
    /// A file of the run cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The run's model cannot be used.
    #[error(transparent)]
    Run(#[from] RunModelError),
    /// Its subwords cannot be read.
    #[error(transparent)]
    Subwords(#[from] SubwordsError),
    /// Labels whose descriptions cannot be used.
    #[error(
        "{origin}: {reason}; expected labels with questions, `[[labels]]` with `name` and `descriptions`"
    )]
    Labels {
        /// The file, or where else they come from.
        origin: String,
        /// Why.
        reason: String,
    },
    /// A run that was not trained on descriptions.
    #[error("{path} is a run of {task}; labels with descriptions need a run of `onset meta train`")]
    NotDescribed {
        /// The run directory.
        path: PathBuf,
        /// Its task.
        task: String,
    },
    /// It is a run of another task or model.
    #[error("{path} is a run of {task}; expected a classification run")]
    OtherTask {
        /// The run directory.
        path: PathBuf,
        /// Its task and model.
        task: String,
    },
}

/// A classifier with its vocabulary and labels.
pub struct TextClassifier {
    run: RunModel,
    source: TextSource,
    vocabulary: Vocabulary,
    subwords: Option<WordPieces>,
    labels: Vec<String>,
}

/// A text and what the model makes of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassifiedText {
    /// The likeliest label; `None` for a text without words.
    pub label: Option<String>,
    /// The probability of each label, in the order of [`TextClassifier::labels`]; empty for a text without words.
    pub probabilities: Vec<f64>,
    /// The words that were read, between `<bos>` and `<eos>`.
    pub words: Vec<String>,
    /// α of each word; of several heads, the mean over those of the last layer.
    pub alpha: Vec<f32>,
    /// β of each word: the log-odds of the predicted label if attention were on this word alone; empty for a model with several heads.
    pub beta: Vec<f32>,
    /// Δ of each word, towards the predicted label.
    pub delta: Vec<f32>,
}

/// Texts that are read at once.
const BATCH: usize = 64;

impl TextClassifier {
    /// Reads the model of the run in `path` after `step` steps, or at its last checkpoint. The data it was trained on is not
    /// needed.
    pub fn open(path: &Path, step: Option<u64>) -> Result<Self, ClassifierError> {
        let run = RunModel::open(path, step)?;
        let Some(source) = run.spec.task().get::<TextSource>().cloned() else {
            let task = format!("{} with the model {}", run.spec.task().kind(), run.spec.model().kind());
            return Err(ClassifierError::OtherTask { path: path.into(), task });
        };
        let vocabulary: Vocabulary = run.directory.read_json("vocabulary.json")?;
        let subwords = match source.tokens {
            Tokens::Subwords => Some(WordPieces::read(&path.join(SUBWORDS), source.tokenizer.is_some())?),
            Tokens::Words | Tokens::Characters => None,
        };
        let labels = run.directory.read_json::<TextFacts>("data.json")?.label_names;
        Ok(Self { run, source, vocabulary, subwords, labels })
    }

    /// The steps that the model was trained for.
    pub fn step(&self) -> u64 {
        self.run.step
    }

    /// The names of the labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Labels `texts`, in their order.
    pub fn classify(&mut self, texts: &[impl AsRef<str>]) -> Vec<ClassifiedText> {
        texts.chunks(BATCH).flat_map(|texts| self.classify_batch(texts)).collect()
    }

    fn classify_batch(&mut self, texts: &[impl AsRef<str>]) -> Vec<ClassifiedText> {
        let source = &self.source;
        let words: Vec<Vec<String>> = texts
            .iter()
            .map(|text| {
                let mut words = tokens_of(text.as_ref(), source.tokens, source.lowercase);
                if let Some(subwords) = &self.subwords {
                    words = words.iter().flat_map(|word| subwords.of(word)).collect();
                }
                words.truncate(source.max_words);
                words
            })
            .collect();
        let filled: Vec<usize> = (0..words.len()).filter(|&text| !words[text].is_empty()).collect();
        let mut classified: Vec<ClassifiedText> = words.iter().map(|_| ClassifiedText::empty()).collect();
        if filled.is_empty() {
            return classified;
        }
        let mut rows = Ragged::default();
        for &text in &filled {
            let ids = words[text].iter().map(|word| self.vocabulary.id(word));
            rows.push([Vocabulary::BEGIN].into_iter().chain(ids).chain([Vocabulary::END]));
        }
        // β and Δ are those of a label, which the first pass predicts.
        let labels = vec![0; filled.len()];
        let first = self
            .read(LabelledBatch { texts: rows.clone(), labels, ..LabelledBatch::default() }, Want::default());
        let labels = first.iter().map(|reading| reading.predicted[0]).collect();
        // Of several heads, β takes a pass for each of them and each word.
        let beta = self.run.model.places().len() == 1;
        let want = Want { beta, delta: true, logits: true, ..Want::default() };
        let readings = self.read(LabelledBatch { texts: rows, labels, ..LabelledBatch::default() }, want);
        for (text, reading) in filled.into_iter().zip(&readings) {
            classified[text] = self.classified(&words[text], reading);
        }
        classified
    }

    fn read(&mut self, batch: LabelledBatch, want: Want) -> Vec<Reading> {
        self.run.read(&Batch::Labelled(batch), want)
    }

    fn classified(&self, words: &[String], reading: &Reading) -> ClassifiedText {
        let link = Link::of(self.labels.len());
        let mut scores: Vec<f64> = reading.logits.row(0).iter().map(|&score| f64::from(score)).collect();
        link.probabilities(&mut scores);
        let probabilities = if let [second] = scores[..] { vec![1.0 - second, second] } else { scores };
        let [begin, end] = [Vocabulary::BEGIN, Vocabulary::END].map(|id| self.vocabulary.word(id).to_owned());
        let places = self.run.model.places();
        let last = places.last().map_or(0, |place| place.layer);
        let heads: Vec<&PlaceReading> = places
            .iter()
            .zip(&reading.places)
            .filter(|(place, _)| place.layer == last)
            .map(|(_, own)| own)
            .collect();
        let mut alpha = vec![0.0; words.len() + 2];
        for head in &heads {
            alpha
                .iter_mut()
                .zip(head.alpha.row(0))
                .for_each(|(sum, weight)| *sum += weight / heads.len() as f32);
        }
        let beta = &reading.places[0].beta;
        ClassifiedText {
            label: Some(self.labels[reading.predicted[0] as usize].clone()),
            probabilities,
            words: [begin].into_iter().chain(words.iter().cloned()).chain([end]).collect(),
            alpha,
            beta: beta.iter().next().unwrap_or_default().to_vec(),
            delta: reading.delta.row(0).to_vec(),
        }
    }
}

impl ClassifiedText {
    pub(super) fn empty() -> Self {
        Self {
            label: None,
            probabilities: Vec::new(),
            words: Vec::new(),
            alpha: Vec::new(),
            beta: Vec::new(),
            delta: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::record::TextProbes;
    use crate::spec::{ClassificationSpec, Spec};
    use crate::study::RunRecord;
    use crate::task::Split;
    use crate::task::text::TextData;
    use crate::train::{Prepared, RunOptions, Start, run};

    fn trained(rows: &str, more: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.tsv");
        std::fs::write(&file, format!("text\tlabel\n{rows}")).unwrap();
        let text = format!(
            "[task]\nkind = 'classification'\nmin_count = 1\nfile = '{}'\n[model]\nhidden = 6\nembedding = 6\n\
             attention_hidden = 4\n{more}\n[train]\nsteps = 30\nbatch = 8\nlearning_rate = 0.01",
            file.display()
        );
        let spec = Spec::parse(&text, "", &[]).unwrap();
        let path = folder.path().join("run");
        let cancel = AtomicBool::new(false);
        let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
        let on = &mut |_: crate::train::Event<'_>| std::ops::ControlFlow::Continue(());
        run(&spec, &Prepared::load(&spec).unwrap(), &path, options, on).unwrap();
        (folder, path)
    }

    fn rows(labels: usize) -> String {
        (0..60).map(|i| format!("the word{} here {}\tl{}\n", i % labels, i % 7, i % labels)).collect()
    }

    /// New texts get what the record has of the same texts in training, with the data gone.
    #[test]
    fn held_out_texts_are_classified_as_in_the_record() {
        for labels in [2, 3] {
            let (folder, path) = trained(&rows(labels), "");
            let run = RunRecord::read(&path).unwrap();
            let recorded: TextProbes = run.text_probes(30, Split::Validation).unwrap();
            let source = ClassificationSpec::of(&run.spec).unwrap().data;
            let data = TextData::load(&source).unwrap();
            std::fs::remove_file(folder.path().join("a.tsv")).unwrap();
            let mut classifier = TextClassifier::open(&path, None).unwrap();
            let texts: Vec<String> =
                data.validation.iter().map(|text| text.words[1..text.words.len() - 1].join(" ")).collect();
            for (text, (found, probe)) in classifier.classify(&texts).iter().zip(&recorded.probes).enumerate()
            {
                assert_eq!(
                    (found.label.as_ref(), &found.words),
                    (Some(&probe.predicted), &recorded.words[text])
                );
                assert!((found.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
                assert!(close(&found.alpha, &probe.alpha));
                if probe.right {
                    assert!(close(&found.beta, &probe.beta) && close(&found.delta, &probe.delta));
                }
            }
        }
    }

    #[test]
    fn a_text_without_words_has_no_label() {
        let (_folder, path) = trained(&rows(2), "attention = 'uniform'");
        let mut classifier = TextClassifier::open(&path, None).unwrap();
        let found = classifier.classify(&["", "the word1", "  "]);
        assert_eq!(found[0], ClassifiedText::empty());
        assert!(found[1].label.is_some() && found[2].label.is_none());
        let alpha = &found[1].alpha;
        assert!(alpha.len() == 4 && alpha.iter().all(|&weight| (weight - 0.25).abs() < 1e-6));
    }
}
