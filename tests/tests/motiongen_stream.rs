// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motiongen` as a source of a stream: seeks, flushes, ends, queries.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::{ClockTime, SeekFlags, prelude::*};
use stillmotion_tests::{pictures, rig::Rig};

/// A clip of two seconds at 10 frames per second, with all frames at the sink or on their way.
fn rig(properties: &[(&str, &str)]) -> Rig {
    let mut all = vec![("duration", "2000000000")];
    all.extend_from_slice(properties);
    Rig::with_caps("motiongen", &all, Some("video/x-raw,framerate=10/1"))
}

#[track_caller]
fn start(rig: &Rig) {
    rig.play();
    give_still(rig);
}

#[track_caller]
fn give_still(rig: &Rig) {
    let caps = pictures::caps("I420", 32, 32);
    assert!(rig.announce(&caps));
    assert_eq!(rig.push(pictures::frame(&caps, 1)), Err(gst::FlowError::Eos));
}

fn ms(time: u64) -> Option<ClockTime> {
    Some(ClockTime::from_mseconds(time))
}

#[track_caller]
fn after_seek(
    properties: &[(&str, &str)],
    rate: f64,
    flags: SeekFlags,
    start_ms: Option<u64>,
    stop_ms: Option<u64>,
) -> Vec<u64> {
    let rig = rig(properties);
    rig.allow(3);
    start(&rig);
    rig.wait("a frame that waits", |out| out.blocked);
    rig.out().allowed = usize::MAX;
    let side = |side: Option<u64>| side.and_then(ms);
    assert!(rig.seek(rate, flags | SeekFlags::FLUSH, side(start_ms), side(stop_ms)));
    rig.to_eos();
    rig.out().indices()
}

#[test]
fn a_flushing_seek_goes_on_at_the_frame_that_is_asked_for() {
    let none = SeekFlags::empty();
    assert_eq!(after_seek(&[], 1.0, none, Some(1000), None), (10..20).collect::<Vec<_>>());
    assert_eq!(after_seek(&[], 1.0, none, Some(0), Some(500)), (0..5).collect::<Vec<_>>());
    assert_eq!(after_seek(&[], 2.0, none, Some(1500), None), (15..20).collect::<Vec<_>>());
    assert_eq!(after_seek(&[], 1.0, none, Some(2000), None), [0_u64; 0]);
    assert_eq!(after_seek(&[], 1.0, none, Some(9000), None), [0_u64; 0]);
    let hold = [("at-end", "hold")];
    assert_eq!(after_seek(&hold, 1.0, none, Some(2000), Some(2300)), [20, 21, 22]);
}

#[test]
fn a_reverse_seek_plays_backwards() {
    let none = SeekFlags::empty();
    let backwards = (0..20).rev().collect::<Vec<_>>();
    assert_eq!(after_seek(&[], -1.0, none, Some(0), None), backwards);
    assert_eq!(after_seek(&[], -1.0, none, Some(500), Some(1000)), [9, 8, 7, 6, 5]);
    // Behind the end of the clip there is nothing to show.
    assert_eq!(after_seek(&[], -1.0, none, Some(1800), Some(9000)), [19, 18]);
    let hold = [("at-end", "hold")];
    assert_eq!(after_seek(&hold, -1.0, none, Some(2000), Some(2200)), [21, 20]);
}

#[test]
fn a_reverse_seek_without_an_end_is_refused() {
    let rig = rig(&[("at-end", "loop")]);
    rig.allow(1);
    start(&rig);
    rig.wait("a frame that waits", |out| out.blocked);
    assert!(!rig.seek(-1.0, SeekFlags::FLUSH, ms(0), None));
    rig.allow(3);
    rig.wait("the stream to go on", |out| !out.buffers.is_empty());
}

#[test]
fn a_seek_into_a_frame_starts_in_that_frame() {
    let rig = rig(&[]);
    rig.allow(1);
    start(&rig);
    rig.wait("a frame that waits", |out| out.blocked);
    rig.out().allowed = usize::MAX;
    assert!(rig.seek(1.0, SeekFlags::FLUSH | SeekFlags::ACCURATE, ms(1030), ms(1180)));
    let frames = rig.to_eos();
    assert_eq!(rig.out().indices(), [10, 11]);
    assert_eq!((frames[0].pts(), frames[0].duration()), (ms(1030), ms(70)));
    assert_eq!((frames[1].pts(), frames[1].duration()), (ms(1100), ms(80)));
}

