// SPDX-License-Identifier: MIT OR Apache-2.0
//! A clip as a stream: what holds for `motiongen` and `motionsrc` alike.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::{ClockTime, SeekFlags, prelude::*};
use stillmotion_tests::{
    clip::{ms, photo, playing, rig, start},
    pictures,
    rig::Out,
};

/// Makes two tests of each function, so that the name of a test that fails holds the factory.
macro_rules! for_both {
    ($($test:ident),* $(,)?) => {
        mod motiongen {
            $(#[test] fn $test() { super::$test("motiongen"); })*
        }
        mod motionsrc {
            $(#[test] fn $test() { super::$test("motionsrc"); })*
        }
    };
}

for_both!(
    a_flushing_seek_goes_on_at_the_frame_that_is_asked_for,
    a_reverse_seek_plays_backwards,
    a_reverse_seek_without_an_end_is_refused,
    a_reverse_seek_may_take_its_end_from_the_seek_before,
    a_seek_from_the_end_counts_from_the_end_of_the_clip,
    a_seek_into_a_frame_starts_in_that_frame,
    a_seek_in_frames_is_a_seek_in_time,
    frames_are_the_same_after_a_seek,
    segment_and_eos_carry_the_number_of_the_seek,
    a_segment_seek_ends_with_segment_done,
    a_storm_of_seeks_leaves_the_stream_intact,
    queries_are_answered,
    an_endless_clip_has_no_duration_until_a_seek_gives_it_an_end,
    a_duration_that_is_no_whole_number_of_frames_is_told_as_it_is_shown,
    num_buffers_ends_the_stream_and_is_its_duration,
    a_changed_prompt_opens_a_new_clip_and_keeps_the_place,
    what_downstream_says_is_told_once,
    settings_survive_and_the_clip_plays_again,
    it_stops_wherever_it_is,
);

/// The frames that come after a seek into a clip that plays.
#[track_caller]
fn after_seek(
    factory: &str,
    properties: &[(&str, &str)],
    rate: f64,
    start_ms: u64,
    stop_ms: Option<u64>,
) -> Vec<u64> {
    let rig = playing(factory, properties, 3);
    rig.out().allowed = usize::MAX;
    assert!(rig.seek(rate, SeekFlags::FLUSH, ms(start_ms), stop_ms.and_then(ms)));
    rig.to_eos();
    rig.out().indices()
}

const HOLD: [(&str, &str); 1] = [("at-end", "hold")];

fn a_flushing_seek_goes_on_at_the_frame_that_is_asked_for(factory: &str) {
    assert_eq!(after_seek(factory, &[], 1.0, 1000, None), (10..20).collect::<Vec<_>>());
    assert_eq!(after_seek(factory, &[], 1.0, 0, Some(500)), (0..5).collect::<Vec<_>>());
    assert_eq!(after_seek(factory, &[], 2.0, 1500, None), (15..20).collect::<Vec<_>>());
    assert_eq!(after_seek(factory, &[], 1.0, 2000, None), [0_u64; 0]);
    assert_eq!(after_seek(factory, &[], 1.0, 9000, None), [0_u64; 0]);
    assert_eq!(after_seek(factory, &HOLD, 1.0, 2000, Some(2300)), [20, 21, 22]);
}

fn a_reverse_seek_plays_backwards(factory: &str) {
    let backwards = (0..20).rev().collect::<Vec<_>>();
    assert_eq!(after_seek(factory, &[], -1.0, 0, None), backwards);
    assert_eq!(after_seek(factory, &[], -1.0, 500, Some(1000)), [9, 8, 7, 6, 5]);
    // Behind the end of the clip there is nothing to show.
    assert_eq!(after_seek(factory, &[], -1.0, 1800, Some(9000)), [19, 18]);
    assert_eq!(after_seek(factory, &HOLD, -1.0, 2000, Some(2200)), [21, 20]);
}

/// The frames that lie behind the position when `gone` have gone and the next one waits: a source
/// counts that one too.
fn behind(factory: &str, gone: u64) -> u64 {
    if factory == "motionsrc" { gone + 1 } else { gone }
}

/// Turns round at the position, for which there must be an end already.
fn turn_round() -> gst::Event {
    let (set, keep) = (gst::SeekType::Set, gst::SeekType::None);
    gst::event::Seek::new(-1.0, SeekFlags::FLUSH, set, ms(0), keep, ms(0))
}

fn a_reverse_seek_without_an_end_is_refused(factory: &str) {
    let rig = playing(factory, &[("at-end", "loop")], 1);
    assert!(!rig.seek(-1.0, SeekFlags::FLUSH, ms(0), None));
    assert!(!rig.element.send_event(turn_round()));
    rig.allow(3);
    rig.wait("the stream to go on", |out| out.buffers.len() == 4);
    assert_eq!(rig.out().indices(), [0, 1, 2, 3], "nothing was disturbed");
}

fn a_reverse_seek_may_take_its_end_from_the_seek_before(factory: &str) {
    let rig = playing(factory, &[("at-end", "loop")], 1);
    rig.out().allowed = 2;
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(0), ms(400)));
    rig.wait("two frames and one that waits", |out| out.buffers.len() == 2 && out.blocked);
    rig.out().allowed = usize::MAX;
    assert!(rig.push_upstream(turn_round()));
    rig.to_eos();
    assert_eq!(rig.out().indices(), (0..behind(factory, 2)).rev().collect::<Vec<_>>());
}

