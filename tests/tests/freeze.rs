// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motiongen` beside `imagefreeze`, whose place it takes: the same seeks, the same answers, the
//! same times. What differs is said in the docs of the element.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::sync::{Arc, Mutex, mpsc};

use gst::{ClockTime, SeekFlags, SeekType, prelude::*};
use stillmotion_tests::init;

const GIVE_UP: ClockTime = ClockTime::from_seconds(30);

/// What reached the sink: a line for each buffer and each event that matters.
type Log = Arc<Mutex<Vec<String>>>;

/// A still at 10 frames per second through one of the two elements.
struct Player {
    pipeline: gst::Pipeline,
    sink: gst::Element,
    log: Log,
    /// Hears of each EOS and SEGMENT_DONE that reached the sink.
    ends: mpsc::Receiver<()>,
}

impl Player {
    fn new(element: &str) -> Self {
        init();
        let pipeline = gst::parse::launch(&format!(
            "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! {element} name=e ! \
             video/x-raw,framerate=10/1 ! fakesink name=out sync=false"
        ));
        let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
        let sink = pipeline.by_name("out").unwrap();
        let log = Log::default();
        let seen = Arc::clone(&log);
        let (ended, ends) = mpsc::channel();
        let mask = gst::PadProbeType::BUFFER
            | gst::PadProbeType::EVENT_DOWNSTREAM
            | gst::PadProbeType::EVENT_FLUSH;
        sink.static_pad("sink").unwrap().add_probe(mask, move |_, info| {
            let mut seen = seen.lock().unwrap();
            match &info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => {
                    seen.push(format!("{:?}+{:?}", buffer.pts(), buffer.duration()));
                }
                Some(gst::PadProbeData::Event(event)) => match event.view() {
                    gst::EventView::FlushStop(_) => seen.clear(),
                    gst::EventView::Segment(segment) => {
                        let s = segment.segment().downcast_ref::<ClockTime>().unwrap();
                        let (from, to) = (s.start(), s.stop());
                        seen.push(format!("{from:?}..{to:?} at {}, base {:?}", s.rate(), s.base()));
                    }
                    gst::EventView::Eos(_) | gst::EventView::SegmentDone(_) => {
                        seen.push(format!("{:?}", event.type_()));
                        let _ = ended.send(());
                    }
                    _ => (),
                },
                _ => (),
            }
            gst::PadProbeReturn::Ok
        });
        Self { pipeline, sink, log, ends }
    }

    /// Waits in PAUSED, with the first frame at the sink.
    #[track_caller]
    fn preroll(&self) {
        self.pipeline.set_state(gst::State::Paused).unwrap();
        self.pipeline.state(GIVE_UP).0.expect("it prerolls");
    }

    #[track_caller]
    fn seek(&self, rate: f64, flags: SeekFlags, start: Side, stop: Side) -> bool {
        self.pipeline.seek(rate, flags, start.0, start.1, stop.0, stop.1).is_ok()
    }

    /// Plays to the end of the stream or of the segment, and gives the log.
    #[track_caller]
    fn finish(&self) -> Vec<String> {
        self.pipeline.set_state(gst::State::Playing).unwrap();
        let bus = self.pipeline.bus().unwrap();
        let kinds = [gst::MessageType::Eos, gst::MessageType::SegmentDone, gst::MessageType::Error];
        let end = bus.timed_pop_filtered(GIVE_UP, &kinds).expect("an end");
        assert_ne!(end.type_(), gst::MessageType::Error, "{end:?}");
        // The message of a segment that is done runs ahead of the event.
        self.ends.recv_timeout(GIVE_UP.into()).expect("an end at the sink");
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

type Side = (SeekType, Option<ClockTime>);
const KEEP: Side = (SeekType::None, None);

fn at(ms: u64) -> Side {
    (SeekType::Set, Some(ClockTime::from_mseconds(ms)))
}

/// The two elements, each made to be asked the same.
const PAIR: [&str; 2] = ["motiongen at-end=hold", "imagefreeze"];

#[track_caller]
fn alike(what: impl Fn(&Player) -> Vec<String>) -> Vec<String> {
    let [ours, theirs] = PAIR.map(|element| what(&Player::new(element)));
    assert_eq!(ours, theirs, "ours first, then imagefreeze");
    ours
}

#[track_caller]
fn seeks_alike(rate: f64, flags: SeekFlags, start: Side, stop: Side) -> Vec<String> {
    alike(|player| {
        player.preroll();
        assert!(player.seek(rate, SeekFlags::FLUSH | flags, start, stop));
        player.finish()
    })
}

#[test]
fn seeks_give_the_same_times() {
    let none = SeekFlags::empty();
    let log = seeks_alike(1.0, none, at(0), at(2000));
    assert_eq!(log.len(), 22, "a segment, 20 frames and EOS: {log:#?}");
    seeks_alike(1.0, none, at(1000), at(1500));
    seeks_alike(1.0, SeekFlags::ACCURATE, at(130), at(880));
    seeks_alike(1.0, SeekFlags::KEY_UNIT, at(500), at(900));
    seeks_alike(2.0, none, at(0), at(1000));
    seeks_alike(0.5, none, at(300), at(1000));
    seeks_alike(-1.0, none, at(0), at(1000));
    seeks_alike(-1.0, none, at(200), at(700));
    seeks_alike(-2.0, none, at(0), at(500));
}

#[test]
fn a_seek_for_a_segment_ends_with_segment_done() {
    let log = seeks_alike(1.0, SeekFlags::SEGMENT, at(0), at(500));
    assert_eq!(log.last().unwrap(), "SegmentDone");
    let log = seeks_alike(-1.0, SeekFlags::SEGMENT, at(100), at(500));
    assert_eq!(log.last().unwrap(), "SegmentDone");
}

#[test]
fn a_loop_without_flushes_goes_on_in_running_time() {
    let log = alike(|player| {
        player.preroll();
        let flags = SeekFlags::FLUSH | SeekFlags::SEGMENT;
        assert!(player.seek(1.0, flags, at(0), at(300)));
        player.finish();
        assert!(player.seek(1.0, SeekFlags::SEGMENT, at(100), at(300)));
        player.finish();
        assert!(player.seek(1.0, SeekFlags::empty(), at(0), at(200)));
        player.finish()
    });
    assert_eq!(log.last().unwrap(), "Eos");
}

#[test]
fn a_seek_from_a_second_on_plays_to_the_end_of_the_clip() {
    let player = Player::new("motiongen duration=2000000000");
    player.preroll();
    assert!(player.seek(1.0, SeekFlags::FLUSH, at(1000), KEEP));
    // The segment, ten frames, EOS.
    assert_eq!(player.finish().len(), 12);
    assert!(player.seek(1.0, SeekFlags::FLUSH, at(0), at(2000)));
    assert_eq!(player.finish().len(), 22);
}

#[test]
fn the_number_of_buffers_counts_alike() {
    let run = |element: &str| Player::new(&format!("{element} num-buffers=7")).finish();
    let [ours, theirs] = PAIR.map(run);
    // imagefreeze gives the segment no end, and neither do we.
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 9);
}

