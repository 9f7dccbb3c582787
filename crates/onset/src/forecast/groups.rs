//! Words that co-occurrence statistics cannot distinguish.

/// Words in fewer rows are omitted: two words that occur once, in the same text, are never distinguishable.
const AT_LEAST: usize = 3;

/// Groups of ids (from `first` on) that occur equally often in the same rows, and in at least [`AT_LEAST`] rows; the
/// largest group first. `rows` has the ids of each row, in any order.
///
/// The partition of all ids is refined row by row: the ids of one class that occur equally often in the row form a new
/// class. So the groups are exact. The time is linear in the size of the rows, up to the sorting of each.
pub(crate) fn indistinguishable<'a>(
    rows: impl Iterator<Item = &'a [u32]>,
    vocabulary: usize,
    first: u32,
) -> Vec<Vec<u32>> {
    let mut class = vec![0u64; vocabulary];
    let mut rows_with = vec![0usize; vocabulary];
    let mut classes = 1;
    let (mut sorted, mut counted) = (Vec::new(), Vec::new());
    for ids in rows {
        sorted.clear();
        sorted.extend_from_slice(ids);
        sorted.sort_unstable();
        counted.clear();
        for run in sorted.chunk_by(|a, b| a == b) {
            rows_with[run[0] as usize] += 1;
            counted.push((class[run[0] as usize], run.len(), run[0]));
        }
        counted.sort_unstable();
        for alike in counted.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            alike.iter().for_each(|&(_, _, id)| class[id as usize] = classes);
            classes += 1;
        }
    }
    let mut ids: Vec<u32> =
        (first..vocabulary as u32).filter(|&id| rows_with[id as usize] >= AT_LEAST).collect();
    ids.sort_by_key(|&id| (class[id as usize], id));
    let mut groups: Vec<Vec<u32>> = ids
        .chunk_by(|&a, &b| class[a as usize] == class[b as usize])
        .filter(|group| group.len() > 1)
        .map(<[u32]>::to_vec)
        .collect();
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn words_of_the_same_rows_are_one_group() {
        let rows: [&[u32]; 5] = [&[0, 1, 2], &[1, 0, 4], &[0, 1, 2, 5, 5], &[2, 5, 4], &[4, 5]];
        let groups = indistinguishable(rows.into_iter(), 6, 0);
        assert_eq!(groups, [vec![0, 1]]);
        // 5 is in as many rows as 4, but in different ones.
        assert!(indistinguishable(rows.into_iter(), 6, 1).is_empty());
    }

    #[test]
    fn the_groups_are_those_of_exact_signatures() {
        let rows: Vec<Vec<u32>> = (0..60u32)
            .map(|row| {
                (0..12).map(|i| (row * 7 + i * i * (row % 5)) % 23).flat_map(|id| [id, id % 9 + 20]).collect()
            })
            .collect();
        let mut signatures: HashMap<u32, Vec<(usize, usize)>> = HashMap::new();
        for (row, ids) in rows.iter().enumerate() {
            for id in 0..30 {
                let count = ids.iter().filter(|&&each| each == id).count();
                if count > 0 {
                    signatures.entry(id).or_default().push((row, count));
                }
            }
        }
        let mut by_signature: HashMap<Vec<(usize, usize)>, Vec<u32>> = HashMap::new();
        for id in 0..30 {
            if let Some(signature) = signatures.get(&id).filter(|signature| signature.len() >= AT_LEAST) {
                by_signature.entry(signature.clone()).or_default().push(id);
            }
        }
        let mut expected: Vec<Vec<u32>> =
            by_signature.into_values().filter(|group| group.len() > 1).collect();
        expected.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        assert_eq!(indistinguishable(rows.iter().map(Vec::as_slice), 30, 0), expected);
    }
}