fn a_seek_from_the_end_counts_from_the_end_of_the_clip(factory: &str) {
    let rig = playing(factory, &[], 1);
    rig.out().allowed = usize::MAX;
    let (kind, none) = (gst::SeekType::End, gst::SeekType::None);
    // The bindings know no negative time.
    let back = ClockTime::from_nseconds((-300_000_000_i64).cast_unsigned());
    let seek = gst::event::Seek::new(1.0, SeekFlags::FLUSH, kind, back, none, ClockTime::NONE);
    assert!(rig.push_upstream(seek));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [17, 18, 19]);
}

fn a_seek_into_a_frame_starts_in_that_frame(factory: &str) {
    for (rate, order) in [(1.0, [0, 1]), (-1.0, [1, 0])] {
        let rig = playing(factory, &[], 1);
        rig.out().allowed = usize::MAX;
        let flags = SeekFlags::FLUSH | SeekFlags::ACCURATE;
        assert!(rig.seek(rate, flags, ms(1030), ms(1180)));
        let frames = rig.to_eos();
        assert_eq!(frames.len(), 2, "rate {rate}");
        let times = order.map(|i: usize| (frames[i].pts(), frames[i].duration()));
        assert_eq!(times, [(ms(1030), ms(70)), (ms(1100), ms(80))], "rate {rate}");
        assert_eq!(order.map(|i| frames[i].offset()), [10, 11], "rate {rate}");
    }
}

fn a_seek_in_frames_is_a_seek_in_time(factory: &str) {
    let rig = playing(factory, &[], 1);
    rig.out().allowed = usize::MAX;
    let frame = |n: u64| gst::format::Default::from_u64(n);
    let kind = gst::SeekType::Set;
    // The first seek finds the stream under way, the second one finds it at its end.
    for range in [3..6, 15..17] {
        let (from, to) = (frame(range.start), frame(range.end));
        let seek = gst::event::Seek::new(1.0, SeekFlags::FLUSH, kind, from, kind, to);
        assert!(rig.push_upstream(seek));
        rig.to_eos();
        assert_eq!(rig.out().indices(), range.collect::<Vec<_>>());
    }
}

