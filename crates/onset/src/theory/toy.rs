//! The toy classifier (authors' blog; paper.md, "Toy classifier"). It has two texts, {0,0} negative and {0,1} positive,
//! with scores s₀ = β₀ and s₁ = (1−p)β₀ + pβ₁, where p is the attention on word 1.
//!
//! L = s₀ − s₁ = p(β₀ − β₁). Gradient flow: dβ₀/dτ = −p, dβ₁/dτ = p, dp/dτ = β₁ − β₀, with p kept in [0, 1]. With the
//! gap g = β₁ − β₀, p″ = 2p. Until p reaches a bound, p = p₀·cosh(√2 τ) + g₀/√2·sinh(√2 τ). Attention that starts in
//! the wrong direction (g₀ < 0) turns back only if g₀ > −√2·p₀. Otherwise p reaches 0: word 1 gets no attention, its β
//! is not learned, and the flow stops.

use serde::Serialize;

use super::integration::{Accuracy, Integration};

/// An initial condition of the flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToyStart {
    /// Its name in figures.
    pub name: &'static str,
    /// β₀ at time 0.
    pub beta0: f64,
    /// β₁ at time 0.
    pub beta1: f64,
    /// p at time 0.
    pub p: f64,
    /// Whether p follows its gradient or stays constant.
    pub learned: bool,
}

impl ToyStart {
    /// The paper's two initialisations, one just inside the turning point, and the first with uniform attention.
    pub fn all() -> [Self; 4] {
        let start = |name, beta0, beta1, learned| Self { name, beta0, beta1, p: 0.5, learned };
        [
            start("β₀ = β₁ = 0", 0.0, 0.0, true),
            start("β₀ = 10, β₁ = −10", 10.0, -10.0, true),
            start("β₀ = 0.3, β₁ = −0.3", 0.3, -0.3, true),
            start("β₀ = β₁ = 0, attention uniform", 0.0, 0.0, false),
        ]
    }
}

/// The state at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ToyPoint {
    /// τ.
    pub time: f64,
    /// β of word 0, which is in both texts.
    pub beta0: f64,
    /// β of word 1, which is in the positive text only.
    pub beta1: f64,
    /// Attention on word 1 in the positive text.
    pub p: f64,
}

impl ToyPoint {
    /// L = p(β₀ − β₁).
    pub fn loss(&self) -> f64 {
        self.p * (self.beta0 - self.beta1)
    }
}

/// An initial condition and the flow from it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToyRun {
    /// The initial condition.
    pub start: ToyStart,
    /// The flow, evenly spaced in time.
    pub points: Vec<ToyPoint>,
}

impl ToyRun {
    /// The first time at which `holds`; `None` if it never does.
    pub fn first(&self, holds: impl Fn(&ToyPoint) -> bool) -> Option<f64> {
        self.points.iter().find(|point| holds(point)).map(|point| point.time)
    }
}

/// The error allowed in a step, relative to the largest of β₀, β₁ and p.
const TOLERANCE: f64 = 1e-10;

/// The shortest step, as a share of the time between two points.
const SHORTEST: f64 = 0.02;

/// Integrates the flow from `start` to time `end` and keeps `points` points after the first.
pub fn integrate_toy(start: ToyStart, end: f64, points: usize) -> ToyRun {
    let point = |time: f64, state: &[f64]| ToyPoint {
        time,
        beta0: state[0],
        beta1: state[1],
        // A step may pass a bound by a little.
        p: state[2].clamp(0.0, 1.0),
    };
    let state = vec![start.beta0, start.beta1, start.p];
    let mut kept = vec![point(0.0, &state)];
    let shortest = SHORTEST * end / points as f64;
    let accuracy = Accuracy { tolerance: TOLERANCE, shortest, controlled: 3 };
    let learned = start.learned;
    let mut flow = Integration::new(state, accuracy, |state: &[f64], into: &mut Vec<f64>| {
        into.clear();
        into.extend(slopes([state[0], state[1], state[2]], learned));
    });
    for index in 1..=points {
        let time = end * index as f64 / points as f64;
        flow.advance_to(time);
        kept.push(point(time, &flow.state));
    }
    drop(flow);
    ToyRun { start, points: kept }
}

/// dβ₀/dτ, dβ₁/dτ and dp/dτ. At a bound, p moves only inwards.
fn slopes([beta0, beta1, p]: [f64; 3], learned: bool) -> [f64; 3] {
    let inside = p.clamp(0.0, 1.0);
    let gap = beta1 - beta0;
    let leaves = (p >= 1.0 && gap > 0.0) || (p <= 0.0 && gap < 0.0);
    [-inside, inside, if learned && !leaves { gap } else { 0.0 }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flow_follows_its_closed_form_until_p_meets_a_bound() {
        for start in ToyStart::all().into_iter().filter(|start| start.learned) {
            let gap = start.beta1 - start.beta0;
            let (root, p0) = (2f64.sqrt(), start.p);
            let run = integrate_toy(start, 3.0, 3000);
            for point in &run.points {
                let tau = root * point.time;
                let p = p0 * tau.cosh() + gap / root * tau.sinh();
                if !(1e-9..1.0).contains(&p) {
                    break;
                }
                assert!((point.p - p).abs() < 1e-9, "{}: {point:?}, not {p}", run.start.name);
                let found = point.beta1 - point.beta0;
                assert!((found - gap * tau.cosh() - root * p0 * tau.sinh()).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn from_equal_betas_beta_splits_first_and_attention_follows() {
        let [equal, ..] = ToyStart::all();
        let run = integrate_toy(equal, 3.0, 3000);
        let early = run.points[50];
        assert!(early.beta1 - early.beta0 > 10.0 * (early.p - 0.5), "{early:?}");
        // p = 1 where cosh(√2 τ) = 2.
        let attended = run.first(|point| point.p >= 1.0).unwrap();
        assert!((attended - 2f64.acosh() / 2f64.sqrt()).abs() < 2e-3, "{attended}");
    }

    #[test]
    fn a_wrong_start_is_left_only_on_the_near_side_of_the_turning_point() {
        let [_, wrong, near, _] = ToyStart::all();
        let wrong = integrate_toy(wrong, 3.0, 3000);
        assert!(wrong.points[5].p < 0.5 && wrong.points.last().unwrap().p == 0.0);
        let near = integrate_toy(near, 3.0, 3000);
        assert!(near.points.iter().any(|point| point.p < 0.45) && near.points.last().unwrap().p == 1.0);
    }

    #[test]
    fn uniform_attention_reaches_the_same_loss_later_and_stays_uniform() {
        let [equal, _, _, uniform] = ToyStart::all();
        let [learned, uniform] = [equal, uniform].map(|start| integrate_toy(start, 6.0, 6000));
        let at = |run: &ToyRun| run.first(|point| point.loss() <= -2.0).unwrap();
        assert!(at(&learned) < at(&uniform));
        assert!(uniform.points.iter().all(|point| point.p == 0.5));
    }
}
