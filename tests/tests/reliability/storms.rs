// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flushes, seeks and new caps, hundreds of them at random, and then a clean frame.

use gst::{ClockTime, SeekFlags, prelude::*};
use stillmotion_tests::{init, pictures, rig::Rig, stress::Chance};

use super::photo;

const TIMES: u64 = 500;

fn caps(format: &str, width: u32, height: u32, rate: i32) -> gst::Caps {
    let mut caps = pictures::caps(format, width, height);
    caps.make_mut().set("framerate", gst::Fraction::new(rate, 1));
    caps
}

fn frame(caps: &gst::Caps, seed: u8, ms: u64) -> gst::Buffer {
    let mut frame = pictures::frame(caps, seed);
    frame.make_mut().set_pts(ClockTime::from_mseconds(ms));
    frame
}

#[test]
fn flushes_between_and_during_frames_of_the_effect() {
    let caps = caps("I420", 32, 32, 25);
    let rig = Rig::new("motionfilter", &[]);
    rig.play();
    assert!(rig.announce(&caps));
    let mut chance = Chance::new(4);
    for _ in 0..TIMES {
        for _ in 0..chance.below(3) {
            rig.push(frame(&caps, 1, chance.below(5000))).unwrap();
        }
        assert!(rig.push_event(gst::event::FlushStart::new()));
        assert!(rig.push_event(gst::event::FlushStop::new(true)));
        let segment = gst::FormattedSegment::<ClockTime>::new();
        assert!(rig.push_event(gst::event::Segment::new(&segment)));
    }
    let first = frame(&caps, 1, 0);
    rig.push(first.clone()).unwrap();
    let out = rig.out().buffers.pop().unwrap();
    assert!(pictures::samples(&out, &caps) == pictures::samples(&first, &caps));
    assert!(rig.errors().is_empty());
}

#[test]
fn flushes_from_upstream_while_the_clip_runs() {
    let caps = caps("I420", 32, 32, 0);
    let rig = Rig::new("motiongen", &[("at-end", "loop")]);
    rig.play();
    let mut chance = Chance::new(5);
    for i in 0..TIMES {
        rig.allow(chance.below(3) as usize);
        assert!(rig.announce(&caps));
        if !chance.once_in(5) {
            assert_eq!(rig.push(frame(&caps, i as u8, 0)), Err(gst::FlowError::Eos));
        }
        if chance.once_in(3) {
            rig.push_event(gst::event::Eos::new());
        }
        assert!(rig.push_event(gst::event::FlushStart::new()));
        assert!(rig.push_event(gst::event::FlushStop::new(true)));
    }
    rig.allow(1);
    assert!(rig.announce(&caps));
    let still = frame(&caps, 9, 0);
    assert_eq!(rig.push(still.clone()), Err(gst::FlowError::Eos));
    rig.wait("a clean frame", |out| !out.buffers.is_empty());
    let out = rig.out().buffers[0].clone();
    assert_eq!(out.offset(), 0);
    assert!(pictures::samples(&out, &caps) == pictures::samples(&still, &caps));
}

/// Seeks a pipeline as a user would who cannot decide, and gives the last frame.
#[track_caller]
fn seek_storm(line: &str, seed: u64, rates: &[f64]) -> gst::Buffer {
    init();
    let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Paused).unwrap();
    pipeline.state(ClockTime::from_seconds(30)).0.unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut chance = Chance::new(seed);
    let set = gst::SeekType::Set;
    for _ in 0..TIMES {
        let start = ClockTime::from_mseconds(chance.below(5000));
        let stop = start + ClockTime::from_mseconds(1 + chance.below(3000));
        let mut flags = SeekFlags::FLUSH;
        if chance.once_in(4) {
            flags |= chance.pick(&[SeekFlags::ACCURATE, SeekFlags::KEY_UNIT, SeekFlags::SEGMENT]);
        }
        let rate = chance.pick(rates);
        let _ = pipeline.seek(rate, flags, set, start, set, stop);
        if chance.once_in(10) {
            let state = chance.pick(&[gst::State::Paused, gst::State::Playing]);
            pipeline.set_state(state).unwrap();
        }
    }
    pipeline.set_state(gst::State::Paused).unwrap();
    let start = ClockTime::from_mseconds(1000);
    pipeline.seek(1.0, SeekFlags::FLUSH, set, start, gst::SeekType::None, start).expect(line);
    pipeline.state(ClockTime::from_seconds(30)).0.expect("a frame");
    let sink = pipeline.by_name("out").unwrap();
    let sample = sink.property::<Option<gst::Sample>>("last-sample").expect("a frame");
    let bus = pipeline.bus().unwrap();
    assert!(bus.pop_filtered(&[gst::MessageType::Error]).is_none(), "{line}");
    pipeline.set_state(gst::State::Null).unwrap();
    sample.buffer_owned().unwrap()
}

