//! Beam search (Graves 2012; Sutskever et al. 2014) over many sentences at once.
//!
//! Each sentence keeps its `beam` most probable hypotheses. Each step extends every hypothesis by its most probable
//! subwords. A continuation that ends with `</s>` is finished if it is among the `beam` best. The search of a sentence
//! ends when `beam` translations are finished, or when hypotheses have the largest number of subwords. The translation
//! with the largest log p / length^penalty is returned. A beam of 1 is greedy decoding. The result does not depend on the
//! other sentences of the batch.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::decoder::Scratch;
use super::top::Top;
use crate::batch::{BEGIN, END};
use crate::watch::{Progress, Watch, Work, uncancelled, unwatched};

/// A decoder that predicts the next subword of many hypotheses at once. Results of a row depend on that row alone.
pub trait Steps: Sync {
    /// A source sentence that has been read.
    type Memory: Sync;
    /// Hypotheses side by side.
    type States;

    /// Number of positions of a source.
    fn positions(memory: &Self::Memory) -> usize;

    /// One hypothesis for each of `memories`, before its first subword.
    fn begin(&self, memories: &[&Self::Memory]) -> Self::States;

    /// Appends the rows of `more`.
    fn append(&self, states: &mut Self::States, more: Self::States);

    /// Keeps the rows `parents`, in this order; a row may be repeated or dropped.
    fn choose(&self, states: &mut Self::States, parents: &[usize]);

    /// Reads the subword `tokens[i]` into row i, then finds the `count` most probable next subwords. `memories` has the
    /// sentence of each row.
    fn step(
        &self,
        states: &mut Self::States,
        input: (&[u32], &[&Self::Memory]),
        count: usize,
        step: &mut Step,
    );
}

/// The results of a step. Its buffers are reused.
#[derive(Debug, Default)]
pub struct Step {
    /// The most probable subwords of each row.
    pub top: Vec<Top>,
    /// α of all rows, concatenated.
    pub alpha: Vec<f32>,
    /// Room for the decoder.
    pub(super) scratch: Scratch,
}

/// Sentences that are searched side by side, at most.
const SENTENCES: usize = 64;

/// Settings of beam search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeamSettings {
    /// Hypotheses kept for each sentence.
    pub beam: usize,
    /// Largest number of subwords of a translation, without `</s>`.
    pub max_tokens: usize,
    /// Exponent of the length penalty: log p is divided by length to this power. 0 applies no penalty; 1 gives the
    /// mean.
    pub length_penalty: f64,
    /// Largest number of subwords for each subword of the source, beside the first ten; `None` for no such bound. An
    /// untrained model rarely ends a sentence.
    pub source_factor: Option<usize>,
}

impl BeamSettings {
    /// Subwords of a translation of `positions` source subwords at most.
    fn longest(&self, positions: usize) -> usize {
        let bound = self.source_factor.map_or(usize::MAX, |factor| 10 + factor * positions);
        self.max_tokens.min(bound)
    }
}

impl Default for BeamSettings {
    /// The paper's beam.
    fn default() -> Self {
        Self { beam: 5, max_tokens: 100, length_penalty: 1.0, source_factor: None }
    }
}

/// The translation found for a sentence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Translation {
    /// Its subwords, without `<s>` and `</s>`.
    pub tokens: Vec<u32>,
    /// log p of these subwords, and of `</s>` if it ended; in nats.
    pub log_probability: f64,
    /// Whether it ended with `</s>` before `max_tokens`.
    pub ended: bool,
    /// α: one row over the source positions for each subword, and one for `</s>` if it ended.
    pub alpha: Vec<Vec<f32>>,
}

/// One subword of a hypothesis, with a link to the one before it.
struct Node {
    parent: Option<usize>,
    token: u32,
    log_probability: f64,
    alpha: Vec<f32>,
}

