// SPDX-License-Identifier: MIT OR Apache-2.0
//! What tests of the worker need.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use stillmotion_engine::{
    fit::{self, Fit},
    generator::{Clip, Generator, GeneratorError},
    image::{
        FrameMut, Image, PixelFormat, PlaneMut,
        decode::{self, Limits},
    },
    request::{Controls, Request},
    worker::{ModelGenerator, ModelSettings, WorkerError, protocol::TrainWishes, train::Training},
};

/// The program under test.
pub fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_stillmotion-worker"))
}

pub fn photo(name: &str) -> Image {
    let path = format!("{}/../tests/fixtures/photos/{name}", env!("CARGO_MANIFEST_DIR"));
    decode::load(path.as_ref(), &Limits::default()).unwrap()
}

pub fn wishes() -> TrainWishes {
    TrainWishes {
        kind: Some("conv".to_owned()),
        steps: Some(2),
        batch_size: Some(2),
        ..TrainWishes::default()
    }
}

/// Trains in `folder` as wished, from one photo.
pub fn train(folder: &Path, wishes: &TrainWishes) -> Result<(), WorkerError> {
    let mut training = Training::open(folder, "cpu", wishes, || true)?.unwrap();
    training.add(&photo("coffee.jpg"))?;
    training.run(|_| true)
}

pub fn still() -> Arc<Image> {
    Arc::new(fit::fit(&photo("coffee.jpg"), 320, 180, Fit::Cover).unwrap())
}

pub fn open(model: &Path, seconds: f64, seed: u64) -> Result<Box<dyn Clip>, GeneratorError> {
    let mut request = Request::new(still());
    request.duration = Duration::from_secs_f64(seconds);
    request.seed = seed;
    let settings = ModelSettings { model: model.to_owned(), device: "cpu".to_owned() };
    ModelGenerator(settings).open(request)
}

/// Frame `index` as bytes.
pub fn frame(clip: &dyn Clip, index: u64) -> Result<Vec<u8>, GeneratorError> {
    let (width, height) = (clip.still().width(), clip.still().height());
    let stride = width as usize * 3;
    let mut bytes = vec![0; stride * height as usize];
    let planes = vec![PlaneMut { data: &mut bytes, stride }];
    let mut out = FrameMut::new(PixelFormat::Rgb, width, height, planes).unwrap();
    clip.frame(index, &Controls::default(), &mut out)?;
    Ok(bytes)
}

pub fn frames(clip: &dyn Clip) -> Vec<Vec<u8>> {
    (0..clip.frames()).map(|index| frame(clip, index).unwrap()).collect()
}

/// The workers that this process has started and that are alive.
pub fn workers() -> Vec<u32> {
    let own = std::process::id().to_string();
    let is_ours = |entry: &PathBuf| {
        let stat = fs::read_to_string(entry.join("stat")).ok()?;
        // pid (name) state parent
        let (head, tail) = stat.rsplit_once(')')?;
        let mut fields = tail.split_whitespace();
        let alive = fields.next()? != "Z";
        (alive && head.contains("stillmotion-wo") && fields.next()? == own).then_some(())
    };
    let entries = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let pid = |entry: PathBuf| entry.file_name()?.to_str()?.parse().ok();
    entries.filter(|entry| is_ours(entry).is_some()).filter_map(pid).collect()
}

pub fn signal(pid: u32, signal: &str) {
    std::process::Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
}

/// Waits until `what` holds.
#[track_caller]
pub fn within(limit: Duration, what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < limit, "it does not hold after {limit:?}");
        thread::sleep(Duration::from_millis(2));
    }
}
