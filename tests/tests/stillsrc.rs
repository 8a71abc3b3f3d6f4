// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillsrc`: files in, frames out, and one clear message for a file that does not work.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{fs, path::Path};

use gst::{ClockTime, prelude::*};
use stillmotion_tests::{
    pictures,
    pipeline::{self, Arrived, play},
};

/// A picture whose pixels depend on their place.
fn picture(width: u32, height: u32) -> image::RgbImage {
    image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, (x + y) as u8]))
}

fn with_png(body: impl FnOnce(&str)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a still.png");
    picture(64, 48).save(&path).unwrap();
    body(&format!("stillsrc location=\"{}\"", path.display()));
}

fn structure(arrived: &Arrived) -> gst::Structure {
    arrived.caps.as_ref().unwrap().structure(0).unwrap().to_owned()
}

#[test]
fn one_frame_of_the_picture_itself() {
    with_png(|source| {
        let arrived = play(&format!("{source} ! fakesink name=out"));
        let caps = structure(&arrived);
        assert_eq!(caps.get::<&str>("format"), Ok("RGB"));
        assert_eq!((caps.get("width"), caps.get("height")), (Ok(64), Ok(48)));
        assert_eq!(caps.get("framerate"), Ok(gst::Fraction::new(0, 1)));
        assert_eq!(arrived.buffers.len(), 1);
        let frame = &arrived.buffers[0];
        assert_eq!((frame.pts(), frame.duration()), (Some(ClockTime::ZERO), None));
        let pixels = pictures::samples(frame, arrived.caps.as_ref().unwrap());
        assert!(pixels == picture(64, 48).into_raw());
    });
}

#[test]
fn alpha_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alpha.png");
    let pixels = image::RgbaImage::from_fn(32, 32, |x, y| image::Rgba([x as u8, 0, 0, y as u8]));
    pixels.save(&path).unwrap();
    let arrived = play(&format!("stillsrc location={} ! fakesink name=out", path.display()));
    assert_eq!(structure(&arrived).get::<&str>("format"), Ok("RGBA"));
    let out = pictures::samples(&arrived.buffers[0], arrived.caps.as_ref().unwrap());
    assert!(out == pixels.into_raw());
}

#[test]
fn a_rate_gives_frames_without_gaps() {
    with_png(|source| {
        let rate = "video/x-raw,framerate=30000/1001";
        let arrived = play(&format!("{source} num-buffers=40 ! {rate} ! fakesink name=out"));
        assert_eq!(arrived.buffers.len(), 40);
        for pair in arrived.buffers.windows(2) {
            assert_eq!(
                pair[0].pts().unwrap() + pair[0].duration().unwrap(),
                pair[1].pts().unwrap()
            );
        }
        let last = arrived.buffers[39].pts().unwrap();
        assert_eq!(last.nseconds(), 39 * 1001 * 1_000_000_000 / 30000);
    });
}

#[test]
fn a_rate_in_another_format() {
    with_png(|source| {
        for rate in ["10/1", "25/1", "30000/1001"] {
            let caps = format!("video/x-raw,format=NV12,framerate={rate}");
            let line = format!("{source} num-buffers=3 ! {caps} ! fakesink name=out");
            assert_eq!(play(&line).buffers.len(), 3, "{rate}");
        }
    });
}

#[test]
fn any_size_and_format_that_downstream_asks_for() {
    with_png(|source| {
        for format in pictures::FORMATS {
            let asked = format!("video/x-raw,format={format},width=100,height=50");
            let arrived = play(&format!("{source} fit=contain ! {asked} ! fakesink name=out"));
            let caps = structure(&arrived);
            assert_eq!(caps.get::<&str>("format"), Ok(format));
            assert_eq!((caps.get("width"), caps.get("height")), (Ok(100), Ok(50)));
        }
        let arrived = play(&format!("{source} ! video/x-raw,width=32 ! fakesink name=out"));
        assert_eq!(structure(&arrived).get("height"), Ok(24), "the shape is kept");
    });
}

#[test]
fn colours_survive_the_way_through_yuv() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("red.png");
    image::RgbImage::from_pixel(64, 48, image::Rgb([200, 40, 60])).save(&path).unwrap();
    // The same file through GStreamer's own elements.
    let own = format!("stillsrc location={}", path.display());
    let peer = format!("filesrc location={} ! pngdec ! videoscale ! videoconvert", path.display());
    for size in ["width=64,height=48", "width=1280,height=960"] {
        let sample = |source: &str| {
            let asked = format!("video/x-raw,format=I420,{size}");
            let arrived = play(&format!("{source} ! {asked} ! fakesink name=out"));
            let caps = arrived.caps.as_ref().unwrap();
            let samples = pictures::samples(&arrived.buffers[0], caps);
            let luma = samples.len() * 2 / 3;
            [samples[0], samples[luma], samples[luma * 5 / 4]].map(i32::from)
        };
        let ours = sample(&own);
        let theirs = sample(&peer);
        let near = std::iter::zip(ours, theirs).all(|(a, b)| (a - b).abs() <= 1);
        assert!(near, "{size}: {ours:?} is not {theirs:?}");
    }
}

