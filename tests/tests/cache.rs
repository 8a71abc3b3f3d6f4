// SPDX-License-Identifier: MIT OR Apache-2.0
//! The analysis of a still is made once, however many elements and pipelines show it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use gst::ClockTime;
use stillmotion_engine::scene::{CacheUse, cache_use};
use stillmotion_tests::{obs::Filter, photos, pictures, rig::Rig};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;

/// The counts are those of the process, so the tests of this file take turns.
fn alone() -> MutexGuard<'static, ()> {
    stillmotion_tests::init();
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The counts, once `analyses` more than `before` have been made.
#[track_caller]
fn after(before: CacheUse, analyses: u64) -> CacheUse {
    let start = Instant::now();
    loop {
        let now = cache_use();
        assert!(now.bytes <= now.bound && now.analyses <= before.analyses + analyses, "{now:?}");
        if now.analyses == before.analyses + analyses {
            return now;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{now:?}");
        std::thread::yield_now();
    }
}

fn still(name: &str, seed: u8) -> Vec<u8> {
    let mut bytes = photos::rgb(name, WIDTH, HEIGHT).planes()[0].data.clone();
    bytes[0] = seed;
    bytes
}

/// Two frames of `still` through an element of its own.
fn show(rig: &Rig, still: &[u8]) {
    let mut caps = pictures::caps("RGB", WIDTH, HEIGHT);
    caps.make_mut().set("framerate", gst::Fraction::new(25, 1));
    rig.play();
    assert!(rig.announce(&caps));
    for i in 0..2 {
        let mut buffer = gst::Buffer::from_slice(still.to_vec());
        buffer.get_mut().unwrap().set_pts(ClockTime::from_mseconds(40 * i));
        rig.push(buffer).unwrap();
    }
}

#[test]
fn five_effects_on_one_still_analyse_it_once() {
    let _turn = alone();
    let still = still("coffee", 1);
    let before = cache_use();
    let prompts = ["", "pan left", "push in", "orbit right", "handheld"];
    let rigs = prompts.map(|prompt| Rig::new("motionfilter", &[("prompt", prompt)]));
    std::thread::scope(|scope| {
        for rig in &rigs {
            scope.spawn(|| show(rig, &still));
        }
    });
    let used = after(before, 1);
    assert_eq!(used.stills, before.stills + 1);
    // The pixels, the textures of about four times that for the still and for each of its two
    // layers, the matte between them, and the reliefs.
    let pixels = (WIDTH * HEIGHT * 3) as usize;
    assert!((13 * pixels..18 * pixels).contains(&(used.bytes - before.bytes)), "{used:?}");
}

#[test]
fn a_pipeline_that_is_rebuilt_a_hundred_times_analyses_once() {
    let _turn = alone();
    let picture = still("astronaut", 2);
    let caps = pictures::caps("RGB", WIDTH, HEIGHT);
    let info = gst_video::VideoInfo::from_caps(&caps).unwrap();
    assert_eq!(info.size(), picture.len());
    let before = cache_use();
    for i in 0..100 {
        let filter = Filter::new("motionfilter motion=7", "RGB", WIDTH, HEIGHT);
        for frame in 0..2 {
            let time = ClockTime::from_seconds(90_000 + i) + ClockTime::from_mseconds(16) * frame;
            filter.through(&picture, time);
        }
    }
    after(before, 1);
}

#[test]
fn a_new_prompt_needs_no_new_analysis_and_a_new_still_does() {
    let _turn = alone();
    let before = cache_use();
    for prompt in ["walk forward", "tilt up", "zoom out"] {
        let rig = Rig::new("motionfilter", &[("prompt", prompt)]);
        show(&rig, &still("rocket", 3));
    }
    let before = after(before, 1);
    show(&Rig::new("motionfilter", &[]), &still("chelsea", 4));
    after(before, 1);
}
