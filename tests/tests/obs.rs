// SPDX-License-Identifier: MIT OR Apache-2.0
//! The elements in OBS: as a filter and as a source, in the pipelines that obs-gstreamer makes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::{ClockTime, prelude::*};
use stillmotion_tests::{
    docs, ges,
    obs::{FORMATS, Filter, Source, caps},
    photos,
    pictures::{self, difference},
};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;
/// The clock of OBS has run since the machine started: here, a day and a half.
const START: ClockTime = ClockTime::from_nseconds(123_456_789_012_345);

fn at(frame: u64, frames_per_second: u64) -> ClockTime {
    START + ClockTime::from_nseconds(frame * 1_000_000_000 / frames_per_second)
}

/// A photo in a format of OBS, as plain bytes.
fn photo(name: &str, format: &str) -> Vec<u8> {
    let rgb = photos::rgb(name, WIDTH, HEIGHT).planes()[0].data.clone();
    let from = pictures::caps("RGB", WIDTH, HEIGHT);
    let source = gst::Sample::builder().buffer(&gst::Buffer::from_slice(rgb)).caps(&from).build();
    let target = pictures::caps(format, WIDTH, HEIGHT);
    bytes(&gst_video::convert_sample(&source, &target, None).unwrap())
}

fn bytes(sample: &gst::Sample) -> Vec<u8> {
    sample.buffer().unwrap().map_readable().unwrap().to_vec()
}

#[test]
fn every_format_passes_frame_by_frame() {
    stillmotion_tests::init();
    for format in FORMATS {
        let picture = photo("coffee", format);
        let filter = Filter::new("motionfilter motion=8", format, WIDTH, HEIGHT);
        let mut last = Vec::new();
        for i in 0..20 {
            let sample = filter.through(&picture, at(i, 60));
            let buffer = sample.buffer().unwrap();
            assert_eq!((buffer.pts(), buffer.duration()), (Some(at(i, 60)), None), "{format}");
            assert!(sample.caps().unwrap().is_subset(&caps(format, WIDTH, HEIGHT)), "{format}");
            let out = bytes(&sample);
            if i == 0 {
                // What is no format of ours is converted, there and back.
                let apart = difference(&out, &picture);
                assert!(apart < 2.0, "{format}: {apart}");
            }
            assert!(out != last, "{format}: frame {i} is the one before");
            last = out;
        }
        assert!(difference(&last, &picture) > 1.0, "{format}: it moves");
    }
}

#[test]
fn no_frame_comes_twice_at_any_rate_of_obs() {
    stillmotion_tests::init();
    let picture = photo("coffee", "I420");
    for rate in [24, 25, 30, 48, 50, 60, 120, 144, 240] {
        let filter = Filter::new("motionfilter motion=10", "I420", WIDTH, HEIGHT);
        let mut last = Vec::new();
        for i in 0..24 {
            let out = bytes(&filter.through(&picture, at(i, rate)));
            assert!(out != last, "{rate} frames per second, frame {i}");
            last = out;
        }
    }
}

#[test]
fn a_thousand_frames_with_edits_on_the_way() {
    stillmotion_tests::init();
    let picture = photo("astronaut", "NV12");
    let typed = "motionfilter name=m at-end=ping-pong prompt=\"slow push in\"";
    let filter = Filter::new(typed, "NV12", WIDTH, HEIGHT);
    let element = filter.pipeline.by_name("m").unwrap();
    let mut shown = Vec::new();
    for i in 0..1000 {
        match i {
            300 => element.set_property("motion", 9.0),
            500 => element.set_property("prompt", "pan left"),
            700 => element.set_property("seed", 5_u64),
            _ => (),
        }
        let out = bytes(&filter.through(&picture, at(i, 60)));
        if i == 0 {
            assert!(out == picture, "frame 0 is the frame of OBS, bit for bit");
        }
        if i % 50 == 20 {
            shown.push(out);
        }
    }
    let stats = element.property::<gst::Structure>("stats");
    assert_eq!(stats.get::<u64>("frames"), Ok(1000));
    // One at first, one for each edit of two, and at most one more where each runs backwards.
    let clips = stats.get::<u64>("clips").unwrap();
    assert!((3..=6).contains(&clips), "{clips}");
    // Memory that was used again shows in none of them.
    for out in shown {
        assert!(difference(&out, &picture) < 60.0);
    }
}

#[test]
fn the_frames_are_those_of_a_filter_whose_memory_nobody_touches() {
    stillmotion_tests::init();
    let picture = photo("chelsea", "BGRA");
    let typed = "motionfilter prompt=\"orbit right\" motion=7";
    let filter = Filter::new(typed, "BGRA", WIDTH, HEIGHT);
    let rig = stillmotion_tests::rig::Rig::new(
        "motionfilter",
        &[("prompt", "orbit right"), ("motion", "7")],
    );
    rig.play();
    let target = caps("BGRA", WIDTH, HEIGHT);
    assert!(rig.announce(&target));
    for i in 0..30 {
        let mut buffer = gst::Buffer::from_slice(picture.clone());
        buffer.get_mut().unwrap().set_pts(at(i, 30));
        rig.push(buffer).unwrap();
        let expected = pictures::samples(&rig.out().buffers[i as usize], &target);
        assert!(bytes(&filter.through(&picture, at(i, 30))) == expected, "frame {i}");
    }
}

