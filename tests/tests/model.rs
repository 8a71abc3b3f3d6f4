// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips and stills that a model makes, as every other clip and still.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    collections::BTreeSet,
    fs,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use gst::prelude::*;
use stillmotion_engine::worker::protocol::TrainWishes;
use stillmotion_tests::{
    clip::photo,
    init, launch,
    model::{alone, checkpoint, end_workers, signal, train, wishes, within, workers, workers_of},
    pipeline::{fail, play},
};

/// A clip of 0.5 s from the photo, 96x54.
fn clip(settings: &str) -> String {
    format!(
        "stillsrc location={} ! video/x-raw,format=RGB,width=96,height=54 ! \
         motiongen name=clip model={} duration=500000000 {settings} ! fakesink name=out",
        photo(),
        checkpoint()
    )
}

fn bytes(buffers: &[gst::Buffer]) -> Vec<Vec<u8>> {
    buffers.iter().map(|buffer| buffer.map_readable().unwrap().to_vec()).collect()
}

#[test]
fn a_clip_starts_with_the_still_and_is_the_same_again() {
    let _alone = alone();
    let first = play(&clip("seed=3"));
    assert_eq!(first.buffers.len(), 12);
    let frames = bytes(&first.buffers);
    let still = play(&format!(
        "stillsrc location={} ! video/x-raw,format=RGB,width=96,height=54 ! fakesink name=out",
        photo()
    ));
    assert_eq!(frames[0], bytes(&still.buffers)[0]);
    assert_ne!(frames[11], frames[0]);
    assert_eq!(bytes(&play(&clip("seed=3")).buffers), frames);
    assert_ne!(bytes(&play(&clip("seed=4")).buffers)[11], frames[11]);
    let said = first.tags.unwrap();
    let comment = said.get::<gst::tags::Comment>().unwrap();
    let name = checkpoint().rsplit('/').next().unwrap();
    assert!(comment.get().contains(&format!("generator {name}")), "{}", comment.get());
}

#[test]
fn every_format_that_hosts_use_is_filled() {
    let _alone = alone();
    for format in ["I420", "NV12", "RGBA", "RGB", "BGRA", "BGRx"] {
        let arrived = play(&format!(
            "stillsrc location={} ! video/x-raw,format={format},width=96,height=54 ! \
             motiongen model={} num-buffers=8 motion=10 ! fakesink name=out",
            photo(),
            checkpoint()
        ));
        let frames = bytes(&arrived.buffers);
        assert_eq!(frames.len(), 8);
        assert_ne!(frames[0], frames[7], "{format}");
    }
}

#[test]
fn a_still_comes_from_a_seed_alone() {
    let _alone = alone();
    let still = |seed: u32| {
        let arrived =
            play(&format!("stillsrc model={} seed={seed} ! fakesink name=out", checkpoint()));
        let caps = arrived.caps.unwrap();
        assert_eq!(caps.structure(0).unwrap().get::<i32>("width"), Ok(64));
        bytes(&arrived.buffers)
    };
    assert_eq!(still(1), still(1));
    assert_ne!(still(1), still(2));
    let clip = play(&format!(
        "stillsrc model={0} seed=1 ! motiongen model={0} num-buffers=5 ! fakesink name=out",
        checkpoint()
    ));
    assert_eq!(bytes(&clip.buffers)[0], still(1)[0]);
}

#[test]
fn the_other_elements_take_a_model_too() {
    let _alone = alone();
    let source = play(&format!(
        "motionsrc location={} model={} duration=500000000 seed=3 ! \
         video/x-raw,format=RGB,width=96,height=54 ! fakesink name=out",
        photo(),
        checkpoint()
    ));
    assert_eq!(source.buffers.len(), 12);
    let effect = play(&format!(
        "stillsrc location={} num-buffers=12 ! \
         video/x-raw,format=RGB,width=96,height=54,framerate=24/1 ! \
         motionfilter model={} duration=500000000 seed=3 ! fakesink name=out",
        photo(),
        checkpoint()
    ));
    assert_eq!(bytes(&effect.buffers), bytes(&play(&clip("seed=3")).buffers));
}

