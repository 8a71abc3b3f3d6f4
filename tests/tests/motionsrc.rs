// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motionsrc`: its frames, its files, its errors. What holds for every clip is in
//! `clip_stream.rs`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{sync::Mutex, thread};

use gst::{ClockTime, SeekFlags, prelude::*};
use stillmotion_tests::{
    clip::{self, ms, photo},
    init, photos, pictures,
    pipeline::{self, Arrived, play},
    rig::Rig,
};

fn rig(properties: &[(&str, &str)]) -> Rig {
    clip::rig("motionsrc", properties)
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
fn a_new_rate_does_not_bend_time() {
    init();
    let description = format!(
        "motionsrc location={} duration=3000000000 name=clip ! \
         capsfilter name=rate caps=video/x-raw,width=48,framerate=10/1 ! fakesink name=out",
        photo()
    );
    let pipeline = gst::parse::launch(&description).unwrap().downcast::<gst::Pipeline>().unwrap();
    let times = std::sync::Arc::new(Mutex::new(Vec::new()));
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

/// A picture that takes seconds to read.
fn large(folder: &std::path::Path) -> String {
    let path = folder.join("large.png");
    let file = std::fs::File::create(&path).unwrap();
    let (fast, plain) =
        (image::codecs::png::CompressionType::Fast, image::codecs::png::FilterType::NoFilter);
    let encoder = image::codecs::png::PngEncoder::new_with_quality(file, fast, plain);
    image::RgbImage::new(12_000, 8_000).write_with_encoder(encoder).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn nobody_waits_for_a_large_picture() {
    let folder = tempfile::tempdir().unwrap();
    let large = large(folder.path());
    let rig = rig(&[("location", &large)]);
    let start = || {
        rig.sink_pad().send_event(gst::event::FlushStop::new(true));
        rig.play();
        rig.wait("stream-start", |out| !out.events.is_empty());
    };
    for _ in 0..3 {
        start();
        let began = std::time::Instant::now();
        rig.element.set_state(gst::State::Null).unwrap();
        assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
        rig.sink_pad().send_event(gst::event::FlushStart::new());
    }
    // Seeks neither wait nor start again what is under way.
    start();
    let began = std::time::Instant::now();
    for i in 0..20 {
        assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(100 * i), ms(100 * i + 300)));
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
    rig.to_eos();
    assert_eq!(rig.out().indices(), [19]);
    assert!(rig.errors().is_empty());
}

#[test]
fn storms_leave_the_stream_intact() {
    let rig = rig(&[("at-end", "ping-pong")]);
    rig.play();
    for i in 0..200_u64 {
        rig.allow((i % 3) as usize);
        match i % 4 {
            0 => {
                assert!(rig.element.send_event(gst::event::FlushStart::new()));
                assert!(rig.element.send_event(gst::event::FlushStop::new(true)));
            }
            1 => assert!(rig.push_upstream(gst::event::Reconfigure::new())),
            2 => rig.element.set_property("seed", i),
            _ => rig.element.set_property("prompt", format!("orbit, {i}")),
        }
    }
    rig.allow(usize::MAX);
    assert!(rig.seek(1.0, SeekFlags::FLUSH, ms(1500), ms(2500)));
    rig.to_eos();
    assert_eq!(rig.out().indices(), (15..25).collect::<Vec<_>>());
    assert!(rig.errors().is_empty());
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

#[test]
fn a_seek_between_agreeing_and_telling_is_no_error() {
    let line = format!(
        "motionsrc name=flushed location={} ! video/x-raw,width=64,height=48 ! fakesink",
        photo()
    );
    init();
    let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Bin>().unwrap();
    let source = pipeline.by_name("flushed").unwrap();
    gst::log::set_threshold_for_name("motionsrc", gst::DebugLevel::Info);
    let seeking = Mutex::new(None);
    let watched = source.downgrade();
    let log = gst::log::add_log_function(move |_, _, _, _, _, object, message| {
        let told = message.get().is_some_and(|text| text.starts_with("making video/x-raw"));
        let ours = object.is_some_and(|object| object.to_string().contains("flushed"));
        let Some(source) = watched.upgrade().filter(|_| told && ours) else {
            return;
        };
        let mut seeking = seeking.lock().unwrap();
        if seeking.is_none() {
            let pad = source.static_pad("src").unwrap();
            let seek = move || source.seek_simple(SeekFlags::FLUSH, ms(500));
            *seeking = Some(thread::spawn(seek));
            while !pad.pad_flags().contains(gst::PadFlags::FLUSHING) {
                thread::yield_now();
            }
        }
    });
    pipeline.set_state(gst::State::Paused).unwrap();
    let state = pipeline.state(ClockTime::from_seconds(10));
    let error = pipeline.bus().unwrap().pop_filtered(&[gst::MessageType::Error]);
    gst::log::remove_log_function(log);
    gst::log::unset_threshold_for_name("motionsrc");
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(error.is_none() && state.0.is_ok(), "{state:?} {error:?}");
}
