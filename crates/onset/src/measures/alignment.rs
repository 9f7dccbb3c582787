//! Attention between words, from attention between subwords.
//!
//! α from a target word to a source word is the sum over the source word's subwords and the mean over the target word's, as
//! is usual for word alignment. The mean of sums keeps what a row adds up to, so that a row of words and its share on the
//! marks `<s>` and `</s>` add up to 1.

/// Stands for the space before a word.
const SPACE: char = '▁';

/// The subwords that stand for no word.
const MARKS: [&str; 3] = ["<s>", "</s>", "<pad>"];

/// The words that a sequence of subwords makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The words.
    pub words: Vec<String>,
    /// The number of each subword's word; none for a mark.
    pub of_subword: Vec<Option<usize>>,
}

impl Words {
    /// The words that `subwords` make: each begins with the sign for a space. Spaces without a word belong to the word behind
    /// them, else to the one before.
    pub fn of_subwords<S: AsRef<str>>(subwords: &[S]) -> Self {
        Self::gather(subwords, &MARKS)
    }

    /// As [`Words::of_subwords`], of subwords as a translation is written: unknown ones are left out.
    pub fn of_translation<S: AsRef<str>>(subwords: &[S]) -> Self {
        Self::gather(subwords, &[&MARKS[..], &["<unk>"]].concat())
    }

    fn gather<S: AsRef<str>>(subwords: &[S], marks: &[&str]) -> Self {
        let mut words = Self::default();
        for subword in subwords.iter().map(AsRef::as_ref) {
            if marks.contains(&subword) {
                words.of_subword.push(None);
                continue;
            }
            let text = subword.strip_prefix(SPACE);
            let begins = text.is_some() && words.words.last().is_none_or(|word| !word.is_empty());
            if begins || words.words.is_empty() {
                words.words.push(String::new());
            }
            let last = words.words.len() - 1;
            words.words[last] += text.unwrap_or(subword);
            words.of_subword.push(Some(last));
        }
        if words.words.last().is_some_and(String::is_empty) {
            words.words.pop();
            let last = words.words.len().checked_sub(1);
            words
                .of_subword
                .iter_mut()
                .for_each(|word| *word = word.zip(last).map(|(word, last)| last.min(word)));
        }
        words
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// Attention between the words of two sides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WordAttention {
    /// A row over the source words for each target word.
    pub alpha: Vec<Vec<f32>>,
    /// For each target word, the weight on the marks of the source.
    pub marks: Vec<f32>,
}

impl WordAttention {
    /// From `alpha`, a row over the source's subwords for each subword of the target.
    pub fn of<R: AsRef<[f32]>>(alpha: &[R], source: &Words, target: &Words) -> Self {
        let mut sums = vec![vec![0.0f32; source.len()]; target.len()];
        let (mut marks, mut subwords) = (vec![0.0f32; target.len()], vec![0usize; target.len()]);
        for (row, word) in alpha.iter().zip(&target.of_subword) {
            let Some(word) = *word else { continue };
            subwords[word] += 1;
            for (&weight, place) in row.as_ref().iter().zip(&source.of_subword) {
                match *place {
                    Some(place) => sums[word][place] += weight,
                    None => marks[word] += weight,
                }
            }
        }
        let mean = |sum: &mut f32, count: usize| *sum /= count.max(1) as f32;
        for ((row, own), &count) in sums.iter_mut().zip(&mut marks).zip(&subwords) {
            row.iter_mut().for_each(|sum| mean(sum, count));
            mean(own, count);
        }
        Self { alpha: sums, marks }
    }

    /// For each target word the source word with the largest weight, the first of equals; none where it has no weight.
    pub fn links(&self) -> Vec<[usize; 2]> {
        let best = |(target, row): (usize, &Vec<f32>)| {
            let source = onset_engine::argmax(row);
            row.get(source).is_some_and(|&weight| weight > 0.0).then_some([source, target])
        };
        let mut links: Vec<[usize; 2]> = self.alpha.iter().enumerate().filter_map(best).collect();
        links.sort_unstable();
        links
    }

    /// The links in Pharaoh's form: `i-j` for source word i and target word j, counted from 0.
    pub fn pharaoh(&self) -> String {
        let links = self.links().into_iter().map(|[source, target]| format!("{source}-{target}"));
        links.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subwords_make_words_and_marks_make_none() {
        let words = Words::of_subwords(&["<s>", "▁Hu", "nd", "▁", "▁", "<unk>", "s", ".", "▁", "</s>"]);
        assert_eq!(words.words, ["Hund", "<unk>s."]);
        let expected = [None, Some(0), Some(0), Some(1), Some(1), Some(1), Some(1), Some(1), Some(1), None];
        assert_eq!(words.of_subword, expected);
        assert!(Words::of_subwords(&["<s>", "</s>"]).is_empty());
        assert_eq!(Words::of_subwords(&["x", "▁y"]).words, ["x", "y"]);
        let written = Words::of_translation(&["▁", "<unk>", "▁a", "<unk>", "b", "<unk>"]);
        assert_eq!(written.words, ["ab"]);
        assert_eq!(written.of_subword, [Some(0), None, Some(0), None, Some(0), None]);
        let nothing = Words::of_translation(&["<unk>", "▁", "</s>"]);
        assert_eq!((nothing.words.len(), nothing.of_subword), (0, vec![None; 3]));
    }

    #[test]
    fn attention_between_words_is_the_mean_of_sums() {
        let source = Words::of_subwords(&["<s>", "▁a", "b", "▁c", "</s>"]);
        let target = Words::of_subwords(&["▁x", "y", "▁z", "</s>"]);
        let alpha =
            [[0.0, 0.25, 0.25, 0.5, 0.0], [0.5, 0.0, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 0.75, 0.25], [0.2; 5]];
        let attention = WordAttention::of(&alpha, &source, &target);
        assert_eq!(attention.alpha, [[0.5, 0.25], [0.0, 0.75]]);
        assert_eq!(attention.marks, [0.25, 0.25]);
        assert_eq!(attention.pharaoh(), "0-0 1-1");
    }

    #[test]
    fn links_are_sorted_and_a_word_without_weight_has_none() {
        let attention = WordAttention {
            alpha: vec![vec![0.1, 0.9], vec![0.6, 0.4], vec![0.0, 0.0]],
            marks: vec![0.0; 3],
        };
        assert_eq!(attention.links(), [[0, 1], [1, 0]]);
        assert_eq!(WordAttention { alpha: vec![Vec::new()], marks: vec![1.0] }.pharaoh(), "");
    }
}
