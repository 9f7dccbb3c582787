//! Words that co-occurrence cannot tell apart.

use std::collections::HashMap;

/// A word that comes less often is left out: one meeting tells any two words of a text alike.
const AT_LEAST: usize = 3;

/// Groups of ids (from `first` on) that come equally often in the same rows and at least in [`AT_LEAST`] of them; the
/// largest first. `rows` gives each row's distinct ids with how often they come.
pub(super) fn indistinguishable<'a>(
    rows: impl Iterator<Item = &'a [u32]>,
    vocabulary: usize,
    first: u32,
) -> Vec<Vec<u32>> {
    let mut signatures = vec![0u64; vocabulary];
    let mut met = vec![0usize; vocabulary];
    let mut sorted = Vec::new();
    for (row, ids) in rows.enumerate() {
        sorted.clear();
        sorted.extend_from_slice(ids);
        sorted.sort_unstable();
        for run in sorted.chunk_by(|a, b| a == b) {
            let id = run[0] as usize;
            met[id] += 1;
            // A sum of well-mixed numbers: the same rows give the same sum, others all but never.
            signatures[id] = signatures[id].wrapping_add(mixed(row as u64) ^ mixed(!(run.len() as u64)));
        }
    }
    let mut groups: HashMap<(u64, usize), Vec<u32>> = HashMap::new();
    for id in first as usize..vocabulary {
        if met[id] >= AT_LEAST {
            groups.entry((signatures[id], met[id])).or_default().push(id as u32);
        }
    }
    let mut groups: Vec<Vec<u32>> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    groups
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_same_rows_alike_are_one_group() {
        let rows: [&[u32]; 5] = [&[0, 1, 2], &[1, 0, 4], &[0, 1, 2, 5, 5], &[2, 5, 4], &[4, 5]];
        let groups = indistinguishable(rows.into_iter(), 6, 0);
        assert_eq!(groups, [vec![0, 1]]);
        // 5 comes in as many rows as 4, but in others.
        assert!(indistinguishable(rows.into_iter(), 6, 1).is_empty());
    }
}
