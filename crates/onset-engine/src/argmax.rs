//! The index of the largest number, with one rule for ties and NaN.

/// The index of the largest of `values`: the first of equal maxima, or the first NaN if there is one, as in NumPy and
/// PyTorch. 0 if `values` is empty.
pub fn argmax<T: PartialOrd>(values: &[T]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        // Only NaN is not comparable with itself.
        if value.partial_cmp(value).is_none() {
            return index;
        }
        if *value > values[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_maxima_wins() {
        assert_eq!(argmax(&[0.25f32; 4]), 0);
        assert_eq!(argmax(&[1.0f32, 3.0, 2.0, 3.0]), 1);
        assert_eq!(argmax(&[-0.0f64, 0.0]), 0);
        assert_eq!(argmax(&[f32::NEG_INFINITY, f32::NEG_INFINITY, -1.0]), 2);
        assert_eq!(argmax(&[4u32, 7, 7]), 1);
    }

    #[test]
    fn the_first_nan_wins() {
        assert_eq!(argmax(&[1.0f32, f32::NAN, 3.0, f32::NAN]), 1);
        assert_eq!(argmax(&[f32::NAN, f32::INFINITY]), 0);
        assert_eq!(argmax(&[f32::INFINITY, f64::NAN as f32]), 1);
    }

    #[test]
    fn nothing_has_its_maximum_at_0() {
        assert_eq!(argmax::<f32>(&[]), 0);
    }
}
