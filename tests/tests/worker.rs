// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips and trainings that come from a worker, and what happens when it is killed, stuck or in
//! the wrong hands.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    fs,
    io::{Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use stillmotion_engine::{
    fit::{self, Fit},
    generator::{Clip, Generator, GeneratorError},
    image::{FrameMut, Image, PixelFormat, PlaneMut},
    request::{Controls, Request},
    worker::{
        FirstFrame, ModelGenerator, ModelSettings, WorkerError,
        clip::picture,
        protocol::{Fault, Phase, Precision, SamplingWishes, TrainWishes},
        train::{News, Training},
    },
};
use stillmotion_tests::model::{
    alone, end_workers, photo, signal, train, wishes, within, worker, workers,
};

fn still() -> Arc<Image> {
    Arc::new(fit::fit(&photo(), 320, 180, Fit::Cover).unwrap())
}

fn open(model: &Path, seconds: f64, seed: u64) -> Result<Box<dyn Clip>, GeneratorError> {
    let mut request = Request::new(still());
    request.duration = Duration::from_secs_f64(seconds);
    request.seed = seed;
    let settings = ModelSettings {
        model: model.to_owned(),
        device: "cpu".to_owned(),
        precision: Precision::Auto,
        sampling: SamplingWishes::default(),
        first_frame: FirstFrame::Input,
    };
    ModelGenerator(settings).open(request)
}

/// Frame `index` as bytes.
fn frame(clip: &dyn Clip, index: u64) -> Result<Vec<u8>, GeneratorError> {
    let (width, height) = (clip.still().width(), clip.still().height());
    let stride = width as usize * 3;
    let mut bytes = vec![0; stride * height as usize];
    let planes = vec![PlaneMut { data: &mut bytes, stride }];
    let mut out = FrameMut::new(PixelFormat::Rgb, width, height, planes).unwrap();
    clip.frame(index, &Controls::default(), &mut out)?;
    Ok(bytes)
}

fn frames(clip: &dyn Clip) -> Vec<Vec<u8>> {
    (0..clip.frames()).map(|index| frame(clip, index).unwrap()).collect()
}

#[test]
fn a_clip_starts_with_the_still_and_is_always_the_same() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &wishes()).unwrap();
    let clip = open(folder.path(), 0.5, 3).unwrap();
    let first = frames(&*clip);
    assert_eq!(first.len(), 12);
    assert_eq!(first[0], still().planes()[0].data);
    assert_ne!(first[11], first[0]);
    assert_eq!(frames(&*open(folder.path(), 0.5, 3).unwrap()), first);
    assert_ne!(frames(&*open(folder.path(), 0.5, 4).unwrap())[11], first[11]);
    // A frame behind the end is the last one, and the order does not matter.
    assert_eq!(frame(&*clip, 99).unwrap(), first[11]);
    assert_eq!(frame(&*clip, 5).unwrap(), first[5]);
}

#[test]
fn a_picture_comes_from_a_seed_alone() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &wishes()).unwrap();
    let settings = ModelSettings {
        model: folder.path().to_owned(),
        device: "auto".to_owned(),
        precision: Precision::Auto,
        sampling: SamplingWishes::default(),
        first_frame: FirstFrame::Input,
    };
    let make = |seed| picture(&settings, "", seed, |_, _| true).unwrap().unwrap();
    let one = make(1);
    assert_eq!((one.width(), one.height()), (64, 64));
    assert_eq!(make(1), one);
    assert_ne!(make(2), one);
    assert!(picture(&settings, "", 3, |_, _| false).unwrap().is_none());
}

#[test]
fn a_worker_that_is_killed_is_replaced_in_each_phase() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &wishes()).unwrap();
    let whole = frames(&*open(folder.path(), 6.0, 3).unwrap());
    for phase in [Phase::Loading, Phase::Inverting, Phase::Generating] {
        end_workers();
        let clip = open(folder.path(), 6.0, 3).unwrap();
        // Loading is over in a blink: there the new process is killed as soon as it is seen.
        let reached = || match phase {
            Phase::Loading => !workers().is_empty(),
            _ => clip.progress().is_some_and(|progress| progress.phase == phase),
        };
        let start = Instant::now();
        while !reached() {
            assert!(start.elapsed() < Duration::from_secs(30), "{phase:?}");
        }
        for pid in workers() {
            signal(pid, "-KILL");
        }
        assert_eq!(frames(&*clip), whole, "{phase:?}");
    }
}

#[test]
fn a_worker_that_is_stuck_is_ended_within_a_second() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &wishes()).unwrap();
    end_workers();
    let clip = open(folder.path(), 600.0, 3).unwrap();
    assert!(clip.ready(1, Duration::from_secs(30)));
    let stuck = workers();
    assert_eq!(stuck.len(), 1);
    signal(stuck[0], "-STOP");
    drop(clip);
    within(Duration::from_secs(1), || !workers().contains(&stuck[0]));
    assert_eq!(frames(&*open(folder.path(), 0.5, 3).unwrap()).len(), 12);
}

