//! Many items in pieces that are read at once.

/// `items` in pieces of at most `most` items and of at most `limit` in the sum of their weights; a piece has an item even
/// if that alone weighs more.
pub fn pieces<T>(items: &[T], most: usize, limit: usize, weight: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut pieces = Vec::new();
    let (mut first, mut sum) = (0, 0usize);
    for (place, item) in items.iter().enumerate() {
        let own = weight(item);
        if place > first && (place - first == most || sum.saturating_add(own) > limit) {
            pieces.push(&items[first..place]);
            (first, sum) = (place, 0);
        }
        sum = sum.saturating_add(own);
    }
    if first < items.len() {
        pieces.push(&items[first..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    #[test]
    fn pieces_keep_both_limits_and_every_item() {
        let items = [3, 1, 1, 9, 1, 1, 1];
        let pieces = |most, limit| super::pieces(&items, most, limit, |&item| item);
        assert_eq!(pieces(3, usize::MAX), items.chunks(3).collect::<Vec<_>>());
        assert_eq!(pieces(10, 4), [&[3, 1][..], &[1], &[9], &[1, 1, 1]]);
        assert_eq!(pieces(2, 4), [&[3, 1][..], &[1], &[9], &[1, 1], &[1]]);
        assert!(super::pieces::<usize>(&[], 3, 4, |&item| item).is_empty());
    }
}