#[test]
fn seeks_at_random_leave_the_stream_intact() {
    let still = format!("stillsrc location={}", photo());
    let sink = "fakesink name=out sync=true";
    for (line, rates) in [
        (format!("{still} ! video/x-raw,framerate=10/1 ! {sink}"), &[1.0, 2.0][..]),
        (
            format!(
                "{still} ! motiongen duration=4000000000 ! video/x-raw,framerate=10/1 ! {sink}"
            ),
            &[1.0, 2.0, 0.5, -1.0],
        ),
        (format!("{still} ! video/x-raw,framerate=10/1 ! motionfilter ! {sink}"), &[1.0, 2.0]),
    ] {
        let frame = seek_storm(&line, 6, rates);
        assert_eq!(frame.pts(), Some(ClockTime::SECOND), "{line}");
        // The same frame as without the storm.
        assert_eq!(frame.offset(), 10, "{line}");
    }
}

#[test]
fn seeks_without_a_flush_while_the_clip_flows() {
    let caps = caps("I420", 32, 32, 0);
    let rig = Rig::with_caps(
        "motiongen",
        &[("duration", "2000000000")],
        Some("video/x-raw,framerate=10/1"),
    );
    rig.play();
    assert!(rig.announce(&caps));
    assert_eq!(rig.push(frame(&caps, 1, 0)), Err(gst::FlowError::Eos));
    let mut chance = Chance::new(7);
    for _ in 0..TIMES {
        let start = ClockTime::from_mseconds(chance.below(2500));
        let stop = start + ClockTime::from_mseconds(1 + chance.below(900));
        let flags = chance.pick(&[SeekFlags::FLUSH, SeekFlags::empty(), SeekFlags::SEGMENT]);
        let rate = chance.pick(&[1.0, 2.0, -1.0]);
        assert!(rig.seek(rate, flags, Some(start), Some(stop)));
    }
    let at = |ms| Some(ClockTime::from_mseconds(ms));
    assert!(rig.seek(1.0, SeekFlags::FLUSH, at(700), at(1000)));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [7, 8, 9]);
    assert!(rig.errors().is_empty());
}

/// Caps of all kinds that the elements take.
fn any_caps(chance: &mut Chance) -> gst::Caps {
    let sides = [16, 17, 31, 64, 101, 320];
    let (width, height) = (chance.pick(&sides), chance.pick(&sides));
    let mut caps = pictures::caps(chance.pick(&pictures::FORMATS), width, height);
    let target = caps.make_mut();
    let rates = [(0, 1), (1, 1), (25, 1), (30000, 1001), (240, 1)];
    let (numerator, denominator) = chance.pick(&rates);
    target.set("framerate", gst::Fraction::new(numerator, denominator));
    let (x, y) = chance.pick(&[(1, 1), (4, 3), (1, 2)]);
    target.set("pixel-aspect-ratio", gst::Fraction::new(x, y));
    if chance.once_in(2) {
        target.set("interlace-mode", chance.pick(&["progressive", "mixed"]));
    }
    let yuv = ["I420", "NV12"].contains(&target.structure(0).unwrap().get("format").unwrap());
    if yuv && chance.once_in(2) {
        target.set("colorimetry", chance.pick(&["bt601", "bt709", "1:4:0:0"]));
    }
    caps
}

#[test]
fn new_caps_with_every_frame() {
    let mut chance = Chance::new(8);
    for (factory, properties) in
        [("motionfilter", &[][..]), ("motiongen", &[("allow-replace", "true"), ("at-end", "hold")])]
    {
        let rig = Rig::new(factory, properties);
        rig.play();
        assert!(rig.announce(&any_caps(&mut chance)));
        for i in 0..200 {
            let caps = any_caps(&mut chance);
            if factory == "motiongen" {
                // One frame for each still.
                rig.out().buffers.clear();
                rig.allow(1);
            }
            assert!(rig.push_event(gst::event::Caps::new(&caps)), "{factory}: {caps}");
            let still = frame(&caps, i as u8, 40 * i);
            rig.push(still.clone()).unwrap_or_else(|error| panic!("{factory} {caps}: {error}"));
            rig.wait("a frame", |out| !out.buffers.is_empty());
            if factory == "motionfilter" {
                let out = rig.out().buffers.pop().unwrap();
                let shown = pictures::samples(&out, &rig.caps());
                assert_eq!(shown.len(), pictures::samples(&still, &caps).len());
            }
        }
        assert!(rig.errors().is_empty(), "{factory}");
    }
}