#[test]
fn a_seek_in_frames_is_a_seek_in_time() {
    let rig = rig(&[]);
    start(&rig);
    rig.to_eos();
    let frame = |n: u64| gst::format::Default::from_u64(n);
    let kind = gst::SeekType::Set;
    let seek = gst::event::Seek::new(1.0, SeekFlags::FLUSH, kind, frame(3), kind, frame(6));
    assert!(rig.push_upstream(seek));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [3, 4, 5]);
}

#[test]
fn frames_are_the_same_after_a_seek() {
    let rig = rig(&[("prompt", "slow push in")]);
    start(&rig);
    let straight = rig.to_eos();
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(700), None));
    let caps = rig.caps();
    for frame in rig.to_eos() {
        let before = &straight[frame.offset() as usize];
        assert_eq!(frame.pts(), before.pts());
        assert!(pictures::samples(&frame, &caps) == pictures::samples(before, &caps));
    }
}

#[test]
fn segment_and_eos_carry_the_number_of_the_seek() {
    let rig = rig(&[]);
    start(&rig);
    rig.to_eos();
    let number = gst::Seqnum::next();
    let (kind, none) = (gst::SeekType::Set, gst::SeekType::None);
    let end = None::<ClockTime>;
    let seek = gst::event::Seek::builder(1.0, SeekFlags::FLUSH, kind, ms(0), none, end);
    assert!(rig.push_upstream(seek.seqnum(number).build()));
    rig.to_eos();
    let out = rig.out();
    let kinds = [gst::EventType::Segment, gst::EventType::Eos];
    let numbered = out.events.iter().filter(|event| kinds.contains(&event.type_()));
    assert_eq!(numbered.map(|event| event.seqnum()).collect::<Vec<_>>(), [number, number]);
}

#[test]
fn without_a_seek_they_carry_the_number_of_the_segment_that_came_in() {
    let rig = rig(&[]);
    rig.play();
    let caps = pictures::caps("I420", 32, 32);
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
fn a_segment_seek_ends_with_segment_done() {
    let rig = rig(&[]);
    rig.allow(1);
    start(&rig);
    rig.wait("a frame that waits", |out| out.blocked);
    rig.out().allowed = usize::MAX;
    assert!(rig.seek(1.0, SeekFlags::FLUSH | SeekFlags::SEGMENT, ms(0), ms(300)));
    let done = |out: &stillmotion_tests::rig::Out| {
        out.events.iter().any(|event| event.type_() == gst::EventType::SegmentDone)
    };
    rig.wait("SEGMENT_DONE", done);
    assert_eq!(rig.out().indices(), [0, 1, 2]);
    assert!(!rig.out().eos());
    let kinds = [gst::MessageType::SegmentDone];
    assert!(rig.bus.timed_pop_filtered(ClockTime::from_seconds(60), &kinds).is_some());
    // A seek without a flush goes on where it is told to, in the same running time.
    assert!(rig.seek(1.0, SeekFlags::empty(), ms(0), ms(300)));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [0, 1, 2, 0, 1, 2]);
    assert_eq!(rig.out().segment().0.base(), ms(300));
}

#[test]
fn a_storm_of_seeks_leaves_the_stream_intact() {
    let rig = rig(&[]);
    rig.allow(2);
    start(&rig);
    for i in 0..300_u64 {
        let flags = if i % 5 == 0 { SeekFlags::empty() } else { SeekFlags::FLUSH };
        if flags.is_empty() {
            // Only a stream that flows can be seeked without a flush.
            rig.allow(usize::MAX);
        }
        assert!(rig.seek(1.0, flags, ms(i * 37 % 2000), None));
        rig.allow((i % 3) as usize);
    }
    rig.allow(usize::MAX);
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(1500), None));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [15, 16, 17, 18, 19]);
}

#[test]
fn a_storm_of_flushes_from_upstream_leaves_the_stream_intact() {
    let rig = rig(&[]);
    rig.play();
    for _ in 0..200 {
        give_still(&rig);
        rig.push_event(gst::event::FlushStart::new());
        rig.push_event(gst::event::FlushStop::new(true));
    }
    give_still(&rig);
    rig.to_eos();
    assert_eq!(rig.out().indices(), (0..20).collect::<Vec<_>>());
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
    let rig = rig(&[("at-end", "loop")]);
    rig.allow(5);
    start(&rig);
    rig.wait("a frame that waits", |out| out.blocked);
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
    give_still(&rig);
    assert_eq!(rig.to_eos().len(), 0);
    assert_eq!(rig.out().events.last().unwrap().seqnum(), number);
    // A seek plays it again.
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(0), ms(500)));
    assert_eq!(rig.to_eos().len(), 5);
}

