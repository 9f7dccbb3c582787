//! The lexicon in β: the translations of each source word, the step at which β ranks them first, and the step at which
//! attention follows (paper, "The claim").

use std::cmp::Ordering;
use std::collections::HashMap;

use serde::Serialize;

use super::{RunRecord, StudyError, StudyRuns, TranslationPlan};
use crate::agreement::is_at_top;
use crate::proxy::PairProxies;
use crate::task::subwords::Subwords;

/// Translations listed for each word.
const TRANSLATIONS: usize = 3;

/// A word must occur in at least this many training pairs.
const AT_LEAST: usize = 10;

/// Largest number of entries; the most frequent words are kept.
const MOST: usize = 2000;

/// An entry has steps only if the word and its translation co-occur at least this often in the recorded pairs.
const MEETINGS: usize = 5;

/// The lexicon of the source language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lexicon {
    /// The entries, the most frequent word first.
    pub entries: Vec<LexiconEntry>,
    /// The checkpoints of the uniform run.
    pub uniform_steps: Vec<u64>,
    /// The checkpoints of the gold run.
    pub gold_steps: Vec<u64>,
}

/// A source subword with its translations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LexiconEntry {
    /// The subword; `▁` marks the space before a word.
    pub source: String,
    /// The number of training pairs in which it occurs.
    pub pairs: usize,
    /// The most probable target subwords by β^px, with their probabilities.
    pub by_embeddings: Vec<(String, f64)>,
    /// The target subwords with the largest first-order co-occurrence, with their slopes.
    pub by_co_occurrence: Vec<(String, f64)>,
    /// How often it co-occurs in the recorded pairs with its most probable translation by β^px.
    pub meetings: usize,
    /// The first checkpoint at which β of the uniform run ranks the word among the top 5 % of source positions in more
    /// than half of its co-occurrences with that translation. `None` if that does not happen by the last checkpoint, or
    /// if there are too few co-occurrences.
    pub known: Option<u64>,
    /// The same for α of the gold run.
    pub attended: Option<u64>,
}

impl LexiconEntry {
    /// Whether there are enough co-occurrences for the entry to have steps.
    pub fn is_timed(&self) -> bool {
        self.meetings >= MEETINGS
    }
}

impl Lexicon {
    /// Builds the lexicon of the source words of `plan`. Errors if attribution records cannot be read.
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

    /// The entries with enough co-occurrences to have steps.
    pub fn timed(&self) -> impl Iterator<Item = &LexiconEntry> {
        self.entries.iter().filter(|entry| entry.is_timed())
    }

    /// The entries as CSV with a header, one a row; a missing value is an empty field.
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

    /// One sentence that summarises the lexicon; `None` if no word has enough co-occurrences.
    pub fn remark(&self) -> Option<String> {
        let timed: Vec<&LexiconEntry> = self.timed().collect();
        if timed.is_empty() {
            return None;
        }
        let count = |holds: &dyn Fn(&LexiconEntry) -> bool| timed.iter().filter(|entry| holds(entry)).count();
        let order = |entry: &LexiconEntry| self.order(entry);
        let unknown =
            count(&|entry| order(entry).is_none() && (entry.known.is_some() || entry.attended.is_some()));
        let mut remark = format!(
            "Of {} source words that co-occur with their translation often enough, β of the uniform run ranks {} first and \
             gold α {}; β does so before α in {} cases, at the same checkpoint in {}, after it in {}.",
            timed.len(),
            count(&|entry| entry.known.is_some()),
            count(&|entry| entry.attended.is_some()),
            count(&|entry| order(entry) == Some(Ordering::Less)),
            count(&|entry| order(entry) == Some(Ordering::Equal)),
            count(&|entry| order(entry) == Some(Ordering::Greater)),
        );
        if unknown > 0 {
            remark += &format!(
                " In {unknown} the order is unknown, because one of the two runs ended before the other's checkpoint."
            );
        }
        Some(remark)
    }

    /// Whether β of the uniform run ranks the translation first before (`Less`) or after gold α does. `None` if neither
    /// does. Also `None` if only one does, and the other run was not observed up to that checkpoint.
    fn order(&self, entry: &LexiconEntry) -> Option<Ordering> {
        let last = |steps: &[u64]| steps.last().copied().unwrap_or(0);
        match (entry.known, entry.attended) {
            (Some(known), Some(attended)) => Some(known.cmp(&attended)),
            (Some(known), None) => (known <= last(&self.gold_steps)).then_some(Ordering::Less),
            (None, Some(attended)) => (attended <= last(&self.uniform_steps)).then_some(Ordering::Greater),
            (None, None) => None,
        }
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

/// The first checkpoint at which the records of one run rank each entry at the top.
struct Timed {
    steps: Vec<u64>,
    meetings: Vec<usize>,
    first: Vec<Option<u64>>,
}

/// Reads the checkpoints of `run`, at all positions where a word co-occurs with its translation.
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
        let table = run.probe_columns(step, &["tokens", "target", probe])?;
        let (sources, targets) = (table.text_lists("tokens")?, table.texts("target")?);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(known: Option<u64>, attended: Option<u64>) -> LexiconEntry {
        LexiconEntry {
            source: "Hund".into(),
            pairs: 20,
            by_embeddings: Vec::new(),
            by_co_occurrence: Vec::new(),
            meetings: MEETINGS,
            known,
            attended,
        }
    }

    #[test]
    fn the_order_is_unknown_where_a_run_ended_before_the_others_checkpoint() {
        let entries = vec![
            entry(Some(100), Some(500)),
            entry(Some(100), None),
            entry(None, Some(100)),
            // The uniform run ended at step 200.
            entry(None, Some(500)),
            entry(None, None),
        ];
        let lexicon = Lexicon { entries, uniform_steps: vec![0, 100, 200], gold_steps: vec![0, 100, 500] };
        let remark = lexicon.remark().unwrap();
        assert!(
            remark.contains("before α in 2 cases, at the same checkpoint in 0, after it in 1."),
            "{remark}"
        );
        assert!(remark.contains("In 1 the order is unknown"), "{remark}");
    }
}
