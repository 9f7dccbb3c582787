//! From a collection to texts in tokens: which sets are trained on, which are held out, and no text on both sides.

use std::collections::HashSet;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::encode::{PairTokens, words_of};
use super::pools::{Pools, mixed, permuted};
use super::read::{SetTexts, find, normal, read, require_all_labels};
use super::sample::{Urn, UrnSet};
use super::task::{DescribedTask, Pair, ReadyDescription, ReadySet, ReadyTexts};
use super::{Collection, CollectionError, DescribedSet, DescriptionSource};
use crate::batch::Ragged;
use crate::task::streams::{HELD_OUT, TRAINING_SETS};
use crate::task::text::Vocabulary;

/// Share of a set without a file to evaluate on that is held out where the set is trained on too.
const SHARE: f64 = 0.2;

/// Labels of a set from which on fewer texts of each are evaluated, and how many at least.
const MANY_LABELS: usize = 10;
const FEWEST: usize = 10;

/// A set with its texts as they were read.
struct Gathered<'a> {
    set: &'a DescribedSet,
    train: SetTexts,
    test: SetTexts,
}

/// Which sets of a collection do what.
struct Roles<'a> {
    training: Vec<&'a DescribedSet>,
    evaluated: Vec<&'a DescribedSet>,
    notices: Vec<String>,
}

/// Reads and encodes everything that `source` names.
pub(super) fn prepare(source: &DescriptionSource) -> Result<DescribedTask, CollectionError> {
    let collection = Collection::read(&source.collection)?;
    let Roles { training, evaluated, mut notices } = roles(&collection, source)?;
    let mut hash = Sha256::new();
    let mut gathered = Vec::new();
    for set in &collection.sets {
        let roles = [&training, &evaluated].map(|sets| sets.iter().any(|other| other.name == set.name));
        if roles.contains(&true) {
            gathered.push(gather(&collection, set, source, roles, &mut hash)?);
        }
    }
    notices.extend(remove_leaks(&mut gathered));
    notices.extend(empty_rows(&gathered));
    let tokens = tokens(source, &gathered)?;
    let sets: Vec<ReadySet> = gathered.iter().map(|own| ready(own, &tokens)).collect();
    let descriptions = descriptions(&gathered, &tokens);
    if let Some(long) = descriptions.iter().find(|each| each.tokens.len() + 4 > source.length) {
        return Err(CollectionError::LongDescription {
            set: sets[long.set].name.clone(),
            description: long.text.clone(),
            tokens: long.tokens.len(),
            length: source.length,
        });
    }
    notices.extend(cut_texts(&sets, &descriptions, &tokens));
    let urn = urn(source, &gathered, &descriptions, &training);
    for set in training.iter().filter(|set| !urn.sets.iter().any(|own| sets[own.set].name == set.name)) {
        notices
            .push(format!("{} is not trained on: no label of it has texts that are not held out", set.name));
    }
    if urn.sets.is_empty() {
        let reason = "all texts are held out".into();
        return Err(CollectionError::NothingToTrain { folder: collection.folder, reason });
    }
    let pairs = pairs(source, &sets, &descriptions, |set| is_in(&evaluated, gathered[set].set));
    hash.update(format!("{:?}", descriptions.iter().map(|each| &each.text).collect::<Vec<_>>()));
    let digest = crate::store::hex(&hash.finalize());
    Ok(DescribedTask { tokens, sets, descriptions, urn, pairs, digest, notices, length: source.length })
}

fn is_in(sets: &[&DescribedSet], set: &DescribedSet) -> bool {
    sets.iter().any(|other| other.name == set.name)
}

