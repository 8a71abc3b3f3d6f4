// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motionsrc` as a source of a stream: frames, seeks, queries, ends.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::{ClockTime, SeekFlags, prelude::*};
use stillmotion_tests::{
    photos, pictures,
    pipeline::{self, Arrived, play},
    rig::Rig,
};

fn photo() -> String {
    photos::fixture("photos/coffee.jpg").to_str().unwrap().to_owned()
}

/// A clip of two seconds at 10 frames per second, small.
fn rig(properties: &[(&str, &str)]) -> Rig {
    let photo = photo();
    let mut all = vec![("location", photo.as_str()), ("duration", "2000000000")];
    all.extend_from_slice(properties);
    let caps = "video/x-raw,framerate=10/1,format=I420,width=96,height=64";
    Rig::with_caps("motionsrc", &all, Some(caps))
}

/// A stream that plays, with a frame that waits behind `count` others.
#[track_caller]
fn playing(properties: &[(&str, &str)], count: usize) -> Rig {
    let rig = rig(properties);
    rig.allow(count);
    rig.play();
    rig.wait("a frame that waits", |out| out.blocked);
    rig
}

fn ms(time: u64) -> Option<ClockTime> {
    Some(ClockTime::from_mseconds(time))
}

#[track_caller]
fn after_seek(
    properties: &[(&str, &str)],
    rate: f64,
    start_ms: Option<u64>,
    stop_ms: Option<u64>,
) -> Vec<u64> {
    let rig = playing(properties, 3);
    rig.out().allowed = usize::MAX;
    let side = |side: Option<u64>| side.and_then(ms);
    assert!(rig.seek(rate, SeekFlags::FLUSH, side(start_ms), side(stop_ms)));
    rig.to_eos();
    rig.out().indices()
}

#[track_caller]
fn assert_same_stream(ours: &Arrived, theirs: &Arrived) {
    assert_eq!(ours.caps, theirs.caps);
    let times = |arrived: &Arrived| -> Vec<_> {
        arrived.buffers.iter().map(|b| (b.pts(), b.duration(), b.offset())).collect()
    };
    assert_eq!(times(ours), times(theirs));
    let caps = ours.caps.as_ref().unwrap();
    for (a, b) in std::iter::zip(&ours.buffers, &theirs.buffers) {
        let same = pictures::samples(a, caps) == pictures::samples(b, caps);
        assert!(same, "frame {} differs", a.offset());
    }
}

#[test]
fn it_gives_the_bytes_of_stillsrc_and_motiongen() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("odd.png");
    let pixels = image::RgbaImage::from_fn(161, 91, |x, y| {
        image::Rgba([x as u8, y as u8, (x / 8 * 30) as u8 ^ (y / 8 * 30) as u8, (x + y) as u8])
    });
    pixels.save(&odd).unwrap();
    let (photo, odd) = (photo(), odd.to_str().unwrap().to_owned());
    let clip = "duration=500000000 prompt=\"slow orbit\" motion=8 seed=3 roll=2";
    for (location, fit, settings, caps) in [
        (&photo, "cover", clip, "video/x-raw"),
        (&photo, "cover", clip, "video/x-raw,format=I420,width=320,height=180"),
        (&photo, "contain", clip, "video/x-raw,format=NV12,width=64,height=[64,200]"),
        (&photo, "stretch", clip, "video/x-raw,format=BGRx,width=120,framerate=30000/1001"),
        (&photo, "cover", clip, "video/x-raw,format=I420,width=1280,colorimetry=bt709"),
        (&odd, "cover", clip, "video/x-raw"),
        (&odd, "contain", clip, "video/x-raw,format={I420,BGRA},width=320,height=320"),
        (&odd, "cover", "at-end=ping-pong duration=300000000 num-buffers=20", "video/x-raw"),
    ] {
        let sink = format!("{caps} ! fakesink name=out");
        let ours = play(&format!("motionsrc location={location} fit={fit} {settings} ! {sink}"));
        let still = format!("stillsrc location={location} fit={fit}");
        let theirs = play(&format!("{still} ! motiongen fit={fit} {settings} ! {sink}"));
        assert!(ours.buffers.len() >= 12, "{caps}: {}", ours.buffers.len());
        assert_same_stream(&ours, &theirs);
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    let line = format!(
        "motionsrc location={} prompt=\"walk towards the cup\" ! \
         video/x-raw,format=I420,width=96,height=64 ! fakesink name=out",
        photo()
    );
    let (first, second) = (play(&line), play(&line));
    assert_eq!(first.buffers.len(), 96);
    assert_same_stream(&first, &second);
}

