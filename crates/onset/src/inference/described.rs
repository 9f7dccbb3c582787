//! A model that was trained on descriptions, put to use: the labels of new texts by what the labels mean.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use onset_engine::Tape;
use serde::Deserialize;

use super::run_model::RunModel;
use super::text_classifier::{ClassifiedText, ClassifierError};
use crate::batch::{Batch, LabelledBatch, Ragged, pieces};
use crate::model::{AttentionModes, Model, Pass, Reading, Transformer, Want};
use crate::task::descriptions::{DescribedLabel, DescriptionSource, PairTokens};
use crate::task::subwords::SUBWORDS;
use crate::task::text::Vocabulary;

/// The labels of a TOML file: `[[labels]]`, each with `name` and `descriptions`, as a collection's file has them.
///
/// # Errors
/// If the file cannot be read, and if its labels cannot be used; see [`DescribedLabel::check`].
pub fn read_labels(path: &Path) -> Result<Vec<DescribedLabel>, ClassifierError> {
    #[derive(Deserialize)]
    struct File {
        labels: Vec<Entry>,
    }
    // Here a label is in no data, so that its name is enough.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        value: Option<String>,
        name: Option<String>,
        descriptions: Vec<String>,
    }
    let failed = |reason: String| ClassifierError::Labels { origin: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let File { labels } =
        toml::from_str(&text).map_err(|error| failed(error.to_string().trim_end().into()))?;
    let label = |Entry { value, name, descriptions }: Entry| {
        let value = value.or_else(|| name.clone()).ok_or_else(|| failed("a label has no `name`".into()))?;
        Ok::<_, ClassifierError>(DescribedLabel { value, name, descriptions })
    };
    let labels = labels.into_iter().map(label).collect::<Result<_, _>>()?;
    checked(labels, failed)
}

/// `labels`, of which there is at least one.
fn checked(
    labels: Vec<DescribedLabel>,
    failed: impl Fn(String) -> ClassifierError,
) -> Result<Vec<DescribedLabel>, ClassifierError> {
    if labels.is_empty() {
        return Err(failed("there is no label".into()));
    }
    DescribedLabel::check(&labels).map_err(failed)?;
    Ok(labels)
}

/// A model of descriptions with its tokens.
pub struct DescriptionClassifier {
    run: RunModel,
    tokens: PairTokens,
    labels: Vec<DescribedLabel>,
    threads: usize,
    /// Texts that were cut.
    cut: usize,
}

/// Sequences, and tokens, that are read at once: what a layer makes of them should stay near the processor.
const BATCH: usize = 64;
const TOKENS: usize = 1024;

/// A model with a tape of its own.
type Replica = (Box<dyn Model>, Tape);

impl DescriptionClassifier {
    /// Whether the run in `path` was trained on descriptions.
    pub fn is_for(path: &Path) -> Result<bool, ClassifierError> {
        let directory = crate::store::RunDirectory::view(path)?;
        let spec = crate::spec::Spec::parse(directory.spec_text(), &path.display().to_string(), &[]);
        Ok(spec.is_ok_and(|spec| spec.task().get::<DescriptionSource>().is_some()))
    }

    /// Reads the model of the run in `path` after `step` steps, or at its last checkpoint, to tell `labels` apart. The data it was
    /// trained on is not needed.
    pub fn open(
        path: &Path,
        step: Option<u64>,
        labels: Vec<DescribedLabel>,
        threads: usize,
    ) -> Result<Self, ClassifierError> {
        let run = RunModel::open(path, step)?;
        let Some(source) = run.spec.task().get::<DescriptionSource>().cloned() else {
            return Err(ClassifierError::NotDescribed {
                path: path.into(),
                task: run.spec.task().kind().into(),
            });
        };
        let failed = |reason| ClassifierError::Labels { origin: "the labels".into(), reason };
        let labels = checked(labels, failed)?;
        let (lowercase, length) = (source.lowercase, source.length);
        let tokens = match source.tokenizer {
            Some(_) => PairTokens::of_tokenizer(&path.join(SUBWORDS), lowercase, length)?,
            None => {
                let vocabulary: Vocabulary = run.directory.read_json("vocabulary.json")?;
                PairTokens::of_words(vocabulary, lowercase, length)
            }
        };
        Ok(Self { run, tokens, labels, threads: threads.max(1), cut: 0 })
    }

    /// The steps that the model was trained for.
    pub fn step(&self) -> u64 {
        self.run.step
    }

    /// The names of the labels.
    pub fn labels(&self) -> Vec<String> {
        self.labels.iter().map(|label| label.name().to_owned()).collect()
    }

    /// How many texts were cut, so that they fit behind a description.
    pub fn cut_texts(&self) -> usize {
        self.cut
    }