/// Which sets are trained on and which are evaluated.
fn roles<'a>(collection: &'a Collection, source: &DescriptionSource) -> Result<Roles<'a>, CollectionError> {
    let is_here = |set: &DescribedSet| set.is_here(&source.data);
    for name in &source.held_out {
        // Of a group, those that are here will do.
        let own = collection.named(std::slice::from_ref(name))?;
        if !own.iter().any(|set| is_here(set)) {
            own.first().map_or(Ok(()), |set| find(set, &source.data).map(drop))?;
        }
    }
    let near_names = collection.named(&source.held_out)?;
    let held_out: Vec<&DescribedSet> = near_names.iter().filter(|set| is_here(set)).copied().collect();
    let mut notices = Vec::new();
    let (here, missing): (Vec<&DescribedSet>, Vec<&DescribedSet>) =
        collection.sets.iter().partition(|set| is_here(set));
    if !missing.is_empty() {
        let names = missing.iter().map(|set| &*set.name).collect::<Vec<_>>().join(", ");
        let places = source.data.display();
        notices.push(format!("left out, because their files are not in {places}: {names}"));
    }
    let near = |set: &DescribedSet| near_names.iter().any(|held| held.is_similar(set));
    let may_train = |set: &&&DescribedSet| match source.similar {
        true => !is_in(&held_out, set),
        false => !near(set),
    };
    let mut training: Vec<&DescribedSet> = here.iter().filter(may_train).copied().collect();
    let similar: Vec<&str> = here
        .iter()
        .filter(|set| near(set) && !is_in(&held_out, set) && !source.similar)
        .map(|set| &*set.name)
        .collect();
    if !similar.is_empty() {
        notices.push(format!(
            "not trained on, because they are similar to what is held out: {}",
            similar.join(", ")
        ));
    }
    if let Some(most) = source.sets {
        TRAINING_SETS.random(source.split_seed).shuffle(&mut training);
        training.truncate(most);
        training.sort_by(|a, b| a.name.cmp(&b.name));
    }
    if training.is_empty() {
        let held: Vec<&str> = held_out.iter().map(|set| &*set.name).collect();
        let reason = match here.is_empty() {
            true => format!("none has its files in {}", source.data.display()),
            false => format!("held out or similar to it is all but nothing ({} held out)", held.join(", ")),
        };
        return Err(CollectionError::NothingToTrain { folder: collection.folder.clone(), reason });
    }
    let evaluated = if held_out.is_empty() { training.clone() } else { held_out };
    Ok(Roles { training, evaluated, notices })
}

/// The texts of a set that is trained on, evaluated, or both.
fn gather<'a>(
    collection: &Collection,
    set: &'a DescribedSet,
    source: &DescriptionSource,
    [trains, evaluates]: [bool; 2],
    hash: &mut Sha256,
) -> Result<Gathered<'a>, CollectionError> {
    let files = find(set, &source.data)?;
    let mut gathered = Gathered { set, train: SetTexts::default(), test: SetTexts::default() };
    if trains || files.test.is_none() {
        gathered.train = read(collection, set, &files.train, hash)?;
        require_all_labels(collection, set, &files.train, &gathered.train)?;
    }
    if !evaluates {
        return Ok(gathered);
    }
    match files.test {
        Some(test) => gathered.test = read(collection, set, &test, hash)?,
        None if trains => {
            let mut order: Vec<usize> = (0..gathered.train.texts.len()).collect();
            HELD_OUT.random(source.split_seed).shuffle(&mut order);
            let held = (order.len() as f64 * SHARE).ceil() as usize;
            let held: HashSet<usize> = order[..held].iter().copied().collect();
            gathered.test = gathered.train.picked(|text| held.contains(&text));
            gathered.train = gathered.train.picked(|text| !held.contains(&text));
        }
        None => gathered.test = std::mem::take(&mut gathered.train),
    }
    Ok(gathered)
}

impl SetTexts {
    fn picked(&self, wanted: impl Fn(usize) -> bool) -> Self {
        let mut picked = Self { empty: self.empty, ..Self::default() };
        for text in (0..self.texts.len()).filter(|&text| wanted(text)) {
            picked.texts.push(self.texts[text].clone());
            picked.labels.push(self.labels[text]);
            picked.lines.push(self.lines[text]);
        }
        picked
    }
}

