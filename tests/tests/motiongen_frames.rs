// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `motiongen` gives for a still: pixels, times, sizes, formats, metas.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::ClockTime;
use stillmotion_tests::{
    pictures::{self, FORMATS},
    rig::Rig,
};

/// A clip of `still` to its end.
#[track_caller]
fn clip(rig: &Rig, caps: &gst::Caps, still: gst::Buffer) -> Vec<gst::Buffer> {
    rig.play();
    assert!(rig.announce(caps));
    assert_eq!(rig.push(still), Err(gst::FlowError::Eos), "one still is enough");
    rig.to_eos()
}

#[track_caller]
fn first_frame_is_the_still(format: &str, width: u32, height: u32, padding: Option<usize>) {
    // Downstream asks for the odd size: where it leaves the size open, sides become even.
    let size = format!("video/x-raw,width={width},height={height}");
    let rig = Rig::with_caps("motiongen", &[("num-buffers", "2")], Some(&size));
    let caps = pictures::caps(format, width, height);
    let still = match padding {
        Some(padding) => pictures::padded_frame(&caps, 1, padding),
        None => pictures::frame(&caps, 1),
    };
    let expected = pictures::samples(&still, &caps);
    let frames = clip(&rig, &caps, still);
    let out = rig.caps();
    assert_eq!(out.structure(0).unwrap().get::<&str>("format"), Ok(format));
    let same = pictures::samples(&frames[0], &out) == expected;
    assert!(same, "{format} {width}x{height}, padding {padding:?}");
}

#[test]
fn frame_0_is_the_still_in_every_format() {
    for format in FORMATS {
        for (width, height) in [(64, 48), (17, 19), (33, 16), (16, 31)] {
            first_frame_is_the_still(format, width, height, None);
        }
    }
}

#[test]
fn frame_0_is_the_still_whatever_lies_between_the_rows() {
    for format in FORMATS {
        for padding in [1, 13, 64] {
            first_frame_is_the_still(format, 35, 21, Some(padding));
        }
    }
}

#[test]
fn the_still_may_be_overwritten_after_it_was_pushed() {
    let rig = Rig::new("motiongen", &[("num-buffers", "3")]);
    let caps = pictures::caps("RGB", 64, 48);
    let still = pictures::frame(&caps, 1);
    let expected = pictures::samples(&still, &caps);
    // Memory that is overwritten as soon as the element lets go of it, as OBS does.
    let memory = std::sync::Arc::new(std::sync::Mutex::new(Some(still)));
    rig.play();
    rig.allow(0);
    assert!(rig.announce(&caps));
    let mut still = memory.lock().unwrap().take().unwrap();
    assert_eq!(rig.push(still.clone()), Err(gst::FlowError::Eos));
    let poisoned = still.get_mut().expect("the element keeps no reference to the still");
    poisoned.map_writable().unwrap().fill(0xEE);
    rig.allow(3);
    let frames = rig.to_eos();
    assert_eq!(pictures::samples(&frames[0], &rig.caps()), expected);
}

#[track_caller]
fn times(rate: Option<&str>, properties: &[(&str, &str)]) -> Vec<gst::Buffer> {
    let caps = rate.map(|rate| format!("video/x-raw,framerate={rate}"));
    let rig = Rig::with_caps("motiongen", properties, caps.as_deref());
    let still = pictures::caps("I420", 32, 32);
    let frames = clip(&rig, &still, pictures::frame(&still, 1));
    let (segment, _) = rig.out().segment();
    assert_eq!(segment.start(), Some(ClockTime::ZERO));
    for (i, pair) in frames.windows(2).enumerate() {
        let end = pair[0].pts().unwrap() + pair[0].duration().unwrap();
        assert_eq!(Some(end), pair[1].pts(), "no gap behind frame {i}");
        assert_eq!(pair[1].offset(), i as u64 + 1);
    }
    frames
}

