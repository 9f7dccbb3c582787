//! Gradient clipping by global norm, as `torch.nn.utils.clip_grad_norm_` (norm type 2): g ← g · min(1, `max_norm` /
//! (‖g‖ + 10⁻⁶)), where ‖g‖ is the norm of the gradients of all parameters as one vector.

use crate::tape::Tape;

/// PyTorch adds this to the norm before the division.
const EPSILON: f64 = 1e-6;

/// Numbers summed in parallel.
const LANES: usize = 8;

/// Scales the gradients of the parameters for whose index `counts` returns true, so that their joint norm is at most
/// `max_norm`. Returns the norm before clipping. If it is infinite, finite gradients become 0; if it is NaN, all become
/// NaN, as in PyTorch.
pub fn clip_gradients(tape: &mut Tape, max_norm: f32, counts: impl Fn(usize) -> bool) -> f32 {
    assert!(max_norm > 0.0, "gradients are clipped to a positive norm, not {max_norm}");
    let mut squares = 0.0;
    for index in (0..tape.parameter_count()).filter(|&index| counts(index)) {
        squares += tape.parameter_grad_mut(index).map_or(0.0, |grad| sum_of_squares(grad));
    }
    let norm = squares.sqrt();
    let factor = (f64::from(max_norm) / (norm + EPSILON)) as f32;
    // `f32::min` would replace NaN by 1.
    if factor >= 1.0 {
        return norm as f32;
    }
    for index in (0..tape.parameter_count()).filter(|&index| counts(index)) {
        let grad = tape.parameter_grad_mut(index).into_iter().flatten();
        grad.for_each(|g| *g *= factor);
    }
    norm as f32
}

fn sum_of_squares(numbers: &[f32]) -> f64 {
    let (parts, rest) = numbers.as_chunks::<LANES>();
    let mut lanes = [0.0f64; LANES];
    for part in parts {
        for (lane, &number) in lanes.iter_mut().zip(part) {
            *lane += f64::from(number) * f64::from(number);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&number| f64::from(number).powi(2)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Value;

    fn give(tape: &mut Tape, parameter: Value, grad: &[f32]) {
        let (mut buffer, _) = tape.open_grad(parameter);
        buffer.copy_from_slice(grad);
        tape.put_grad(parameter, buffer);
    }

    #[test]
    fn the_joint_norm_of_what_counts_becomes_the_largest_allowed() {
        let mut tape = Tape::new(1);
        let [a, b, c, none] = [2, 9, 1, 3].map(|len| tape.parameter(1, len, &vec![0.0; len]));
        give(&mut tape, a, &[3.0, 0.0]);
        give(&mut tape, b, &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -4.0]);
        give(&mut tape, c, &[100.0]);
        assert_eq!(clip_gradients(&mut tape, 2.5, |index| index != 2), 5.0);
        let grad = |value| tape.grad(value).expect("a gradient");
        assert!((grad(a)[0] - 1.5).abs() < 1e-6 && (grad(b)[8] + 2.0).abs() < 1e-6);
        assert_eq!((grad(c), tape.grad(none)), (&[100.0][..], None));
    }

    #[test]
    fn gradients_within_the_norm_stay_as_they_are() {
        let mut tape = Tape::new(1);
        let a = tape.parameter(1, 2, &[0.0; 2]);
        give(&mut tape, a, &[0.3, 0.1]);
        clip_gradients(&mut tape, 1.0, |_| true);
        assert_eq!(tape.grad(a), Some(&[0.3, 0.1][..]));
    }

    #[test]
    fn infinite_and_undefined_norms_do_as_in_pytorch() {
        let mut tape = Tape::new(1);
        let a = tape.parameter(1, 2, &[0.0; 2]);
        give(&mut tape, a, &[f32::INFINITY, 1.0]);
        assert_eq!(clip_gradients(&mut tape, 1.0, |_| true), f32::INFINITY);
        assert!(tape.grad(a).is_some_and(|grad| grad[0].is_nan() && grad[1] == 0.0));
        assert!(clip_gradients(&mut tape, 1.0, |_| true).is_nan());
        assert!(tape.grad(a).is_some_and(|grad| grad.iter().all(|g| g.is_nan())));
    }
}
