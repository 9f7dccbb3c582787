//! Polynomial exp, sigmoid and tanh, and the loops over them, compiled for each instruction set and
//! chosen at run time.
//!
//! The functions use plain multiplications and additions, never fused, so that every instruction set gives the same
//! bits. Tests check a relative error below 1e-6 over the whole range. NaN stays NaN.

use crate::instructions::for_each_instruction_set;

/// e^x; 0 below −87.3, where f32 has no normal numbers, and e^88 above 88.
///
/// Range reduction to |r| ≤ ln 2 / 2 and the Cephes polynomial (`expf`).
#[inline(always)]
#[allow(clippy::excessive_precision)]
pub fn exp(x: f32) -> f32 {
    /// Adding and subtracting it rounds to an integer, which is then in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let clamped = x.clamp(-87.3, 88.0);
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 as a sum of two numbers; the first is exact in few bits.
    let r = clamped - n * 0.693_359_375 + n * 2.121_944_4e-4;
    let mut p = 1.987_569_15e-4;
    p = p * r + 1.398_199_950_7e-3;
    p = p * r + 8.333_451_907_3e-3;
    p = p * r + 4.166_579_589_4e-2;
    p = p * r + 1.666_666_545_9e-1;
    p = p * r + 5.000_000_120_1e-1;
    let fraction = p * r * r + r + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    if x < -87.3 { 0.0 } else { fraction * power }
}

/// 1 / (1 + e^−x).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Hyperbolic tangent, by a rational function (the minimax coefficients that Eigen uses).
#[inline(always)]
#[allow(clippy::excessive_precision)]
pub fn tanh(x: f32) -> f32 {
    let y = x.clamp(-7.998_811_721_801_757_81, 7.998_811_721_801_757_81);
    let s = y * y;
    let mut p = -2.760_768_477_423_55e-16;
    p = p * s + 2.000_187_904_824_77e-13;
    p = p * s - 8.604_671_522_137_35e-11;
    p = p * s + 5.122_297_090_371_14e-8;
    p = p * s + 1.485_722_357_179_79e-5;
    p = p * s + 6.372_619_288_754_36e-4;
    p = p * s + 4.893_524_558_917_86e-3;
    let mut q = 1.198_258_394_667_02e-6;
    q = q * s + 1.185_347_056_866_54e-4;
    q = q * s + 2.268_434_632_439_00e-3;
    q = q * s + 4.893_525_185_543_85e-3;
    let rational = y * p / q;
    if x.abs() < 4e-4 { x } else { rational }
}

/// Φ(x), the standard normal distribution function, and e^(−x²/2).
///
/// Φ(−|x|) = ½·erfc(|x|/√2), with the rational approximation 7.1.26 of Abramowitz and Stegun, whose absolute error is below
/// 1.5e-7; both tails keep their relative accuracy to some digits.
#[inline(always)]
#[allow(clippy::excessive_precision)]
fn normal(x: f32) -> (f32, f32) {
    let density = exp(-0.5 * x * x);
    let t = 1.0 / (1.0 + 0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2 * x.abs());
    let mut p = 1.061_405_429;
    p = p * t - 1.453_152_027;
    p = p * t + 1.421_413_741;
    p = p * t - 0.284_496_736;
    p = p * t + 0.254_829_592;
    let tail = 0.5 * p * t * density;
    (if x < 0.0 { tail } else { 1.0 - tail }, density)
}

/// √(2/π), of the approximation of GELU by tanh.
const SQRT_2_OVER_PI: f32 = 0.797_884_6;

for_each_instruction_set! {
    /// `y` = x·Φ(x) (GELU; Hendrycks and Gimpel 2016), element by element; `x` becomes the derivative.
    pub fn gelu(y: &mut [f32], x: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            let (phi, density) = normal(*x);
            *y = *x * phi;
            // 1/√(2π) is half of √(2/π).
            *x = phi + *x * density * (0.5 * SQRT_2_OVER_PI);
        }
    }
}

for_each_instruction_set! {
    /// `x` = x·Φ(x), element by element: the same bits as [`gelu`], without the derivative.
    pub fn gelu_alone(x: &mut [f32]) {
        for x in x {
            *x *= normal(*x).0;
        }
    }
}

for_each_instruction_set! {
    /// `y` = x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the approximation of GELU that GPT-2 uses, element by element; `x` becomes
    /// the derivative.
    pub fn gelu_tanh(y: &mut [f32], x: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            let at = *x;
            let t = tanh(SQRT_2_OVER_PI * (at + 0.044_715 * at * at * at));
            let slope = SQRT_2_OVER_PI * (1.0 + 3.0 * 0.044_715 * at * at);
            *y = 0.5 * at * (1.0 + t);
            *x = 0.5 * (1.0 + t) + 0.5 * at * (1.0 - t * t) * slope;
        }
    }
}

