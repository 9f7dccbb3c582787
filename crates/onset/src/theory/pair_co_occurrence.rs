//! Stage 1, first order, for sentence pairs: the initial gradient of each source word's effect on each target word,
//! from one pass over the data.
//!
//! With uniform attention and bags of words, p(o|x) = softmax(Σ_i f_i·W[i, ·] + b), the same at every target position,
//! where f_i is the share of word i in the source. Let W = 0 and let b be the logarithm of each target word's
//! frequency. Gradient flow then moves W[i, o] by E[f_i·(c_o − T·p_o)], where c_o counts o among the T words of a
//! target and p_o = E[c_o] / E[T].

/// The initial gradient of every W\[i, o\], stored sparsely: only words that co-occur have an entry.
#[derive(Debug, Clone)]
pub struct CoOccurrence {
    /// The first entry of each source word, and the number of entries.
    starts: Vec<usize>,
    /// The entries of each source word, in the order of target words.
    entries: Vec<Entry>,
    /// The number of pairs.
    count: f64,
    /// E\[f_i·T\] by source word.
    expected: Vec<f32>,
    /// p_o by target word.
    rates: Vec<f32>,
}

/// A source word and a target word that co-occur.
#[derive(Debug, Clone, Copy)]
struct Entry {
    target: u32,
    /// E\[f_i·c_o\].
    met: f32,
    /// E\[(f_i·c_o)²\].
    square: f32,
}

impl CoOccurrence {
    /// Counts co-occurrences in `pairs` of source and target words, with ids below `vocabulary`. Without pairs
    /// everything is 0.
    ///
    /// # Panics
    /// If an id is not below `vocabulary`.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a [u32], &'a [u32])>, vocabulary: usize) -> Self {
        let (mut meetings, mut count, mut words) = (Vec::new(), 0usize, 0usize);
        let (mut expected, mut rates) = (vec![0.0f64; vocabulary], vec![0.0f64; vocabulary]);
        for (source, target) in pairs {
            let [sources, targets] = [source, target].map(counts);
            for &(i, times) in &sources {
                let share = times as f32 / source.len() as f32;
                expected[i as usize] += f64::from(share) * target.len() as f64;
                meetings.extend(
                    targets.iter().map(|&(o, c)| (u64::from(i) << 32 | u64::from(o), share * c as f32)),
                );
            }
            targets.iter().for_each(|&(o, c)| rates[o as usize] += c as f64);
            count += 1;
            words += target.len();
        }
        // A stable sort keeps equal keys in the order of the data, so that sums are reproducible.
        meetings.sort_by_key(|&(key, _)| key);
        let mut starts = vec![0; vocabulary + 1];
        let mut entries = Vec::new();
        let count = count.max(1) as f64;
        for run in meetings.chunk_by(|a, b| a.0 == b.0) {
            let sum: f64 = run.iter().map(|&(_, value)| f64::from(value)).sum();
            let squares: f64 = run.iter().map(|&(_, value)| f64::from(value).powi(2)).sum();
            let [met, square] = [sum, squares].map(|sum| (sum / count) as f32);
            entries.push(Entry { target: run[0].0 as u32, met, square });
            starts[(run[0].0 >> 32) as usize + 1] += 1;
        }
        for word in 0..vocabulary {
            starts[word + 1] += starts[word];
        }
        let scaled = |sums: Vec<f64>, by: f64| sums.into_iter().map(|sum| (sum / by) as f32).collect();
        Self {
            starts,
            entries,
            count,
            expected: scaled(expected, count),
            rates: scaled(rates, words.max(1) as f64),
        }
    }

    /// The initial gradient of W\[`source`, `target`\]: positive if the words co-occur more often than by chance.
    pub fn slope(&self, source: u32, target: u32) -> f32 {
        self.entry(source, target).map_or(0.0, |entry| entry.met) - self.chance(source, target)
    }

    /// The signal-to-noise ratio of the slope of W\[`source`, `target`\]: the slope in standard errors. It is 0 for
    /// words that never co-occur.
    pub fn signal(&self, source: u32, target: u32) -> f32 {
        let Some(entry) = self.entry(source, target) else { return 0.0 };
        let variance = f64::from(entry.square) - f64::from(entry.met).powi(2);
        let error = (variance.max(f64::from(entry.square) / self.count) / self.count).sqrt();
        (f64::from(entry.met - self.chance(source, target)) / error) as f32
    }

    /// How many pairs of a source word and a target word co-occur.
    pub fn meetings(&self) -> usize {
        self.entries.len()
    }

    fn entry(&self, source: u32, target: u32) -> Option<&Entry> {
        let entries = self.entries_of(source);
        entries.binary_search_by_key(&target, |entry| entry.target).ok().map(|place| &entries[place])
    }

    /// The `count` target words with the largest slopes for `source`, largest first, ties by id. Only words that
    /// co-occur with `source` are included.
    pub fn top(&self, source: u32, count: usize) -> Vec<(u32, f32)> {
        let entries = self.entries_of(source).iter();
        let mut slopes: Vec<(u32, f32)> =
            entries.map(|entry| (entry.target, entry.met - self.chance(source, entry.target))).collect();
        slopes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        slopes.truncate(count);
        slopes
    }

    fn chance(&self, source: u32, target: u32) -> f32 {
        self.expected[source as usize] * self.rates[target as usize]
    }

    fn entries_of(&self, source: u32) -> &[Entry] {
        &self.entries[self.starts[source as usize]..self.starts[source as usize + 1]]
    }
}

