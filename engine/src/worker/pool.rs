// SPDX-License-Identifier: MIT OR Apache-2.0
//! The workers of this process: one for each model and device, shared by all who use it, and gone
//! some time after the last one did.
//!
//! A worker carries out one order at a time, so whoever wants it while it is busy waits.
//! Lock order: `WATCHING`, `SLOTS`, a slot. None is held while a worker starts, works or ends.

use std::{
    collections::HashMap,
    env,
    path::PathBuf,
    sync::{Arc, LazyLock},
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use super::{
    process::{Worker, WorkerError},
    protocol::Precision,
};

/// How long an idle worker is kept, unless `STILLMOTION_WORKER_IDLE` says another number of
/// seconds.
const IDLE: Duration = Duration::from_secs(60);

/// What a worker has loaded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The folder of the model.
    pub model: PathBuf,
    /// The device it runs on.
    pub device: String,
    /// What it computes with.
    pub precision: Precision,
}

#[derive(Default)]
struct Slot {
    state: Mutex<SlotState>,
    free: Condvar,
}

#[derive(Default)]
struct SlotState {
    busy: bool,
    idle: Option<(Worker, Instant)>,
}

static SLOTS: LazyLock<Mutex<HashMap<Key, Arc<Slot>>>> = LazyLock::new(Mutex::default);

/// The right to use a worker. It goes back when this is dropped.
pub struct Lease {
    slot: Arc<Slot>,
    worker: Option<Worker>,
    reused: bool,
}

/// Waits at most `patience` for the worker of `key` to be free; `None` where it was not.
#[must_use]
pub fn lease(key: &Key, patience: Duration) -> Option<Lease> {
    let slot = Arc::clone(SLOTS.lock().entry(key.clone()).or_default());
    let mut state = slot.state.lock();
    if state.busy {
        slot.free.wait_for(&mut state, patience);
    }
    if state.busy {
        return None;
    }
    state.busy = true;
    let worker = state.idle.take().map(|(worker, _)| worker);
    drop(state);
    // Who ended while nobody looked is no loss.
    let worker = worker.and_then(Worker::if_alive);
    Some(Lease { slot, reused: worker.is_some(), worker })
}

impl Lease {
    /// The worker, started if there is none; `None` where `go_on` says no before it is there.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub fn start(
        &mut self,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<&mut Worker>, WorkerError> {
        if self.worker.is_none() {
            self.worker = Worker::start(go_on)?;
        }
        Ok(self.worker.as_mut())
    }

    /// The worker, if there is one.
    pub fn worker(&mut self) -> Option<&mut Worker> {
        self.worker.as_mut()
    }

    /// Whether the worker was there before.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        self.reused
    }

    /// Ends the worker: it is dead, stuck, or in the middle of something.
    pub fn discard(&mut self) {
        self.worker = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.slot.state.lock();
        state.busy = false;
        state.idle = self.worker.take().map(|worker| (worker, Instant::now()));
        let watch = state.idle.is_some();
        drop(state);
        self.slot.free.notify_one();
        if watch {
            watch_idle();
        }
    }
}

fn idle_limit() -> Duration {
    let seconds = env::var("STILLMOTION_WORKER_IDLE").ok().and_then(|text| text.parse().ok());
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(IDLE)
}

/// Sees to it that idle workers end. One thread does, as long as there are some.
fn watch_idle() {
    // Held while it is found out whether any worker is left, so that none is overlooked.
    static WATCHING: Mutex<bool> = Mutex::new(false);
    let mut watching = WATCHING.lock();
    if *watching {
        return;
    }
    let watch = || {
        loop {
            let mut watching = WATCHING.lock();
            let (over, next) = take_expired(idle_limit());
            *watching = next.is_some();
            drop(watching);
            // Waits for their end.
            drop(over);
            match next {
                Some(next) => thread::sleep(next.max(Duration::from_millis(10))),
                None => return,
            }
        }
    };
    *watching = thread::Builder::new().name("worker-idle".to_owned()).spawn(watch).is_ok();
}

/// The workers that were idle for `limit`, and the time until the next one has to end. Busy ones
/// count as if they had become idle just now.
fn take_expired(limit: Duration) -> (Vec<Worker>, Option<Duration>) {
    let mut over = Vec::new();
    let mut next: Option<Duration> = None;
    SLOTS.lock().retain(|_, slot| {
        let mut state = slot.state.lock();
        let left = match &state.idle {
            Some((_, since)) => limit.saturating_sub(since.elapsed()),
            None => limit,
        };
        if left.is_zero() {
            over.extend(state.idle.take().map(|(worker, _)| worker));
        }
        let kept = state.busy || state.idle.is_some();
        if kept {
            next = Some(next.map_or(left, |next| next.min(left)));
        }
        kept || Arc::strong_count(slot) > 1
    });
    (over, next)
}