#[test]
fn frame_0_is_the_picture() {
    let caps = "video/x-raw,format=RGB,width=300,height=200";
    let arrived =
        play(&format!("motionsrc location={} num-buffers=1 ! {caps} ! fakesink name=out", photo()));
    let pixels = pictures::samples(&arrived.buffers[0], arrived.caps.as_ref().unwrap());
    // In RGB nothing is converted on the way.
    assert!(pixels == photos::rgb("coffee", 300, 200).planes()[0].data);
}

#[test]
fn the_stream_has_no_gaps_and_no_drift() {
    let caps = "video/x-raw,format=I420,width=48,height=32,framerate=30000/1001";
    let source = format!("motionsrc location={} duration=10000000000", photo());
    let arrived = play(&format!("{source} ! {caps} ! fakesink name=out"));
    assert_eq!(arrived.buffers.len(), 300);
    for (i, frame) in arrived.buffers.iter().enumerate() {
        let start = |i: usize| ClockTime::from_nseconds(i as u64 * 1001 * 1_000_000_000 / 30000);
        assert_eq!((frame.pts(), frame.offset()), (Some(start(i)), i as u64));
        assert_eq!(frame.pts().unwrap() + frame.duration().unwrap(), start(i + 1));
    }
}

#[test]
fn the_title_is_a_tag_and_nobody_turns_the_picture_again() {
    let arrived = play(&format!(
        "motionsrc location={} num-buffers=1 ! video/x-raw,width=48 ! fakesink name=out",
        photo()
    ));
    let tags = arrived.tags.unwrap();
    assert_eq!(tags.get::<gst::tags::Title>().unwrap().get(), "coffee");
    assert_eq!(tags.get::<gst::tags::ImageOrientation>().unwrap().get(), "rotate-0");
}

#[test]
fn a_flushing_seek_goes_on_at_the_frame_that_is_asked_for() {
    assert_eq!(after_seek(&[], 1.0, Some(1000), None), (10..20).collect::<Vec<_>>());
    assert_eq!(after_seek(&[], 1.0, Some(0), Some(500)), (0..5).collect::<Vec<_>>());
    assert_eq!(after_seek(&[], 2.0, Some(1500), None), (15..20).collect::<Vec<_>>());
    assert_eq!(after_seek(&[], 1.0, Some(2000), None), [0_u64; 0]);
    assert_eq!(after_seek(&[], 1.0, Some(9000), None), [0_u64; 0]);
    let hold = [("at-end", "hold")];
    assert_eq!(after_seek(&hold, 1.0, Some(2000), Some(2300)), [20, 21, 22]);
}

#[test]
fn a_reverse_seek_plays_backwards() {
    let backwards = (0..20).rev().collect::<Vec<_>>();
    assert_eq!(after_seek(&[], -1.0, Some(0), None), backwards);
    assert_eq!(after_seek(&[], -1.0, Some(500), Some(1000)), [9, 8, 7, 6, 5]);
    // Behind the end of the clip there is nothing to show.
    assert_eq!(after_seek(&[], -1.0, Some(1800), Some(9000)), [19, 18]);
    let hold = [("at-end", "hold")];
    assert_eq!(after_seek(&hold, -1.0, Some(2000), Some(2200)), [21, 20]);
}