fn frames_are_the_same_after_a_seek(factory: &str) {
    let rig = rig(factory, &[("prompt", "slow push in")]);
    start(&rig);
    let straight = rig.to_eos();
    for (rate, start) in [(1.0, 700), (-1.0, 0), (2.0, 1300)] {
        assert!(rig.seek(rate, SeekFlags::FLUSH, ms(start), None));
        let caps = rig.caps();
        let frames = rig.to_eos();
        assert!(frames.len() >= 7, "rate {rate}: {} frames", frames.len());
        for frame in frames {
            let before = &straight[frame.offset() as usize];
            assert_eq!(frame.pts(), before.pts());
            let same = pictures::samples(&frame, &caps) == pictures::samples(before, &caps);
            assert!(same, "rate {rate}: frame {} differs", frame.offset());
        }
    }
}

fn segment_and_eos_carry_the_number_of_the_seek(factory: &str) {
    let rig = rig(factory, &[]);
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

fn a_segment_seek_ends_with_segment_done(factory: &str) {
    let rig = playing(factory, &[], 1);
    rig.out().allowed = usize::MAX;
    assert!(rig.seek(1.0, SeekFlags::FLUSH | SeekFlags::SEGMENT, ms(0), ms(300)));
    let done =
        |out: &Out| out.events.iter().any(|event| event.type_() == gst::EventType::SegmentDone);
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

fn a_storm_of_seeks_leaves_the_stream_intact(factory: &str) {
    let rig = playing(factory, &[], 2);
    for i in 0..300_u64 {
        let flags = if i % 5 == 0 { SeekFlags::empty() } else { SeekFlags::FLUSH };
        if flags.is_empty() {
            // Only a stream that flows can be seeked without a flush.
            rig.allow(usize::MAX);
        }
        assert!(rig.seek(1.0, flags, ms(i * 37 % 2000), None), "seek {i}");
        rig.allow((i % 3) as usize);
    }
    rig.allow(usize::MAX);
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(1500), None));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [15, 16, 17, 18, 19]);
}

fn queries_are_answered(factory: &str) {
    let rig = playing(factory, &[], 5);
    let frame = |n: u64| Some(gst::format::Default::from_u64(n));
    let sink = rig.sink_pad();
    assert_eq!(sink.peer_query_duration::<ClockTime>(), ms(2000));
    assert_eq!(sink.peer_query_duration::<gst::format::Default>(), frame(20));
    let position = behind(factory, 5);
    assert_eq!(sink.peer_query_position::<ClockTime>(), ms(100 * position));
    assert_eq!(sink.peer_query_position::<gst::format::Default>(), frame(position));
    assert_eq!(sink.peer_query_convert::<Option<ClockTime>>(frame(7).unwrap()), Some(ms(700)));
    let mut seeking = gst::query::Seeking::new(gst::Format::Time);
    assert!(rig.ask(&mut seeking));
    assert_eq!(seeking.result(), (true, ms(0).into(), ms(2000).into()));
    let mut seeking = gst::query::Seeking::new(gst::Format::Default);
    assert!(rig.ask(&mut seeking));
    assert!(seeking.result().0, "in frames too");
    let mut latency = gst::query::Latency::new();
    assert!(rig.ask(&mut latency));
    let (live, least, most) = latency.result();
    assert_eq!((live, least), (false, ClockTime::ZERO));
    if factory == "motiongen" {
        // The base class of sources says 0, which nobody reads where nothing is live.
        assert_eq!(most, None);
    }
}

fn an_endless_clip_has_no_duration_until_a_seek_gives_it_an_end(factory: &str) {
    for at_end in ["loop", "ping-pong"] {
        let rig = playing(factory, &[("at-end", at_end)], 1);
        let mut duration = gst::query::Duration::new(gst::Format::Time);
        assert!(rig.ask(&mut duration), "{at_end}");
        assert_eq!(duration.result(), None::<ClockTime>.into(), "{at_end}");
        assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(0), ms(5000)), "{at_end}");
        assert_eq!(rig.sink_pad().peer_query_duration::<ClockTime>(), ms(5000), "{at_end}");
    }
}

