// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pad for text, event by event: who waits for whom, and what ends the wait.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use gst::{ClockTime, SeekFlags, prelude::*};
use stillmotion_tests::{
    pictures::{self, difference},
    rig::{Out, Rig},
};

const WIDTH: u32 = 64;
const HEIGHT: u32 = 36;
/// Cues that the element takes before it makes the text branch wait.
const QUEUED: usize = 16;

fn ms(time: u64) -> ClockTime {
    ClockTime::from_mseconds(time)
}

/// A text branch of one pad.
#[derive(Clone)]
struct Text {
    pad: gst::Pad,
}

impl Text {
    #[track_caller]
    fn link(rig: &Rig) -> Self {
        let pad = gst::Pad::builder(gst::PadDirection::Src).name("test-text").build();
        pad.link(&rig.element.static_pad("text_sink").unwrap()).unwrap();
        pad.set_active(true).unwrap();
        Self { pad }
    }

    fn announce(&self) -> &Self {
        let caps = gst::Caps::builder("text/x-raw").field("format", "utf8").build();
        let segment = gst::FormattedSegment::<ClockTime>::new();
        self.pad.push_event(gst::event::StreamStart::new("text"));
        self.pad.push_event(gst::event::Caps::new(&caps));
        self.pad.push_event(gst::event::Segment::new(&segment));
        self
    }

    fn try_cue(&self, start_ms: u64, text: &str) -> Result<gst::FlowSuccess, gst::FlowError> {
        let mut buffer = gst::Buffer::from_slice(text.to_owned());
        let target = buffer.get_mut().unwrap();
        target.set_pts(ms(start_ms));
        target.set_duration(ms(100));
        self.pad.push(buffer)
    }

    #[track_caller]
    fn cue(&self, start_ms: u64, text: &str) -> &Self {
        assert_eq!(self.try_cue(start_ms, text), Ok(gst::FlowSuccess::Ok));
        self
    }

    #[track_caller]
    fn cues(&self, cues: &[(u64, &str)]) {
        for (start_ms, text) in cues {
            self.cue(*start_ms, text);
        }
    }

    /// Nothing comes before this time.
    fn nothing_until(&self, time_ms: u64) -> &Self {
        self.pad
            .push_event(gst::event::Gap::builder(ClockTime::ZERO).duration(ms(time_ms)).build());
        self
    }

    fn eos(&self) {
        self.pad.push_event(gst::event::Eos::new());
    }

    fn flush(&self) {
        self.pad.push_event(gst::event::FlushStart::new());
        self.pad.push_event(gst::event::FlushStop::new(true));
    }
}

fn caps() -> gst::Caps {
    stillmotion_tests::init();
    pictures::caps("RGB", WIDTH, HEIGHT)
}

/// A clip of four seconds at 10 frames per second.
fn rig(properties: &[(&str, &str)]) -> Rig {
    Rig::with_caps("motiongen", properties, Some("video/x-raw,framerate=10/1"))
}

#[track_caller]
fn start(rig: &Rig) {
    rig.play();
    rig.give_still(&caps());
}

fn all(rig: &Rig) -> Vec<Vec<u8>> {
    rig.to_eos().iter().map(|frame| pictures::samples(frame, &caps())).collect()
}

/// Frames of a clip with text that was there from the start.
#[track_caller]
fn frames(properties: &[(&str, &str)], cues: &[(u64, &str)]) -> Vec<Vec<u8>> {
    let rig = rig(properties);
    let text = Text::link(&rig);
    rig.play();
    text.announce();
    text.cues(cues);
    text.eos();
    rig.give_still(&caps());
    all(&rig)
}

const CUES: [(u64, &str); 4] =
    [(400, "pan right"), (1000, "zoom out"), (1500, "pan right"), (3500, "tilt up")];

