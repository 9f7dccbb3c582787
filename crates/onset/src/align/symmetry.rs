//! One alignment of two directions.

use serde::Serialize;

use super::{Link, Links};

/// How the links of two directions become one alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Joining {
    /// Links that both have.
    Intersection,
    /// Links that one of them has.
    Union,
    /// The intersection, grown by neighbouring links of the union, then by links between words that have none yet (grow-diag-final-and;
    /// Koehn, Och and Marcu 2003).
    Grow,
}

/// Joins the links of one pair: `forward`, and `backward` with its words in the same order (source, target).
pub fn join(forward: &Links, backward: &Links, how: Joining) -> Links {
    match how {
        Joining::Intersection => forward & backward,
        Joining::Union => forward | backward,
        Joining::Grow => grow(forward, backward),
    }
}

/// The neighbours of a link, beside it before diagonal.
const AROUND: [(i64, i64); 8] = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)];

fn grow(forward: &Links, backward: &Links) -> Links {
    let (mut links, all) = (forward & backward, forward | backward);
    let has_source = |links: &Links, source: u32| links.iter().any(|link| link.0 == source);
    let has_target = |links: &Links, target: u32| links.iter().any(|link| link.1 == target);
    loop {
        let before = links.len();
        for (source, target) in links.clone() {
            for (right, down) in AROUND {
                let near: Option<Link> = u32::try_from(i64::from(source) + right)
                    .ok()
                    .zip(u32::try_from(i64::from(target) + down).ok());
                let Some(near) = near.filter(|near| all.contains(near) && !links.contains(near)) else {
                    continue;
                };
                if !has_source(&links, near.0) || !has_target(&links, near.1) {
                    links.insert(near);
                }
            }
        }
        if links.len() == before {
            break;
        }
    }
    for side in [forward, backward] {
        for link in side {
            if !has_source(&links, link.0) && !has_target(&links, link.1) {
                links.insert(*link);
            }
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn links() -> impl Strategy<Value = Links> {
        proptest::collection::btree_set((0u32..6, 0u32..6), 0..12)
    }

    proptest! {
        #[test]
        fn growing_stays_between_intersection_and_union(a in links(), b in links()) {
            let [least, grown, most] =
                [Joining::Intersection, Joining::Grow, Joining::Union].map(|how| join(&a, &b, how));
            prop_assert!(least.is_subset(&grown) && grown.is_subset(&most));
        }
    }

    #[test]
    fn a_neighbour_of_a_sure_link_is_taken_and_a_far_one_only_between_free_words() {
        let forward: Links = [(0, 0), (1, 1), (5, 5), (0, 4)].into();
        let backward: Links = [(0, 0), (0, 1)].into();
        // (0, 1) and (1, 1) are neighbours with a free word, (5, 5) is between free words, (0, 4) is not.
        assert_eq!(join(&forward, &backward, Joining::Grow), [(0, 0), (0, 1), (1, 1), (5, 5)].into());
    }
}
