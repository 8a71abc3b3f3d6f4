// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motionfilter`: one frame out for each frame in.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::{ClockTime, prelude::*};
use stillmotion_tests::{
    pictures::{self, FORMATS},
    rig::Rig,
};

fn caps(format: &str, width: u32, height: u32, rate: (i32, i32)) -> gst::Caps {
    let mut caps = pictures::caps(format, width, height);
    caps.make_mut().set("framerate", gst::Fraction::new(rate.0, rate.1));
    caps
}

fn at(mut frame: gst::Buffer, pts: Option<ClockTime>) -> gst::Buffer {
    frame.make_mut().set_pts(pts);
    frame
}

#[track_caller]
fn first_frame_is_the_still(format: &str, width: u32, height: u32, padding: Option<usize>) {
    let rig = Rig::new("motionfilter", &[]);
    rig.play();
    let caps = caps(format, width, height, (30, 1));
    assert!(rig.announce(&caps));
    let still = match padding {
        Some(padding) => pictures::padded_frame(&caps, 1, padding),
        None => pictures::frame(&caps, 1),
    };
    let expected = pictures::samples(&still, &caps);
    assert_eq!(rig.push(at(still, Some(ClockTime::ZERO))), Ok(gst::FlowSuccess::Ok));
    let same = pictures::samples(&rig.out().buffers[0], &caps) == expected;
    assert!(same, "{format} {width}x{height}, padding {padding:?}");
}

#[test]
fn frame_0_is_the_still_in_every_format() {
    for format in FORMATS {
        for (width, height) in [(64, 48), (17, 19), (33, 16)] {
            first_frame_is_the_still(format, width, height, None);
            first_frame_is_the_still(format, width, height, Some(13));
        }
    }
}

/// Pushes a frame and gives what came out for it, before the next one goes in.
#[track_caller]
fn through(rig: &Rig, frame: gst::Buffer) -> gst::Buffer {
    let before = rig.out().buffers.len();
    assert_eq!(rig.push(frame), Ok(gst::FlowSuccess::Ok));
    let out = rig.out();
    assert_eq!(out.buffers.len(), before + 1, "one out for one in");
    out.buffers[before].clone()
}

#[test]
fn times_flags_and_metas_pass() {
    let rig = Rig::new("motionfilter", &[]);
    rig.play();
    let caps = caps("RGB", 64, 48, (30, 1));
    assert!(rig.announce(&caps));
    for i in 0..5 {
        let pts = Some(ClockTime::from_mseconds(66 + i * 33));
        let mut frame = at(pictures::frame(&caps, 1), pts);
        let target = frame.make_mut();
        target.set_duration(ClockTime::from_mseconds(33));
        target.set_flags(gst::BufferFlags::MARKER);
        gst_video::VideoCaptionMeta::add(target, gst_video::VideoCaptionType::Cea608Raw, &[1]);
        gst_video::VideoRegionOfInterestMeta::add(target, "face", (4, 4, 8, 8));
        let out = through(&rig, frame);
        assert_eq!(out.pts(), pts);
        assert_eq!(out.duration(), Some(ClockTime::from_mseconds(33)));
        assert!(out.flags().contains(gst::BufferFlags::MARKER));
        assert!(out.meta::<gst_video::VideoCaptionMeta>().is_some());
        assert!(out.meta::<gst_video::VideoRegionOfInterestMeta>().is_some());
    }
}

#[test]
fn as_a_filter_in_obs() {
    // A variable rate, times of days, no durations, and memory that is overwritten after each
    // frame: what obs-gstreamer does.
    for format in ["I420", "NV12", "RGBA", "BGRA", "BGRx"] {
        let rig = Rig::new("motionfilter", &[]);
        rig.play();
        let caps = caps(format, 64, 48, (0, 1));
        assert!(rig.announce(&caps));
        let start = ClockTime::from_nseconds(123_456_789_012_345);
        for i in 0..10 {
            let frame =
                at(pictures::frame(&caps, 1), Some(start + ClockTime::from_mseconds(16) * i));
            let mut kept = frame.clone();
            let out = through(&rig, frame);
            if i == 0 {
                assert!(pictures::samples(&out, &caps) == pictures::samples(&kept, &caps));
            }
            let memory = kept.get_mut().expect("nobody keeps the frame");
            memory.map_writable().unwrap().fill(0xEE);
        }
        let stats = rig.element.property::<gst::Structure>("stats");
        assert_eq!((stats.get("frames"), stats.get("clips")), (Ok(10_u64), Ok(1_u64)));
    }
}