#[test]
fn the_video_waits_for_text_that_is_due_and_no_longer() {
    let rig = rig(&[]);
    let text = Text::link(&rig);
    start(&rig);
    text.announce().cue(500, "pan right");
    // A cue up to the middle of frame 5 could still come.
    rig.wait("five frames", |out| out.buffers.len() == 5);
    text.nothing_until(1560);
    rig.wait("what is known", |out| out.buffers.len() == 16);
    assert_eq!(rig.out().buffers.len(), 16);
    text.cue(2000, "zoom out");
    rig.wait("up to the cue", |out| out.buffers.len() == 20);
    text.eos();
    assert!(all(&rig) == frames(&[], &[(500, "pan right"), (2000, "zoom out")]));
}

#[test]
fn each_prompt_is_the_clip_of_that_prompt_once_the_camera_has_arrived() {
    let with_text = frames(&[("prompt", "orbit")], &[(1000, "zoom out"), (3000, "")]);
    let alone = |prompt: &str| frames(&[("prompt", prompt)], &[]);
    let (orbit, zoom) = (alone("orbit"), alone("zoom out"));
    assert_eq!(with_text.len(), 40, "the stream ends where it would without text");
    assert!(with_text[..10] == orbit[..10]);
    assert!(with_text[25..30] == zoom[15..20]);
    assert!(with_text[11..25] != zoom[1..15], "it glides");
    assert!(with_text[31] != orbit[1] && with_text[39] != orbit[39], "a new clip of the settings");
}

#[test]
fn a_seek_finds_the_cues_that_were_seen_and_gives_the_same_bytes() {
    let straight = frames(&[], &CUES);
    let rig = rig(&[]);
    let text = Text::link(&rig);
    rig.play();
    text.announce();
    text.cues(&CUES);
    text.eos();
    rig.give_still(&caps());
    assert!(all(&rig) == straight);
    for (rate, start, stop) in
        [(1.0, 0, 4000), (1.0, 1700, 4000), (2.0, 500, 3000), (-1.0, 0, 4000)]
    {
        assert!(rig.seek(rate, SeekFlags::FLUSH, Some(ms(start)), Some(ms(stop))));
        let frames = rig.to_eos();
        assert_eq!(frames.len() as u64, (stop - start) / 100);
        for frame in frames {
            let index = frame.offset() as usize;
            assert!(pictures::samples(&frame, &caps()) == straight[index], "{rate}: {index}");
        }
    }
}

#[test]
fn a_seek_ahead_of_the_text_waits_for_it() {
    let straight = frames(&[], &CUES);
    let rig = rig(&[]);
    let text = Text::link(&rig);
    rig.allow(1);
    rig.play();
    text.announce().cue(CUES[0].0, CUES[0].1);
    rig.give_still(&caps());
    rig.wait("a frame that waits", |out| out.blocked);
    rig.out().allowed = usize::MAX;
    assert!(rig.seek(1.0, SeekFlags::FLUSH, Some(ms(3600)), None));
    text.cues(&CUES[1..]);
    text.eos();
    assert!(all(&rig) == straight[36..]);
}

/// Runs `act` and says that it did not wait for anything.
#[track_caller]
fn at_once(what: &str, act: impl FnOnce()) {
    let started = Instant::now();
    act();
    assert!(started.elapsed() < Duration::from_secs(1), "{what} took {:?}", started.elapsed());
}

/// A clip whose next frame waits for text.
fn waiting(seen: usize) -> (Rig, Text) {
    let rig = rig(&[]);
    let text = Text::link(&rig);
    start(&rig);
    text.announce().cue(100 * seen as u64, "pan right");
    rig.wait("the frames before the cue", |out| out.buffers.len() == seen);
    (rig, text)
}

