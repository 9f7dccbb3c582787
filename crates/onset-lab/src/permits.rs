//! Work that takes a processor, a few at a time.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// A number of works that may run at the same time.
#[derive(Debug, Clone)]
pub struct Permits(Arc<Semaphore>);

impl Permits {
    /// At most `count` at a time.
    pub fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// Runs `work` in a thread that may block, when it is its turn; `None` if it panics. Work that has begun counts until
    /// it ends, also if nobody waits for it any more; work that has not begun is then not begun.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let permit = Arc::clone(&self.0).acquire_owned().await.ok()?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, channel};
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn work_whose_client_has_gone_still_counts() {
        let permits = Permits::new(2);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (release, waiting) = channel::<()>();
        let waiting: Arc<Mutex<Receiver<()>>> = Arc::new(Mutex::new(waiting));
        let begin = || {
            let (permits, now, most, waiting) =
                (permits.clone(), Arc::clone(&now), Arc::clone(&most), Arc::clone(&waiting));
            tokio::spawn(async move {
                permits
                    .run(move || {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        // An error means that the test is over.
                        let _ = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        now.fetch_sub(1, Ordering::SeqCst);
                    })
                    .await
            })
        };
        // Each is dropped while it waits or works, as a request is that the browser aborts.
        for _ in 0..16 {
            let request = begin();
            tokio::time::sleep(Duration::from_millis(5)).await;
            request.abort();
            let _ = request.await;
        }
        let until = async |count: usize| {
            while now.load(Ordering::SeqCst) != count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        until(2).await;
        // When those have ended, others begin.
        drop(release);
        begin().await.unwrap().unwrap();
        until(0).await;
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }
}
