//! The lexicon that KTIW amounts to: which translations a source word has, when training came to know them, and when
//! attention followed (paper, "The claim").

use std::collections::HashMap;

use serde::Serialize;

use super::{RunRecord, StudyError, StudyRuns, TranslationPlan};
use crate::agreement::is_at_top;
use crate::proxy::PairProxies;
use crate::task::pairs::Subwords;

/// Translations that are kept of each word.
const TRANSLATIONS: usize = 3;

/// Pairs to train on that a word must be in.
const AT_LEAST: usize = 10;

/// Words at most, the most frequent first.
const MOST: usize = 2000;

/// Times that a word and its translation must meet in the probed pairs for the lexicon to say when they were learned.
const MEETINGS: usize = 5;

/// What is known of the words of the source language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lexicon {
    /// The most frequent first.
    pub entries: Vec<LexiconEntry>,
    /// The uniform run's checkpoints.
    pub uniform_steps: Vec<u64>,
    /// The gold run's checkpoints.
    pub gold_steps: Vec<u64>,
}

/// A source subword with its translations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LexiconEntry {
    /// The subword; `▁` stands for the space before a word.
    pub source: String,
    /// Pairs to train on that have it.
    pub pairs: usize,
    /// The likeliest target subwords by β^px, with their probabilities.
    pub by_embeddings: Vec<(String, f64)>,
    /// The first target subwords by first-order co-occurrence, with their slopes.
    pub by_co_occurrence: Vec<(String, f64)>,
    /// How often it stands in a probed pair whose target has its first translation by β^px.
    pub meetings: usize,
    /// The first checkpoint at which β of the uniform run, at that translation, ranks the word's place among the top
    /// 5 % in more than half of the meetings; none if there is none, or too few meetings.
    pub known: Option<u64>,
    /// The first at which the gold run's α does.
    pub attended: Option<u64>,
}

impl LexiconEntry {
    /// Whether there are meetings enough to tell when it was learned.
    pub fn is_timed(&self) -> bool {
        self.meetings >= MEETINGS
    }
}

impl Lexicon {
    /// The lexicon of the source words of `plan`.
    pub fn new(
        plan: &TranslationPlan,
        runs: &StudyRuns,
        proxies: &mut PairProxies,
    ) -> Result<Self, StudyError> {
        let subwords = &plan.data.subwords;
        let mut pairs = vec![0; subwords.len()];
        for pair in &plan.data.train {
            let mut words = pair.source.clone();
            words.sort_unstable();
            words.dedup();
            words.iter().for_each(|&word| pairs[word as usize] += 1);
        }
        let mut words: Vec<u32> = (Subwords::SPECIAL.len() as u32..subwords.len() as u32).collect();
        words.retain(|&word| pairs[word as usize] >= AT_LEAST);
        words.sort_by_key(|&word| (std::cmp::Reverse(pairs[word as usize]), word));
        words.truncate(MOST);
        let entry = |&word: &u32| entry(word, pairs[word as usize], subwords, proxies);
        let mut entries: Vec<LexiconEntry> = words.iter().map(entry).collect();
        let known = timed(&runs.uniform, "beta", &entries)?;
        let attended = timed(&runs.gold, "alpha", &entries)?;
        for (place, entry) in entries.iter_mut().enumerate() {
            entry.meetings = known.meetings[place];
            if entry.is_timed() {
                (entry.known, entry.attended) = (known.first[place], attended.first[place]);
            }
        }
        Ok(Self { entries, uniform_steps: known.steps, gold_steps: attended.steps })
    }

    /// The entries that say when they were learned.
    pub fn timed(&self) -> impl Iterator<Item = &LexiconEntry> {
        self.entries.iter().filter(|entry| entry.is_timed())
    }

