//! The toy classifier (authors' blog; paper.md, "Toy classifier"): two texts, {0,0} negative and {0,1}
//! positive, with scores s₀ = β₀ and s₁ = (1−p)β₀ + pβ₁, where p is the attention on word 1.
//!
//! L = s₀ − s₁ = p(β₀ − β₁). Gradient flow: dβ₀/dτ = −p, dβ₁/dτ = p, dp/dτ = β₁ − β₀, p kept in [0, 1]. With
//! the gap g = β₁ − β₀, p″ = 2p: until p meets a bound, p = p₀·cosh(√2 τ) + g₀/√2·sinh(√2 τ). So attention
//! that starts the wrong way (g₀ < 0) turns back only if g₀ > −√2·p₀; else p reaches 0, where nothing is
//! attended, nothing is learned, and the flow stands still.

use serde::Serialize;

/// Where the flow starts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToyStart {
    /// What figures call it.
    pub name: &'static str,
    /// β₀ at time 0.
    pub beta0: f64,
    /// β₁ at time 0.
    pub beta1: f64,
    /// p at time 0.
    pub p: f64,
    /// Whether p follows its gradient, or stays.
    pub learned: bool,
}

impl ToyStart {
    /// The paper's two initialisations, the same with attention held uniform, and one on the near side of the
    /// turning point.
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
    /// β of the word in both texts.
    pub beta0: f64,
    /// β of the word in the positive text alone.
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

/// A start and the flow from there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToyRun {
    /// Where it starts.
    pub start: ToyStart,
    /// The flow, evenly spaced in time.
    pub points: Vec<ToyPoint>,
}

impl ToyRun {
    /// The first time at which `holds`; none if it never does.
    pub fn first(&self, holds: impl Fn(&ToyPoint) -> bool) -> Option<f64> {
        self.points.iter().find(|point| holds(point)).map(|point| point.time)
    }
}

/// Steps of the integration between two points that are kept.
const FINE: usize = 20;

/// Integrates the flow from `start` up to time `end` by the classical Runge-Kutta method and keeps `points`
/// points after the first.
pub fn integrate_toy(start: ToyStart, end: f64, points: usize) -> ToyRun {
    let step = end / (points * FINE) as f64;
    let mut state = [start.beta0, start.beta1, start.p];
    let point = |index: usize, [beta0, beta1, p]: [f64; 3]| ToyPoint {
        time: end * index as f64 / points as f64,
        beta0,
        beta1,
        p,
    };
    let mut kept = vec![point(0, state)];
    for index in 1..=points {
        for _ in 0..FINE {
            state = runge_kutta(state, step, |state| slope(state, start.learned));
            state[2] = state[2].clamp(0.0, 1.0);
        }
        kept.push(point(index, state));
    }
    ToyRun { start, points: kept }
}

fn slope([beta0, beta1, p]: [f64; 3], learned: bool) -> [f64; 3] {
    // Inside a step p may pass a bound by a little; it counts as at the bound.
    let p = p.clamp(0.0, 1.0);
    [-p, p, if learned { beta1 - beta0 } else { 0.0 }]
}

fn runge_kutta(y: [f64; 3], h: f64, f: impl Fn([f64; 3]) -> [f64; 3]) -> [f64; 3] {
    let moved = |k: [f64; 3], by: f64| std::array::from_fn(|i| y[i] + by * k[i]);
    let k1 = f(y);
    let k2 = f(moved(k1, h / 2.0));
    let k3 = f(moved(k2, h / 2.0));
    let k4 = f(moved(k3, h));
    std::array::from_fn(|i| y[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]))
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