#[test]
fn four_seconds_are_as_many_frames_as_the_rate_says() {
    assert_eq!(times(None, &[]).len(), 96, "24 frames per second is the default");
    assert_eq!(times(Some("30/1"), &[]).len(), 120);
    assert_eq!(times(Some("30000/1001"), &[]).len(), 120);
    assert_eq!(times(Some("5/2"), &[]).len(), 10);
    assert_eq!(times(Some("24/1"), &[("duration", "500000000")]).len(), 12);
    assert_eq!(times(Some("0/1"), &[]).len(), 96, "a variable rate comes at 24");
    assert_eq!(times(None, &[("duration", "1")]).len(), 1);
}

#[test]
fn times_are_exact() {
    let frames = times(Some("30000/1001"), &[]);
    for (i, frame) in frames.iter().enumerate() {
        let exact = i as u64 * 1001 * 1_000_000_000 / 30000;
        assert_eq!(frame.pts(), Some(ClockTime::from_nseconds(exact)));
    }
    let frames = times(None, &[]);
    assert_eq!(
        frames[95].pts().unwrap() + frames[95].duration().unwrap(),
        ClockTime::from_seconds(4)
    );
}

#[test]
fn num_buffers_ends_the_clip_early_and_hold_never_ends_it() {
    assert_eq!(times(None, &[("num-buffers", "7")]).len(), 7);
    assert_eq!(times(None, &[("num-buffers", "0")]).len(), 0);
    let long = [("num-buffers", "130"), ("at-end", "hold")];
    assert_eq!(times(None, &long).len(), 130);
    assert_eq!(times(None, &[("num-buffers", "130"), ("at-end", "eos")]).len(), 96);
}

#[track_caller]
fn output(still: (u32, u32), asked: &str) -> (i32, i32, gst::Fraction) {
    let rig = Rig::with_caps("motiongen", &[("num-buffers", "1")], Some(asked));
    let caps = pictures::caps("RGB", still.0, still.1);
    clip(&rig, &caps, pictures::frame(&caps, 1));
    let caps = rig.caps();
    let structure = caps.structure(0).unwrap();
    assert_eq!(structure.get("pixel-aspect-ratio"), Ok(gst::Fraction::new(1, 1)));
    let side = |name| structure.get::<i32>(name).unwrap();
    (side("width"), side("height"), structure.get("framerate").unwrap())
}

#[test]
fn downstream_decides_on_size_and_rate() {
    let fps = |n, d| gst::Fraction::new(n, d);
    assert_eq!(output((640, 480), "video/x-raw"), (640, 480, fps(24, 1)));
    assert_eq!(output((64, 48), "video/x-raw,width=160"), (160, 120, fps(24, 1)));
    assert_eq!(output((64, 48), "video/x-raw,height=24,framerate=25/1"), (32, 24, fps(25, 1)));
    assert_eq!(output((64, 48), "video/x-raw,width=48,height=64"), (48, 64, fps(24, 1)));
    assert_eq!(output((64, 48), "video/x-raw,framerate=[30/1,60/1]"), (64, 48, fps(30, 1)));
}

#[test]
fn nearly_16_by_9_becomes_16_by_9() {
    assert_eq!(output((910, 512), "video/x-raw").0 * 9, output((910, 512), "video/x-raw").1 * 16);
    let (width, height, _) = output((896, 512), "video/x-raw");
    assert_eq!(width * 9, height * 16);
    assert_eq!(output((800, 512), "video/x-raw").0, 800);
}

#[test]
fn colours_are_read_as_those_of_the_still() {
    // Without a word about colour, 480 rows mean BT.601 and 1080 rows BT.709.
    let asked = "video/x-raw,width=1920,height=1080";
    let rig = Rig::with_caps("motiongen", &[("num-buffers", "1")], Some(asked));
    let caps = pictures::caps("I420", 640, 480);
    clip(&rig, &caps, pictures::frame(&caps, 1));
    let info = gst_video::VideoInfo::from_caps(&rig.caps()).unwrap();
    assert_eq!(info.colorimetry().matrix(), gst_video::VideoColorMatrix::Bt601);
}