fn a_duration_that_is_no_whole_number_of_frames_is_told_as_it_is_shown(factory: &str) {
    let rig = rig(factory, &[("duration", "1010000000")]);
    start(&rig);
    assert_eq!(rig.to_eos().len(), 11);
    assert_eq!(rig.sink_pad().peer_query_duration::<ClockTime>(), ms(1100));
}

fn num_buffers_ends_the_stream_and_is_its_duration(factory: &str) {
    let rig = rig(factory, &[("num-buffers", "7"), ("at-end", "loop")]);
    start(&rig);
    assert_eq!(rig.to_eos().len(), 7);
    assert_eq!(rig.sink_pad().peer_query_duration::<ClockTime>(), ms(700));
}

fn a_changed_prompt_opens_a_new_clip_and_keeps_the_place(factory: &str) {
    let rig = playing(factory, &[], 4);
    rig.element.set_property("prompt", "slow orbit");
    rig.allow(usize::MAX);
    rig.to_eos();
    assert_eq!(rig.out().indices(), (0..20).collect::<Vec<_>>());
    let stats = rig.element.property::<gst::Structure>("stats");
    assert_eq!(stats.get::<u64>("clips"), Ok(2));
    assert_eq!(stats.get::<u64>("frames"), Ok(20));
}

/// How many errors are posted, and whether EOS comes, when downstream answers with `error`.
#[track_caller]
fn downstream_says(factory: &str, error: gst::FlowError) -> (usize, bool) {
    let rig = rig(factory, &[]);
    rig.out().refuse = Some(error);
    start(&rig);
    if error == gst::FlowError::Flushing {
        let segment = |event: &gst::Event| event.type_() == gst::EventType::Segment;
        rig.wait("the segment", |out| out.events.iter().any(segment));
    } else {
        rig.to_eos();
    }
    rig.element.set_state(gst::State::Null).unwrap();
    (rig.errors().len(), rig.out().eos())
}

fn what_downstream_says_is_told_once(factory: &str) {
    assert_eq!(downstream_says(factory, gst::FlowError::Eos), (0, true));
    assert_eq!(downstream_says(factory, gst::FlowError::Error), (1, true));
    assert_eq!(downstream_says(factory, gst::FlowError::NotNegotiated), (1, true));
    assert_eq!(downstream_says(factory, gst::FlowError::NotLinked), (1, true));
    assert_eq!(downstream_says(factory, gst::FlowError::Flushing), (0, false));
}

fn settings_survive_and_the_clip_plays_again(factory: &str) {
    let rig = rig(factory, &[("prompt", "slow orbit"), ("motion", "8"), ("at-end", "eos")]);
    for state in [gst::State::Ready, gst::State::Null, gst::State::Null] {
        start(&rig);
        assert_eq!(rig.to_eos().len(), 20, "before {state:?}");
        rig.element.set_state(state).unwrap();
        // Both pads of the test have seen EOS.
        rig.flush();
        rig.sink_pad().send_event(gst::event::FlushStart::new());
        rig.sink_pad().send_event(gst::event::FlushStop::new(true));
        assert_eq!(rig.element.property::<String>("prompt"), "slow orbit", "{state:?}");
        assert_eq!(rig.element.property::<f64>("motion"), 8.0, "{state:?}");
        if factory == "motionsrc" {
            let location = rig.element.property::<String>("location");
            assert_eq!(location, photo(), "{state:?}");
        }
    }
    start(&rig);
    assert_eq!(rig.to_eos().len(), 20);
}

fn it_stops_wherever_it_is(factory: &str) {
    for allowed in 0..12 {
        let rig = rig(factory, &[("at-end", "loop")]);
        rig.allow(allowed);
        start(&rig);
        if allowed % 2 == 0 {
            rig.wait("a frame that waits", |out| out.blocked);
        }
        rig.sink_pad().send_event(gst::event::FlushStart::new());
        rig.element.set_state(gst::State::Null).unwrap();
    }
}
