//! Work on memory, spread over threads.

/// Numbers below which threads cost more than they save.
const WORTH: usize = 1 << 20;

/// Numbers of an item, where it can be cut: enough that a thread is not handed on too often, few enough that threads end together.
pub(crate) const SHARE: usize = 1 << 18;

/// Calls `work` with each of `items` on up to `threads` threads, of which the caller's is one; `size` is how many numbers an item
/// has. The items must not depend on each other.
pub(crate) fn spread<T: Send>(
    threads: usize,
    items: Vec<T>,
    size: impl Fn(&T) -> usize,
    work: impl Fn(T) + Sync,
) {
    let total: usize = items.iter().map(&size).sum();
    if threads < 2 || total < WORTH {
        return items.into_iter().for_each(work);
    }
    let mut shares: Vec<Vec<T>> = (0..threads).map(|_| Vec::new()).collect();
    let mut done = 0;
    for item in items {
        // Where its middle falls.
        let place = (done + size(&item) / 2) * threads / total;
        done += size(&item);
        shares[place.min(threads - 1)].push(item);
    }
    let own = shares.swap_remove(0);
    std::thread::scope(|scope| {
        for share in shares {
            let work = &work;
            scope.spawn(move || share.into_iter().for_each(work));
        }
        own.into_iter().for_each(&work);
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_item_is_worked_on_once_whatever_the_sizes_and_threads() {
        for sizes in [vec![], vec![3], vec![WORTH, 1, 1, 0], vec![WORTH; 7], vec![1, 1, 4 * WORTH]] {
            for threads in 1..=4 {
                let worked: Vec<AtomicUsize> = sizes.iter().map(|_| AtomicUsize::new(0)).collect();
                spread(
                    threads,
                    (0..sizes.len()).collect(),
                    |&item| sizes[item],
                    |item| {
                        worked[item].fetch_add(1, Ordering::Relaxed);
                    },
                );
                assert!(worked.iter().all(|times| times.load(Ordering::Relaxed) == 1), "{sizes:?}");
            }
        }
    }
}