#[test]
fn a_clip_that_is_dropped_leaves_the_worker_for_the_next_one() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &wishes()).unwrap();
    let clip = open(folder.path(), 3600.0, 3).unwrap();
    assert!(clip.ready(1, Duration::from_secs(30)));
    let before = workers();
    drop(clip);
    let start = Instant::now();
    assert_eq!(frames(&*open(folder.path(), 0.1, 3).unwrap()).len(), 3);
    assert_eq!(workers(), before);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn four_clips_at_once_share_one_worker() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &wishes()).unwrap();
    end_workers();
    let clips: Vec<_> = (0..4).map(|seed| open(folder.path(), 0.5, seed).unwrap()).collect();
    let all: Vec<_> = clips.iter().rev().map(|clip| frames(&**clip)).collect();
    assert!(all.windows(2).all(|pair| pair[0][5] != pair[1][5]));
    assert_eq!(workers().len(), 1);
}

#[test]
fn what_is_wrong_is_told_in_a_sentence() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let clip = open(&folder.path().join("none"), 0.5, 3).unwrap();
    let error = frame(&*clip, 1).unwrap_err();
    let GeneratorError::Worker(error) = error else { panic!("{error}") };
    let WorkerError::Refused { fault: Fault::NotFound, message } = &*error else {
        panic!("{error}")
    };
    assert!(message.contains("none: there is no such model folder"), "{message}");
    // The still needs no model.
    assert_eq!(frame(&*clip, 0).unwrap(), still().planes()[0].data);
    let nowhere = TrainWishes { size: Some(128), ..wishes() };
    train(folder.path(), &wishes()).unwrap();
    let text = train(folder.path(), &nowhere).unwrap_err().to_string();
    assert!(text.contains("size") && text.contains("64, as the checkpoint has it"), "{text}");
    let text = train(Path::new("/proc/none"), &wishes()).unwrap_err().to_string();
    assert!(text.contains("/proc/none: cannot be written"), "{text}");
}

#[test]
fn a_training_that_is_stopped_is_saved_and_goes_on() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let long = TrainWishes { steps: Some(100_000), ..wishes() };
    let mut training = Training::open(folder.path(), "cpu", &long, || true).unwrap().unwrap();
    assert_eq!((training.step(), training.steps(), training.size()), (0, 100_000, 64));
    training.add(&photo()).unwrap();
    let mut last = 0;
    training
        .run(|news| {
            if let Some(News::Step { step, .. }) = news {
                last = step;
            }
            last < 3
        })
        .unwrap();
    let training = Training::open(folder.path(), "cpu", &long, || true).unwrap().unwrap();
    assert!(training.step() >= 3 && training.step() >= last, "{} {last}", training.step());
}

#[test]
fn a_training_whose_worker_is_killed_keeps_what_was_saved() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &wishes()).unwrap();
    let before = fs::read(folder.path().join("model.safetensors")).unwrap();
    let long = TrainWishes { steps: Some(100_000), ..wishes() };
    let idle = workers();
    let mut training = Training::open(folder.path(), "cpu", &long, || true).unwrap().unwrap();
    training.add(&photo()).unwrap();
    let error = training.run(|news| {
        if matches!(news, Some(News::Step { step: 5.., .. })) {
            for pid in workers().into_iter().filter(|pid| !idle.contains(pid)) {
                signal(pid, "-KILL");
            }
        }
        true
    });
    let text = error.unwrap_err().to_string();
    assert!(text.contains("signal 9"), "{text}");
    assert_eq!(fs::read(folder.path().join("model.safetensors")).unwrap(), before);
    assert_eq!(frames(&*open(folder.path(), 0.1, 3).unwrap()).len(), 3);
}

/// A worker whose host is this test, without what keeps a host in order.
fn bare() -> (std::process::Child, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let child = Command::new(worker())
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    (child, ours)
}

#[test]
fn garbage_from_the_host_ends_the_worker_with_a_sentence() {
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xFF; 64], b"\x02\0\0\0\0\0\0\0{}"] {
        let (child, mut socket) = bare();
        socket.write_all(garbage).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("bytes of message") || said.contains("understood"), "{said}");
    }
}

#[test]
fn a_host_that_is_gone_leaves_no_worker() {
    let (mut child, socket) = bare();
    drop(socket);
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn who_starts_it_by_hand_is_told_why_not() {
    let output = Command::new(worker()).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let mut said = String::new();
    (&output.stderr[..]).read_to_string(&mut said).unwrap();
    assert!(said.contains("started by the elements"), "{said}");
}