#[test]
fn what_ends_the_wait_of_the_video() {
    let (rig, _text) = waiting(3);
    at_once("NULL", || assert!(rig.element.set_state(gst::State::Null).is_ok()));

    let (rig, text) = waiting(3);
    at_once("a flush of the video", || rig.flush());
    rig.give_still(&caps());
    text.eos();
    assert_eq!(rig.to_eos().len(), 40);

    for flags in [SeekFlags::FLUSH, SeekFlags::empty()] {
        let (rig, text) = waiting(3);
        at_once("a seek", || assert!(rig.seek(1.0, flags, Some(ms(2000)), None)));
        text.eos();
        rig.to_eos();
        assert_eq!(rig.out().indices().iter().filter(|index| **index >= 20).count(), 20);
    }

    let (rig, _text) = waiting(3);
    at_once("EOS", || assert!(rig.element.send_event(gst::event::Eos::new())));
    assert_eq!(rig.to_eos().len(), 3);

    let (rig, text) = waiting(3);
    text.pad.push_event(gst::event::FlushStart::new());
    rig.to_eos();

    let (rig, text) = waiting(3);
    text.pad.unlink(&rig.element.static_pad("text_sink").unwrap()).unwrap();
    rig.to_eos();
}

#[test]
fn a_text_branch_may_come_and_go_while_the_video_plays() {
    let rig = rig(&[("at-end", "hold"), ("num-buffers", "2000")]);
    start(&rig);
    while !rig.out().eos() {
        let text = Text::link(&rig);
        text.announce().nothing_until(100);
        text.pad.unlink(&rig.element.static_pad("text_sink").unwrap()).unwrap();
    }
    assert_eq!(rig.to_eos().len(), 2000);
}

/// A text branch that has to wait, on a thread of its own, and how it goes on.
fn blocked_text(rig: &Rig) -> (Text, thread::JoinHandle<Result<(), gst::FlowError>>) {
    let text = Text::link(rig);
    text.announce();
    let pushed = Arc::new(AtomicUsize::new(0));
    let (branch, count) = (text.clone(), Arc::clone(&pushed));
    let branch = thread::spawn(move || {
        for i in 0..100 {
            branch.try_cue(10_000 + i, "pan right")?;
            count.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    });
    let started = Instant::now();
    while pushed.load(Ordering::SeqCst) < QUEUED {
        assert!(started.elapsed() < Duration::from_secs(60), "the cues are taken");
        thread::yield_now();
    }
    (text, branch)
}

#[test]
fn text_that_is_far_ahead_waits_until_a_flush_or_null() {
    let flushing = Err(gst::FlowError::Flushing);
    for factory in ["motiongen", "motionfilter"] {
        let rig = Rig::new(factory, &[]);
        rig.play();
        let (text, branch) = blocked_text(&rig);
        at_once("a flush of the text", || {
            text.pad.push_event(gst::event::FlushStart::new());
            assert_eq!(branch.join().unwrap(), flushing);
        });
        text.pad.push_event(gst::event::FlushStop::new(true));
        text.announce().cue(0, "zoom out");

        let rig = Rig::new(factory, &[]);
        rig.play();
        let (_text, branch) = blocked_text(&rig);
        at_once("NULL", || assert!(rig.element.set_state(gst::State::Null).is_ok()));
        assert_eq!(branch.join().unwrap(), flushing);
    }
}

#[test]
fn text_goes_on_when_the_video_has_reached_it() {
    let rig = rig(&[("at-end", "hold"), ("num-buffers", "120")]);
    rig.play();
    let (text, branch) = blocked_text(&rig);
    rig.give_still(&caps());
    assert_eq!(branch.join().unwrap(), Ok(()));
    text.eos();
    assert_eq!(rig.to_eos().len(), 120);
}

#[test]
fn five_hundred_flushes_of_either_side_leave_the_stream_intact() {
    let straight = frames(&[], &CUES);
    let rig = rig(&[]);
    let text = Text::link(&rig);
    rig.play();
    let mut random = 12345_u32;
    for i in 0..500_u64 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.announce();
        if random & 1 << 20 != 0 {
            let _ = text.try_cue(i % 7 * 300, "orbit");
        }
        if random & 1 << 21 != 0 {
            rig.give_still(&caps());
        }
        text.flush();
        rig.flush();
    }
    // Another stream: what was seen of the first one is forgotten.
    text.pad.push_event(gst::event::StreamStart::new("another"));
    text.announce();
    text.cues(&CUES);
    text.eos();
    rig.give_still(&caps());
    assert!(all(&rig) == straight);
}

