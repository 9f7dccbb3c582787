//! Labels of new texts, by the model of a run.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use onset::inference::{ClassifierError, DescriptionClassifier, TextClassifier, read_labels};
use onset::task::descriptions::DescribedLabel;
use pyo3::prelude::*;

use crate::errors::raised;
use crate::forked;

/// A model with labels of its own, or one that takes descriptions.
enum Model {
    Labels(Box<TextClassifier>),
    Descriptions(Box<DescriptionClassifier>),
}

/// The model of a run, ready to label texts.
#[pyclass(frozen, module = "onset._onset")]
pub struct Classifier {
    model: Mutex<Model>,
}

/// The labels that were given: questions by label, or a file of them.
type Given = (Option<Vec<(String, Vec<String>)>>, Option<PathBuf>);

fn open(
    run: &Path,
    step: Option<u64>,
    (questions, file): Given,
    threads: usize,
) -> Result<Model, ClassifierError> {
    let label = |(value, descriptions)| DescribedLabel { value, name: None, descriptions };
    let labels = match (questions, file) {
        (Some(questions), _) => Some(questions.into_iter().map(label).collect()),
        (None, Some(file)) => Some(read_labels(&file)?),
        (None, None) => None,
    };
    Ok(match labels {
        Some(labels) => {
            Model::Descriptions(Box::new(DescriptionClassifier::open(run, step, labels, threads)?))
        }
        None => Model::Labels(Box::new(TextClassifier::open(run, step)?)),
    })
}

#[pymethods]
impl Classifier {
    #[new]
    fn new(
        py: Python<'_>,
        run: PathBuf,
        step: Option<u64>,
        questions: Option<Vec<(String, Vec<String>)>>,
        file: Option<PathBuf>,
        threads: usize,
    ) -> PyResult<Self> {
        forked::check(py)?;
        let model = py.detach(|| open(&run, step, (questions, file), threads));
        Ok(Self { model: Mutex::new(model.map_err(|error| raised(py, error))?) })
    }

    /// The names of the labels.
    fn labels(&self) -> Vec<String> {
        match &*self.model.lock().unwrap_or_else(PoisonError::into_inner) {
            Model::Labels(model) => model.labels().to_vec(),
            Model::Descriptions(model) => model.labels(),
        }
    }

    /// The steps that the model was trained for.
    fn step(&self) -> u64 {
        match &*self.model.lock().unwrap_or_else(PoisonError::into_inner) {
            Model::Labels(model) => model.step(),
            Model::Descriptions(model) => model.step(),
        }
    }

    /// What it makes of `texts`, as JSON, and what is to know about them.
    fn classify(&self, py: Python<'_>, texts: Vec<String>, words: bool) -> (String, Vec<String>) {
        py.detach(|| {
            let mut notices = Vec::new();
            let found = match &mut *self.model.lock().unwrap_or_else(PoisonError::into_inner) {
                Model::Labels(model) => model.classify(&texts),
                Model::Descriptions(model) => {
                    let found = model.classify(&texts, words);
                    let cut = model.cut_texts();
                    if cut > 0 {
                        notices.push(format!("{cut} texts are cut, so that they fit behind a description"));
                    }
                    found
                }
            };
            (serde_json::to_string(&found).expect("texts and numbers are plain data"), notices)
        })
    }
}
