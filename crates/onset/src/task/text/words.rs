//! Distinct words, each kept once and named by an id.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Distinct words, end to end in one string; ids count from 0 in the order in which words were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WordList {
    text: String,
    ends: Vec<usize>,
}

impl WordList {
    /// How many words there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The word of an id below [`WordList::len`].
    pub fn word(&self, id: u32) -> &str {
        let id = id as usize;
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[id]]
    }

    /// All words, by id.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|id| self.word(id))
    }

    fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.ends.push(self.text.len());
    }
}

/// A word list that also finds the id of a word. Ids do not depend on the hash, whose seed is random.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordPool {
    list: WordList,
    ids: HashTable<u32>,
    hasher: RandomState,
}

impl WordPool {
    /// A pool that holds `words`, which are distinct, with ids in their order.
    pub fn with(words: &[&str]) -> Self {
        let mut pool = Self::default();
        words.iter().for_each(|word| _ = pool.id_of(word));
        pool
    }

    /// The id of `word`, which is added if it is new.
    ///
    /// # Panics
    /// If there are more than 2³² words.
    pub fn id_of(&mut self, word: &str) -> u32 {
        let Self { list, ids, hasher } = self;
        let hash = hasher.hash_one(word);
        if let Some(&id) = ids.find(hash, |&id| list.word(id) == word) {
            return id;
        }
        let id = u32::try_from(list.len()).expect("fewer than 2^32 distinct words");
        list.push(word);
        ids.insert_unique(hash, id, |&id| hasher.hash_one(list.word(id)));
        id
    }

    /// The words by id.
    pub fn list(&self) -> &WordList {
        &self.list
    }

    /// The words by id, without the means to find a word.
    pub fn into_list(self) -> WordList {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_word_has_one_id_and_comes_back(words in proptest::collection::vec("[a-cä]{0,3}", 0..200)) {
            let mut pool = WordPool::with(&["<unk>", "<bos>"]);
            let ids: Vec<u32> = words.iter().map(|word| pool.id_of(word)).collect();
            let back: Vec<&str> = ids.iter().map(|&id| pool.list().word(id)).collect();
            prop_assert_eq!(&back, &words);
            let distinct: std::collections::BTreeSet<&str> = pool.list().iter().collect();
            prop_assert_eq!(distinct.len(), pool.list().len());
            prop_assert_eq!(pool.list().word(1), "<bos>");
        }
    }
}