#[test]
fn the_frame_depends_on_the_time_and_not_on_what_came_before() {
    let caps = caps("RGB", 64, 48, (25, 1));
    let frame = |i: u64| at(pictures::frame(&caps, 1), Some(ClockTime::from_mseconds(40 * i)));
    let settings = [("prompt", "slow orbit"), ("motion", "9")];
    let run = |order: &[u64]| {
        let rig = Rig::new("motionfilter", &settings);
        rig.play();
        assert!(rig.announce(&caps));
        let frames = order.iter().map(|&i| pictures::samples(&through(&rig, frame(i)), &caps));
        frames.collect::<Vec<_>>()
    };
    let straight = run(&[0, 1, 2, 3]);
    let mixed = run(&[2, 3, 0, 1]);
    assert!(straight[..2] == mixed[2..] && straight[2..] == mixed[..2]);
}

#[test]
fn a_frame_without_a_time_is_the_next_one() {
    let caps = caps("RGB", 64, 48, (25, 1));
    let run = |timed: bool| {
        let rig = Rig::new("motionfilter", &[("motion", "9")]);
        rig.play();
        assert!(rig.announce(&caps));
        let time = |i: u64| timed.then(|| ClockTime::from_mseconds(40 * i));
        let frames = (0..4).map(|i| through(&rig, at(pictures::frame(&caps, 1), time(i))));
        frames.map(|frame| pictures::samples(&frame, &caps)).collect::<Vec<_>>()
    };
    assert!(run(true) == run(false));
}

#[test]
fn a_flush_keeps_the_still_and_new_caps_take_a_new_one() {
    let rig = Rig::new("motionfilter", &[]);
    rig.play();
    let small = caps("RGB", 64, 48, (25, 1));
    assert!(rig.announce(&small));
    let zero = Some(ClockTime::ZERO);
    let first = pictures::samples(&through(&rig, at(pictures::frame(&small, 1), zero)), &small);
    rig.push_event(gst::event::FlushStart::new());
    rig.push_event(gst::event::FlushStop::new(true));
    assert!(rig.announce(&small));
    let again = through(&rig, at(pictures::frame(&small, 2), zero));
    assert!(pictures::samples(&again, &small) == first, "the still of the stream stays");

    let large = caps("I420", 128, 96, (25, 1));
    assert!(rig.announce(&large));
    let still = pictures::frame(&large, 3);
    let fresh = through(&rig, at(still.clone(), zero));
    assert!(pictures::samples(&fresh, &large) == pictures::samples(&still, &large));
}

#[test]
fn a_clip_may_end_the_stream() {
    let rig = Rig::new("motionfilter", &[("at-end", "eos"), ("duration", "100000000")]);
    rig.play();
    let caps = caps("RGB", 64, 48, (20, 1));
    assert!(rig.announce(&caps));
    for i in 0..2 {
        through(&rig, at(pictures::frame(&caps, 1), Some(ClockTime::from_mseconds(50 * i))));
    }
    let behind = at(pictures::frame(&caps, 1), Some(ClockTime::from_mseconds(100)));
    assert_eq!(rig.push(behind), Err(gst::FlowError::Eos));
}

#[test]
fn there_is_no_latency() {
    let rig = Rig::new("motionfilter", &[]);
    rig.play();
    let mut latency = gst::query::Latency::new();
    // The pad before the element has nothing to answer: no answer is no latency either.
    if rig.ask(&mut latency) {
        assert_eq!(latency.result().1, ClockTime::ZERO);
    }
}

#[test]
fn sizes_that_cannot_be_worked_with_are_named_once() {
    for (width, height) in [(1, 1), (15, 17), (20000, 16)] {
        let rig = Rig::new("motionfilter", &[]);
        rig.play();
        rig.announce(&caps("RGB", width, height, (25, 1)));
        for _ in 0..3 {
            assert_eq!(rig.push(gst::Buffer::new()), Err(gst::FlowError::NotNegotiated));
        }
        let errors = rig.errors();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].matches(gst::StreamError::Format), "{errors:?}");
        assert!(errors[0].message().contains(&format!("{width}x{height}")), "{errors:?}");
    }
}