#[test]
fn another_picture_in_the_scene_of_obs_starts_anew() {
    stillmotion_tests::init();
    let stills = ["coffee", "chelsea", "rocket"].map(|name| photo(name, "RGBA"));
    let filter = Filter::new("motionfilter motion=9", "RGBA", WIDTH, HEIGHT);
    for i in 0..180 {
        let still = &stills[i / 60];
        let out = bytes(&filter.through(still, at(i as u64, 60)));
        assert_eq!(out == *still, i % 60 == 0, "frame {i}");
    }
}

#[test]
fn a_fade_between_pictures_shows_the_second_one_soon_after() {
    // What the slide show of OBS does by itself.
    stillmotion_tests::init();
    let (first, second) = (photo("coffee", "RGBA"), photo("chelsea", "RGBA"));
    let filter = Filter::new("motionfilter name=m motion=5", "RGBA", WIDTH, HEIGHT);
    let mut starts = Vec::new();
    for i in 0..300_u64 {
        let share = i.saturating_sub(120).min(42) as u32;
        let mixed = first.iter().zip(&second);
        let mixed: Vec<u8> = mixed
            .map(|(a, b)| ((u32::from(*a) * (42 - share) + u32::from(*b) * share) / 42) as u8)
            .collect();
        if bytes(&filter.through(&mixed, at(i, 60))) == mixed {
            starts.push(i);
        }
    }
    assert_eq!(starts.len(), 2, "{starts:?}");
    assert!((162..200).contains(&starts[1]), "{starts:?}");
}

#[test]
fn the_documented_lines_play() {
    stillmotion_tests::init();
    let picture = photo("coffee", "BGRA");
    let filters = docs::lines("hosts.md", "motionfilter");
    let sources = docs::lines("hosts.md", "stillsrc");
    for typed in filters {
        let filter = Filter::new(&typed, "BGRA", WIDTH, HEIGHT);
        for i in 0..10 {
            let out = bytes(&filter.through(&picture, at(i, 60)));
            assert_eq!(out == picture, i == 0, "{typed}");
        }
    }
    for typed in sources {
        assert!(typed.contains("/home/me/cabin.jpg") && typed.contains("=1920"), "{typed}");
        let file = photos::fixture("photos/coffee.jpg").display().to_string();
        let typed = typed.replace("/home/me/cabin.jpg", &file).replace("1920", "320");
        let source = Source::new(&typed.replace("1080", "180"));
        // It goes on behind the end of the clip.
        let times: Vec<_> = (0..300).map(|_| source.pull().unwrap().0).collect();
        assert!(times.is_sorted() && times[299].seconds() == 4, "{typed}");
    }
}

/// A source with a file, and the pictures that it shows.
fn source(typed: &str) -> Source {
    let file = photos::fixture("photos/coffee.jpg");
    Source::new(&typed.replace("FILE", &file.display().to_string()))
}

const TYPED: [&str; 2] = [
    "stillsrc location=FILE ! videoscale ! video/x-raw,width=320,height=180 ! \
     motiongen motion=7 duration=2000000000 ! video/x-raw,framerate=25/1 ! video.",
    "filesrc location=FILE ! jpegdec ! videoscale ! video/x-raw,width=320,height=180 ! \
     videoconvert ! motiongen prompt=\"pan left\" duration=2000000000 ! \
     video/x-raw,framerate=25/1 ! queue ! video.",
];

#[test]
fn a_source_plays_tells_its_length_and_seeks() {
    for typed in TYPED {
        let source = source(typed);
        let (_, first) = source.pull().unwrap();
        let frames: Vec<_> = std::iter::from_fn(|| source.pull()).collect();
        assert_eq!(frames.len(), 49, "{typed}");
        assert!(frames[48].1 != first, "{typed}");
        let length = source.pipeline.query_duration::<ClockTime>();
        assert_eq!(length, Some(ClockTime::from_seconds(2)), "{typed}");
        assert!(source.pipeline.query_position::<ClockTime>().is_some(), "{typed}");
        let mut seeking = gst::query::Seeking::new(gst::Format::Time);
        assert!(source.pipeline.query(&mut seeking), "{typed}");
        assert!(seeking.result().0, "{typed}");
        // Back and forth, after the end: the same frames.
        for frame in [0_usize, 30, 10, 40] {
            source.seek(ClockTime::from_mseconds(40 * frame as u64));
            let (time, bytes) = source.pull().unwrap();
            assert_eq!(time.mseconds(), 40 * frame as u64, "{typed}");
            let expected = if frame == 0 { &first } else { &frames[frame - 1].1 };
            assert!(bytes == *expected, "{typed}: frame {frame}");
        }
    }
}

#[test]
fn a_video_with_the_filter_seeks_to_the_same_frames() {
    let folder = ges::folder();
    let file = folder.path().join("clip.mkv");
    let typed = format!("filesrc location={} ! decodebin ! motionfilter ! video.", file.display());
    let source = Source::new(&typed);
    let frames: Vec<_> = std::iter::from_fn(|| source.pull()).collect();
    assert_eq!(frames.len(), 60);
    // The video has a key frame every half second.
    for frame in [0, 45, 15, 30] {
        source.seek(frames[frame].0);
        assert!(source.pull().unwrap() == frames[frame], "frame {frame}");
    }
}

#[test]
fn a_source_starts_again_at_its_end_for_as_long_as_it_is_shown() {
    let source = source(TYPED[0]);
    let rounds: Vec<Vec<u8>> = (0..5)
        .map(|_| {
            let (time, first) = source.pull().unwrap();
            assert_eq!(time, ClockTime::ZERO);
            while source.pull().is_some() {}
            source.seek(ClockTime::ZERO);
            first
        })
        .collect();
    assert!(rounds.iter().all(|first| *first == rounds[0]));
}