for_each_instruction_set! {
    /// The same bits as [`gelu_tanh`], without the derivative.
    pub fn gelu_tanh_alone(x: &mut [f32]) {
        for x in x {
            let at = *x;
            *x = 0.5 * at * (1.0 + tanh(SQRT_2_OVER_PI * (at + 0.044_715 * at * at * at)));
        }
    }
}

for_each_instruction_set! {
    /// `x` = tanh(`x`), element by element.
    pub fn tanh_all(x: &mut [f32]) {
        for value in x {
            *value = tanh(*value);
        }
    }
}

for_each_instruction_set! {
    /// `x` = e^(`x` − `shift`), element by element.
    pub fn exp_shifted(x: &mut [f32], shift: f32) {
        for value in x {
            *value = exp(*value - shift);
        }
    }
}

for_each_instruction_set! {
    /// `to` = e^(`x` − `shift`), element by element.
    pub fn exp_shifted_to(to: &mut [f32], x: &[f32], shift: f32) {
        for (to, &x) in to.iter_mut().zip(x) {
            *to = exp(x - shift);
        }
    }
}

/// Numbers processed in parallel. It is the same on every machine, because it determines the order of sums.
pub const LANES: usize = 16;

for_each_instruction_set! {
    /// The largest of `x`, or NaN if `x` has one. `f32::max` would skip NaN, but it must reach the loss and stop the run.
    pub fn largest(x: &[f32]) -> f32 {
        let (chunks, rest) = x.as_chunks::<LANES>();
        // As wide as the numbers: with `bool` the loop would not always become vector instructions.
        let (mut lanes, mut odd) = ([f32::NEG_INFINITY; LANES], [0u32; LANES]);
        for chunk in chunks {
            for lane in 0..LANES {
                let value = chunk[lane];
                lanes[lane] = if value > lanes[lane] { value } else { lanes[lane] };
                odd[lane] |= u32::from(value.is_nan());
            }
        }
        let nan = if odd.iter().any(|&odd| odd > 0) { f32::NAN } else { f32::NEG_INFINITY };
        let all = lanes.iter().chain(rest).chain([&nan]);
        all.fold(f32::NEG_INFINITY, |a, &b| if b > a || b.is_nan() { b } else { a })
    }
}

for_each_instruction_set! {
    /// The sum of `x`, computed in lanes.
    pub fn sum(x: &[f32]) -> f32 {
        let (chunks, rest) = x.as_chunks::<LANES>();
        let mut lanes = [0.0f32; LANES];
        for chunk in chunks {
            for lane in 0..LANES {
                lanes[lane] += chunk[lane];
            }
        }
        lanes.iter().chain(rest).sum()
    }
}

for_each_instruction_set! {
    /// Σ e^(`x` − `shift`), computed in lanes; the same bits as [`exp_shifted`] followed by [`sum`].
    pub fn sum_of_exp(x: &[f32], shift: f32) -> f32 {
        let (chunks, rest) = x.as_chunks::<LANES>();
        let mut lanes = [0.0f32; LANES];
        for chunk in chunks {
            for lane in 0..LANES {
                lanes[lane] += exp(chunk[lane] - shift);
            }
        }
        let rest = rest.iter().map(|&value| exp(value - shift));
        lanes.into_iter().chain(rest).sum()
    }
}

for_each_instruction_set! {
    /// ⟨`a`, `b`⟩, computed in lanes, over the length of the shorter one.
    pub fn dot(a: &[f32], b: &[f32]) -> f32 {
        let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
        let mut lanes = [0.0f32; LANES];
        for (a, b) in a.iter().zip(b) {
            for lane in 0..LANES {
                lanes[lane] += a[lane] * b[lane];
            }
        }
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        lanes.iter().sum::<f32>() + rest
    }
}