#[test]
fn a_cue_that_comes_late_to_a_live_clip_starts_with_the_next_frame() {
    stillmotion_tests::init();
    let clock = gst_check::TestClock::with_start_time(ClockTime::from_seconds(5));
    let rig = rig(&[("is-live", "true"), ("prompt", "orbit")]);
    rig.element.set_clock(Some(&clock)).unwrap();
    rig.element.set_base_time(ClockTime::from_seconds(2));
    let text = Text::link(&rig);
    start(&rig);
    text.announce();
    let crank_to = |count: usize| {
        let seen = rig.out().buffers.len();
        for frames in seen + 1..=count {
            clock.wait_for_next_pending_id();
            assert!(clock.crank());
            rig.wait("a frame", |out| out.buffers.len() == frames);
        }
        // The next frame is made.
        clock.wait_for_next_pending_id();
    };
    crank_to(5);
    // The clip started at a running time of 3 s, so this was two frames ago.
    text.cue(3300, "zoom out").cue(6000, "tilt up");
    crank_to(38);
    let frames: Vec<_> =
        rig.out().buffers.iter().map(|frame| pictures::samples(frame, &caps())).collect();
    let (orbit, zoom) =
        (self::frames(&[("prompt", "orbit")], &[]), self::frames(&[("prompt", "zoom out")], &[]));
    assert!(frames[..6] == orbit[..6], "frame 5 was made before the cue came");
    assert!(difference(&frames[6], &orbit[6]) < 0.1, "frame 6 is where the camera was");
    assert!(frames[21..30] == zoom[15..24], "its clip started with frame 6");
    assert!(frames[30..38] != zoom[24..32], "the next cue came in time");
}

#[test]
fn five_hundred_flushes_leave_a_filter_intact() {
    let straight = frames(&[], &CUES);
    let (rig, caps) = filter();
    let text = Text::link(&rig);
    for i in 0..500_u64 {
        text.announce();
        if i % 3 != 0 {
            text.cue(i % 7 * 300, "orbit").nothing_until(5000);
            assert!(rig.push(at(&caps, i % 40)).is_ok());
        }
        for event in [gst::event::FlushStart::new(), gst::event::FlushStop::new(true)] {
            rig.push_event(event.clone());
            text.pad.push_event(event);
        }
        rig.push_event(gst::event::Segment::new(&gst::FormattedSegment::<ClockTime>::new()));
    }
    text.pad.push_event(gst::event::StreamStart::new("another"));
    text.announce().cues(&CUES);
    text.eos();
    (0..40).for_each(|index| assert!(rig.push(at(&caps, index)).is_ok()));
    let out = rig.out().buffers.clone();
    for (index, frame) in out.iter().enumerate() {
        assert!(pictures::samples(frame, &caps) == straight[index], "frame {index}");
    }
}

/// A frame rate makes the times of `motionfilter` those of [`rig`].
fn filter() -> (Rig, gst::Caps) {
    let mut caps = caps();
    caps.make_mut().set("framerate", gst::Fraction::new(10, 1));
    let rig = Rig::new("motionfilter", &[]);
    rig.play();
    assert!(rig.announce(&caps));
    (rig, caps)
}

fn at(caps: &gst::Caps, index: u64) -> gst::Buffer {
    let mut frame = pictures::frame(caps, 1);
    frame.get_mut().unwrap().set_pts(ms(100 * index));
    frame
}

