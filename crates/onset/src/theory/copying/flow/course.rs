//! The flow in time: phase by phase, up to a time or to a probability.

use super::{CopyingFlow, CopyingPoint, HALVINGS, Phase, Slopes, TOLERANCE};
use crate::theory::integration::{Accuracy, Integration};

/// A phase with its end.
struct Leg<'a> {
    phase: &'a Phase,
    until: f64,
}

impl CopyingFlow {
    /// The phases up to time `end`.
    fn legs(&self, end: f64) -> impl Iterator<Item = Leg<'_>> {
        let ends = self.phases.iter().skip(1).map(|phase| phase.from).chain([f64::INFINITY]);
        let legs =
            self.phases.iter().zip(ends).map(move |(phase, until)| Leg { phase, until: until.min(end) });
        legs.take_while(move |leg| leg.phase.from == 0.0 || leg.phase.from < end)
    }

    /// The integration of `phase` from `state` at `time`.
    fn begin_at(
        &self,
        phase: &Phase,
        time: f64,
        state: Vec<f64>,
    ) -> Integration<impl FnMut(&[f64], &mut Vec<f64>)> {
        let mut buffers = Slopes::default();
        let shortest = self.shortest_step();
        let mut integration = Integration::new(
            state,
            Accuracy { tolerance: TOLERANCE, shortest, controlled: self.gaps() },
            move |state: &[f64], slopes: &mut Vec<f64>| {
                self.slopes(phase, state, &mut buffers);
                slopes.clone_from(&buffers.slope);
            },
        );
        integration.time = time;
        integration
    }

    fn point_at(&self, phase: &Phase, time: f64, state: &[f64]) -> CopyingPoint {
        let mut slopes = Slopes::default();
        self.slopes(phase, state, &mut slopes);
        self.point(time, state, &slopes)
    }

    /// The flow up to time `end`: the first point and `points` more, evenly spaced in time.
    pub fn integrate(&self, end: f64, points: usize) -> Vec<CopyingPoint> {
        let (mut found, mut state) = (Vec::with_capacity(points + 1), self.state());
        for Leg { phase, until } in self.legs(end) {
            let mut flow = self.begin_at(phase, phase.from, state);
            while found.len() <= points {
                let time = end * found.len() as f64 / points.max(1) as f64;
                if time > until || (time == until && until < end) {
                    break;
                }
                flow.advance_to(time);
                found.push(self.point_at(phase, flow.time, &flow.state));
            }
            flow.advance_to(until);
            state = flow.state;
        }
        found
    }

    /// The flow up to the time at which the task counts as learned, at most to `end`. Returns whether it was learned,
    /// and the last point.
    pub fn until_learned(&self, end: f64) -> (bool, CopyingPoint) {
        self.until_probability(self.copied(), 0.0, end)
    }

    /// As [`CopyingFlow::until_learned`], but what is learned before the time `from` does not count.
    pub fn until_learned_from(&self, from: f64, end: f64) -> (bool, CopyingPoint) {
        self.until_probability(self.copied(), from, end)
    }

    /// The first time, up to `end`, at which the task counts as learned; `None` if it does not.
    pub fn learned_at(&self, end: f64) -> Option<f64> {
        let (learned, last) = self.until_learned(end);
        learned.then_some(last.time)
    }

    /// The length of the plateau: the first time, up to `end`, at which p is twice its initial value.
    pub fn plateau(&self, end: f64) -> Option<f64> {
        let first = self.point_at(&self.phases[0], 0.0, &self.state());
        let (passed, last) = self.until_probability(2.0 * first.probability, 0.0, end);
        passed.then_some(last.time)
    }

    fn until_probability(&self, probability: f64, from: f64, end: f64) -> (bool, CopyingPoint) {
        let mut state = self.state();
        let mut here = self.point_at(&self.phases[0], 0.0, &state);
        for Leg { phase, until } in self.legs(end) {
            let mut flow = self.begin_at(phase, phase.from, state);
            here = self.point_at(phase, flow.time, &flow.state);
            let reached = |here: &CopyingPoint| here.probability >= probability && here.time >= from;
            while !reached(&here) && flow.time < until {
                let before = (flow.time, flow.state.clone());
                flow.advance(if flow.time < from { until.min(from) } else { until });
                let earlier = here;
                here = self.point_at(phase, flow.time, &flow.state);
                if reached(&here) && earlier.probability < probability {
                    here = self.crossing(phase, before, here, probability);
                }
            }
            if reached(&here) {
                return (true, here);
            }
            state = flow.state;
        }
        (false, here)
    }

    /// The point at which p reaches `probability`, between a state and the state one step later.
    fn crossing(
        &self,
        phase: &Phase,
        (time, state): (f64, Vec<f64>),
        mut later: CopyingPoint,
        probability: f64,
    ) -> CopyingPoint {
        let mut flow = self.begin_at(phase, time, state);
        let mut earlier = time;
        for _ in 0..HALVINGS {
            let middle = 0.5 * (earlier + later.time);
            flow.try_step(middle - time);
            let point = self.point_at(phase, middle, &flow.tried);
            if point.probability >= probability {
                later = point;
            } else {
                earlier = middle;
            }
        }
        later
    }
}
