//! Any run's model at one of its checkpoints: logits, α and β for given input.

use std::path::Path;

use crate::batch::Examples;
use crate::experiment::{Measured, Prepared};
use crate::model::Want;
use crate::spec::Spec;
use crate::store::{RunDirectory, StoreError};
use crate::task::{Draw, EpochOrder};
use crate::train::{TrainError, Trainer, check_digest};

/// The model of a run at one of its checkpoints, with its task.
pub struct LoadedModel {
    spec: Spec,
    prepared: Prepared,
    trainer: Trainer,
}

impl LoadedModel {
    /// Loads the model of the run in `path` after `step` steps, or at its last checkpoint. Errors if the run, its data or
    /// the checkpoint cannot be read.
    pub fn open(path: &Path, step: Option<u64>) -> Result<Self, TrainError> {
        let directory = RunDirectory::view(path)?;
        let origin = path.join("spec.toml").display().to_string();
        let spec = Spec::parse(directory.spec_text(), &origin, &[])?.with_files_near(path);
        let step = StoreError::checkpoint(&directory, step)?;
        let prepared = Prepared::load(&spec)?;
        check_digest(&directory, prepared.digest())?;
        let mut trainer = Trainer::new(&spec, &prepared, 1);
        trainer.load_parameters(&directory.checkpoint_path(step))?;
        Ok(Self { spec, prepared, trainer })
    }

    /// The run's spec.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The run's task.
    pub fn task(&self) -> &Prepared {
        &self.prepared
    }

    /// The steps that the model was trained for.
    pub fn step(&self) -> u64 {
        self.trainer.step_count()
    }

    /// Examples of the task.
    pub fn examples(&self, draw: Draw) -> Examples {
        let mut examples = Examples::default();
        self.prepared.task().fill(draw, &mut EpochOrder::default(), &mut examples);
        examples
    }

    /// What the model makes of `examples`: predictions, α at each place, and what else is wanted.
    pub fn read(&mut self, examples: Examples, want: Want) -> Measured {
        self.trainer.look(|experiment, tape| experiment.read(tape, examples, want))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::train::{RunOptions, Start, run};

    #[test]
    fn every_pair_of_task_and_model_loads_and_answers() {
        for (text, model) in [
            (
                "[task]\nkind = 'copying'\nvocabulary = 6\nlength = 4",
                "kind = 'rnn'\nhidden = 8\nembedding = 8",
            ),
            ("[task]\nkind = 'copying'\nvocabulary = 6\nlength = 4", "kind = 'attention-only'\nwidth = 8"),
            ("[task]\nkind = 'copying'\nvocabulary = 6\nlength = 4", "kind = 'rnn-translator'\nhidden = 8"),
            ("[task]\nkind = 'induction'\nvocabulary = 6\nlength = 4", "width = 8"),
            ("[task]\nkind = 'classification'", "hidden = 6\nembedding = 6\nattention_hidden = 4"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("run");
            let spec =
                Spec::parse(&format!("{text}\n[model]\n{model}\n[train]\nsteps = 3\nbatch = 4"), "", &[]);
            let spec = spec.unwrap();
            let cancel = AtomicBool::new(false);
            let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
            run(&spec, &Prepared::load(&spec).unwrap(), &path, options, &mut |_| {
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
            let mut model = LoadedModel::open(&path, None).unwrap();
            assert_eq!(model.step(), 3);
            let examples = model.examples(Draw::Evaluation { seed: 1, step: 0 });
            let want = Want { beta: true, logits: true, ..Want::default() };
            let measured = model.read(examples, want);
            for (example, reading) in measured.readings.iter().enumerate() {
                let predictions = measured.examples.predicted(example).len().max(1);
                assert_eq!(reading.logits.len(), predictions, "{text}");
                for place in &reading.places {
                    assert_eq!((place.alpha.len(), place.beta.len()), (predictions, predictions));
                    assert!(place.alpha.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-4));
                }
            }
            assert!(LoadedModel::open(&path, Some(2)).is_err());
        }
    }

    /// A Transformer whose β can be had from one-hot attention in the same way.
    const ONE_LAYER: &str = "kind = 'transformer'\nlayers = 1\nheads = 1\nwidth = 8\nmlp = 16";

    /// β at a place is what the model predicts when attention there is given as one-hot: the same for every family.
    #[test]
    fn beta_is_the_log_probability_under_one_hot_attention() {
        use crate::batch::Form;
        use crate::model::{AttentionModes, Pass};
        use onset_engine::{AttentionMode, Tape};
        let pairs =
            ["kind = 'rnn'\nhidden = 8\nembedding = 8", "kind = 'attention-only'\nwidth = 8", ONE_LAYER];
        for model in pairs {
            let text = format!("[task]\nkind = 'copying'\nvocabulary = 6\nlength = 4\n[model]\n{model}");
            let spec = Spec::parse(&text, "", &[]).unwrap();
            let prepared = Prepared::load(&spec).unwrap();
            let task = prepared.task();
            let mut tape = Tape::new(1);
            let model = spec.model().settings().build(&mut tape, &task.signature(), 3);
            let mut all = Examples::default();
            task.fill(Draw::Evaluation { seed: 1, step: 0 }, &mut EpochOrder::default(), &mut all);
            let mut examples = Examples::default();
            examples.select(&all, [0, 1]);
            let form: Form = spec.model().settings().form(&task.signature()).unwrap();
            let mut batch = form.batch();
            batch.fill(&examples);
            let learned = AttentionModes::all(AttentionMode::Learned, 1);
            let want = Want { beta: true, ..Want::default() };
            let read = model.read(&mut tape, &batch, Pass::new(&learned), want);
            let given = AttentionModes::all(AttentionMode::Given, 1);
            for position in 0..3 {
                let one_hot = |_: usize, _: usize, _: usize, row: &mut [f32]| {
                    row.fill(0.0);
                    row[position] = 1.0;
                };
                let pass = Pass { given: Some(&one_hot), ..Pass::new(&given) };
                let alone = model.read(&mut tape, &batch, pass, Want::default());
                for (reading, alone) in read.readings.iter().zip(&alone.readings) {
                    let beta: Vec<f32> = reading.places[0].beta.iter().map(|row| row[position]).collect();
                    for (beta, log) in beta.iter().zip(&alone.log_probability) {
                        assert!((beta - log).abs() < 1e-4, "{beta} {log}");
                    }
                }
            }
        }
    }
}