#[test]
fn metas_of_the_still_are_on_every_frame() {
    let rig = Rig::new("motiongen", &[("num-buffers", "3")]);
    let caps = pictures::caps("RGB", 64, 48);
    let mut still = pictures::padded_frame(&caps, 1, 5);
    add_metas(still.make_mut());
    for frame in clip(&rig, &caps, still) {
        assert!(frame.meta::<gst_video::VideoCaptionMeta>().is_some());
        assert!(frame.meta::<gst_video::VideoRegionOfInterestMeta>().is_some());
        let strides = frame.meta::<gst_video::VideoMeta>().map(|meta| meta.stride()[0]);
        assert!(strides.is_none_or(|stride| stride == 192), "the strides are those of the frame");
    }
}

#[test]
fn metas_about_places_do_not_outlive_a_change_of_size() {
    let asked = "video/x-raw,width=32,height=24";
    let rig = Rig::with_caps("motiongen", &[("num-buffers", "1")], Some(asked));
    let caps = pictures::caps("RGB", 64, 48);
    let mut still = pictures::frame(&caps, 1);
    add_metas(still.make_mut());
    let frames = clip(&rig, &caps, still);
    assert!(frames[0].meta::<gst_video::VideoCaptionMeta>().is_some());
    assert!(frames[0].meta::<gst_video::VideoRegionOfInterestMeta>().is_none());
}

fn add_metas(buffer: &mut gst::BufferRef) {
    let caption = gst_video::VideoCaptionType::Cea608Raw;
    gst_video::VideoCaptionMeta::add(buffer, caption, &[1, 2]);
    gst_video::VideoRegionOfInterestMeta::add(buffer, "face", (4, 4, 8, 8));
}

#[test]
fn the_same_settings_give_the_same_bytes() {
    let bytes = || {
        let settings = [("prompt", "slow orbit"), ("seed", "7"), ("num-buffers", "5")];
        let rig = Rig::new("motiongen", &settings);
        let caps = pictures::caps("RGB", 64, 48);
        let frames = clip(&rig, &caps, pictures::frame(&caps, 1));
        frames.iter().map(|frame| pictures::samples(frame, &rig.caps())).collect::<Vec<_>>()
    };
    assert_eq!(bytes(), bytes());
}

#[track_caller]
fn refused(caps: &gst::Caps, asked: Option<&str>) -> glib::Error {
    let rig = Rig::with_caps("motiongen", &[], asked);
    rig.play();
    rig.announce(caps);
    let still = match asked {
        Some(_) => pictures::frame(caps, 1),
        None => gst::Buffer::new(),
    };
    if rig.push(still) == Err(gst::FlowError::Eos) {
        // The output is agreed on by the thread that makes the frames.
        rig.wait("EOS behind the error", |out| out.eos());
    }
    let mut errors = rig.errors();
    assert_eq!(errors.len(), 1, "one clear message: {errors:?}");
    errors.remove(0)
}

#[test]
fn sizes_that_cannot_be_worked_with_are_named() {
    for (width, height) in [(1, 1), (15, 17), (20000, 16)] {
        let error = refused(&pictures::caps("RGB", width, height), None);
        assert!(error.matches(gst::StreamError::Format), "{error}");
        assert!(error.message().contains(&format!("{width}x{height}")), "{error}");
        assert!(error.message().contains("16 to 16384"), "{error}");
    }
    let error = refused(&pictures::caps("RGB", i32::MAX as u32, i32::MAX as u32), None);
    assert!(error.message().contains("not") || error.message().contains("cannot"), "{error}");
}

#[test]
fn outputs_that_cannot_be_made_are_named() {
    let still = pictures::caps("RGB", 64, 48);
    for (asked, named) in [
        ("video/x-raw,width=8,height=8", "8x8"),
        ("video/x-raw,framerate=2000/1", "2000/1"),
        ("video/x-raw,width=17000,height=64", "17000x64"),
    ] {
        let error = refused(&still, Some(asked));
        assert!(error.matches(gst::CoreError::Negotiation), "{error}");
        assert!(error.message().contains(named), "{error}");
    }
}

#[test]
fn a_still_that_is_too_short_is_an_error() {
    let rig = Rig::new("motiongen", &[]);
    rig.play();
    assert!(rig.announce(&pictures::caps("RGB", 64, 48)));
    let short = gst::Buffer::with_size(100).unwrap();
    assert_eq!(rig.push(short), Err(gst::FlowError::Error));
    assert!(rig.errors()[0].matches(gst::StreamError::Decode));
}