/// Removes from what is trained on every text that is also evaluated, and says how many.
fn remove_leaks(gathered: &mut [Gathered<'_>]) -> Vec<String> {
    let held: HashSet<String> =
        gathered.iter().flat_map(|own| &own.test.texts).map(|text| normal(text)).collect();
    let mut sentences = Vec::new();
    for own in gathered.iter_mut() {
        let leaks = |text: &String| {
            let normal = normal(text);
            !normal.is_empty() && held.contains(&normal)
        };
        let leaking: Vec<bool> = own.train.texts.par_iter().map(leaks).collect();
        let count = leaking.iter().filter(|leaks| **leaks).count();
        if count > 0 {
            own.train = own.train.picked(|text| !leaking[text]);
            sentences
                .push(format!("{count} texts of {} are also held out, and not trained on", own.set.name));
        }
    }
    sentences
}

fn empty_rows(gathered: &[Gathered<'_>]) -> Vec<String> {
    let with =
        gathered.iter().map(|own| (own.set, own.train.empty + own.test.empty)).filter(|(_, rows)| *rows > 0);
    with.map(|(set, rows)| format!("{rows} rows of {} have no text or no label", set.name)).collect()
}

/// The tokenizer's tokens, or the words of what is trained on.
fn tokens(source: &DescriptionSource, gathered: &[Gathered<'_>]) -> Result<PairTokens, CollectionError> {
    if let Some(path) = &source.tokenizer {
        return Ok(PairTokens::of_tokenizer(path, source.lowercase, source.length)?);
    }
    let trained = gathered.iter().filter(|own| !own.train.texts.is_empty());
    let questions =
        trained.clone().flat_map(|own| own.set.labels.iter().flat_map(|label| &label.descriptions));
    let all = trained.clone().flat_map(|own| &own.train.texts).chain(questions);
    let words: Vec<Vec<String>> = all.map(|text| words_of(text, source.lowercase)).collect();
    let vocabulary = Vocabulary::build(words.iter().map(|words| &words[..]), source.min_count);
    Ok(PairTokens::of_words(vocabulary, source.lowercase, source.length))
}

fn ready(own: &Gathered<'_>, tokens: &PairTokens) -> ReadySet {
    let side = |texts: &SetTexts| {
        let encoded: Vec<Vec<u32>> = texts.texts.par_iter().map(|text| tokens.encode(text)).collect();
        let mut all = Ragged::default();
        encoded.into_iter().for_each(|text| all.push(text));
        ReadyTexts { tokens: all, labels: texts.labels.clone() }
    };
    ReadySet {
        name: own.set.name.clone(),
        group: own.set.group().to_owned(),
        templated: own.set.templated,
        labels: own.set.labels.iter().map(|label| label.name().to_owned()).collect(),
        train: side(&own.train),
        test: side(&own.test),
    }
}

/// Every description of every set, in order.
fn descriptions(gathered: &[Gathered<'_>], tokens: &PairTokens) -> Vec<ReadyDescription> {
    let mut all = Vec::new();
    for (set, own) in gathered.iter().enumerate() {
        for (label, described) in own.set.labels.iter().enumerate() {
            all.extend(described.descriptions.iter().map(|text| ReadyDescription {
                set,
                label,
                text: text.clone(),
                tokens: tokens.encode(text),
            }));
        }
    }
    all
}

/// How many texts are longer than there is room for behind the longest description of their set.
fn cut_texts(sets: &[ReadySet], descriptions: &[ReadyDescription], tokens: &PairTokens) -> Option<String> {
    let mut cut = 0;
    for (number, set) in sets.iter().enumerate() {
        let own = descriptions.iter().filter(|each| each.set == number).map(|each| each.tokens.len());
        let room = tokens.room(own.max().unwrap_or(0));
        let lengths =
            [&set.train, &set.test].map(|side| side.tokens.lengths().filter(|&length| length > room).count());
        cut += lengths.iter().sum::<usize>();
    }
    (cut > 0).then(|| format!("{cut} texts are cut, so that they fit behind a description (task.length)"))
}

fn urn(
    source: &DescriptionSource,
    gathered: &[Gathered<'_>],
    descriptions: &[ReadyDescription],
    training: &[&DescribedSet],
) -> Urn {
    let mut sets = Vec::new();
    for (set, own) in gathered.iter().enumerate().filter(|(_, own)| is_in(training, own.set)) {
        let mut of_set: Vec<(usize, usize)> = Vec::new();
        for (number, each) in descriptions.iter().enumerate().filter(|(_, each)| each.set == set) {
            let before = of_set.iter().filter(|(_, label)| *label == each.label).count();
            if source.descriptions.is_none_or(|most| before < most) {
                of_set.push((number, each.label));
            }
        }
        let pools = Pools::new(&own.train.labels, own.set.labels.len());
        // A label all of whose texts are held out cannot be asked for, nor one that all texts have.
        of_set.retain(|&(_, label)| [true, false].iter().all(|&holds| pools.count(label, holds) > 0));
        if !of_set.is_empty() {
            sets.push(UrnSet { set, descriptions: of_set, pools });
        }
    }
    Urn { sets, descriptions: descriptions.len() }
}

/// What is evaluated: for each label of a set, up to `source.evaluation` texts with it and as many others, with each of its
/// descriptions.
fn pairs(
    source: &DescriptionSource,
    sets: &[ReadySet],
    descriptions: &[ReadyDescription],
    evaluated: impl Fn(usize) -> bool,
) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (number, set) in sets.iter().enumerate().filter(|(number, _)| evaluated(*number)) {
        let pools = Pools::new(&set.test.labels, set.labels.len());
        // Many labels have fewer texts each.
        let fewer = (source.evaluation * MANY_LABELS / set.labels.len()).max(FEWEST);
        let most = source.evaluation.min(fewer);
        for (description, each) in descriptions.iter().enumerate().filter(|(_, each)| each.set == number) {
            for holds in [true, false] {
                let texts = pools.count(each.label, holds);
                // The descriptions of a label have the same texts.
                let key = [number, each.label, usize::from(holds)].into_iter();
                let key = key.fold(mixed(source.split_seed), |key, part| mixed(key ^ part as u64));
                pairs.extend((0..texts.min(most)).map(|place| Pair {
                    set: number,
                    description,
                    text: pools.at(each.label, holds, permuted(place, texts, key)),
                    holds,
                }));
            }
        }
    }
    pairs
}
