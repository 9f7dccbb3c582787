//! Integration in time with steps as long as the slopes allow: the pair of orders 5 and 4 by Dormand and Prince
//! (*A family of embedded Runge-Kutta formulae*, 1980).

/// What a step may be wrong by, as a share of the largest watched value.
const TOLERANCE: f64 = 1e-6;

/// Values smaller than this need not be right.
const NEGLIGIBLE: f64 = 1e-14;

/// Where each stage lies, in slopes of the stages before it; the last is the end of the step.
const STAGES: [&[f64]; 6] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];

/// The end of the step by order 5 less that by order 4.
const ERROR: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339200.0, 22.0 / 525.0, -1.0 / 40.0];

/// A state on its way through time; `S` puts the slopes at a state into a vector.
pub struct Integration<S> {
    slopes: S,
    /// Where it is.
    pub time: f64,
    /// The state there.
    pub state: Vec<f64>,
    /// How many numbers of the state, the first, are to be right; the others only help to find them.
    watched: usize,
    /// How long the next step should be.
    step: f64,
    /// Steps are not made shorter than this, however wrong: slopes may turn over sharply.
    shortest: f64,
    stages: [Vec<f64>; 7],
    /// Where the step that was tried last ends.
    pub tried: Vec<f64>,
}

impl<S: FnMut(&[f64], &mut Vec<f64>)> Integration<S> {
    /// At time 0; the first `watched` numbers of the state are those that matter, and the first step is the shortest.
    pub fn new(state: Vec<f64>, watched: usize, shortest: f64, mut slopes: S) -> Self {
        let (mut stages, tried) = ([const { Vec::new() }; 7], state.clone());
        slopes(&state, &mut stages[0]);
        Self { slopes, time: 0.0, state, watched, step: shortest, shortest, stages, tried }
    }

    /// Goes on by one step, but not beyond `latest`.
    pub fn advance(&mut self, latest: f64) {
        loop {
            let room = latest - self.time;
            let step = self.step.min(room);
            let error = self.try_step(step);
            let factor = (0.9 * error.powf(-0.2)).clamp(0.2, 5.0);
            let accepted = error <= 1.0 || step <= self.shortest;
            // A step that was cut short says little of how long one may be.
            if !accepted || step == self.step {
                self.step = (step * factor).max(self.shortest);
            }
            if accepted {
                self.time = if step == room { latest } else { self.time + step };
                std::mem::swap(&mut self.state, &mut self.tried);
                self.stages.swap(0, 6);
                return;
            }
        }
    }

    /// Finds where a step of this length ends; returns how wrong that is, 1 being what is allowed.
    pub fn try_step(&mut self, step: f64) -> f64 {
        for (stage, parts) in STAGES.iter().enumerate() {
            for (place, value) in self.tried.iter_mut().enumerate() {
                let slopes = parts.iter().zip(&self.stages);
                *value =
                    self.state[place] + step * slopes.map(|(part, slopes)| part * slopes[place]).sum::<f64>();
            }
            (self.slopes)(&self.tried, &mut self.stages[stage + 1]);
        }
        let watched = self.tried[..self.watched].iter().chain(&self.state[..self.watched]);
        let largest = watched.fold(0.0, |most: f64, x| most.max(x.abs()));
        let wrong = |place| {
            ERROR.iter().zip(&self.stages).map(|(part, slopes)| part * slopes[place]).sum::<f64>().abs()
        };
        // A value that is no number passes: what follows would be none either.
        let error = (0..self.watched).map(wrong).fold(0.0, f64::max);
        step * error / (TOLERANCE * largest + NEGLIGIBLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pendulum of small swings that goes round once in 2π.
    fn circle(state: &[f64], slopes: &mut Vec<f64>) {
        slopes.clear();
        slopes.extend([state[1], -state[0]]);
    }

    #[test]
    fn a_circle_closes_in_few_steps() {
        let mut way = Integration::new(vec![1.0, 0.0], 2, 1e-3, circle);
        let (end, mut steps) = (std::f64::consts::TAU, 0);
        while way.time < end {
            way.advance(end);
            steps += 1;
        }
        assert!((way.state[0] - 1.0).abs() < 2e-5 && way.state[1].abs() < 2e-5, "{:?}", way.state);
        assert!(steps < 60, "{steps}");
    }

    #[test]
    fn a_step_is_of_order_five() {
        let wrong = |step: f64| {
            let mut way = Integration::new(vec![1.0, 0.0], 2, 1e-3, circle);
            way.try_step(step);
            (way.tried[0] - step.cos()).hypot(way.tried[1] + step.sin())
        };
        assert!(wrong(0.4) / wrong(0.2) > 50.0, "{}", wrong(0.4) / wrong(0.2));
    }

    #[test]
    fn sharp_turns_do_not_stop_it() {
        let mut evaluations = 0;
        let mut way = Integration::new(vec![0.3], 1, 0.01, |state: &[f64], slopes: &mut Vec<f64>| {
            evaluations += 1;
            slopes.clear();
            slopes.push(-state[0].signum());
        });
        while way.time < 1.0 {
            way.advance(1.0);
        }
        assert!(way.state[0].abs() < 0.02, "{:?}", way.state);
        drop(way);
        assert!(evaluations < 2000, "{evaluations}");
    }
}
