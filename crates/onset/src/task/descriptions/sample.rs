//! Training examples: data sets with equal chances, descriptions of a set with equal chances, Yes or No with equal chances, and no text
//! twice with one description before all have been used (Zhong et al. 2021, §3).

use onset_engine::{Random, Stream};

use super::pools::{Pools, mixed, permuted};

/// What is drawn from: sets, each with its descriptions.
#[derive(Debug)]
pub(super) struct Urn {
    /// The descriptions of each set, by number, and the label of each.
    pub sets: Vec<UrnSet>,
    /// How many descriptions there are in all.
    pub descriptions: usize,
}

/// A set to draw from.
#[derive(Debug)]
pub(super) struct UrnSet {
    /// Its number in the task.
    pub set: usize,
    /// Number and label of each of its descriptions.
    pub descriptions: Vec<(usize, usize)>,
    pub pools: Pools,
}

/// One training example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Drawn {
    pub set: usize,
    pub description: usize,
    pub text: u32,
    pub holds: bool,
}

/// How often each description has been drawn with either answer; kept from step to step, and counted again from the first example
/// where another step is asked for.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    seed: u64,
    /// Examples that have been counted.
    drawn: u64,
    /// By description, No and Yes.
    counts: Vec<[u32; 2]>,
}

/// Places in the data stream beyond all numbers of examples, for keys of orders.
const ORDERS: u64 = 1 << 63;

impl Urn {
    /// Calls `each` for `count` examples from number `first` on.
    pub fn draw(&self, seed: u64, first: u64, count: u64, uses: &mut Uses, each: &mut dyn FnMut(Drawn)) {
        let goes_on = uses.seed == seed && uses.drawn <= first && uses.counts.len() == self.descriptions;
        if !goes_on {
            *uses = Uses { seed, drawn: 0, counts: vec![[0; 2]; self.descriptions] };
        }
        for number in uses.drawn..first + count {
            let drawn = self.one(seed, number, &mut uses.counts);
            if number >= first {
                each(drawn);
            }
        }
        uses.drawn = first + count;
    }

    fn one(&self, seed: u64, number: u64, counts: &mut [[u32; 2]]) -> Drawn {
        let mut random = Random::at(seed, Stream::Data, number);
        let own = &self.sets[random.below(self.sets.len() as u32) as usize];
        let (description, label) = own.descriptions[random.below(own.descriptions.len() as u32) as usize];
        let holds = random.below(2) == 1;
        let uses = &mut counts[description][usize::from(holds)];
        let texts = own.pools.count(label, holds);
        let (round, place) = (*uses as usize / texts, *uses as usize % texts);
        *uses += 1;
        let order = [description as u64, u64::from(holds), round as u64]
            .into_iter()
            .fold(0, |key, part| mixed(key ^ part));
        let key = mixed(ORDERS ^ order ^ mixed(seed));
        Drawn {
            set: own.set,
            description,
            text: own.pools.at(label, holds, permuted(place, texts, key)),
            holds,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn urn() -> Urn {
        let labels: Vec<u32> = (0..90).map(|text| [0, 0, 1, 2][text % 4]).collect();
        let set = |set, descriptions: &[(usize, usize)], labels: &[u32], count| UrnSet {
            set,
            descriptions: descriptions.to_vec(),
            pools: Pools::new(labels, count),
        };
        let first = set(0, &[(0, 0), (1, 1), (2, 1), (3, 2)], &labels, 3);
        Urn {
            sets: vec![
                first,
                set(1, &[(4, 0), (5, 1)], &labels[..40].iter().map(|&l| l.min(1)).collect::<Vec<_>>(), 2),
            ],
            descriptions: 6,
        }
    }

    fn drawn(urn: &Urn, first: u64, count: u64, uses: &mut Uses) -> Vec<Drawn> {
        let mut all = Vec::new();
        urn.draw(7, first, count, uses, &mut |drawn| all.push(drawn));
        all
    }

    #[test]
    fn sets_descriptions_and_answers_have_equal_chances() {
        let urn = urn();
        let all = drawn(&urn, 0, 40_000, &mut Uses::default());
        let share =
            |is: &dyn Fn(&Drawn) -> bool| all.iter().filter(|each| is(each)).count() as f64 / 40_000.0;
        for (found, expected) in [
            (share(&|each| each.set == 0), 0.5),
            (share(&|each| each.holds), 0.5),
            (share(&|each| each.description == 1), 0.125),
            (share(&|each| each.description == 4), 0.25),
            (share(&|each| each.description == 3 && each.holds), 0.0625),
        ] {
            assert!((found - expected).abs() < 0.01, "{found} instead of {expected}");
        }
    }

    #[test]
    fn no_text_comes_twice_with_a_description_before_all_have_come() {
        let urn = urn();
        let mut uses: HashMap<(usize, bool, u32), usize> = HashMap::new();
        let mut of_pool: HashMap<(usize, bool), usize> = HashMap::new();
        for each in drawn(&urn, 0, 3_000, &mut Uses::default()) {
            let own = uses.entry((each.description, each.holds, each.text)).or_default();
            *own += 1;
            let all = of_pool.entry((each.description, each.holds)).or_default();
            *all += 1;
            let set = &urn.sets[each.set];
            let label = set.descriptions.iter().find(|(number, _)| *number == each.description).unwrap().1;
            assert_eq!(*own, (*all - 1) / set.pools.count(label, each.holds) + 1);
        }
    }

    #[test]
    fn any_step_draws_the_same_as_all_steps_before_it_and_then_it() {
        let urn = urn();
        let all = drawn(&urn, 0, 120, &mut Uses::default());
        let mut uses = Uses::default();
        for first in [96u64, 0, 24, 24, 48] {
            assert_eq!(drawn(&urn, first, 24, &mut uses), all[first as usize..][..24]);
        }
    }
}
