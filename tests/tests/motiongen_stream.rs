// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motiongen` between two streams: what comes from upstream, and what ends the clip. What holds
//! for every clip is in `clip_stream.rs`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::sync::{Arc, Mutex};

use gst::{ClockTime, SeekFlags, prelude::*};
use stillmotion_tests::{
    clip::{self, ms, start},
    pictures,
    rig::Rig,
};

fn rig(properties: &[(&str, &str)]) -> Rig {
    clip::rig("motiongen", properties)
}

fn playing(properties: &[(&str, &str)], count: usize) -> Rig {
    clip::playing("motiongen", properties, count)
}

fn still() -> gst::Caps {
    pictures::caps("I420", 32, 32)
}

#[test]
fn a_still_that_comes_in_the_midst_of_a_seek_is_shown() {
    let rig = rig(&[]);
    rig.play();
    let caps = still();
    assert!(rig.announce(&caps));
    let frame = pictures::frame(&caps, 1);
    let upstream = rig.element.static_pad("sink").unwrap().peer().unwrap();
    let pad = rig.element.static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::EVENT_FLUSH, move |_, info| {
        if info.event().is_some_and(|event| event.type_() == gst::EventType::FlushStop) {
            // Upstream knows nothing of the seek.
            assert_eq!(upstream.push(frame.clone()), Err(gst::FlowError::Eos));
        }
        gst::PadProbeReturn::Ok
    });
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(1500), None));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [15, 16, 17, 18, 19]);
}

#[test]
fn without_a_seek_segment_and_eos_carry_the_number_of_the_segment_that_came_in() {
    let rig = rig(&[]);
    rig.play();
    let caps = still();
    assert!(rig.announce(&caps));
    let number = gst::Seqnum::next();
    let segment = gst::FormattedSegment::<ClockTime>::new();
    assert!(rig.push_event(gst::event::Segment::builder(&segment).seqnum(number).build()));
    assert_eq!(rig.push(pictures::frame(&caps, 1)), Err(gst::FlowError::Eos));
    rig.to_eos();
    let out = rig.out();
    assert_eq!(out.segment().1, number);
    assert_eq!(out.events.last().unwrap().seqnum(), number);
}

#[test]
fn a_storm_of_flushes_from_upstream_leaves_the_stream_intact() {
    let rig = rig(&[]);
    rig.play();
    for _ in 0..200 {
        rig.give_still(&still());
        rig.flush();
    }
    rig.give_still(&still());
    rig.to_eos();
    assert_eq!(rig.out().indices(), (0..20).collect::<Vec<_>>());
}

/// The source that starts while an application seeks must not fail, nor its stream stay without a
/// start.
#[test]
fn a_stream_that_starts_during_a_flush_of_a_seek_starts_behind_it() {
    let rig = rig(&[]);
    rig.play();
    let upstream = rig.element.static_pad("sink").unwrap().peer().unwrap();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let answers = Arc::clone(&taken);
    rig.sink_pad().add_probe(gst::PadProbeType::EVENT_FLUSH, move |_, info| {
        if info.event().is_some_and(|event| event.type_() == gst::EventType::FlushStart) {
            let start = gst::event::StreamStart::new("late");
            answers.lock().unwrap().push(upstream.push_event(start));
        }
        gst::PadProbeReturn::Ok
    });
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(0), None));
    assert_eq!(*taken.lock().unwrap(), [true]);
    assert!(rig.push_event(gst::event::Caps::new(&still())));
    assert!(rig.push_event(gst::event::Segment::new(&gst::FormattedSegment::<ClockTime>::new())));
    assert_eq!(rig.push(pictures::frame(&still(), 1)), Err(gst::FlowError::Eos));
    rig.to_eos();
    let kinds: Vec<_> = rig.out().events.iter().map(|event| event.type_()).take(3).collect();
    let [start, caps, segment] =
        [gst::EventType::StreamStart, gst::EventType::Caps, gst::EventType::Segment];
    assert_eq!(kinds, [start, caps, segment]);
}

#[test]
fn eos_before_a_still_passes_and_eos_behind_it_does_not_end_the_clip() {
    let rig = rig(&[]);
    rig.play();
    assert!(rig.push_event(gst::event::StreamStart::new("test")));
    assert!(rig.push_event(gst::event::Eos::new()));
    assert_eq!(rig.to_eos().len(), 0);

    let rig = self::rig(&[]);
    rig.allow(0);
    start(&rig);
    assert!(rig.push_event(gst::event::Eos::new()));
    rig.allow(usize::MAX);
    assert_eq!(rig.to_eos().len(), 20);
    assert_eq!(rig.out().events.iter().filter(|e| e.type_() == gst::EventType::Eos).count(), 1);
}

#[test]
fn an_eos_that_is_sent_to_the_element_ends_the_clip() {
    let rig = playing(&[("at-end", "loop")], 5);
    let number = gst::Seqnum::next();
    assert!(rig.element.send_event(gst::event::Eos::builder().seqnum(number).build()));
    rig.allow(1);
    rig.to_eos();
    assert_eq!(rig.out().events.last().unwrap().seqnum(), number);
}

#[test]
fn a_bin_finds_it_among_its_sources() {
    let rig = rig(&[]);
    let bin = gst::Bin::new();
    bin.add(&gst::ElementFactory::make("motiongen").build().unwrap()).unwrap();
    assert!(rig.element.element_flags().contains(gst::ElementFlags::SOURCE));
    assert!(bin.element_flags().contains(gst::ElementFlags::SOURCE));
}

#[test]
fn an_eos_that_is_sent_before_the_still_ends_the_clip_once_it_has_come() {
    let rig = rig(&[("at-end", "loop")]);
    rig.play();
    let number = gst::Seqnum::next();
    assert!(rig.element.send_event(gst::event::Eos::builder().seqnum(number).build()));
    rig.give_still(&still());
    assert_eq!(rig.to_eos().len(), 0);
    assert_eq!(rig.out().events.last().unwrap().seqnum(), number);
    // A seek plays it again.
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(0), ms(500)));
    assert_eq!(rig.to_eos().len(), 5);
}

#[test]
fn a_second_still_is_refused_unless_it_may_replace_the_first() {
    let rig = rig(&[]);
    rig.allow(1);
    start(&rig);
    assert_eq!(rig.push(pictures::frame(&still(), 2)), Err(gst::FlowError::Eos));
}

#[test]
fn a_still_that_replaces_another_is_shown_at_once_and_gets_a_whole_clip() {
    let rig = rig(&[("allow-replace", "true")]);
    rig.allow(5);
    rig.play();
    let caps = still();
    assert!(rig.announce(&caps));
    let (first, second) = (pictures::frame(&caps, 1), pictures::frame(&caps, 2));
    assert_eq!(rig.push(first), Ok(gst::FlowSuccess::Ok));
    rig.wait("a frame that waits", |out| out.blocked);
    assert_eq!(rig.push(second.clone()), Ok(gst::FlowSuccess::Ok));
    rig.allow(usize::MAX);
    let frames = rig.to_eos();
    let same =
        |frame: &gst::Buffer| pictures::samples(frame, &caps) == pictures::samples(&second, &caps);
    let at = frames.iter().position(same).expect("the second still is shown as it is");
    assert!((5..=6).contains(&at), "at once: {at}");
    assert_eq!(frames.len() - at, 20, "a whole clip of the second still");
}