/// The sum of the lanes, halves first: a chain of sixteen additions would take longer than the sum of a short row.
#[inline(always)]
pub fn sum_of_lanes(mut lanes: [f32; LANES]) -> f32 {
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest relative error of `f` against `truth` over `count` points of a range.
    fn worst(f: fn(f32) -> f32, truth: fn(f64) -> f64, low: f32, high: f32) -> (f64, f32) {
        let count = 2_000_000;
        let mut worst = (0.0, 0.0);
        for i in 0..=count {
            let x = low + (high - low) * (i as f32 / count as f32);
            let want = truth(f64::from(x));
            let error =
                if want == 0.0 { f64::from(f(x)).abs() } else { (f64::from(f(x)) / want - 1.0).abs() };
            if error > worst.0 {
                worst = (error, x);
            }
        }
        worst
    }

    #[test]
    fn exp_sigmoid_and_tanh_have_a_relative_error_below_1e_6() {
        let sigmoid64 = |x: f64| 1.0 / (1.0 + (-x).exp());
        for (name, f, truth, low, high) in [
            ("exp", exp as fn(f32) -> f32, f64::exp as fn(f64) -> f64, -87.3, 88.0),
            ("exp near 0", exp, f64::exp, -0.5, 0.5),
            ("sigmoid", sigmoid, sigmoid64, -87.0, 100.0),
            ("sigmoid near 0", sigmoid, sigmoid64, -1.0, 1.0),
            ("tanh", tanh, f64::tanh, -100.0, 100.0),
            ("tanh middle", tanh, f64::tanh, -9.0, 9.0),
            ("tanh near 0", tanh, f64::tanh, -0.01, 0.01),
            ("tanh very near 0", tanh, f64::tanh, -1e-6, 1e-6),
        ] {
            let (error, x) = worst(f, truth, low, high);
            assert!(error < 1e-6, "{name}: {error:.2e} at {x}");
        }
    }

    /// Φ(x) from a series that converges for moderate x.
    fn phi64(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= x * x / f64::from(2 * n + 1);
            sum += term;
        }
        0.5 + sum * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }

    #[test]
    fn both_forms_of_gelu_and_their_derivatives_are_right() {
        for i in -600..=600 {
            let x = i as f32 * 0.01;
            let at = f64::from(x);
            for (f, tolerance) in [(gelu as fn(&mut [f32], &mut [f32]), 5e-7), (gelu_tanh, 1e-3)] {
                let (mut low, mut y, mut high, mut slope) = ([0.0], [0.0], [0.0], [x]);
                f(&mut y, &mut slope);
                assert!((f64::from(y[0]) - at * phi64(at)).abs() < tolerance, "{x}: {}", y[0]);
                f(&mut low, &mut [x - 0.01]);
                f(&mut high, &mut [x + 0.01]);
                let numeric = (high[0] - low[0]) / 0.02;
                assert!((slope[0] - numeric).abs() < 2e-4, "{x}: {} {numeric}", slope[0]);
            }
        }
        for (f, alone) in
            [(gelu as fn(&mut [f32], &mut [f32]), gelu_alone as fn(&mut [f32])), (gelu_tanh, gelu_tanh_alone)]
        {
            let mut z: Vec<f32> = (-500..500).map(|i| i as f32 * 0.02).collect();
            let (mut y, mut own) = (vec![0.0; z.len()], z.clone());
            f(&mut y, &mut z);
            alone(&mut own);
            assert!(y.iter().zip(&own).all(|(y, own)| y.to_bits() == own.to_bits()));
        }
        let mut y = [0.0; 4];
        gelu(&mut y, &mut [f32::NAN, -30.0, 30.0, 0.0]);
        assert!(y[0].is_nan() && y[1].abs() < 1e-30 && y[2] == 30.0 && y[3] == 0.0);
    }

    #[test]
    fn the_ends_of_the_range_are_sane() {
        assert_eq!((exp(f32::NEG_INFINITY), exp(-1e30), exp(0.0)), (0.0, 0.0, 1.0));
        assert!(exp(f32::INFINITY).is_finite() && exp(f32::INFINITY) > 1e38);
        assert_eq!((sigmoid(1e30), tanh(0.0)), (1.0, 0.0));
        assert!(sigmoid(-1e30) < 1e-37);
        assert!((tanh(f32::INFINITY) - 1.0).abs() < 1e-6 && (tanh(-1e30) + 1.0).abs() < 1e-6);
        assert!(exp(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let xs: Vec<f32> = (-4000..4000).map(|i| i as f32 * 0.01).collect();
        let mut dispatched = xs.clone();
        tanh_all(&mut dispatched);
        assert!(xs.iter().zip(&dispatched).all(|(&x, &y)| tanh(x).to_bits() == y.to_bits()));
        let mut dispatched = xs.clone();
        exp_shifted(&mut dispatched, 0.0);
        assert!(xs.iter().zip(&dispatched).all(|(&x, &y)| exp(x).to_bits() == y.to_bits()));
        for shift in [0.0, 40.0] {
            let mut apart = xs[3..].to_vec();
            exp_shifted(&mut apart, shift);
            assert_eq!(sum(&apart).to_bits(), sum_of_exp(&xs[3..], shift).to_bits());
        }
    }
}