#[test]
fn a_reverse_seek_without_an_end_is_refused() {
    let rig = playing(&[("at-end", "loop")], 1);
    assert!(!rig.seek(-1.0, SeekFlags::FLUSH, ms(0), None));
    let (kind, none) = (gst::SeekType::Set, gst::SeekType::None);
    let seek = gst::event::Seek::new(-1.0, SeekFlags::FLUSH, kind, ms(0), none, ms(0));
    assert!(!rig.element.send_event(seek));
    rig.allow(3);
    rig.wait("the stream to go on", |out| out.buffers.len() == 4);
    assert_eq!(rig.out().indices(), [0, 1, 2, 3], "nothing was disturbed");
    // An end that was given once holds for the next seek, which turns round where it is.
    rig.out().allowed = 2;
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(0), ms(400)));
    rig.wait("two frames and one that waits", |out| out.buffers.len() == 2 && out.blocked);
    let seek = gst::event::Seek::new(-1.0, SeekFlags::FLUSH, kind, ms(0), none, ms(0));
    rig.allow(usize::MAX);
    assert!(rig.push_upstream(seek));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [2, 1, 0]);
}

#[test]
fn a_seek_from_the_end_counts_from_the_end_of_the_clip() {
    let rig = playing(&[], 1);
    rig.out().allowed = usize::MAX;
    let (kind, none) = (gst::SeekType::End, gst::SeekType::None);
    // The bindings know no negative time.
    let back = ClockTime::from_nseconds((-300_000_000_i64).cast_unsigned());
    let seek = gst::event::Seek::new(1.0, SeekFlags::FLUSH, kind, back, none, ClockTime::NONE);
    assert!(rig.push_upstream(seek));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [17, 18, 19]);
}

#[test]
fn a_seek_into_a_frame_starts_in_that_frame() {
    for (rate, order) in [(1.0, [0, 1]), (-1.0, [1, 0])] {
        let rig = playing(&[], 1);
        rig.out().allowed = usize::MAX;
        let flags = SeekFlags::FLUSH | SeekFlags::ACCURATE;
        assert!(rig.seek(rate, flags, ms(1030), ms(1180)));
        let frames = rig.to_eos();
        let times = order.map(|i: usize| (frames[i].pts(), frames[i].duration()));
        assert_eq!(times, [(ms(1030), ms(70)), (ms(1100), ms(80))]);
        assert_eq!(order.map(|i| frames[i].offset()), [10, 11]);
    }
}

#[test]
fn a_seek_in_frames_is_a_seek_in_time() {
    let rig = playing(&[], 1);
    rig.out().allowed = usize::MAX;
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
    rig.play();
    let straight = rig.to_eos();
    for (rate, start) in [(1.0, 700), (-1.0, 0), (2.0, 1300)] {
        assert!(rig.seek(rate, SeekFlags::FLUSH, ms(start), None));
        let caps = rig.caps();
        let frames = rig.to_eos();
        assert!(frames.len() >= 7);
        for frame in frames {
            let before = &straight[frame.offset() as usize];
            assert_eq!(frame.pts(), before.pts());
            assert!(pictures::samples(&frame, &caps) == pictures::samples(before, &caps));
        }
    }
}