#[test]
fn questions_are_answered_alike() {
    let answers = alike(|player| {
        player.preroll();
        assert!(player.seek(1.0, SeekFlags::FLUSH, at(500), at(2500)));
        player.pipeline.state(GIVE_UP).0.unwrap();
        let pad = player.sink.static_pad("sink").unwrap();
        let default = gst::format::Default::from_u64;
        let mut latency = gst::query::Latency::new();
        assert!(pad.peer_query(latency.query_mut()));
        let mut answers = vec![
            format!("duration {:?}", pad.peer_query_duration::<ClockTime>()),
            format!("convert {:?}", pad.peer_query_convert::<Option<ClockTime>>(default(7))),
            format!("latency {:?}", latency.result()),
        ];
        for format in [gst::Format::Time, gst::Format::Default] {
            let mut seeking = gst::query::Seeking::new(format);
            let known = pad.peer_query(seeking.query_mut());
            answers.push(format!("{format:?} {known} {}", seeking.result().0));
        }
        answers
    });
    assert_eq!(answers[0], format!("duration {:?}", Some(ClockTime::from_mseconds(2500))));
}

#[test]
fn a_still_that_may_be_replaced_ends_with_its_upstream_alike() {
    // Two stills one behind the other: how many frames of which are shown is a matter of time,
    // how the stream ends is not.
    for element in PAIR {
        init();
        let pipeline = gst::parse::launch(&format!(
            "videotestsrc num-buffers=2 ! video/x-raw,width=64,height=48,framerate=10/1 ! \
             {element} allow-replace=true num-buffers=9 ! fakesink name=out"
        ));
        let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let end = pipeline.bus().unwrap().timed_pop_filtered(GIVE_UP, &kinds).expect("an end");
        assert_eq!(end.type_(), gst::MessageType::Eos, "{element}");
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn a_live_clip_is_live_alike() {
    let answers = |element: &str| {
        let player = Player::new(&format!("{element} is-live=true num-buffers=5"));
        let started = player.pipeline.set_state(gst::State::Paused);
        assert_eq!(started, Ok(gst::StateChangeSuccess::NoPreroll), "{element}");
        let log = player.finish();
        let pad = player.sink.static_pad("sink").unwrap();
        let mut latency = gst::query::Latency::new();
        assert!(pad.peer_query(latency.query_mut()));
        let mut seeking = gst::query::Seeking::new(gst::Format::Time);
        assert!(pad.peer_query(seeking.query_mut()));
        assert!(!player.seek(1.0, SeekFlags::FLUSH, at(0), KEEP), "{element}");
        (log.len(), latency.result(), seeking.result().0)
    };
    let [ours, theirs] = PAIR.map(answers);
    assert_eq!(ours, theirs);
}
