//! A loop of mutations. What leads to an answer not seen before is kept and mutated further, which takes the place of
//! coverage on a compiler that measures none.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::mutate::{Dice, mutated};
use crate::{Target, scratch};

/// Longer than this is a fault: the reader hangs.
const LONGEST: Duration = Duration::from_secs(20);

/// What the last panic said, by whichever thread.
static SAID: Mutex<Option<String>> = Mutex::new(None);

/// An input that a reader does not take as it should.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The input.
    pub input: Vec<u8>,
    /// What the panic said, or how long it took.
    pub message: String,
}

/// What a loop has found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Inputs tried.
    pub executions: u64,
    /// Answers that differ.
    pub answers: usize,
    /// The longest that an input took.
    pub slowest: Duration,
    /// Faults, each message once.
    pub faults: Vec<Fault>,
}

/// Mutations of one target's inputs.
pub struct Campaign {
    target: &'static Target,
    dice: Dice,
    pool: Vec<Vec<u8>>,
    answers: BTreeSet<String>,
    messages: BTreeSet<String>,
    found: Found,
}

impl Campaign {
    /// Begins with the target's own inputs and `more`.
    pub fn new(target: &'static Target, seed: u64, more: Vec<Vec<u8>>) -> Self {
        listen_to_panics();
        let inputs: Vec<Vec<u8>> = (target.seeds)().into_iter().chain(more).collect();
        let (answers, messages) = (BTreeSet::new(), BTreeSet::new());
        let mut campaign = Self {
            target,
            dice: Dice::new(seed),
            pool: Vec::new(),
            answers,
            messages,
            found: Found::default(),
        };
        inputs.into_iter().for_each(|input| campaign.attempt(input, true));
        campaign
    }

    /// Tries one mutation.
    pub fn step(&mut self) {
        let input = mutated(
            &self.pool[self.dice.below(self.pool.len())].clone(),
            &self.pool[self.dice.below(self.pool.len())],
            self.target.words,
            &mut self.dice,
        );
        self.attempt(input, false);
    }

    /// What has been found so far.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// Runs the target; keeps the input if its answer is new, or always.
    fn attempt(&mut self, input: Vec<u8>, keep: bool) {
        // Should the process be ended by the input, it is found here.
        let current = scratch::file(&format!("current-{}", self.target.name), &input);
        let begun = Instant::now();
        let run = AssertUnwindSafe(|| (self.target.run)(&input));
        let answer = catch_unwind(run);
        let _ = std::fs::remove_file(current);
        let took = begun.elapsed();
        self.found.executions += 1;
        self.found.slowest = self.found.slowest.max(took);
        // A panic in another thread counts as well, such as one that answers a request.
        let said = SAID.lock().expect("nothing panics while it is held").take();
        let fault = match (said, &answer) {
            (Some(said), _) => Some(said),
            (None, Err(_)) => Some("it panicked".into()),
            (None, Ok(_)) if took > LONGEST => Some(format!("took {} s", took.as_secs())),
            (None, Ok(_)) => None,
        };
        if let Some(message) = fault {
            let kind: String = message.chars().filter(|letter| !letter.is_ascii_digit()).take(200).collect();
            if self.messages.insert(kind) {
                self.found.faults.push(Fault { input, message });
            }
            return;
        }
        if self.answers.insert(answer.unwrap_or_default()) || keep {
            self.pool.push(input);
        }
        self.found.answers = self.answers.len();
    }
}

/// Keeps what panics say, in place of printing it.
fn listen_to_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            if let Ok(mut said) = SAID.lock() {
                *said = Some(panic.to_string());
            }
        }));
    });
}
