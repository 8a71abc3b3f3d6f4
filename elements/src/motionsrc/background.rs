// SPDX-License-Identifier: MIT OR Apache-2.0
//! Work on a thread of its own, so that whoever waits for it can be called away.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Instant,
};

use parking_lot::{Condvar, Mutex};

/// Wakes those who wait for work, so that they look whether they are still to wait.
#[derive(Default)]
pub struct Bell {
    lock: Mutex<()>,
    rings: Condvar,
}

impl Bell {
    /// Wakes all who wait.
    pub fn ring(&self) {
        // Who is about to wait has looked before this lock was had, or will look after it.
        drop(self.lock.lock());
        self.rings.notify_all();
    }
}

/// Work that goes on, or its result.
pub struct Work<T>(Arc<Mutex<Option<thread::Result<T>>>>);

impl<T: Send + 'static> Work<T> {
    /// Starts `work`. Nobody has to wait for it: it ends by itself, and its result is dropped.
    pub fn start(bell: &Arc<Bell>, work: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let done = Arc::new(Mutex::new(None));
        let (result, bell) = (Arc::clone(&done), Arc::clone(bell));
        thread::Builder::new().name("stillmotion-read".to_owned()).spawn(move || {
            // A panic here must not leave anybody waiting.
            let outcome = catch_unwind(AssertUnwindSafe(work));
            *result.lock() = Some(outcome);
            bell.ring();
        })?;
        Ok(Self(done))
    }

    /// Waits for the result, which is given once; `None` when it is `away` after `bell` rang, and
    /// behind the `deadline`.
    pub fn wait(
        &self,
        bell: &Bell,
        away: impl Fn() -> bool,
        deadline: Option<Instant>,
    ) -> Option<thread::Result<T>> {
        let mut guard = bell.lock.lock();
        loop {
            if let Some(result) = self.0.lock().take() {
                return Some(result);
            }
            if away() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return None;
            }
            match deadline {
                Some(deadline) => _ = bell.rings.wait_until(&mut guard, deadline),
                None => bell.rings.wait(&mut guard),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_result_is_waited_for_and_a_panic_is_one() {
        let bell = Arc::<Bell>::default();
        let work = Work::start(&bell, || 7).unwrap();
        assert_eq!(work.wait(&bell, || false, None).unwrap().unwrap(), 7);
        let work = Work::start(&bell, || panic!("on purpose")).unwrap();
        assert!(work.wait(&bell, || false, None).unwrap().is_err());
    }

    #[test]
    fn who_is_called_away_may_come_back() {
        let bell = Arc::<Bell>::default();
        let (go, wait) = mpsc::channel::<()>();
        let work = Work::start(&bell, move || wait.recv()).unwrap();
        assert!(work.wait(&bell, || true, None).is_none());
        assert!(work.wait(&bell, || false, Some(Instant::now())).is_none());
        go.send(()).unwrap();
        assert!(work.wait(&bell, || false, None).unwrap().is_ok());
    }
}