#[test]
fn a_filter_that_waits_for_text_lets_go_at_once() {
    for flush in [false, true] {
        let (rig, caps) = filter();
        let text = Text::link(&rig);
        text.announce().cue(100, "pan right");
        assert_eq!(rig.push(at(&caps, 0)), Ok(gst::FlowSuccess::Ok));
        let (came, comes) = mpsc::channel();
        let sink = rig.element.static_pad("sink").unwrap();
        sink.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            came.send(()).unwrap();
            gst::PadProbeReturn::Ok
        });
        thread::scope(|scope| {
            let video = scope.spawn(|| rig.push(at(&caps, 1)));
            comes.recv().unwrap();
            at_once("the end", || {
                if flush {
                    rig.flush();
                } else {
                    rig.element.set_state(gst::State::Null).unwrap();
                }
                assert_eq!(video.join().unwrap(), Err(gst::FlowError::Flushing));
            });
        });
        assert!(rig.errors().is_empty());
    }
}

#[test]
fn a_filter_gives_the_same_bytes_after_a_seek_back() {
    let (rig, caps) = filter();
    let text = Text::link(&rig);
    text.announce();
    text.cues(&CUES);
    text.eos();
    (0..40).for_each(|index| assert!(rig.push(at(&caps, index)).is_ok()));
    let samples = |rig: &Rig| -> Vec<Vec<u8>> {
        rig.out().buffers.iter().map(|frame| pictures::samples(frame, &caps)).collect()
    };
    let straight = samples(&rig);
    // Both branches are sought to 1.2 s; the source of the text cuts the cue that holds there.
    for event in [gst::event::FlushStart::new(), gst::event::FlushStop::new(true)] {
        rig.push_event(event.clone());
        text.pad.push_event(event);
    }
    let mut segment = gst::FormattedSegment::<ClockTime>::new();
    segment.set_start(ms(1200));
    segment.set_position(ms(1200));
    segment.set_time(ms(1200));
    rig.push_event(gst::event::Segment::new(&segment));
    text.pad.push_event(gst::event::Segment::new(&segment));
    text.cue(1200, "zoom out").cue(1500, "pan right").cue(3500, "tilt up");
    text.eos();
    (12..40).for_each(|index| assert!(rig.push(at(&caps, index)).is_ok()));
    assert!(samples(&rig) == straight[12..]);
}

#[test]
fn a_seek_reaches_both_branches_of_a_filter() {
    let (rig, _) = filter();
    let text = Text::link(&rig);
    let seeks = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seeks);
    text.pad.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
        if let Some(gst::PadProbeData::Event(event)) = &info.data
            && event.type_() == gst::EventType::Seek
        {
            count.fetch_add(1, Ordering::SeqCst);
        }
        gst::PadProbeReturn::Ok
    });
    rig.seek(1.0, SeekFlags::FLUSH, Some(ms(0)), None);
    assert_eq!(seeks.load(Ordering::SeqCst), 1);
}

#[test]
fn events_and_the_end_of_the_text_stay_here() {
    for factory in ["motiongen", "motionfilter"] {
        let rig = Rig::new(factory, &[]);
        rig.play();
        let text = Text::link(&rig);
        text.announce().cue(0, "pan right").nothing_until(100);
        text.pad.push_event(gst::event::Tag::new(gst::TagList::new()));
        text.eos();
        assert!(rig.out().events.is_empty(), "{factory}: {:?}", rig.out().events);
    }
}

#[test]
fn cues_without_times_hold_from_the_next_frame_on() {
    let (rig, caps) = filter();
    let text = Text::link(&rig);
    let bytes = gst::FormattedSegment::<gst::format::Bytes>::new();
    text.pad.push_event(gst::event::StreamStart::new("chat"));
    text.pad.push_event(gst::event::Segment::new(&bytes));
    for (index, prompt) in [(0, "orbit"), (1, ""), (2, "pan right")] {
        assert!(text.pad.push(gst::Buffer::from_slice(prompt)).is_ok());
        assert!(rig.push(at(&caps, index)).is_ok(), "nothing is waited for");
    }
    let stats = rig.element.property::<gst::Structure>("stats");
    assert_eq!(stats.get::<u64>("clips"), Ok(3));
}

