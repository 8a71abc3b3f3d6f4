// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motiongen` with `is-live=true`, at the pace of a clock that the test turns by hand.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::{ClockTime, prelude::*};
use stillmotion_tests::{pictures, rig::Rig};

/// A live clip at 10 frames per second, PLAYING, with the clock at 5 s.
fn live(properties: &[(&str, &str)]) -> (Rig, gst_check::TestClock) {
    let mut all = vec![("is-live", "true"), ("at-end", "loop")];
    all.extend_from_slice(properties);
    let rig = Rig::with_caps("motiongen", &all, Some("video/x-raw,framerate=10/1"));
    let clock = gst_check::TestClock::with_start_time(ClockTime::from_seconds(5));
    rig.element.set_clock(Some(&clock)).unwrap();
    rig.element.set_base_time(ClockTime::from_seconds(2));
    (rig, clock)
}

#[track_caller]
fn give_still(rig: &Rig) {
    rig.give_still(&pictures::caps("I420", 32, 32));
}

/// Lets the clock run to the next frame.
fn crank(clock: &gst_check::TestClock) {
    clock.wait_for_next_pending_id();
    assert!(clock.crank());
}

#[test]
fn frames_leave_when_they_are_due_and_the_clip_starts_with_the_still() {
    let (rig, clock) = live(&[]);
    assert_eq!(rig.element.set_state(gst::State::Playing), Ok(gst::StateChangeSuccess::Success));
    give_still(&rig);
    for frames in 1..=3 {
        crank(&clock);
        rig.wait("a frame", |out| out.buffers.len() == frames);
    }
    let (segment, _) = rig.out().segment();
    assert_eq!(segment.base(), Some(ClockTime::from_seconds(3)), "the still came at 3 s");
    assert_eq!(rig.out().indices(), [0, 1, 2]);
    assert_eq!(rig.out().buffers[0].pts(), Some(ClockTime::ZERO));
    assert_eq!(clock.time(), ClockTime::from_mseconds(5200));
}

#[test]
fn nothing_leaves_before_playing() {
    let (rig, clock) = live(&[]);
    assert_eq!(rig.element.set_state(gst::State::Paused), Ok(gst::StateChangeSuccess::NoPreroll));
    give_still(&rig);
    assert_eq!(clock.peek_id_count(), 0);
    assert!(rig.out().buffers.is_empty());
    rig.element.set_state(gst::State::Playing).unwrap();
    crank(&clock);
    rig.wait("a frame", |out| out.buffers.len() == 1);
    let back = rig.element.set_state(gst::State::Paused);
    assert_eq!(back, Ok(gst::StateChangeSuccess::NoPreroll));
}

#[test]
fn late_frames_are_left_out() {
    let (rig, clock) = live(&[]);
    rig.element.set_state(gst::State::Playing).unwrap();
    give_still(&rig);
    rig.allow(0);
    crank(&clock);
    rig.wait("a frame that waits", |out| out.blocked);
    // Downstream was busy for 0.75 s.
    clock.advance_time(750_000_000);
    rig.allow(usize::MAX);
    clock.wait_for_next_pending_id();
    clock.process_next_clock_id();
    rig.wait("the frame that is due", |out| out.buffers.len() >= 2);
    assert_eq!(rig.out().indices()[..2], [0, 7]);
    let stats = rig.element.property::<gst::Structure>("stats");
    assert_eq!(stats.get::<u64>("skipped"), Ok(6));
}

#[test]
fn a_live_clip_says_that_it_is_live_and_cannot_be_seeked() {
    let (rig, clock) = live(&[]);
    rig.element.set_state(gst::State::Playing).unwrap();
    give_still(&rig);
    crank(&clock);
    rig.wait("a frame", |out| !out.buffers.is_empty());
    let mut latency = gst::query::Latency::new();
    assert!(rig.ask(&mut latency));
    let frame = Some(ClockTime::from_mseconds(100));
    assert_eq!(latency.result(), (true, ClockTime::ZERO, frame));
    let mut seeking = gst::query::Seeking::new(gst::Format::Time);
    assert!(rig.ask(&mut seeking));
    assert!(!seeking.result().0);
    assert!(!rig.seek(1.0, gst::SeekFlags::FLUSH, Some(ClockTime::ZERO), None));
}

#[test]
fn an_eos_event_wakes_a_clip_that_waits_for_the_clock() {
    let (rig, clock) = live(&[]);
    rig.element.set_state(gst::State::Playing).unwrap();
    give_still(&rig);
    crank(&clock);
    clock.wait_for_next_pending_id();
    assert!(rig.element.send_event(gst::event::Eos::new()));
    assert_eq!(rig.to_eos().len(), 1);
}

#[test]
fn a_clip_that_waits_can_be_stopped() {
    for waits_for_clock in [false, true] {
        let (rig, clock) = live(&[]);
        let state = if waits_for_clock { gst::State::Playing } else { gst::State::Paused };
        rig.element.set_state(state).unwrap();
        give_still(&rig);
        if waits_for_clock {
            clock.wait_for_next_pending_id();
        }
        rig.element.set_state(gst::State::Null).unwrap();
    }
}
