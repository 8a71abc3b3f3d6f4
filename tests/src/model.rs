// SPDX-License-Identifier: MIT OR Apache-2.0
//! A worker and a small model for tests.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

use stillmotion_engine::{
    image::{
        Image,
        decode::{self, Limits},
    },
    worker::{self, WorkerError, protocol::TrainWishes, train::Training},
};
use tempfile::TempDir;

use crate::{launch, photos};

/// The program of the worker, built as this test was built, and found by this process.
///
/// # Panics
/// When it does not build, which `make libtorch` makes possible.
pub fn worker() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let folder = launch::build(&["stillmotion-models"]);
        worker::look_in(&folder);
        folder.join("stillmotion-worker")
    })
}

/// Wishes for a network that is trained in a blink and knows nearly nothing.
#[must_use]
pub fn wishes() -> TrainWishes {
    TrainWishes { steps: Some(2), batch_size: Some(2), ..TrainWishes::default() }
}

/// A photo.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn photo() -> Image {
    let path = photos::fixture("photos/coffee.jpg");
    decode::load(&path, &Limits::default()).expect("a photo")
}

/// Trains in `folder` from one photo.
///
/// # Errors
/// What the worker says.
///
/// # Panics
/// When there is no photo.
pub fn train(folder: &Path, wishes: &TrainWishes) -> Result<(), WorkerError> {
    let mut training = Training::open(folder, "cpu", wishes, || true)?.expect("nobody said no");
    training.add(&photo())?;
    training.run(|_| true)
}

/// A checkpoint, the same one for all tests of this process.
///
/// # Panics
/// When it cannot be made.
pub fn checkpoint() -> &'static str {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        worker();
        let folder = tempfile::tempdir().expect("a folder");
        train(folder.path(), &wishes()).expect("it trains");
        folder
    });
    folder.path().to_str().expect("UTF-8")
}

/// Lets one test at a time run: those that look for the workers of this process.
/// The worker is built and found.
///
/// # Panics
/// As [`worker()`].
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    worker();
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The workers of the process `parent` that are alive.
///
/// # Panics
/// Where there is no /proc.
#[must_use]
pub fn workers_of(parent: u32) -> Vec<u32> {
    let parent = parent.to_string();
    let is_theirs = |entry: &PathBuf| {
        let stat = fs::read_to_string(entry.join("stat")).ok()?;
        // pid (name) state parent
        let (head, tail) = stat.rsplit_once(')')?;
        let mut fields = tail.split_whitespace();
        let alive = fields.next()? != "Z";
        (alive && head.contains("stillmotion-wo") && fields.next()? == parent).then_some(())
    };
    let entries = fs::read_dir("/proc").expect("Linux").filter_map(Result::ok);
    let entries = entries.map(|entry| entry.path()).filter(|entry| is_theirs(entry).is_some());
    entries.filter_map(|entry| entry.file_name()?.to_str()?.parse().ok()).collect()
}

/// The workers of this process that are alive.
#[must_use]
pub fn workers() -> Vec<u32> {
    workers_of(std::process::id())
}

/// Sends a signal such as `-KILL`.
///
/// # Panics
/// Where there is no `kill`.
pub fn signal(pid: u32, signal: &str) {
    Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill");
}

/// As [`signal`], to every process of a group.
///
/// # Panics
/// Where there is no `kill`.
pub fn signal_group(group: u32, signal: &str) {
    Command::new("kill").args([signal, "--", &format!("-{group}")]).status().expect("kill");
}

/// Ends the workers of this process.
///
/// # Panics
/// When one does not end.
pub fn end_workers() {
    for pid in workers() {
        signal(pid, "-KILL");
    }
    within(Duration::from_secs(5), || workers().is_empty());
}

/// Waits until `what` holds.
///
/// # Panics
/// When it does not within `limit`.
#[track_caller]
pub fn within(limit: Duration, what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < limit, "it does not hold after {limit:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A tiny model with random weights, `wan/tiny-t2v` say.
#[must_use]
pub fn tiny(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tests/fixtures").join(name)
}

/// A copy of a tiny model that can be broken.
///
/// # Panics
/// When it cannot be copied.
#[must_use]
pub fn copy(name: &str) -> TempDir {
    fn all(from: &Path, to: &Path) -> io::Result<()> {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let to = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                fs::create_dir(&to)?;
                all(&entry.path(), &to)?;
            } else {
                fs::copy(entry.path(), to)?;
            }
        }
        Ok(())
    }
    let copied = tempfile::tempdir().and_then(|to| all(&tiny(name), to.path()).map(|()| to));
    copied.expect("a tiny model can be copied")
}