/// The search of one sentence.
struct Search {
    sentence: usize,
    /// Largest number of subwords of its translation.
    longest: usize,
    /// Subwords of each hypothesis so far.
    length: usize,
    nodes: Vec<Node>,
    /// The last node of each hypothesis, best first; `None` before the first step.
    alive: Vec<Option<usize>>,
    /// Finished translations: the last node, the score, and whether it ended with `</s>`.
    finished: Vec<(usize, f64, bool)>,
}

/// A possible continuation: the hypothesis it extends, and the subword it adds.
#[derive(Clone, Copy)]
struct Candidate {
    place: usize,
    token: u32,
    log_probability: f64,
}

impl Search {
    fn new(sentence: usize, longest: usize) -> Self {
        Self { sentence, longest, length: 0, nodes: Vec::new(), alive: vec![None], finished: Vec::new() }
    }

    fn log_probability(&self, end: Option<usize>) -> f64 {
        end.map_or(0.0, |node| self.nodes[node].log_probability)
    }

    /// The last subword of the hypothesis at `place`.
    fn last(&self, place: usize) -> u32 {
        self.alive[place].map_or(BEGIN, |node| self.nodes[node].token)
    }

    /// Keeps the best of `candidates`. `alpha` has one row for each hypothesis. Returns the places of the hypotheses
    /// that were extended.
    fn advance(
        &mut self,
        mut candidates: Vec<Candidate>,
        alpha: &[&[f32]],
        settings: BeamSettings,
    ) -> Vec<usize> {
        self.length += 1;
        let last = self.length >= self.longest;
        let key = |c: &Candidate| (c.place, c.token);
        candidates.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability).then(key(a).cmp(&key(b))));
        let (mut alive, mut places) = (Vec::new(), Vec::new());
        for (rank, candidate) in candidates.into_iter().enumerate() {
            let ends = candidate.token == END;
            let finishes = ends || last;
            if alive.len() == settings.beam || (finishes && rank >= settings.beam) {
                continue;
            }
            self.nodes.push(Node {
                parent: self.alive[candidate.place],
                token: candidate.token,
                log_probability: candidate.log_probability,
                alpha: alpha[candidate.place].to_vec(),
            });
            let node = self.nodes.len() - 1;
            if finishes {
                let value = candidate.log_probability / (self.length as f64).powf(settings.length_penalty);
                self.finished.push((node, value, ends));
            } else {
                alive.push(Some(node));
                places.push(candidate.place);
            }
        }
        if last || self.finished.len() >= settings.beam {
            alive.clear();
            places.clear();
        }
        self.alive = alive;
        places
    }

    /// The best finished translation.
    fn result(&self) -> Translation {
        let better =
            |a: &&(usize, f64, bool), b: &&(usize, f64, bool)| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0));
        let Some(&(end, _, ended)) = self.finished.iter().max_by(better) else {
            return Translation::default();
        };
        let mut translation =
            Translation { log_probability: self.nodes[end].log_probability, ended, ..Translation::default() };
        let mut node = Some(end);
        while let Some(place) = node {
            let Node { parent, token, ref alpha, .. } = self.nodes[place];
            if !(ended && place == end) {
                translation.tokens.push(token);
            }
            translation.alpha.push(alpha.clone());
            node = parent;
        }
        translation.tokens.reverse();
        translation.alpha.reverse();
        translation
    }
}

/// The most probable translation of each sentence in `memories`, in their order. Uses `threads` threads.
pub fn translate<D: Steps>(
    decoder: &D,
    memories: &[D::Memory],
    settings: BeamSettings,
    threads: usize,
) -> Vec<Translation> {
    uncancelled(translate_watched(decoder, memories, settings, threads, &mut unwatched))
}

