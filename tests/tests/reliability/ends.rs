// SPDX-License-Identifier: MIT OR Apache-2.0
//! How streams end: EOS at every moment, a downstream that refuses, a process that just exits.

use std::{path::Path, process::Output};

use gst::prelude::*;
use stillmotion_tests::{factories, init, launch, pictures, rig::Rig};

use super::photo;

fn eos_count(rig: &Rig) -> usize {
    rig.out().events.iter().filter(|event| event.type_() == gst::EventType::Eos).count()
}

#[test]
fn eos_may_come_at_any_moment() {
    let caps = pictures::caps("I420", 32, 32);
    for factory in ["motiongen", "motionfilter"] {
        for events_before in 0..=3 {
            let rig = Rig::new(factory, &[]);
            rig.play();
            let segment = gst::FormattedSegment::<gst::ClockTime>::new();
            let events = [
                gst::event::StreamStart::new("test"),
                gst::event::Caps::new(&caps),
                gst::event::Segment::new(&segment),
            ];
            for event in events.into_iter().take(events_before) {
                assert!(rig.push_event(event));
            }
            assert!(rig.push_event(gst::event::Eos::new()), "{factory} {events_before}");
            // The second one is refused by the pad, as everywhere.
            rig.push_event(gst::event::Eos::new());
            rig.wait("EOS", |out| out.eos());
            assert_eq!(eos_count(&rig), 1, "{factory} {events_before}");
            assert!(rig.out().buffers.is_empty());
            assert!(rig.errors().is_empty(), "{factory} {events_before}: {:?}", rig.errors());
        }
    }
}

#[test]
fn eos_in_the_midst_of_a_stream_ends_the_effect() {
    let caps = pictures::caps("I420", 32, 32);
    let rig = Rig::new("motionfilter", &[]);
    rig.play();
    assert!(rig.announce(&caps));
    for _ in 0..3 {
        rig.push(pictures::frame(&caps, 1)).unwrap();
    }
    assert!(rig.push_event(gst::event::Eos::new()));
    assert_eq!(rig.push(pictures::frame(&caps, 1)), Err(gst::FlowError::Eos));
    assert_eq!(rig.out().buffers.len(), 3);
    assert_eq!(eos_count(&rig), 1);
}

#[test]
fn what_downstream_says_goes_up_through_the_effect_and_nobody_complains() {
    use gst::FlowError::{Eos, Error, Flushing, NotLinked, NotNegotiated};
    let caps = pictures::caps("I420", 32, 32);
    for refusal in [Flushing, Eos, NotLinked, NotNegotiated, Error] {
        let rig = Rig::new("motionfilter", &[]);
        rig.play();
        assert!(rig.announce(&caps));
        rig.push(pictures::frame(&caps, 1)).unwrap();
        rig.out().refuse = Some(refusal);
        for _ in 0..3 {
            assert_eq!(rig.push(pictures::frame(&caps, 1)), Err(refusal));
        }
        rig.out().refuse = None;
        rig.push(pictures::frame(&caps, 1)).unwrap();
        assert!(rig.errors().is_empty(), "{refusal:?}: it is for the source to tell");
    }
}

#[test]
fn a_sink_that_refuses_gives_one_message() {
    init();
    let still = format!("stillsrc location={}", photo());
    for line in [
        format!("{still} ! fakesink name=out"),
        format!("{still} ! video/x-raw,framerate=25/1 ! fakesink name=out"),
        format!("{still} ! motiongen ! fakesink name=out"),
        format!("{still} ! video/x-raw,framerate=25/1 ! motionfilter ! fakesink name=out"),
    ] {
        for (refusal, messages) in [(gst::FlowError::Error, 1), (gst::FlowError::Eos, 0)] {
            let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
            let sink = pipeline.by_name("out").unwrap().static_pad("sink").unwrap();
            sink.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                info.flow_res = Err(refusal);
                gst::PadProbeReturn::Handled
            });
            let bus = pipeline.bus().unwrap();
            pipeline.set_state(gst::State::Playing).unwrap();
            let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
            let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(30), &kinds);
            let end = end.unwrap_or_else(|| panic!("{line} does not end after {refusal:?}"));
            let errors = usize::from(end.type_() == gst::MessageType::Error);
            pipeline.set_state(gst::State::Ready).unwrap();
            let more = std::iter::from_fn(|| bus.pop_filtered(&[gst::MessageType::Error]));
            assert_eq!(errors + more.count(), messages, "{line}: {refusal:?}");
            pipeline.set_state(gst::State::Null).unwrap();
        }
    }
}

/// Runs the program that leaves GStreamer in the way `how`.
fn leave(how: &str, elements: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_leave");
    let line = format!("timeout --kill-after=5 60 {program} {how} {elements} {}", photo());
    launch::shell(&line, Path::new(".")).output().unwrap()
}

#[test]
fn a_process_may_end_whenever_it_likes() {
    for elements in ["static", "plugin"] {
        for how in ["starting", "playing", "null", "deinit"] {
            for _ in 0..3 {
                let output = leave(how, elements);
                let said = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(0), "{how} {elements}: {said}");
            }
        }
    }
}

/// Every program that these tests start is watched in this way.
#[test]
fn a_leak_would_be_noticed() {
    let output = leave("leak", "static");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("Leaks detected"), "{output:?}");
}

#[test]
fn pipelines_that_come_and_go_leave_no_memory_and_no_threads() {
    let line = format!("{} 20 {}", env!("CARGO_BIN_EXE_soak"), photo());
    launch::run(&line, Path::new("."));
}

#[test]
fn every_element_can_be_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let printed = launch::run("gst-inspect-1.0 stillmotion", folder.path());
    for name in factories() {
        assert!(printed.contains(&format!("{name}:")), "the plugin has {name}: {printed}");
        let page = launch::run(&format!("gst-inspect-1.0 {name}"), folder.path());
        assert!(page.contains("Element Properties"), "{page}");
    }
}
