// SPDX-License-Identifier: MIT OR Apache-2.0
//! States: any order, from anywhere, and to NULL within a second.

use std::time::{Duration, Instant};

use gst::{ClockTime, State, prelude::*};
use stillmotion_tests::{factories, init, pictures, rig::Rig, stress::Chance};

use super::photo;

/// What an editor allows a user to wait for.
const AT_ONCE: Duration = Duration::from_secs(1);

#[test]
fn every_element_takes_any_order_of_states() {
    for factory in factories() {
        let mut chance = Chance::new(1);
        let element = gst::ElementFactory::make(&factory).build().unwrap();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        for _ in 0..200 {
            let state = chance.pick(&[State::Null, State::Ready, State::Paused, State::Playing]);
            if element.set_state(state).is_err() {
                let told = bus.pop_filtered(&[gst::MessageType::Error]);
                assert!(told.is_some(), "{factory} does not say why it does not start");
            }
            while bus.pop().is_some() {}
        }
        assert_eq!(element.set_state(State::Null), Ok(gst::StateChangeSuccess::Success));
    }
}

/// Pipelines with each element at work; `LIVE` runs at the pace of the clock.
fn lines() -> [String; 4] {
    let still = format!("stillsrc location={}", photo());
    let frames = "video/x-raw,framerate=25/1";
    [
        format!("{still} ! motiongen at-end=loop ! fakesink"),
        format!("{still} ! motiongen at-end=loop is-live=true ! fakesink sync=true"),
        format!("{still} ! {frames} ! motionfilter ! fakesink sync=true"),
        format!("{still} ! {frames} ! motionfilter ! motiongen at-end=hold ! fakesink sync=true"),
    ]
}

#[test]
fn pipelines_take_any_order_of_states() {
    init();
    let mut chance = Chance::new(2);
    for line in lines() {
        let pipeline = gst::parse::launch(&line).unwrap();
        for _ in 0..60 {
            let state = chance.pick(&[State::Null, State::Ready, State::Paused, State::Playing]);
            pipeline.set_state(state).expect(&line);
            if chance.once_in(4) {
                pipeline.state(ClockTime::from_seconds(30)).0.expect(&line);
            }
        }
        // It still works.
        pipeline.set_state(State::Playing).unwrap();
        assert_eq!(pipeline.state(ClockTime::from_seconds(30)).1, State::Playing, "{line}");
        pipeline.set_state(State::Null).unwrap();
    }
}

/// Takes `element` to NULL and says how long that took.
#[track_caller]
fn assert_stops(element: &gst::Element, what: &str) {
    let started = Instant::now();
    element.set_state(State::Null).unwrap();
    let took = started.elapsed();
    assert!(took < AT_ONCE, "{what}: {took:?} to NULL");
}

/// A still of the largest size that is common, 8K.
const LARGE: (u32, u32) = (7680, 4320);

#[test]
fn null_comes_at_once_while_a_large_still_is_looked_at() {
    let caps = pictures::caps("I420", LARGE.0, LARGE.1);
    for (i, factory) in ["motiongen", "motionfilter"].into_iter().enumerate() {
        let rig = Rig::new(factory, &[("prompt", "push in")]);
        rig.play();
        assert!(rig.announce(&caps));
        // Another picture each time: what is known of a still is shared.
        let mut frame = pictures::frame(&caps, 40 + i as u8);
        std::thread::scope(|scope| {
            let pushing = scope.spawn(|| {
                for n in 0..2 {
                    frame.make_mut().set_pts(ClockTime::from_mseconds(40 * n));
                    if rig.push(frame.clone()).is_err() {
                        break;
                    }
                }
            });
            // The first frame is the still; for the second one it must be understood.
            rig.wait("the first frame", |out| !out.buffers.is_empty());
            assert_stops(&rig.element, factory);
            pushing.join().unwrap();
        });
    }
}

#[test]
fn null_comes_at_once_from_a_push_that_downstream_does_not_take() {
    let caps = pictures::caps("I420", 32, 32);
    let rig = Rig::new("motiongen", &[("at-end", "loop")]);
    rig.allow(2);
    rig.play();
    assert!(rig.announce(&caps));
    assert_eq!(rig.push(pictures::frame(&caps, 1)), Err(gst::FlowError::Eos));
    rig.wait("a frame that waits", |out| out.blocked);
    // In a pipeline, elements nearer to the sink stop first.
    rig.sink_pad().send_event(gst::event::FlushStart::new());
    assert_stops(&rig.element, "in a push");
}

#[test]
fn null_comes_at_once_from_preroll_and_from_the_clock() {
    init();
    for line in lines() {
        let pipeline = gst::parse::launch(&line).unwrap();
        for state in [State::Paused, State::Playing] {
            // At once, half way through the start.
            pipeline.set_state(state).unwrap();
            assert_stops(&pipeline, &line);
            // And from a place where frames wait for the clock or for PLAYING.
            pipeline.set_state(state).unwrap();
            pipeline.state(ClockTime::from_seconds(30)).0.unwrap();
            assert_stops(&pipeline, &line);
        }
    }
}