#[test]
fn how_far_it_is_is_told() {
    let _alone = alone();
    end_workers();
    init();
    let pipeline = gst::parse::launch(&clip("seed=9")).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let bus = pipeline.bus().unwrap();
    // What gst-launch-1.0 does: it goes to PLAYING only when nothing is in progress any more.
    let open = Arc::new(AtomicI32::new(0));
    let counts = Arc::clone(&open);
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Progress(progress) = message.view() {
            let step = match progress.get().0 {
                gst::ProgressType::Start => 1,
                gst::ProgressType::Continue => 0,
                _ => -1,
            };
            counts.fetch_add(step, Ordering::SeqCst);
        }
        gst::BusSyncReply::Pass
    });
    let pad = pipeline.by_name("out").unwrap().static_pad("sink").unwrap();
    let at_frames = Arc::new(Mutex::new(Vec::new()));
    let (seen, now) = (Arc::clone(&at_frames), Arc::clone(&open));
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        seen.lock().unwrap().push(now.load(Ordering::SeqCst));
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut phases = BTreeSet::new();
    let mut told = 0;
    loop {
        let message = bus.timed_pop(gst::ClockTime::from_seconds(60)).unwrap();
        match message.view() {
            gst::MessageView::Eos(_) => break,
            gst::MessageView::Progress(progress) => {
                let (_, code, text) = progress.get();
                assert_eq!(code, "model");
                assert!(text.contains(" of "), "{text}");
                told += 1;
            }
            gst::MessageView::Element(_) => {
                let said = message.structure().unwrap();
                if said.name() == "stillmotion-progress" {
                    assert!(said.get::<u64>("done").unwrap() <= said.get::<u64>("total").unwrap());
                    phases.insert(said.get::<String>("phase").unwrap());
                }
            }
            _ => (),
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(phases.contains("inverting"), "{phases:?}");
    assert!(told > 2);
    let at_frames = at_frames.lock().unwrap();
    assert!(at_frames.len() > 1 && at_frames.iter().all(|&open| open == 0), "{at_frames:?}");
}

#[test]
fn what_is_wrong_is_told_by_its_domain() {
    let _alone = alone();
    let error = |model: &str, more: &str| {
        checkpoint();
        let line = format!(
            "stillsrc location={} ! motiongen model={model} {more} ! fakesink name=out",
            photo()
        );
        fail(&line).remove(0)
    };
    let none = error("/none/such", "");
    assert!(none.matches(gst::ResourceError::NotFound), "{none}");
    assert!(none.message().contains("/none/such"), "{none}");
    let folder = tempfile::tempdir().unwrap();
    let empty = error(folder.path().to_str().unwrap(), "");
    assert!(empty.matches(gst::StreamError::WrongType), "{empty}");
    fs::write(folder.path().join("config.json"), "{}").unwrap();
    let odd = error(folder.path().to_str().unwrap(), "");
    assert!(odd.message().contains("config.json"), "{odd}");
    let device = error(checkpoint(), "device=tpu");
    assert!(device.matches(gst::LibraryError::Settings), "{device}");
    assert!(device.message().contains("cuda:N"), "{device}");
    let far = error(checkpoint(), "device=cuda:200");
    assert!(far.message().contains("cuda:200 is not here"), "{far}");
    let small = error(checkpoint(), "precision=int8");
    assert!(small.matches(gst::LibraryError::Settings), "{small}");
    assert!(small.message().contains("precision: int8"), "{small}");
    let both =
        fail(&format!("stillsrc location={} model={} ! fakesink name=out", photo(), checkpoint()));
    assert!(both[0].message().contains("location and model"), "{both:?}");
}

/// A pipeline whose clip is endless for a test, once a frame of it has come.
fn endless() -> gst::Pipeline {
    init();
    let line = format!(
        "stillsrc location={} ! video/x-raw,format=RGB,width=96,height=54 ! \
         motiongen name=clip model={} duration=600000000000 seed=5 ! fakesink name=out sync=true",
        photo(),
        checkpoint()
    );
    let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let started = |message: &gst::Message| {
        message.structure().is_some_and(|said| {
            said.name() == "stillmotion-progress"
                && said.get::<String>("phase").is_ok_and(|phase| phase == "inverting")
        })
    };
    loop {
        let message = bus.timed_pop(gst::ClockTime::from_seconds(60)).unwrap();
        assert!(!matches!(message.view(), gst::MessageView::Error(_)), "{message:?}");
        if started(&message) {
            return pipeline;
        }
    }
}

#[test]
fn a_worker_that_is_stuck_holds_up_no_state_change() {
    let _alone = alone();
    end_workers();
    let pipeline = endless();
    let stuck = workers();
    assert_eq!(stuck.len(), 1);
    signal(stuck[0], "-STOP");
    let start = Instant::now();
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    within(Duration::from_secs(2), || !workers().contains(&stuck[0]));
}

#[test]
fn a_worker_that_is_stuck_holds_up_no_flush() {
    let _alone = alone();
    end_workers();
    let pipeline = endless();
    let stuck = workers();
    signal(stuck[0], "-STOP");
    let start = Instant::now();
    let pad = pipeline.by_name("clip").unwrap().static_pad("src").unwrap();
    pad.push_event(gst::event::FlushStart::new());
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    within(Duration::from_secs(2), || workers().is_empty());
}

/// A line for a host of its own that writes the frames of a clip to a file.
fn host(output: &str, more: &str) -> String {
    format!(
        "gst-launch-1.0 -q stillsrc location={} ! video/x-raw,format=RGB,width=96,height=54 ! \
         motiongen model={} seed=3 {more} ! filesink location={output}",
        photo(),
        checkpoint()
    )
}

#[test]
fn two_hosts_at_once_get_the_same_clip() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let lines = ["a.raw", "b.raw"].map(|name| host(name, "duration=500000000"));
    let hosts = lines
        .map(|line| launch::shell(&line, folder.path()).stderr(Stdio::inherit()).spawn().unwrap());
    for mut host in hosts {
        assert!(host.wait().unwrap().success());
    }
    let read = |name| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("a.raw"), read("b.raw"));
    assert_eq!(read("a.raw"), bytes(&play(&clip("seed=3")).buffers).concat());
}