#[test]
fn any_bytes_on_the_text_pad_are_fine() {
    for factory in ["motiongen", "motionfilter"] {
        let rig = Rig::new(factory, &[]);
        rig.play();
        let text = Text::link(&rig);
        let markup = gst::Caps::builder("text/x-raw").field("format", "pango-markup").build();
        text.announce();
        text.pad.push_event(gst::event::Caps::new(&markup));
        for bytes in [&b""[..], b"\xff\xfe<", b"\0\0", b"<b", b"&#x110000;", &[b'<'; 100_000]] {
            let mut buffer = gst::Buffer::from_slice(bytes.to_vec());
            buffer.get_mut().unwrap().set_pts(ClockTime::MAX);
            assert!(text.pad.push(buffer).is_ok());
        }
        let longest = gst::event::Gap::builder(ClockTime::MAX).duration(ClockTime::MAX);
        text.pad.push_event(longest.build());
        assert!(rig.errors().is_empty());
    }
}

#[test]
fn a_prompt_that_changes_while_playing_does_not_jump() {
    let rig = rig(&[("prompt", "pan right")]);
    rig.allow(20);
    start(&rig);
    rig.wait("a frame that waits", |out: &Out| out.blocked);
    rig.element.set_property("prompt", "zoom out");
    rig.allow(usize::MAX);
    let frames = all(&rig);
    let (pan, zoom) = (
        self::frames(&[("prompt", "pan right")], &[]),
        self::frames(&[("prompt", "zoom out")], &[]),
    );
    assert_eq!(frames.len(), 40, "the stream ends when it said it would");
    assert!(frames[..21] == pan[..21], "frame 20 was made before");
    assert!(difference(&frames[21], &pan[21]) < 0.1, "frame 21 is where the camera was");
    assert!(frames[36..] == zoom[15..19], "the clip of the new prompt started at frame 21");
    // After a seek the prompt holds from the start.
    assert!(rig.seek(1.0, SeekFlags::FLUSH, Some(ms(0)), None));
    assert!(all(&rig) == zoom);
}

#[test]
fn a_prompt_that_changes_with_every_frame_stays_in_the_picture() {
    let rig = rig(&[("num-buffers", "1000"), ("at-end", "loop")]);
    rig.allow(1);
    start(&rig);
    for i in 0..1000 {
        rig.wait("a frame that waits", |out: &Out| out.blocked || out.eos());
        rig.element.set_property("prompt", format!("pan right{}", " ".repeat(i % 7)));
        rig.allow(1);
        rig.wait("the frame", |out: &Out| out.buffers.len() > i);
    }
    rig.allow(usize::MAX);
    let frames = all(&rig);
    let pan = self::frames(&[("prompt", "pan right")], &[]);
    let most = difference(&pan[0], &pan[39]);
    assert!(frames.iter().all(|frame| difference(&pan[0], frame) <= 1.05 * most));
    let step = |frames: &[Vec<u8>]| {
        frames.windows(2).map(|pair| difference(&pair[0], &pair[1])).fold(0.0, f64::max)
    };
    assert!(step(&frames) <= 1.5 * step(&pan), "{} and {}", step(&frames), step(&pan));
}

#[test]
fn the_camera_comes_from_the_last_prompt_only_once() {
    let looped = [("at-end", "loop"), ("num-buffers", "60"), ("duration", "2000000000")];
    let with_text = frames(&looped, &[(500, "zoom out")]);
    let zoom = frames(&[("prompt", "zoom out"), ("duration", "2000000000")], &[]);
    assert!(with_text[6..15] != zoom[1..10]);
    assert!(with_text[25..45] == zoom[..], "the second time it starts from the still");
}