#[test]
fn segment_and_eos_carry_the_number_of_the_seek() {
    let rig = rig(&[]);
    rig.play();
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
fn a_segment_seek_ends_with_segment_done() {
    let rig = playing(&[], 1);
    rig.out().allowed = usize::MAX;
    assert!(rig.seek(1.0, SeekFlags::FLUSH | SeekFlags::SEGMENT, ms(0), ms(300)));
    let done = |out: &stillmotion_tests::rig::Out| {
        out.events.iter().any(|event| event.type_() == gst::EventType::SegmentDone)
    };
    rig.wait("SEGMENT_DONE", done);
    assert_eq!(rig.out().indices(), [0, 1, 2]);
    assert!(!rig.out().eos());
    // A seek without a flush goes on where it is told to, in the same running time.
    assert!(rig.seek(1.0, SeekFlags::empty(), ms(0), ms(300)));
    rig.to_eos();
    assert_eq!(rig.out().indices(), [0, 1, 2, 0, 1, 2]);
    assert_eq!(rig.out().segment().0.base(), ms(300));
}

#[test]
fn a_storm_of_seeks_leaves_the_stream_intact() {
    let rig = playing(&[], 2);
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
fn queries_are_answered() {
    let rig = playing(&[], 5);
    let sink = rig.sink_pad();
    assert_eq!(sink.peer_query_duration::<ClockTime>(), ms(2000));
    let frames = sink.peer_query_duration::<gst::format::Default>();
    assert_eq!(frames, Some(gst::format::Default::from_u64(20)));
    // Five frames have gone, the sixth waits.
    assert_eq!(sink.peer_query_position::<ClockTime>(), ms(600));
    let frame = sink.peer_query_position::<gst::format::Default>();
    assert_eq!(frame, Some(gst::format::Default::from_u64(6)));
    let frame = gst::format::Default::from_u64(7);
    assert_eq!(sink.peer_query_convert::<Option<ClockTime>>(frame), Some(ms(700)));
    let mut seeking = gst::query::Seeking::new(gst::Format::Time);
    assert!(rig.ask(&mut seeking));
    assert_eq!(seeking.result(), (true, ms(0).into(), ms(2000).into()));
    let mut seeking = gst::query::Seeking::new(gst::Format::Default);
    assert!(rig.ask(&mut seeking));
    assert!(seeking.result().0);
    let mut latency = gst::query::Latency::new();
    assert!(rig.ask(&mut latency));
    assert!(!latency.result().0, "not live");
}

#[test]
fn an_endless_clip_has_no_duration_until_a_seek_gives_it_an_end() {
    let rig = playing(&[("at-end", "ping-pong")], 1);
    let mut duration = gst::query::Duration::new(gst::Format::Time);
    assert!(rig.ask(&mut duration));
    assert_eq!(duration.result(), None::<ClockTime>.into());
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(0), ms(5000)));
    assert_eq!(rig.sink_pad().peer_query_duration::<ClockTime>(), ms(5000));
}

#[test]
fn a_duration_that_is_no_whole_number_of_frames_is_told_as_it_is_shown() {
    let rig = rig(&[("duration", "1010000000")]);
    rig.play();
    let frames = rig.to_eos();
    assert_eq!(frames.len(), 11);
    assert_eq!(rig.sink_pad().peer_query_duration::<ClockTime>(), ms(1100));
}

#[test]
fn num_buffers_ends_the_stream_and_is_its_duration() {
    let rig = rig(&[("num-buffers", "7"), ("at-end", "loop")]);
    rig.play();
    assert_eq!(rig.to_eos().len(), 7);
    assert_eq!(rig.sink_pad().peer_query_duration::<ClockTime>(), ms(700));
}

#[test]
fn a_changed_prompt_opens_a_new_clip_and_keeps_the_place() {
    let rig = playing(&[], 4);
    rig.element.set_property("prompt", "slow orbit");
    rig.allow(usize::MAX);
    rig.to_eos();
    assert_eq!(rig.out().indices(), (0..20).collect::<Vec<_>>());
    let stats = rig.element.property::<gst::Structure>("stats");
    assert_eq!(stats.get::<u64>("clips"), Ok(2));
    assert_eq!(stats.get::<u64>("frames"), Ok(20));
}