#[test]
fn a_host_that_is_killed_leaves_no_worker() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let line = host("long.raw", "duration=600000000000");
    let mut host = launch::shell(&line, folder.path()).spawn().unwrap();
    within(Duration::from_secs(60), || !workers_of(host.id()).is_empty());
    let orphans = workers_of(host.id());
    signal(host.id(), "-KILL");
    host.wait().unwrap();
    let alive = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.contains("stillmotion-wo") && !stat.contains(") Z ")
    };
    within(Duration::from_secs(5), || !orphans.iter().any(alive));
}

#[test]
fn a_hundred_workers_die_and_the_clip_is_the_same() {
    let _alone = alone();
    init();
    // Slow enough that each worker can be killed in the middle of its work: they make eight frames
    // at once.
    let slow = tempfile::tempdir().unwrap();
    train(slow.path(), &TrainWishes { size: Some(256), ..wishes() }).unwrap();
    let line = format!(
        "stillsrc location={} ! video/x-raw,format=RGB,width=96,height=54 ! \
         motiongen name=clip model={} duration=40000000000 seed=3 ! fakesink name=out",
        photo(),
        slow.path().display()
    );
    let whole = bytes(&play(&line).buffers);
    assert_eq!(whole.len(), 960);
    end_workers();
    let arrived = Arc::new(AtomicUsize::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let killer = {
        let (arrived, over) = (Arc::clone(&arrived), Arc::clone(&over));
        thread::spawn(move || kill_workers(&arrived, &over))
    };
    let got = play_counting(&line, &arrived);
    over.store(true, Ordering::Relaxed);
    let killed = killer.join().unwrap();
    assert_eq!(killed, 100, "the clip was over before");
    assert_eq!(got.len(), whole.len());
    let others = (0..whole.len()).filter(|at| got[*at] != whole[*at]);
    let others: Vec<usize> = others.collect();
    assert!(others.is_empty(), "frames {others:?} are others");
}

/// Kills a hundred workers, or as many as there are until it is `over`, each once it has given a
/// frame: two that die in a row without one are an error. Gives how many it killed.
fn kill_workers(arrived: &AtomicUsize, over: &AtomicBool) -> u64 {
    let (mut killed, mut last) = (0, 0);
    while killed < 100 && !over.load(Ordering::Relaxed) {
        let alive = workers();
        if arrived.load(Ordering::Relaxed) <= last || alive.is_empty() {
            thread::sleep(Duration::from_millis(1));
            continue;
        }
        thread::sleep(Duration::from_millis(killed % 10));
        alive.iter().for_each(|pid| signal(*pid, "-KILL"));
        killed += 1;
        within(Duration::from_secs(10), || !workers().iter().any(|pid| alive.contains(pid)));
        // What the dead one gave is still on its way; the next one takes longer to start.
        last = 0;
        while last != arrived.load(Ordering::Relaxed) || last == 0 {
            last = arrived.load(Ordering::Relaxed);
            thread::sleep(Duration::from_millis(40));
        }
    }
    killed
}

/// Plays `line` and counts the frames as they come.
fn play_counting(line: &str, arrived: &Arc<AtomicUsize>) -> Vec<Vec<u8>> {
    let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let pad = pipeline.by_name("out").unwrap().static_pad("sink").unwrap();
    let frames = Arc::<Mutex<Vec<Vec<u8>>>>::default();
    let (seen, count) = (Arc::clone(&frames), Arc::clone(arrived));
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(gst::PadProbeData::Buffer(buffer)) = &info.data else { unreachable!() };
        seen.lock().unwrap().push(buffer.map_readable().unwrap().to_vec());
        count.fetch_add(1, Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let limit = gst::ClockTime::from_seconds(400);
    let end = pipeline.bus().unwrap().timed_pop_filtered(limit, &kinds).unwrap();
    assert!(matches!(end.view(), gst::MessageView::Eos(_)), "{end:?}");
    pipeline.set_state(gst::State::Null).unwrap();
    std::mem::take(&mut *frames.lock().unwrap())
}
