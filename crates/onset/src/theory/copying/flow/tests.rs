use super::*;
use crate::batch::Examples;
use crate::task::copying::Frequencies;
use onset_engine::{Random, Stream};

fn task(vocabulary: usize, length: usize) -> CopyingTask {
    CopyingTask { vocabulary, length, ..CopyingTask::default() }
}

/// Gradient flow with κ = 1/(V − 1). If time has the unit V − 1, the equations have no factors of V.
fn flow(vocabulary: usize, length: usize) -> CopyingFlow {
    let attention_rate = 1.0 / (vocabulary as f64 - 1.0);
    CopyingFlow { attention_rate, ..CopyingFlow::new(&task(vocabulary, length)) }
}

/// The time at which it is learned, in units of V − 1.
fn learned(flow: &CopyingFlow, end: f64) -> Option<f64> {
    let unit = flow.vocabulary - 1.0;
    flow.learned_at(end * unit).map(|time| time / unit)
}

/// Every sequence of `length` distinct words out of `vocabulary`.
fn sequences(vocabulary: usize, length: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..length {
        let longer = |words: &Vec<usize>| {
            let (words, fresh) = (words.clone(), words.clone());
            let unused = (0..vocabulary).filter(move |word| !fresh.contains(word));
            unused.map(move |word| [&words[..], &[word]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Mean −ln p of the word at position 0 over all sequences, with scores Σ_l α_l·W[x_l] and the same attention logits
/// for every sequence.
fn loss(sequences: &[Vec<usize>], weights: &[Vec<f64>], logits: &[f64]) -> f64 {
    let sum: f64 = logits.iter().map(|a| a.exp()).sum();
    let mut total = 0.0;
    for words in sequences {
        let score = |o: usize| {
            words.iter().zip(logits).map(|(&word, a)| a.exp() / sum * weights[word][o]).sum::<f64>()
        };
        let normaliser = (0..weights.len()).map(|o| score(o).exp()).sum::<f64>().ln();
        total += normaliser - score(words[0]);
    }
    total / sequences.len() as f64
}

#[test]
fn the_slopes_are_those_of_the_whole_model() {
    for (vocabulary, length) in [(5, 3), (4, 4), (6, 2)] {
        let all = sequences(vocabulary, length);
        for state in [[0.0, 0.0], [0.7, 0.3], [2.0, -0.4], [4.0, 3.0]] {
            let moved = |(i, o, by): (usize, usize, f64), (place, more): (usize, f64)| {
                let mut weights = vec![vec![0.0; vocabulary]; vocabulary];
                (0..vocabulary).for_each(|word| weights[word][word] = state[0]);
                weights[i][o] += by;
                let mut logits = vec![0.0; length];
                logits[0] = state[1];
                logits[place] += more;
                loss(&all, &weights, &logits)
            };
            let h = 1e-5;
            let by_weight = |i, o| (moved((i, o, h), (0, 0.0)) - moved((i, o, -h), (0, 0.0))) / (2.0 * h);
            let by_logit = |l| (moved((0, 0, 0.0), (l, h)) - moved((0, 0, 0.0), (l, -h))) / (2.0 * h);
            let score_gap = by_weight(0, 1) - by_weight(0, 0);
            let others = length as f64 - 1.0;
            let logit_gap = others / length as f64 * (by_logit(1) - by_logit(0));
            let mut slopes = Slopes::default();
            CopyingFlow::new(&task(vocabulary, length)).slopes(&Phase::LEARNED, &state, &mut slopes);
            for (slope, expected) in slopes.slope.iter().zip([score_gap, logit_gap]) {
                assert!(
                    (slope - expected).abs() < 1e-8,
                    "{vocabulary} {length} {state:?}: {slope} {expected}"
                );
            }
        }
    }
}

/// The slopes averaged over sampled sources, for a model with a separate score for each word.
fn drawn_slopes(task: &CopyingTask, state: &[f64]) -> Vec<f64> {
    let (vocabulary, length, draws) = (task.vocabulary, task.length, 30_000);
    let mut pairs = Examples::default();
    task.without_noise().draw(&mut Random::at(5, Stream::Data, 0), draws, &mut pairs);
    let [right, other] = CopyingFlow::new(task).target();
    let attention = 1.0 / (1.0 + (length as f64 - 1.0) * (-state[vocabulary]).exp());
    let elsewhere = (1.0 - attention) / (length as f64 - 1.0);
    let mut sums = vec![0.0; vocabulary + 1];
    for row in 0..draws {
        let source = &pairs.source.row(row)[..length];
        let mut context = vec![0.0; vocabulary];
        for (place, &word) in source.iter().enumerate() {
            context[word as usize] += if place == 0 { attention } else { elsewhere };
        }
        let scores: Vec<f64> = context.iter().zip(state).map(|(c, w)| (c * w).exp()).collect();
        let all: f64 = scores.iter().sum();
        let residual =
            |word: usize| (if word == source[0] as usize { right } else { other }) - scores[word] / all;
        (0..vocabulary).for_each(|word| sums[word] += context[word] * residual(word));
        let advantage = |&word: &u32| state[word as usize] * residual(word as usize);
        let rest = source[1..].iter().map(advantage).sum::<f64>() / (length as f64 - 1.0);
        sums[vocabulary] += attention * (1.0 - attention) * (advantage(&source[0]) - rest);
    }
    let gap = vocabulary as f64 / (vocabulary as f64 - 1.0);
    let means = sums.iter().map(|sum| sum / draws as f64);
    means.enumerate().map(|(place, mean)| if place < vocabulary { mean * gap } else { mean }).collect()
}

#[test]
fn slopes_of_words_that_repeat_or_are_rare_are_those_of_drawn_sources() {
    let plain = CopyingTask { vocabulary: 20, length: 10, ..CopyingTask::default() };
    for changed in [
        CopyingTask { repetition: true, ..plain.clone() },
        CopyingTask { frequencies: Frequencies::Zipf, ..plain.clone() },
        CopyingTask { repetition: true, frequencies: Frequencies::Zipf, ..plain.clone() },
        CopyingTask { noise: 0.3, ..plain },
    ] {
        for (gap, logit_gap) in [(1.0, 0.5), (4.0, 2.0)] {
            let flow = CopyingFlow::new(&changed);
            let kinds = flow.words.len();
            let state = |words: usize| -> Vec<f64> {
                let gaps = (0..words).map(|word| gap * (1.0 + word as f64 / 20.0));
                gaps.chain([logit_gap]).collect()
            };
            let mut slopes = Slopes::default();
            flow.slopes(&Phase::LEARNED, &state(kinds), &mut slopes);
            let mut drawn = drawn_slopes(
                &changed,
                &if kinds == 1 { [vec![gap; 20], vec![logit_gap]].concat() } else { state(20) },
            );
            if kinds == 1 {
                drawn = vec![drawn[..20].iter().sum::<f64>() / 20.0, drawn[20]];
            }
            // Averaged normalisers and sampling noise give an error; frequent words matter most.
            let largest = drawn[..kinds].iter().fold(0.0f64, |a, x| a.max(x.abs()));
            for (place, (slope, drawn)) in slopes.slope.iter().zip(&drawn).enumerate() {
                let scale = if place == kinds { drawn.abs() } else { largest };
                assert!((slope - drawn).abs() < 0.06 * scale + 2e-5, "{changed:?} {place}: {slope} {drawn}");
            }
        }
    }
}

#[test]
fn more_words_are_learned_sooner_and_permutations_never() {
    // The values of a first numerical run, by vocabulary, for 40 words.
    for (vocabulary, expected) in [(41, 185.0), (42, 160.0), (44, 137.0), (48, 117.0), (60, 96.0), (80, 85.0)]
    {
        let time = learned(&flow(vocabulary, 40), 400.0).unwrap();
        assert!((time - expected).abs() < 1.6, "{vocabulary}: {time}");
    }
    assert_eq!(learned(&flow(40, 40), 4000.0), None);
}

#[test]
fn permutations_are_learned_after_a_time_that_grows_with_the_logarithm_of_the_bias() {
    let at = |bias: f64| learned(&flow(40, 40).starting_at([0.0, bias]), 2000.0).unwrap();
    let expected = 100.0f64.ln() / flow(40, 40).escape_rate() / 39.0;
    assert!((at(1e-4) - at(1e-2) - expected).abs() < 0.5, "{} {}", at(1e-4) - at(1e-2), expected);
    let knows = flow(40, 40).starting_at([1e-2, 0.0]);
    assert!((learned(&knows, 2000.0).unwrap() - at(1e-2)).abs() < 0.5, "w and a leave the saddle alike");
    assert!(knows.plateau(1e5).unwrap() < knows.learned_at(1e5).unwrap());
}

#[test]
fn a_bias_away_from_the_right_position_leads_to_copying_by_elimination() {
    let away = flow(40, 40).starting_at([0.0, -0.1]);
    assert_eq!(learned(&away, 2000.0), None);
    let points = away.integrate(10_000.0 * 39.0, 100);
    assert!(points.iter().all(|point| point.score_gap <= 0.0 && point.attention <= 1.0 / 40.0));
    let last = points.last().unwrap();
    assert!(last.attention < 1e-3 && last.probability > 0.6, "{last:?}");
    // With V > L the flow returns to the branch that attends.
    assert!(learned(&flow(60, 40).starting_at([0.0, -0.1]), 200.0).is_some());
}

#[test]
fn the_score_gap_grows_before_attention() {
    let flow = flow(60, 40).integrate(240.0 * 59.0, 240);
    assert_eq!((flow.len(), flow[0].attention), (241, 1.0 / 40.0));
    assert!((flow[0].probability - 1.0 / 60.0).abs() < 1e-12);
    let first = |holds: &dyn Fn(&CopyingPoint) -> bool| flow.iter().find(|point| holds(point)).unwrap().time;
    assert!(first(&|point| point.score_gap > 0.25) < first(&|point| point.attention > 0.05));
    let last = flow.last().unwrap();
    assert!(last.attention > 0.95 && last.probability > 0.95);
}

#[test]
fn adam_does_not_wait_for_a_small_covariance() {
    let learned =
        |vocabulary: usize, pace: Pace| CopyingFlow { pace, ..flow(vocabulary, 20) }.learned_at(1e5).unwrap();
    let adam = Pace::Adam { tokens: 1280.0, score_noise: 0.05, attention_noise: 0.05, momentum: 0.0 };
    let ratio = |pace| learned(21, pace) / 20.0 / (learned(30, pace) / 29.0);
    assert!(ratio(Pace::Gradient) > 1.4, "{}", ratio(Pace::Gradient));
    assert!(learned(21, adam) < 1.2 * learned(30, adam));
}

#[test]
fn momentum_delays_growth_and_leaves_steady_slopes_alone() {
    let at = |momentum: f64| {
        let pace = Pace::Adam { tokens: 5120.0, score_noise: 4.5, attention_noise: 0.4, momentum };
        CopyingFlow { pace, ..CopyingFlow::new(&task(40, 40)) }.starting_at([0.002, 0.01])
    };
    let learned = |momentum: f64| at(momentum).learned_at(400.0).unwrap();
    assert_eq!(learned(1e-3), learned(0.0));
    assert!((learned(0.06) / learned(0.0) - 1.0).abs() < 0.02, "{} {}", learned(0.06), learned(0.0));
    // Near the saddle the growth rate falls with √(1 + 4τλ): later with more momentum, but less than in proportion.
    let (short, long) = (learned(1.0) - learned(0.0), learned(4.0) - learned(0.0));
    assert!(short > 0.5 && long > short && long < 4.0 * short, "{short} {long}");
    // A constant slope is its own moving average from the first step on.
    let mut slopes = vec![0.3];
    average(&mut slopes, &[0.3 * 2.0 * (1.0 - (-1.5f64).exp())], 3.0, 2.0);
    assert!((slopes[0] - 0.3).abs() < 1e-12 && slopes.len() == 3, "{slopes:?}");
}

#[test]
fn heads_that_are_alike_are_one_head() {
    let points = |flow: CopyingFlow| flow.integrate(120.0 * 59.0, 20);
    let one = points(flow(60, 40).starting_at([0.01, 0.02]));
    // Each of two heads gets half of the gradient, so that the same curve takes twice the time.
    let two = flow(60, 40).with_heads(vec![[0.01, 0.02]; 2]).integrate(240.0 * 59.0, 20);
    for (one, two) in one.iter().zip(&two) {
        assert!((one.probability - two.probability).abs() < 2e-3, "{one:?} {two:?}");
    }
}

#[test]
fn one_head_that_starts_well_is_enough_and_wins() {
    let bad = vec![[-0.002, -0.01]; 8];
    let mut one_good = bad.clone();
    one_good[3] = [0.004, 0.02];
    let adam = Pace::Adam { tokens: 5120.0, score_noise: 4.5, attention_noise: 0.4, momentum: 0.0 };
    let of = |heads: Vec<[f64; 2]>| {
        CopyingFlow { pace: adam, ..CopyingFlow::new(&task(40, 40)) }.with_heads(heads)
    };
    let end = |flow: &CopyingFlow| flow.integrate(60.0, 60).pop().unwrap();
    let (all_bad, rescued) = (end(&of(bad)), end(&of(one_good)));
    assert!(all_bad.attention < 1.0 / 40.0 && rescued.attention > 0.9, "{all_bad:?} {rescued:?}");
    assert_eq!(rescued.head, 3);
    assert!(rescued.probability > all_bad.probability);
}

/// Adam on a task that is learned easily.
fn adam() -> CopyingFlow {
    let pace = Pace::Adam { tokens: 640.0, score_noise: 5.0, attention_noise: 0.4, momentum: 0.5 };
    CopyingFlow { pace, ..CopyingFlow::new(&task(15, 10)) }
}

#[test]
fn a_phase_that_changes_nothing_leaves_the_flow_as_it_is() {
    for flow in [adam(), CopyingFlow::new(&task(15, 10))] {
        let plain = flow.learned_at(1e4).unwrap();
        let same = flow.clone().in_phases(&[Phase { from: plain / 3.0, ..Phase::LEARNED }]);
        let learned = same.learned_at(1e4).unwrap();
        assert!((learned / plain - 1.0).abs() < 0.01, "{learned} {plain}");
        for (a, b) in flow.integrate(plain, 20).iter().zip(same.integrate(plain, 20)) {
            assert!((a.probability - b.probability).abs() < 1e-3, "{a:?} {b:?}");
        }
        assert_eq!(same.integrate(plain, 20).len(), 21);
    }
}

#[test]
fn knowledge_grows_under_uniform_attention_and_attention_only_after_it_is_released() {
    let plain = adam().learned_at(1e3).unwrap();
    let uniform = Phase { attention: AttentionMode::Uniform, ..Phase::LEARNED };
    let released = |from: f64| adam().in_phases(&[uniform, Phase { from, ..Phase::LEARNED }]);
    let at_release = released(plain).integrate(plain, 4)[3];
    assert!((at_release.attention - 0.1).abs() < 1e-9 && at_release.logit_gap == 0.0);
    assert!(at_release.score_gap > 0.3, "{at_release:?}");
    let delays =
        [0.5, 1.0, 2.0].map(|share| released(share * plain).learned_at(1e3).unwrap() - share * plain);
    assert!(delays[0] < plain && delays[1] < delays[0] && delays[2] <= delays[1], "{delays:?} {plain}");
}

#[test]
fn attention_does_not_come_without_knowledge_and_clamped_attention_saves_its_time() {
    let frozen = Phase { scores_frozen: true, ..Phase::LEARNED };
    let last = *adam().in_phases(&[frozen]).integrate(100.0, 10).last().unwrap();
    assert!(last.score_gap == 0.0 && last.logit_gap.abs() < 1e-9, "{last:?}");
    let plain = adam().learned_at(1e3).unwrap();
    let clamped = Phase { attention: AttentionMode::Clamped, ..Phase::LEARNED };
    let flow = adam().in_phases(&[clamped, Phase { from: plain / 4.0, ..Phase::LEARNED }]);
    let (learned, at) = flow.until_learned_from(plain / 4.0, 1e3);
    assert!(learned && at.time < plain && at.time > plain / 4.0, "{at:?} {plain}");
}
