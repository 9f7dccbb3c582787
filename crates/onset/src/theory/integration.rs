//! Integration of ordinary differential equations with adaptive steps, by the embedded Runge–Kutta pair of orders 5 and
//! 4 (Dormand and Prince, *A family of embedded Runge-Kutta formulae*, 1980). All dynamics of the theory use it.

/// An error below this is accepted whatever the size of the state.
const NEGLIGIBLE: f64 = 1e-14;

/// The state at each stage, as weights on the slopes of the stages before it; the last stage is the end of the step.
const STAGES: [&[f64]; 6] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];

/// Weights of the slopes in the difference between the solutions of orders 5 and 4.
const ERROR: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339200.0, 22.0 / 525.0, -1.0 / 40.0];

/// The accuracy of the integration.
#[derive(Debug, Clone, Copy)]
pub struct Accuracy {
    /// The error allowed in a step, relative to the largest controlled value.
    pub tolerance: f64,
    /// The shortest step. It is taken whatever its error, because slopes may be discontinuous.
    pub shortest: f64,
    /// The number of leading entries of the state that are under error control; the others are auxiliary.
    pub controlled: usize,
}

/// An initial value problem. `S` writes the slopes at a state into a vector.
pub struct Integration<S> {
    slopes: S,
    /// The current time.
    pub time: f64,
    /// The state at the current time.
    pub state: Vec<f64>,
    accuracy: Accuracy,
    /// The length of the next step.
    step: f64,
    stages: [Vec<f64>; 7],
    /// The state at the end of the last attempted step.
    pub tried: Vec<f64>,
}

impl<S: FnMut(&[f64], &mut Vec<f64>)> Integration<S> {
    /// The problem at time 0. The first step has the shortest length.
    pub fn new(state: Vec<f64>, accuracy: Accuracy, mut slopes: S) -> Self {
        let (mut stages, tried) = ([const { Vec::new() }; 7], state.clone());
        slopes(&state, &mut stages[0]);
        Self { slopes, time: 0.0, state, accuracy, step: accuracy.shortest, stages, tried }
    }

    /// Integrates up to time `end`.
    pub fn advance_to(&mut self, end: f64) {
        while self.time < end {
            self.advance(end);
        }
    }

    /// Takes one step, at most to time `latest`.
    pub fn advance(&mut self, latest: f64) {
        loop {
            let room = latest - self.time;
            let step = self.step.min(room);
            let error = self.try_step(step);
            let factor = (0.9 * error.powf(-0.2)).clamp(0.2, 5.0);
            let accepted = error <= 1.0 || step <= self.accuracy.shortest;
            // A step that `latest` cut short is no evidence for the length of the next.
            if !accepted || step == self.step {
                self.step = (step * factor).max(self.accuracy.shortest);
            }
            if accepted {
                self.time = if step == room { latest } else { self.time + step };
                std::mem::swap(&mut self.state, &mut self.tried);
                self.stages.swap(0, 6);
                return;
            }
        }
    }

    /// Computes the state after a step of this length. Returns its error in units of the largest allowed error.
    pub fn try_step(&mut self, step: f64) -> f64 {
        for (stage, parts) in STAGES.iter().enumerate() {
            for (place, value) in self.tried.iter_mut().enumerate() {
                let slopes = parts.iter().zip(&self.stages);
                *value =
                    self.state[place] + step * slopes.map(|(part, slopes)| part * slopes[place]).sum::<f64>();
            }
            (self.slopes)(&self.tried, &mut self.stages[stage + 1]);
        }
        let Accuracy { tolerance, controlled, .. } = self.accuracy;
        let values = self.tried[..controlled].iter().chain(&self.state[..controlled]);
        let largest = values.fold(0.0, |most: f64, x| most.max(x.abs()));
        let error_of = |place| {
            ERROR.iter().zip(&self.stages).map(|(part, slopes)| part * slopes[place]).sum::<f64>().abs()
        };
        // `f64::max` ignores NaN: shorter steps would not remove it.
        let error = (0..controlled).map(error_of).fold(0.0, f64::max);
        step * error / (tolerance * largest + NEGLIGIBLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accuracy(shortest: f64, controlled: usize) -> Accuracy {
        Accuracy { tolerance: 1e-6, shortest, controlled }
    }

    /// A harmonic oscillator of period 2π.
    fn circle(state: &[f64], slopes: &mut Vec<f64>) {
        slopes.clear();
        slopes.extend([state[1], -state[0]]);
    }

    #[test]
    fn a_circle_closes_in_few_steps() {
        let mut flow = Integration::new(vec![1.0, 0.0], accuracy(1e-3, 2), circle);
        let (end, mut steps) = (std::f64::consts::TAU, 0);
        while flow.time < end {
            flow.advance(end);
            steps += 1;
        }
        assert!((flow.state[0] - 1.0).abs() < 2e-5 && flow.state[1].abs() < 2e-5, "{:?}", flow.state);
        assert!(steps < 60, "{steps}");
    }

    #[test]
    fn a_step_is_of_order_five() {
        let error = |step: f64| {
            let mut flow = Integration::new(vec![1.0, 0.0], accuracy(1e-3, 2), circle);
            flow.try_step(step);
            (flow.tried[0] - step.cos()).hypot(flow.tried[1] + step.sin())
        };
        assert!(error(0.4) / error(0.2) > 50.0, "{}", error(0.4) / error(0.2));
    }

    #[test]
    fn discontinuous_slopes_do_not_stop_it() {
        let mut evaluations = 0;
        let mut flow =
            Integration::new(vec![0.3], accuracy(0.01, 1), |state: &[f64], slopes: &mut Vec<f64>| {
                evaluations += 1;
                slopes.clear();
                slopes.push(-state[0].signum());
            });
        flow.advance_to(1.0);
        assert!(flow.state[0].abs() < 0.02, "{:?}", flow.state);
        drop(flow);
        assert!(evaluations < 2000, "{evaluations}");
    }
}