    /// Every entry as a row of CSV; empty fields where something is not known.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let numbered = |name: &str| (1..=TRANSLATIONS).map(|n| format!("{name}_{n}")).collect::<Vec<_>>();
        let mut header = vec!["source".to_string(), "pairs".into()];
        for name in ["beta_px", "beta_px_probability", "co_occurrence", "co_occurrence_slope"] {
            header.extend(numbered(name));
        }
        header.extend(["meetings", "known_step", "attended_step"].map(String::from));
        writer.write_record(header).expect("memory takes it");
        for entry in &self.entries {
            let mut row = vec![entry.source.clone(), entry.pairs.to_string()];
            for list in [&entry.by_embeddings, &entry.by_co_occurrence] {
                let at = |place: usize| list.get(place);
                row.extend((0..TRANSLATIONS).map(|n| at(n).map_or(String::new(), |(word, _)| word.clone())));
                row.extend(
                    (0..TRANSLATIONS).map(|n| at(n).map_or(String::new(), |(_, x)| format!("{x:.6}"))),
                );
            }
            let step = |step: Option<u64>| step.map_or(String::new(), |step| step.to_string());
            row.extend([entry.meetings.to_string(), step(entry.known), step(entry.attended)]);
            writer.write_record(row).expect("memory takes it");
        }
        String::from_utf8(writer.into_inner().expect("memory takes it")).expect("all fields are UTF-8")
    }

    /// What it says, in a sentence; none if no word can be timed.
    pub fn remark(&self) -> Option<String> {
        let timed: Vec<&LexiconEntry> = self.timed().collect();
        if timed.is_empty() {
            return None;
        }
        let count = |holds: &dyn Fn(&LexiconEntry) -> bool| timed.iter().filter(|entry| holds(entry)).count();
        let first = |entry: &LexiconEntry| entry.known.unwrap_or(u64::MAX);
        let then = |entry: &LexiconEntry| entry.attended.unwrap_or(u64::MAX);
        Some(format!(
            "Of {} source words that meet their translation often enough, β of the uniform run knows {} and gold α \
             finds {}; it is known before it is found in {} cases, at the same checkpoint in {}, after it in {}.",
            timed.len(),
            count(&|entry| entry.known.is_some()),
            count(&|entry| entry.attended.is_some()),
            count(&|entry| first(entry) < then(entry)),
            count(&|entry| first(entry) == then(entry) && entry.known.is_some()),
            count(&|entry| then(entry) < first(entry)),
        ))
    }
}

fn entry(word: u32, pairs: usize, subwords: &Subwords, proxies: &mut PairProxies) -> LexiconEntry {
    let named = |list: Vec<(u32, f64)>| list.into_iter().map(|(id, x)| (subwords.piece(id), x)).collect();
    let slopes = proxies.first_order.top(word, TRANSLATIONS);
    LexiconEntry {
        source: subwords.piece(word),
        pairs,
        by_embeddings: named(proxies.top(word, TRANSLATIONS)),
        by_co_occurrence: named(slopes.into_iter().map(|(id, x)| (id, f64::from(x))).collect()),
        meetings: 0,
        known: None,
        attended: None,
    }
}

/// When a probe came to find each entry's place.
struct Timed {
    steps: Vec<u64>,
    meetings: Vec<usize>,
    first: Vec<Option<u64>>,
}

/// Goes through the checkpoints of `run` and looks at every place where a word meets its translation.
fn timed(run: &RunRecord, probe: &str, entries: &[LexiconEntry]) -> Result<Timed, StudyError> {
    let translations: HashMap<&str, (usize, &str)> = entries
        .iter()
        .enumerate()
        .filter_map(|(place, entry)| {
            Some((entry.source.as_str(), (place, entry.by_embeddings.first()?.0.as_str())))
        })
        .collect();
    let mut timed = Timed {
        steps: run.directory.probe_steps(),
        meetings: vec![0; entries.len()],
        first: vec![None; entries.len()],
    };
    for &step in &timed.steps {
        let table = run.probe_columns(step, &["source", "target", probe])?;
        let (sources, targets) = (table.text_lists("source")?, table.texts("target")?);
        let mut counts = vec![(0usize, 0usize); entries.len()];
        for (row, values) in table.float_lists(probe)?.iter().enumerate() {
            for (position, source) in sources[row].iter().enumerate() {
                let Some(&(entry, translation)) = translations.get(source.as_str()) else { continue };
                if translation == targets[row] {
                    counts[entry].0 += 1;
                    counts[entry].1 += usize::from(is_at_top(values, position));
                }
            }
        }
        for (place, (meetings, found)) in counts.into_iter().enumerate() {
            timed.meetings[place] = meetings;
            if 2 * found > meetings && timed.first[place].is_none() {
                timed.first[place] = Some(step);
            }
        }
    }
    Ok(timed)
}
