//! Questions about many pictures, some at the same time, whose answers come in order.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use lorgnette_app::Cancel;

/// How many items each job may be ahead of the first answer that is missing: one slow picture should
/// not hold up the others, and what is ahead is lost when the program is killed.
const AHEAD_PER_JOB: usize = 4;

/// Which items are in hand.
#[derive(Default)]
struct Line {
    next: usize,
    n_taken: usize,
    is_over: bool,
}

/// The line, and who waits until it moves.
#[derive(Default)]
struct Shared {
    line: Mutex<Line>,
    moved: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Line)) {
        change(&mut self.lock());
        self.moved.notify_all();
    }

    /// The next item, when it is not too far ahead; `None` when there is none.
    fn next(&self, n_items: usize, most_ahead: usize) -> Option<usize> {
        let is_ahead = |line: &mut Line| !line.is_over && line.next >= line.n_taken + most_ahead;
        let mut line =
            self.moved.wait_while(self.lock(), is_ahead).unwrap_or_else(PoisonError::into_inner);
        let next = line.next;
        (!line.is_over && next < n_items).then(|| {
            line.next += 1;
            next
        })
    }
}

/// Lets everybody go, also when taking a result panics.
struct Over<'a>(&'a Shared, &'a Cancel);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        if !self.0.lock().is_over {
            self.1.cancel();
        }
        self.0.change(|line| line.is_over = true);
    }
}

/// Does `work` for each item on `n_jobs` threads, and hands its results to `take` in the order of the
/// items, on this thread. When `take` breaks or fails, work in hand is cancelled.
///
/// # Errors
/// That of `take`.
pub fn in_order<T: Sync, R: Send, E>(
    n_jobs: usize,
    items: &[T],
    cancel: &Cancel,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(usize, R) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    if n_jobs < 2 {
        for (i, item) in items.iter().enumerate() {
            if take(i, work(item))?.is_break() {
                break;
            }
        }
        return Ok(());
    }
    let (shared, work) = (Shared::default(), &work);
    std::thread::scope(|scope| {
        let over = Over(&shared, cancel);
        let (sender, results) = mpsc::channel();
        for _ in 0..n_jobs.min(items.len()) {
            let (sender, shared) = (sender.clone(), &shared);
            scope.spawn(move || {
                while let Some(i) = shared.next(items.len(), n_jobs * AHEAD_PER_JOB) {
                    if sender.send((i, work(&items[i]))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let (mut waiting, mut n_taken) = (BTreeMap::new(), 0);
        for (i, result) in results {
            waiting.insert(i, result);
            while let Some(result) = waiting.remove(&n_taken) {
                if take(n_taken, result)?.is_break() {
                    return Ok(());
                }
                n_taken += 1;
                shared.change(|line| line.n_taken = n_taken);
            }
        }
        shared.change(|line| line.is_over = true);
        drop(over);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn results_come_in_order_however_long_each_takes() {
        let items: Vec<usize> = (0..200).collect();
        for n_jobs in [1, 3, 8] {
            let mut taken = Vec::new();
            let work = |item: &usize| {
                for _ in 0..(item * 7919) % 50 {
                    std::thread::yield_now();
                }
                *item
            };
            let mut take = |i, result| {
                taken.push(result);
                assert_eq!(i + 1, taken.len());
                Ok::<_, ()>(ControlFlow::Continue(()))
            };
            in_order(n_jobs, &items, &Cancel::default(), work, &mut take).unwrap();
            assert_eq!(taken, items);
        }
    }

    #[test]
    fn as_many_are_in_hand_as_there_are_jobs() {
        // Four threads meet at each barrier, or nobody goes on.
        let barrier = Barrier::new(4);
        let items = [(); 32];
        let work = |(): &()| {
            barrier.wait();
        };
        let take = |_, ()| Ok::<_, ()>(ControlFlow::Continue(()));
        in_order(4, &items, &Cancel::default(), work, take).unwrap();
    }

    #[test]
    fn a_slow_one_holds_the_others_only_so_far() {
        let (cancel, n_others) = (Cancel::default(), AtomicUsize::new(0));
        let items: Vec<usize> = (0..1000).collect();
        let (go, wait) = mpsc::channel();
        let wait = Mutex::new(wait);
        let work = |item: &usize| {
            if *item == 0 {
                wait.lock().unwrap().recv().unwrap();
            } else if n_others.fetch_add(1, Ordering::SeqCst) + 2 == 2 * AHEAD_PER_JOB {
                // All that may be ahead is done.
                go.send(()).unwrap();
            }
            n_others.load(Ordering::SeqCst)
        };
        let mut of_first = 0;
        let take = |i, n| {
            if i == 0 {
                of_first = n;
            }
            Ok::<_, ()>(ControlFlow::Continue(()))
        };
        in_order(2, &items, &cancel, work, take).unwrap();
        assert_eq!((of_first, n_others.into_inner()), (2 * AHEAD_PER_JOB - 1, 999));
    }

    #[test]
    fn a_failure_stops_what_is_in_hand() {
        for n_jobs in [1, 4] {
            let cancel = Cancel::default();
            let items: Vec<usize> = (0..10_000).collect();
            let n_done = AtomicUsize::new(0);
            let work = |item: &usize| {
                n_done.fetch_add(1, Ordering::SeqCst);
                *item
            };
            let take = |i, _| if i == 5 { Err("failed") } else { Ok(ControlFlow::Continue(())) };
            assert_eq!(in_order(n_jobs, &items, &cancel, work, take), Err("failed"));
            assert!(n_done.into_inner() < 100);
            assert_eq!(cancel.is_cancelled(), n_jobs > 1);
        }
    }
}
