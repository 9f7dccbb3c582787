//! Gradient clipping by global norm, as `torch.nn.utils.clip_grad_norm_` (norm type 2): g ← g · min(1, `max_norm` /
//! (‖g‖ + 10⁻⁶)), where ‖g‖ is the norm of the gradients of all parameters as one vector. Gradients stay as they are; updates
//! multiply by the factor.

use crate::gradients::Shown;
use crate::spread::spread;
use crate::tape::Tape;

/// PyTorch adds this to the norm before the division.
const EPSILON: f64 = 1e-6;

/// Numbers summed in parallel.
const LANES: usize = 8;

/// How gradients are clipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clipping {
    /// Their joint norm.
    pub norm: f32,
    /// The factor that clips them.
    pub factor: f32,
}

/// The factor with which the gradients of the parameters for whose index `counts` returns true have a joint norm of at most
/// `max_norm`. If their norm is infinite it is 0, and if it is NaN it is NaN, as in PyTorch.
pub fn clipping(tape: &mut Tape, max_norm: f32, counts: impl Fn(usize) -> bool) -> Clipping {
    assert!(max_norm > 0.0, "gradients are clipped to a positive norm, not {max_norm}");
    let threads = tape.threads;
    let squares = |grad: Shown<'_>| grad.numbers().map(sum_of_squares).sum::<f64>();
    let grads = tape.parameters_with_gradients().enumerate().filter(|(index, _)| counts(*index));
    let grads = grads.filter_map(|(_, (_, grad))| grad);
    let norm = match threads {
        0 | 1 => grads.map(squares).sum::<f64>(),
        _ => {
            let grads: Vec<Shown<'_>> = grads.collect();
            let mut each = vec![0.0; grads.len()];
            let items = each.iter_mut().zip(grads).collect();
            spread(threads, items, |(_, grad)| grad.count(), |(sum, grad)| *sum = squares(grad));
            each.into_iter().sum::<f64>()
        }
    }
    .sqrt();
    let factor = (f64::from(max_norm) / (norm + EPSILON)) as f32;
    // `f32::min` would replace NaN by 1.
    Clipping { norm: norm as f32, factor: if factor >= 1.0 { 1.0 } else { factor } }
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
    fn the_joint_norm_is_of_what_counts_and_clipped_to_the_largest_allowed() {
        let mut tape = Tape::new(1);
        let [a, b, c, none] = [2, 9, 1, 3].map(|len| tape.parameter(1, len, &vec![0.0; len]));
        give(&mut tape, a, &[3.0, 0.0]);
        give(&mut tape, b, &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -4.0]);
        give(&mut tape, c, &[100.0]);
        let Clipping { norm, factor } = clipping(&mut tape, 2.5, |index| index != 2);
        assert!(norm == 5.0 && (factor - 0.5).abs() < 1e-6);
        assert_eq!((tape.grad(c), tape.grad(none)), (Some(&[100.0][..]), None));
        assert_eq!(clipping(&mut tape, 6.0, |index| index != 2), Clipping { norm: 5.0, factor: 1.0 });
    }

    #[test]
    fn infinite_and_undefined_norms_do_as_in_pytorch() {
        let mut tape = Tape::new(1);
        let a = tape.parameter(1, 2, &[0.0; 2]);
        give(&mut tape, a, &[f32::INFINITY, 1.0]);
        assert_eq!(clipping(&mut tape, 1.0, |_| true), Clipping { norm: f32::INFINITY, factor: 0.0 });
        tape.clear_gradients();
        give(&mut tape, a, &[f32::NAN, 1.0]);
        assert!(clipping(&mut tape, 1.0, |_| true).factor.is_nan());
    }
}
