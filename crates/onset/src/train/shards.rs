//! A batch in parts, each read and differentiated by itself: what one part makes stays in the processor's caches, and several
//! threads can work on parts at the same time.
//!
//! How many parts there are is decided by the model and the batch alone ([`ModelSettings::parts`]), and their gradients are added
//! in the parts' order, so that the bytes do not depend on the number of threads.
//!
//! [`ModelSettings::parts`]: crate::model::ModelSettings::parts

use std::sync::Mutex;

use onset_engine::{Gradients, Tape, Value};

/// Replicas of a model of type `W` on tapes of their own, one for each thread beyond the first.
pub struct Shards<W> {
    others: Vec<(W, Tape)>,
    /// The gradients of the parts so far, and those of one part.
    sum: Gradients,
    own: Gradients,
}

/// Reads part number `part` of the batch with a model on its tape: the part's mean loss (1 × 1), and the part's share of the batch.
pub type PartLoss<'a, W> = dyn Fn(&mut W, &mut Tape, usize) -> (Value, f32) + Sync + 'a;

impl<W: Send> Shards<W> {
    /// For so many `threads`; `replica` makes a model like the one whose parameters are on `tape`.
    pub fn new(threads: usize, tape: &Tape, mut replica: impl FnMut() -> W) -> Self {
        let others = (1..threads).map(|_| (replica(), tape.replica(1))).collect();
        Self { others, sum: Gradients::default(), own: Gradients::default() }
    }

    /// The replicas, to change them as the model is changed.
    pub fn replicas(&mut self) -> impl Iterator<Item = &mut W> {
        self.others.iter_mut().map(|(model, _)| model)
    }

    /// The loss of a batch in `parts`, read by `own` on `tape`, which has the parameters, and by the replicas. Afterwards `tape` has
    /// the gradients. Nothing is differentiated for a part whose loss is not finite.
    pub fn differentiate(
        &mut self,
        own: &mut W,
        tape: &mut Tape,
        parts: usize,
        loss: &PartLoss<'_, W>,
    ) -> f32 {
        let used = self.others.len().min(parts.saturating_sub(1));
        let mut mean = 0.0;
        if used == 0 {
            for part in 0..parts {
                mean += of_part(own, tape, part, loss, &mut self.own);
                self.sum.add(&mut self.own, tape, 1);
            }
            tape.set_gradients(&mut self.sum);
            return mean;
        }
        // Threads share the parts and not the products.
        let threads = tape.set_threads(1);
        let others = &mut self.others[..used];
        for (_, replica) in &mut *others {
            replica.copy_parameters(tape, threads);
        }
        let found: Vec<Mutex<Option<(f32, Gradients)>>> = (0..parts).map(|_| Mutex::new(None)).collect();
        let workers = used + 1;
        let work = |model: &mut W, tape: &mut Tape, first: usize| {
            for part in (first..parts).step_by(workers) {
                let mut gradients = Gradients::default();
                let share = of_part(model, tape, part, loss, &mut gradients);
                let result = Some((share, gradients));
                *found[part].lock().expect("no thread panics while it holds this lock") = result;
            }
        };
        std::thread::scope(|scope| {
            for (number, (model, replica)) in others.iter_mut().enumerate() {
                let work = &work;
                scope.spawn(move || work(model, replica, number + 1));
            }
            work(own, tape, 0);
        });
        for (part, found) in found.into_iter().enumerate() {
            let result = found.into_inner().expect("no thread panics while it holds this lock");
            let (share, mut own) = result.expect("every part has been read");
            mean += share;
            // Buffers go back to the pool that they came from.
            match part % workers {
                0 => self.sum.add(&mut own, tape, threads),
                worker => self.sum.add(&mut own, &mut self.others[worker - 1].1, threads),
            }
        }
        tape.set_gradients(&mut self.sum);
        tape.set_threads(threads);
        mean
    }
}

/// The part's loss times its share; puts the gradients of that product into `gradients`.
fn of_part<W>(
    model: &mut W,
    tape: &mut Tape,
    part: usize,
    loss: &PartLoss<'_, W>,
    gradients: &mut Gradients,
) -> f32 {
    let (value, share) = loss(model, tape, part);
    let own = tape.data(value)[0] * share;
    if own.is_finite() {
        tape.backward_scaled(value, share);
    }
    tape.clear();
    tape.take_gradients(gradients);
    own
}

#[cfg(test)]
mod tests {
    use crate::batch::Examples;
    use crate::spec::Spec;
    use crate::train::{Prepared, Trainer};

    fn trainer(dropout: f64, threads: usize) -> Trainer {
        let text = format!(
            "[task]\nkind = 'induction'\nvocabulary = 8\nlength = 40\n[model]\nkind = 'transformer'\nlayers = 1\nheads = 2\n\
             dropout = {dropout}\n[train]\noptimizer = 'sgd'\nbatch = 120\nsteps = 9\nlearning_rate = 0.1"
        );
        let spec = Spec::parse(&text, "", &[]).unwrap();
        let mut trainer = Trainer::new(&spec, &Prepared::load(&spec).unwrap(), threads);
        let parts = trainer.look(|experiment, _| {
            let mut examples = Examples::default();
            experiment.draw(0, &mut examples);
            experiment.parts_of(&examples)
        });
        assert_eq!(parts, 4);
        trainer
    }

    fn values(trainer: &Trainer) -> Vec<f32> {
        trainer.values().flatten().copied().collect()
    }

    #[test]
    fn bytes_do_not_depend_on_the_number_of_threads() {
        let after = |threads: usize| {
            let mut trainer = trainer(0.2, threads);
            let losses = [trainer.step().unwrap(), trainer.step().unwrap()];
            (losses, values(&trainer))
        };
        let one = after(1);
        // One that divides the parts, and one that does not.
        assert!(one == after(2) && one == after(3));
    }

    #[test]
    fn the_parts_make_the_gradients_of_the_whole_batch() {
        let mut parts = trainer(0.0, 1);
        let before = values(&parts);
        let (whole, slopes) = parts.look(|experiment, tape| {
            let loss = experiment.loss(tape, 0);
            let value = tape.data(loss)[0];
            tape.backward(loss);
            let parameters = experiment.model().parameters().iter();
            let slopes: Vec<f32> =
                parameters.flat_map(|each| tape.grad(each.value).expect("all are used").to_vec()).collect();
            tape.clear();
            tape.clear_gradients();
            (value, slopes)
        });
        let loss = parts.step().unwrap();
        assert!((loss - whole).abs() < 1e-5, "{loss} {whole}");
        let largest = slopes.iter().fold(0f32, |most, slope| most.max(slope.abs()));
        for ((before, after), slope) in before.iter().zip(values(&parts)).zip(slopes) {
            let own = (before - after) / 0.1;
            assert!((own - slope).abs() < 1e-3 * largest, "{own} {slope}");
        }
    }
}
