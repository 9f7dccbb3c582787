//! From numbers to places on a figure, and the marks of an axis; as `charts/scale.js` does it.

/// A scale of one axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    logarithmic: bool,
    range: [f64; 2],
    places: [f64; 2],
}

impl Scale {
    /// Steps grow like log(1 + step) on a logarithmic axis, so that step 0 has a place.
    pub(super) fn new(logarithmic: bool, range: [f64; 2], places: [f64; 2]) -> Self {
        Self { logarithmic, range, places }
    }

    fn bend(self, x: f64) -> f64 {
        if self.logarithmic { x.max(0.0).ln_1p() } else { x }
    }

    /// Where `x` is.
    pub(super) fn at(self, x: f64) -> f64 {
        let [low, high] = self.range.map(|end| self.bend(end));
        let span = if high > low { high - low } else { 1.0 };
        let [from, to] = self.places;
        from + (self.bend(x) - low) / span * (to - from)
    }

    /// Round numbers within the range, about so many.
    pub(super) fn marks(self, about: f64) -> Vec<f64> {
        if self.logarithmic { log_marks(self.range, about) } else { even_marks(self.range, about) }
    }
}

fn even_marks([low, high]: [f64; 2], about: f64) -> Vec<f64> {
    let span = high - low;
    if span.is_nan() || span <= 0.0 {
        return vec![low];
    }
    let rough = span / about;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * power);
    let step = steps.into_iter().find(|&each| each >= rough * 0.999).unwrap_or(10.0 * power);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-6).floor() as i64);
    (first..=last).map(|mark| mark as f64 * step).collect()
}

fn log_marks([low, high]: [f64; 2], about: f64) -> Vec<f64> {
    let mut marks = if low <= 0.0 { vec![0.0] } else { Vec::new() };
    let decades = ((1.0 + high.max(0.0)) / (1.0 + low.max(0.0))).log10();
    // Between the powers of ten as well, where there is room.
    let factors: &[f64] = if decades * 3.0 <= about { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let mut power = 1.0;
    while power <= high * 1.0001 {
        let within = |mark: &f64| (low..=high * 1.0001).contains(mark);
        marks.extend(factors.iter().map(|factor| factor * power).filter(within));
        power *= 10.0;
    }
    marks
}

/// The range of some values; `otherwise` if there are none.
pub(super) fn range(values: impl IntoIterator<Item = f64>, otherwise: [f64; 2]) -> [f64; 2] {
    let finite = values.into_iter().filter(|value| value.is_finite());
    let [low, high] =
        finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
    if low <= high { [low, high] } else { otherwise }
}

/// Some room, and none below zero where nothing is.
pub(super) fn padded([low, high]: [f64; 2]) -> [f64; 2] {
    let half = |x: f64| 0.5 * if x == 0.0 { 1.0 } else { x.abs() };
    if low == high {
        return [low - half(low), high + half(high)];
    }
    let room = (high - low) * 0.06;
    [if low >= 0.0 && low - room < 0.0 { 0.0 } else { low - room }, high + room]
}

/// A number in few characters.
pub(super) fn short(value: f64) -> String {
    let trimmed = |value: f64, digits: usize| {
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
    };
    match value.abs() {
        size if !size.is_finite() => "–".into(),
        size if size >= 1e6 => trimmed(value / 1e6, 1) + "M",
        size if size >= 1e4 => trimmed(value / 1e3, 1) + "k",
        size if size >= 100.0 || value.fract() == 0.0 => format!("{:.0}", value + 0.0),
        size if size >= 10.0 => trimmed(value, 1),
        size if size >= 0.001 => trimmed(value, 3),
        _ => format!("{value:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_within_the_range() {
        assert_eq!(even_marks([0.0, 300.0], 6.0), [0.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0]);
        assert_eq!(even_marks([5.0, 5.0], 4.0), [5.0]);
        assert_eq!(log_marks([0.0, 300.0], 12.0), [0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0]);
        assert_eq!(log_marks([0.0, 100_000.0], 8.0), [0.0, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5]);
    }

    #[test]
    fn the_ends_of_the_data_are_the_ends_of_the_axis() {
        for logarithmic in [false, true] {
            let scale = Scale::new(logarithmic, [0.0, 300.0], [50.0, 700.0]);
            assert!((scale.at(0.0) - 50.0).abs() < 1e-9 && (scale.at(300.0) - 700.0).abs() < 1e-9);
        }
    }

    #[test]
    fn numbers_are_short() {
        let written = [0.0, -0.0, 300.0, 12_500.0, 2e6, 0.95, 12.34, 0.0001, f64::NAN].map(short);
        assert_eq!(written, ["0", "0", "300", "12.5k", "2M", "0.95", "12.3", "1.0e-4", "–"]);
    }
}