/// As [`translate`], unless `watch` cancels; it is asked after each subword.
pub fn translate_watched<D: Steps>(
    decoder: &D,
    memories: &[D::Memory],
    settings: BeamSettings,
    threads: usize,
    watch: &mut Watch<'_>,
) -> ControlFlow<(), Vec<Translation>> {
    // Long sentences first, so that no thread is left with one at the end.
    let mut order: Vec<usize> = (0..memories.len()).collect();
    order.sort_by_key(|&sentence| std::cmp::Reverse(D::positions(&memories[sentence])));
    let waiting = Mutex::new(order.into_iter());
    let found = Mutex::new(vec![Translation::default(); memories.len()]);
    let next = || waiting.lock().expect("no thread panics while it holds this lock").next();
    let (count, cancelled) = (AtomicUsize::new(0), AtomicBool::new(false));
    let done = |sentence: usize, translation: Translation| {
        found.lock().expect("no thread panics while it holds this lock")[sentence] = translation;
        count.fetch_add(1, Ordering::Relaxed);
    };
    let watch = Mutex::new(watch);
    let go_on = || {
        let progress =
            Progress { work: Work::Translations, done: count.load(Ordering::Relaxed), all: memories.len() };
        let mut watch = watch.lock().expect("no thread panics while it holds this lock");
        if watch(progress).is_break() {
            cancelled.store(true, Ordering::Relaxed);
        }
        !cancelled.load(Ordering::Relaxed)
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                search(decoder, memories, settings, Calls { next: &next, done: &done, go_on: &go_on })
            });
        }
    });
    if cancelled.into_inner() {
        return ControlFlow::Break(());
    }
    ControlFlow::Continue(found.into_inner().expect("no thread panics while it holds this lock"))
}

/// What a search calls.
struct Calls<'a> {
    /// The next sentence.
    next: &'a dyn Fn() -> Option<usize>,
    /// A sentence with its translation.
    done: &'a dyn Fn(usize, Translation),
    /// Whether the search goes on.
    go_on: &'a dyn Fn() -> bool,
}

/// Searches sentences side by side. When one is done, the next one takes its place, so that matrix products keep many
/// rows until the end.
fn search<D: Steps>(
    decoder: &D,
    memories: &[D::Memory],
    settings: BeamSettings,
    Calls { next, done, go_on }: Calls<'_>,
) {
    let mut searches: Vec<Search> = Vec::new();
    let (mut states, mut step) = (decoder.begin(&[]), Step::default());
    loop {
        let begun = searches.len();
        let begin =
            |sentence: usize| Search::new(sentence, settings.longest(D::positions(&memories[sentence])));
        searches.extend((begun..SENTENCES).map_while(|_| next()).map(begin));
        let memory_of = |search: &Search| &memories[search.sentence];
        decoder
            .append(&mut states, decoder.begin(&searches[begun..].iter().map(memory_of).collect::<Vec<_>>()));
        let rows =
            searches.iter().flat_map(|search| (0..search.alive.len()).map(move |place| (search, place)));
        let (tokens, memories): (Vec<u32>, Vec<&D::Memory>) =
            rows.map(|(search, place)| (search.last(place), memory_of(search))).unzip();
        if tokens.is_empty() || !go_on() {
            break;
        }
        // Twice the beam, because up to `beam` of them may end.
        decoder.step(&mut states, (&tokens, &memories), 2 * settings.beam, &mut step);
        let (mut row, mut first_alpha, mut parents) = (0, 0, Vec::new());
        for search in &mut searches {
            let count = search.alive.len();
            let positions = D::positions(memories[row]);
            let mut candidates = Vec::with_capacity(2 * count * settings.beam);
            for (place, top) in step.top[row..row + count].iter().enumerate() {
                let before = search.log_probability(search.alive[place]);
                candidates.extend(top.log_probabilities().map(|(token, log)| Candidate {
                    place,
                    token,
                    log_probability: before + f64::from(log),
                }));
            }
            let alpha: Vec<&[f32]> =
                step.alpha[first_alpha..][..count * positions].chunks_exact(positions).collect();
            let places = search.advance(candidates, &alpha, settings);
            parents.extend(places.into_iter().map(|place| row + place));
            row += count;
            first_alpha += count * positions;
        }
        decoder.choose(&mut states, &parents);
        for search in searches.extract_if(.., |search| search.alive.is_empty()) {
            done(search.sentence, search.result());
        }
    }
}
