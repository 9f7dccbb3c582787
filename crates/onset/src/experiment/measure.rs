//! Reading many examples with a model: in batches of similar length, in their own order.

use std::ops::ControlFlow;

use onset_engine::Tape;

use super::Experiment;
use crate::batch::{Examples, Rows, pieces};
use crate::model::{Pass, Reading, Want};
use crate::task::Draw;
use crate::watch::{Progress, Watch, Work};

/// Predictions whose Δ is computed at once, where that takes a pass of its own.
const INFLUENCES: usize = 128;

/// Examples, and what the model makes of them.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// The examples.
    pub examples: Examples,
    /// Their numbers in their split; none if they were drawn afresh.
    pub numbers: Option<Vec<usize>>,
    /// A reading for each example.
    pub readings: Vec<Reading>,
    /// The mean loss of each batch that was read.
    pub losses: Vec<f32>,
}

impl Experiment {
    /// Reads the examples of `draw`. Leaves the tape cleared.
    pub(super) fn measure(
        &mut self,
        tape: &mut Tape,
        draw: Draw,
        want: Want,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Measured> {
        let mut examples = Examples::default();
        self.task.fill(draw, &mut self.order, &mut examples);
        let measured = self.measure_examples(tape, examples, want, watch)?;
        ControlFlow::Continue(Measured { numbers: self.task.numbers(draw), ..measured })
    }

    /// Reads `examples`. Leaves the tape cleared.
    pub(super) fn measure_examples(
        &mut self,
        tape: &mut Tape,
        examples: Examples,
        want: Want,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Measured> {
        let mut measured = Measured { examples, ..Measured::default() };
        let all = &measured.examples;
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|&example| all.lengths(example));
        measured.readings.resize(all.len(), Reading::default());
        let work = if want.beta { Work::Attention } else { Work::Scores };
        let mut done = 0;
        for places in self.passes(all, &order, want) {
            watch(Progress { work, done, all: order.len() })?;
            done += places.len();
            self.examples.select(all, places.iter().copied());
            self.batch.fill(&self.examples);
            let known = self.task.relevant(&self.examples, &mut self.relevant);
            let pass = Pass { relevant: known.then_some(&self.relevant), ..Pass::new(&self.modes) };
            let read = self.model.read(tape, &self.batch, pass, want);
            tape.trim();
            measured.losses.push(read.loss);
            for (&place, reading) in places.iter().zip(read.readings) {
                measured.readings[place] = reading;
            }
        }
        watch(Progress { work, done, all: order.len() })?;
        ControlFlow::Continue(measured)
    }

    /// The examples of each pass, in this `order`.
    fn passes<'a>(&self, all: &Examples, order: &'a [usize], want: Want) -> Vec<&'a [usize]> {
        let cells = if want.beta { self.task.pass_size().cells } else { usize::MAX };
        let weight = |&example: &usize| {
            let (target, source) = all.lengths(example);
            target.max(1) * source.max(1)
        };
        pieces(order, self.task.evaluation_batch(), cells, weight)
    }

    /// Puts Δ into the first `count` readings, where the model has it only in passes of their own: one row of Δ is the
    /// gradient of one prediction's loss, which depends on the tokens up to it alone.
    pub(super) fn add_influence(
        &mut self,
        tape: &mut Tape,
        measured: &mut Measured,
        count: usize,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<()> {
        let all = &measured.examples;
        if all.target.is_empty() {
            return ControlFlow::Continue(());
        }
        let mut rows: Vec<(usize, usize)> = Vec::new();
        for example in 0..count.min(all.len()) {
            rows.extend(
                (all.given[example] as usize..all.target.row(example).len()).map(|end| (example, end)),
            );
        }
        rows.sort_by_key(|&(example, end)| (all.lengths(example).1, end));
        let mut deltas: Vec<Vec<Vec<f32>>> = vec![Vec::new(); count.min(all.len())];
        for (example, delta) in deltas.iter_mut().enumerate() {
            delta.resize(all.predicted(example).len(), Vec::new());
        }
        let tokens = |&(example, end): &(usize, usize)| all.lengths(example).1 + end + 1;
        let mut done = 0;
        for chunk in pieces(&rows, INFLUENCES, self.task.pass_size().tokens, tokens) {
            watch(Progress { work: Work::Influence, done, all: rows.len() })?;
            done += chunk.len();
            self.examples.clear();
            for &(example, end) in chunk {
                if !all.source.is_empty() {
                    self.examples.source.push(all.source.row(example).iter().copied());
                }
                self.examples.target.push(all.target.row(example)[..=end].iter().copied());
                self.examples.given.push(all.given[example]);
            }
            self.batch.fill(&self.examples);
            let known = self.task.relevant(&self.examples, &mut self.relevant);
            let pass = Pass { relevant: known.then_some(&self.relevant), ..Pass::new(&self.modes) };
            let Some(found) = self.model.influence_on_last(tape, &self.batch, pass) else {
                return ControlFlow::Continue(());
            };
            for (&(example, end), delta) in chunk.iter().zip(found) {
                deltas[example][end - all.given[example] as usize] = delta;
            }
        }
        for (reading, delta) in measured.readings.iter_mut().zip(deltas) {
            reading.delta = delta.into_iter().collect::<Rows>();
        }
        watch(Progress { work: Work::Influence, done, all: rows.len() })
    }
}
