//! Several jobs at a time.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Runs the jobs on this many threads. Returns the results in the order of the jobs.
///
/// `tell` is called for each result, with the number of jobs that are done, in the order in which they
/// end. It need not be thread-safe.
pub fn parallel<J: Sync, R: Send>(
    jobs: &[J],
    threads: NonZeroUsize,
    run: impl Fn(&J) -> R + Sync,
    tell: impl Fn(&J, &R, usize) + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.get().min(jobs.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { return };
                    let result = run(job);
                    // If the hook panics, the results stay valid.
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    tell(job, &result, results.len() + 1);
                    results.push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_order_of_the_jobs() {
        let told = Mutex::new(Vec::new());
        let threads = NonZeroUsize::MIN.saturating_add(3);
        let jobs: Vec<u32> = (0..50).collect();
        let results = parallel(
            &jobs,
            threads,
            |job| job * 2,
            |job, result, done| told.lock().expect("no panic").push((*job, *result, done)),
        );
        assert_eq!(results, jobs.iter().map(|job| job * 2).collect::<Vec<_>>());
        let mut told = told.into_inner().expect("no panic");
        assert!(told.iter().map(|(.., done)| *done).eq(1..=50));
        told.sort_unstable();
        assert!(told.iter().all(|(job, result, _)| *result == job * 2));
    }
}