    /// Labels `texts`, in their order: probabilities are those of Yes, each label by itself, as means over its descriptions. α (mean
    /// over the heads of the last layer) and Δ (towards Yes) of each token, if `with_words`, are those of the first description of the
    /// likeliest label.
    pub fn classify(&mut self, texts: &[impl AsRef<str>], with_words: bool) -> Vec<ClassifiedText> {
        let encoded: Vec<Vec<u32>> = texts.iter().map(|text| self.tokens.encode(text.as_ref())).collect();
        let questions: Vec<(usize, Vec<u32>)> = self
            .labels
            .iter()
            .enumerate()
            .flat_map(|(label, own)| own.descriptions.iter().map(move |text| (label, text)))
            .map(|(label, text)| (label, self.tokens.encode(text)))
            .collect();
        let longest = questions.iter().map(|(_, tokens)| tokens.len()).max().unwrap_or(0);
        let room = self.tokens.room(longest);
        self.cut = encoded.iter().filter(|text| text.len() > room).count();
        let filled: Vec<usize> = (0..texts.len()).filter(|&text| !encoded[text].is_empty()).collect();
        let scores = self.scores(&encoded, &filled, &questions);
        let mut classified = vec![ClassifiedText::empty(); texts.len()];
        for (place, &text) in filled.iter().enumerate() {
            let own = &scores[place * questions.len()..][..questions.len()];
            classified[text] = self.labelled(own, &questions);
        }
        if with_words {
            self.add_words(&mut classified, &encoded, &filled, &questions);
        }
        classified
    }

    /// The probability of each label, and the likeliest.
    fn labelled(&self, scores: &[f32], questions: &[(usize, Vec<u32>)]) -> ClassifiedText {
        let mut probabilities = vec![0.0; self.labels.len()];
        for (score, (label, _)) in scores.iter().zip(questions) {
            let yes = 1.0 / (1.0 + (-f64::from(*score)).exp());
            probabilities[*label] += yes / self.labels[*label].descriptions.len() as f64;
        }
        let mut best = 0;
        (1..probabilities.len()).for_each(|label| {
            if probabilities[label] > probabilities[best] {
                best = label;
            }
        });
        ClassifiedText {
            label: Some(self.labels[best].name().to_owned()),
            probabilities,
            ..ClassifiedText::empty()
        }
    }

    /// The score of each question for each filled text, text by text.
    fn scores(
        &mut self,
        encoded: &[Vec<u32>],
        filled: &[usize],
        questions: &[(usize, Vec<u32>)],
    ) -> Vec<f32> {
        let model = self.run.model.as_any().downcast_ref::<Transformer>();
        if let Some(model) = model.filter(|model| model.reads_apart()).cloned() {
            return self.scores_apart(&model, encoded, filled, questions);
        }
        let pairs: Vec<(usize, usize)> = filled
            .iter()
            .flat_map(|&text| (0..questions.len()).map(move |question| (text, question)))
            .collect();
        let tokens = &self.tokens;
        let batch = |places: &[usize]| {
            Self::batch(tokens, places.iter().map(|&place| pairs[place]), encoded, questions)
        };
        let lengths = pairs.iter().map(|&(text, question)| encoded[text].len() + questions[question].1.len());
        let lengths: Vec<usize> = lengths.collect();
        let want = Want { outputs_only: true, ..Want::default() };
        let modes = &self.run.modes;
        let read = |(model, tape): &mut Replica, places: &[usize]| -> Vec<f32> {
            let readings = model.read(tape, &Batch::Labelled(batch(places)), Pass::new(modes), want).readings;
            readings.iter().map(|reading| reading.logit.unwrap_or(0.0)).collect()
        };
        in_parallel(&mut replicas(&self.run, self.threads), &lengths, &read)
    }

    /// As [`Self::scores`]: each text and each question is read once.
    fn scores_apart(
        &self,
        model: &Transformer,
        encoded: &[Vec<u32>],
        filled: &[usize],
        questions: &[(usize, Vec<u32>)],
    ) -> Vec<f32> {
        let longest = questions.iter().map(|(_, tokens)| tokens.len()).max().unwrap_or(0);
        let room = self.tokens.room(longest);
        let texts = filled.iter().map(|&text| &encoded[text][..encoded[text].len().min(room)]);
        let all: Vec<&[u32]> = questions.iter().map(|(_, tokens)| &tokens[..]).chain(texts).collect();
        let lengths: Vec<usize> = all.iter().map(|tokens| tokens.len()).collect();
        let (modes, tokens): (&AttentionModes, &PairTokens) = (&self.run.modes, &self.tokens);
        let read = |(_, tape): &mut Replica, places: &[usize]| -> Vec<Vec<f32>> {
            let mut rows = Ragged::default();
            places.iter().for_each(|&place| rows.push(tokens.framed(all[place])));
            model.embeddings(tape, &rows, modes)
        };
        let embedded = in_parallel(&mut replicas(&self.run, self.threads), &lengths, &read);
        let (questions, texts) = embedded.split_at(questions.len());
        let of_text = |text: &Vec<f32>| -> Vec<f32> {
            questions.iter().map(|question| model.similarity(&self.run.tape, question, text)).collect()
        };
        texts.iter().flat_map(of_text).collect()
    }