#[test]
fn the_title_is_a_tag_and_nobody_turns_the_picture_again() {
    with_png(|source| {
        let tags = play(&format!("{source} ! fakesink name=out")).tags.unwrap();
        assert_eq!(tags.get::<gst::tags::Title>().unwrap().get(), "a still");
        assert_eq!(tags.get::<gst::tags::ImageOrientation>().unwrap().get(), "rotate-0");
    });
}

#[test]
fn a_file_name_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    stillmotion_tests::init();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.png"));
    picture(64, 48).save_with_format(&path, image::ImageFormat::Png).unwrap();
    let source = gst::ElementFactory::make("stillsrc").build().unwrap();
    stillmotion_tests::set_raw(&source, "location", path.as_os_str().as_bytes());
    let pipeline = gst::Pipeline::new();
    let sink = gst::ElementFactory::make("fakesink").build().unwrap();
    pipeline.add_many([&source, &sink]).unwrap();
    source.link(&sink).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(ClockTime::from_seconds(60), &kinds);
    assert_eq!(end.unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
}

#[track_caller]
fn refused(properties: &str) -> glib::Error {
    let mut errors = pipeline::fail(&format!("stillsrc {properties} ! fakesink name=out"));
    assert_eq!(errors.len(), 1, "one clear message: {errors:?}");
    errors.remove(0)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    format!("location={}", path.display())
}

#[test]
fn a_file_that_does_not_work_gets_one_message_in_the_right_domain() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut png = std::io::Cursor::new(Vec::new());
    picture(64, 48).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let png = png.into_inner();
    let good = write(folder, "good.png", &png);

    assert!(refused("").matches(gst::ResourceError::Settings));
    let missing = format!("location={}/none.png", folder.display());
    assert!(refused(&missing).matches(gst::ResourceError::NotFound));
    let directory = format!("location={}", folder.display());
    assert!(refused(&directory).matches(gst::ResourceError::OpenRead));
    let text = write(folder, "text.png", b"this is no picture");
    assert!(refused(&text).matches(gst::StreamError::WrongType));
    let empty = write(folder, "empty.png", b"");
    assert!(refused(&empty).matches(gst::StreamError::WrongType));
    let cut = write(folder, "cut.png", &png[..png.len() / 2]);
    let error = refused(&cut);
    assert!(error.matches(gst::StreamError::Decode), "{error}");
    assert!(error.message().contains("cut.png"), "{error}");
    let error = refused(&format!("{good} max-side=32"));
    assert!(error.matches(gst::StreamError::Format), "{error}");
    assert!(error.message().contains("64x48"), "{error}");
    let error = refused(&format!("{good} max-bytes=1000"));
    assert!(error.matches(gst::ResourceError::NoSpaceLeft), "{error}");

    picture(1, 1).save(folder.join("dot.png")).unwrap();
    let error = refused(&format!("location={}/dot.png", folder.display()));
    assert!(error.matches(gst::StreamError::Format), "{error}");
    assert!(error.message().contains("1x1"), "{error}");
}

#[test]
fn seeks_in_a_stream_of_frames() {
    with_png(|source| {
        stillmotion_tests::init();
        let rate = "video/x-raw,framerate=10/1";
        let pipeline =
            gst::parse::launch(&format!("{source} ! {rate} ! fakesink name=out")).unwrap();
        pipeline.set_state(gst::State::Paused).unwrap();
        pipeline.state(ClockTime::from_seconds(60)).0.unwrap();
        let (start, stop) = (ClockTime::from_seconds(3), ClockTime::from_seconds(4));
        let kind = gst::SeekType::Set;
        let flags = gst::SeekFlags::FLUSH;
        pipeline.seek(1.0, flags, kind, start, kind, stop).unwrap();
        pipeline.state(ClockTime::from_seconds(60)).0.unwrap();
        assert_eq!(pipeline.query_position::<ClockTime>(), Some(start));
        pipeline.set_state(gst::State::Playing).unwrap();
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let bus = pipeline.bus().unwrap();
        let end = bus.timed_pop_filtered(ClockTime::from_seconds(60), &kinds);
        assert_eq!(end.unwrap().type_(), gst::MessageType::Eos, "EOS at the end of the segment");
        pipeline.set_state(gst::State::Null).unwrap();
    });
}

#[test]
fn a_seek_backwards_is_refused_and_disturbs_nothing() {
    with_png(|source| {
        stillmotion_tests::init();
        let pipeline = gst::parse::launch(&format!(
            "{source} num-buffers=20 ! video/x-raw,framerate=10/1 ! fakesink name=out"
        ));
        let pipeline = pipeline.unwrap();
        pipeline.set_state(gst::State::Paused).unwrap();
        pipeline.state(ClockTime::from_seconds(60)).0.unwrap();
        let (start, stop) = (ClockTime::ZERO, ClockTime::from_seconds(1));
        let kind = gst::SeekType::Set;
        let flags = gst::SeekFlags::FLUSH;
        assert!(pipeline.seek(-1.0, flags, kind, start, kind, stop).is_err());
        // A stream that lost its segment would warn, and warnings end a test.
        pipeline.set_state(gst::State::Playing).unwrap();
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let bus = pipeline.bus().unwrap();
        let end = bus.timed_pop_filtered(ClockTime::from_seconds(60), &kinds);
        assert_eq!(end.unwrap().type_(), gst::MessageType::Eos);
        pipeline.set_state(gst::State::Null).unwrap();
    });
}