#[test]
fn a_new_rate_does_not_bend_time() {
    stillmotion_tests::init();
    let description = format!(
        "motionsrc location={} duration=3000000000 name=clip ! \
         capsfilter name=rate caps=video/x-raw,width=48,framerate=10/1 ! fakesink name=out",
        photo()
    );
    let pipeline = gst::parse::launch(&description).unwrap().downcast::<gst::Pipeline>().unwrap();
    let times = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (seen, filter) = (times.clone(), pipeline.by_name("rate").unwrap());
    let pad = pipeline.by_name("out").unwrap().static_pad("sink").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(gst::PadProbeData::Buffer(buffer)) = &info.data else { unreachable!() };
        let mut seen = seen.lock().unwrap();
        seen.push((buffer.pts().unwrap(), buffer.duration().unwrap()));
        if seen.len() == 7 {
            let caps = "video/x-raw,width=48,framerate=30000/1001";
            filter.set_property("caps", caps.parse::<gst::Caps>().unwrap());
        }
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(ClockTime::from_seconds(60), &kinds);
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(end.unwrap().type_(), gst::MessageType::Eos);
    let times = times.lock().unwrap();
    assert!(times.len() > 70, "the new rate: {}", times.len());
    for pair in times.windows(2) {
        assert_eq!(pair[0].0 + pair[0].1, pair[1].0);
    }
}

#[track_caller]
fn downstream_says(error: gst::FlowError) -> (usize, bool) {
    let rig = rig(&[]);
    rig.out().refuse = Some(error);
    rig.play();
    if error == gst::FlowError::Flushing {
        rig.wait("the segment", |out| out.events.len() > 2);
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
    assert_eq!(downstream_says(gst::FlowError::NotLinked), (1, true));
    assert_eq!(downstream_says(gst::FlowError::Flushing), (0, false));
}

#[test]
fn settings_survive_null_and_the_clip_plays_again() {
    let rig = rig(&[("prompt", "slow orbit"), ("motion", "8"), ("at-end", "eos")]);
    for _ in 0..3 {
        rig.play();
        assert_eq!(rig.to_eos().len(), 20);
        rig.element.set_state(gst::State::Null).unwrap();
        rig.sink_pad().send_event(gst::event::FlushStart::new());
        rig.sink_pad().send_event(gst::event::FlushStop::new(true));
        assert_eq!(rig.element.property::<String>("prompt"), "slow orbit");
        assert_eq!(rig.element.property::<f64>("motion"), 8.0);
        assert_eq!(rig.element.property::<String>("location"), photo());
    }
}

#[test]
fn it_stops_wherever_it_is() {
    for allowed in 0..12 {
        let rig = rig(&[("at-end", "loop")]);
        rig.allow(allowed);
        rig.play();
        if allowed % 2 == 0 {
            rig.wait("a frame that waits", |out| out.blocked);
        }
        rig.sink_pad().send_event(gst::event::FlushStart::new());
        rig.element.set_state(gst::State::Null).unwrap();
    }
}

#[track_caller]
fn refused(properties: &str) -> glib::Error {
    let mut errors = pipeline::fail(&format!("motionsrc {properties} ! fakesink name=out"));
    assert_eq!(errors.len(), 1, "one clear message: {errors:?}");
    errors.remove(0)
}

#[test]
fn what_does_not_work_gets_one_message_in_the_right_domain() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.png");
    std::fs::write(&text, b"this is no picture").unwrap();

    assert!(refused("").matches(gst::ResourceError::Settings));
    assert!(refused("location=/none/at/all.png").matches(gst::ResourceError::NotFound));
    let directory = format!("location={}", folder.path().display());
    assert!(refused(&directory).matches(gst::ResourceError::OpenRead));
    let error = refused(&format!("location={}", text.display()));
    assert!(error.matches(gst::StreamError::WrongType), "{error}");
    let error = refused(&format!("location={} max-side=32", photo()));
    assert!(error.matches(gst::StreamError::Format), "{error}");
    assert!(error.message().contains("600x400"), "{error}");
    let error = refused(&format!("location={} ! video/x-raw,width=1", photo()));
    assert!(error.matches(gst::CoreError::Negotiation), "{error}");
    let error = refused(&format!("location={} ! video/x-raw,framerate=5000/1", photo()));
    assert!(error.matches(gst::CoreError::Negotiation), "{error}");
    assert!(error.message().contains("5000/1"), "{error}");
}