    fn batch(
        tokens: &PairTokens,
        pairs: impl Iterator<Item = (usize, usize)>,
        encoded: &[Vec<u32>],
        questions: &[(usize, Vec<u32>)],
    ) -> LabelledBatch {
        let mut batch = LabelledBatch::default();
        for (text, question) in pairs {
            let (row, begin) = tokens.join(&questions[question].1, &encoded[text]);
            batch.texts.push(row);
            batch.begins.push(begin);
            batch.labels.push(1);
        }
        batch
    }

    /// α and Δ of the tokens of each filled text.
    fn add_words(
        &mut self,
        classified: &mut [ClassifiedText],
        encoded: &[Vec<u32>],
        filled: &[usize],
        questions: &[(usize, Vec<u32>)],
    ) {
        let names = self.labels();
        let question_of = |text: usize| {
            let best =
                names.iter().position(|name| Some(name) == classified[text].label.as_ref()).unwrap_or(0);
            questions.iter().position(|(label, _)| *label == best).unwrap_or(0)
        };
        let pairs: Vec<(usize, usize)> = filled.iter().map(|&text| (text, question_of(text))).collect();
        let lengths: Vec<usize> = filled.iter().map(|&text| encoded[text].len()).collect();
        let want = Want { delta: true, ..Want::default() };
        let tokens = &self.tokens;
        let (modes, places) = (&self.run.modes, self.run.model.places());
        let last = places.last().map_or(0, |place| place.layer);
        let heads: Vec<usize> = (0..places.len()).filter(|&place| places[place].layer == last).collect();
        let read = |(model, tape): &mut Replica, chosen: &[usize]| -> Vec<ClassifiedText> {
            let batch = Self::batch(tokens, chosen.iter().map(|&place| pairs[place]), encoded, questions);
            let (texts, begins) = (batch.texts.clone(), batch.begins.clone());
            let readings = model.read(tape, &Batch::Labelled(batch), Pass::new(modes), want).readings;
            let words = |(place, reading): (usize, &Reading)| {
                let row = texts.row(place);
                Self::words(tokens, row, begins[place] as usize, reading, &heads)
            };
            readings.iter().enumerate().map(words).collect()
        };
        let found = in_parallel(&mut replicas(&self.run, self.threads), &lengths, &read);
        for (&text, ClassifiedText { words, alpha, delta, .. }) in filled.iter().zip(found) {
            classified[text] = ClassifiedText { words, alpha, delta, ..classified[text].clone() };
        }
    }

    fn words(
        tokens: &PairTokens,
        row: &[u32],
        begin: usize,
        reading: &Reading,
        heads: &[usize],
    ) -> ClassifiedText {
        let text = begin..row.len() - 1;
        let mut alpha = vec![0.0; text.len()];
        for &head in heads {
            let own = &reading.places[head].alpha.row(0)[text.clone()];
            alpha.iter_mut().zip(own).for_each(|(sum, weight)| *sum += weight / heads.len() as f32);
        }
        ClassifiedText {
            words: row[text.clone()].iter().map(|&token| tokens.token(token)).collect(),
            alpha,
            delta: reading.delta.row(0)[text].to_vec(),
            ..ClassifiedText::empty()
        }
    }
}

fn replicas(run: &RunModel, threads: usize) -> Vec<Replica> {
    (0..threads).map(|_| (run.model.clone_boxed(), run.tape.replica(1))).collect()
}

/// What `read` makes of each item, in their order; items of similar `lengths` are read together, on as many threads as there are
/// replicas. What is read together does not depend on these.
fn in_parallel<T: Send + Clone>(
    replicas: &mut [Replica],
    lengths: &[usize],
    read: &(dyn Fn(&mut Replica, &[usize]) -> Vec<T> + Sync),
) -> Vec<T> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&item| lengths[item]);
    let batches = pieces(&order, BATCH, TOKENS, |&item| lengths[item]);
    let (next, found) = (AtomicUsize::new(0), Mutex::new(vec![None; lengths.len()]));
    std::thread::scope(|scope| {
        for replica in replicas {
            let (next, found, batches) = (&next, &found, &batches);
            scope.spawn(move || {
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let own = read(replica, batch);
                    replica.1.trim();
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    batch.iter().zip(own).for_each(|(&item, own)| found[item] = Some(own));
                }
            });
        }
    });
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.into_iter().map(|own| own.expect("every item was read")).collect()
}