#[track_caller]
fn downstream_says(error: gst::FlowError) -> (usize, bool) {
    let rig = rig(&[]);
    rig.out().refuse = Some(error);
    start(&rig);
    if error == gst::FlowError::Flushing {
        rig.wait("the segment", |out| !out.events.is_empty());
    } else {
        rig.to_eos();
    }
    rig.element.set_state(gst::State::Null).unwrap();
    (rig.errors().len(), rig.out().eos())
}

#[test]
fn what_downstream_says_is_told_once() {
    assert_eq!(downstream_says(gst::FlowError::Eos), (0, true));
    assert_eq!(downstream_says(gst::FlowError::Error), (1, true));
    assert_eq!(downstream_says(gst::FlowError::NotNegotiated), (1, true));
    assert_eq!(downstream_says(gst::FlowError::NotLinked), (1, true));
    assert_eq!(downstream_says(gst::FlowError::Flushing), (0, false));
}

#[test]
fn a_second_still_is_refused_unless_it_may_replace_the_first() {
    let rig = rig(&[]);
    rig.allow(1);
    start(&rig);
    let caps = pictures::caps("I420", 32, 32);
    assert_eq!(rig.push(pictures::frame(&caps, 2)), Err(gst::FlowError::Eos));
}

#[test]
fn a_still_that_replaces_another_is_shown_at_once_and_gets_a_whole_clip() {
    let rig = rig(&[("allow-replace", "true")]);
    rig.allow(5);
    rig.play();
    let caps = pictures::caps("I420", 32, 32);
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

#[test]
fn queries_are_answered_here() {
    let rig = rig(&[]);
    rig.allow(5);
    start(&rig);
    rig.wait("a frame that waits", |out| out.blocked);
    let sink = rig.sink_pad();
    assert_eq!(sink.peer_query_duration::<ClockTime>(), ms(2000));
    let frames = sink.peer_query_duration::<gst::format::Default>();
    assert_eq!(frames, Some(gst::format::Default::from_u64(20)));
    assert_eq!(sink.peer_query_position::<ClockTime>(), ms(500));
    let frame = gst::format::Default::from_u64(7);
    assert_eq!(sink.peer_query_convert::<Option<ClockTime>>(frame), Some(ms(700)));
    let mut seeking = gst::query::Seeking::new(gst::Format::Time);
    assert!(rig.ask(&mut seeking));
    let (seekable, start, end) = seeking.result();
    assert!(seekable);
    assert_eq!((start, end), (ms(0).into(), ms(2000).into()));
    let mut latency = gst::query::Latency::new();
    assert!(rig.ask(&mut latency));
    assert_eq!(latency.result(), (false, ClockTime::ZERO, None));
}

#[test]
fn an_endless_clip_has_no_duration_until_a_seek_gives_it_an_end() {
    let rig = rig(&[("at-end", "loop")]);
    rig.allow(1);
    start(&rig);
    rig.wait("a frame that waits", |out| out.blocked);
    let mut duration = gst::query::Duration::new(gst::Format::Time);
    assert!(rig.ask(&mut duration));
    assert_eq!(duration.result(), None::<ClockTime>.into());
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(0), ms(5000)));
    assert_eq!(rig.sink_pad().peer_query_duration::<ClockTime>(), ms(5000));
}

#[test]
fn a_changed_prompt_opens_a_new_clip_and_keeps_the_place() {
    let rig = rig(&[]);
    rig.allow(4);
    start(&rig);
    rig.wait("a frame that waits", |out| out.blocked);
    rig.element.set_property("prompt", "slow orbit");
    rig.allow(usize::MAX);
    rig.to_eos();
    assert_eq!(rig.out().indices(), (0..20).collect::<Vec<_>>());
    let stats = rig.element.property::<gst::Structure>("stats");
    assert_eq!(stats.get::<u64>("clips"), Ok(2));
    assert_eq!(stats.get::<u64>("frames"), Ok(20));
}

#[test]
fn the_clip_can_be_played_again_after_ready() {
    let rig = rig(&[]);
    start(&rig);
    assert_eq!(rig.to_eos().len(), 20);
    rig.element.set_state(gst::State::Ready).unwrap();
    rig.push_event(gst::event::FlushStart::new());
    rig.push_event(gst::event::FlushStop::new(true));
    rig.sink_pad().send_event(gst::event::FlushStart::new());
    rig.sink_pad().send_event(gst::event::FlushStop::new(true));
    start(&rig);
    assert_eq!(rig.to_eos().len(), 20);
}