/// The distinct words of a sentence with their counts, in order.
fn counts(words: &[u32]) -> Vec<(u32, usize)> {
    let mut sorted = words.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [(&[u32], &[u32]); 4] =
        [(&[0, 1], &[5, 4, 4]), (&[0, 2, 2], &[5, 3]), (&[1], &[4]), (&[2, 1, 0], &[3, 4, 5, 5])];
    const WORDS: usize = 6;

    /// −Σ_e Σ_t log p(y_t) / 4 of the model in the module documentation.
    fn loss(weights: &[[f64; WORDS]; WORDS], bias: &[f64; WORDS]) -> f64 {
        let mut sum = 0.0;
        for (source, target) in PAIRS {
            let score = |o: usize| {
                bias[o] + source.iter().map(|&i| weights[i as usize][o]).sum::<f64>() / source.len() as f64
            };
            let normaliser = (0..WORDS).map(|o| score(o).exp()).sum::<f64>().ln();
            sum -= target.iter().map(|&o| score(o as usize) - normaliser).sum::<f64>();
        }
        sum / PAIRS.len() as f64
    }

    #[test]
    fn slopes_are_minus_the_gradient_at_the_start() {
        let table = CoOccurrence::of(PAIRS, WORDS);
        let targets: Vec<u32> = PAIRS.iter().flat_map(|pair| pair.1.iter().copied()).collect();
        let rate = |o: usize| {
            targets.iter().filter(|&&word| word as usize == o).count() as f64 / targets.len() as f64
        };
        // Words that never occur as a target have no finite bias; a very negative one stands in.
        let bias: [f64; WORDS] = std::array::from_fn(|o| rate(o).ln().max(-40.0));
        for i in 0..WORDS {
            for o in 0..WORDS {
                let moved = |by: f64| {
                    let mut weights = [[0.0; WORDS]; WORDS];
                    weights[i][o] = by;
                    loss(&weights, &bias)
                };
                let gradient = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let slope = f64::from(table.slope(i as u32, o as u32));
                assert!((slope + gradient).abs() < 1e-6, "{i} {o}: {slope} {gradient}");
            }
        }
    }

    #[test]
    fn signals_grow_with_the_root_of_the_data() {
        let once = CoOccurrence::of(PAIRS, WORDS);
        let often = CoOccurrence::of((0..9).flat_map(|_| PAIRS), WORDS);
        let [one, nine] = [&once, &often].map(|table| table.signal(2, 3));
        assert!(one > 0.0 && (nine / one - 3.0).abs() < 1e-3, "{one} {nine}");
        assert_eq!(once.signal(5, 5), 0.0);
    }

    #[test]
    fn words_that_co_occur_most_come_first() {
        let table = CoOccurrence::of(PAIRS, WORDS);
        assert_eq!(table.top(2, 1)[0].0, 3);
        assert_eq!(table.top(1, 1)[0].0, 4);
        assert!(table.top(5, 3).is_empty() && table.slope(5, 5) == 0.0);
    }
}
