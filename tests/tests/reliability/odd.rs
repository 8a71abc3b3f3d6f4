// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames of odd sizes, in odd memory, with odd times.

use gst::ClockTime;
use stillmotion_tests::{FILTERS, pictures, rig::Rig};

/// Gives the element two frames of `caps`, and takes two.
#[track_caller]
fn two_frames(factory: &str, caps: &gst::Caps, frames: [gst::Buffer; 2]) -> Vec<gst::Buffer> {
    // The generator would rather make even sizes.
    let structure = caps.structure(0).unwrap();
    let side = |name| structure.get::<i32>(name).unwrap();
    let size = format!("video/x-raw,width={},height={}", side("width"), side("height"));
    let rig = Rig::with_caps(factory, &[], Some(&size));
    rig.allow(2);
    rig.play();
    assert!(rig.announce(caps), "{factory}: {caps}");
    for (i, mut frame) in frames.into_iter().enumerate() {
        frame.make_mut().set_pts(ClockTime::from_mseconds(500 * i as u64));
        let pushed = rig.push(frame);
        assert!(pushed.is_ok() || factory == "motiongen", "{factory}: {pushed:?}");
    }
    rig.wait("two frames", |out| out.buffers.len() == 2);
    assert!(rig.errors().is_empty(), "{factory}");
    rig.out().buffers.clone()
}

fn plain(format: &str, width: u32, height: u32) -> gst::Caps {
    let mut caps = pictures::caps(format, width, height);
    caps.make_mut().set("framerate", gst::Fraction::new(24, 1));
    caps
}

#[test]
fn long_and_narrow_and_odd_pictures_work_in_every_format() {
    for factory in FILTERS {
        for format in pictures::FORMATS {
            for (width, height) in [(17, 31), (16, 16), (33, 16), (16, 301)] {
                let caps = plain(format, width, height);
                let still = pictures::frame(&caps, 3);
                let frames = two_frames(factory, &caps, [still.clone(), still.clone()]);
                let first = pictures::samples(&frames[0], &caps);
                assert!(first == pictures::samples(&still, &caps), "{factory} {caps}");
            }
        }
        let caps = plain("I420", 8192, 16);
        let still = pictures::frame(&caps, 3);
        two_frames(factory, &caps, [still.clone(), still]);
    }
}

#[test]
fn pictures_that_are_too_small_or_too_large_are_refused_by_name() {
    for factory in FILTERS {
        for (width, height) in [(1, 1), (15, 17), (17, 15), (8192, 1), (1, 8192), (16385, 16)] {
            let rig = Rig::new(factory, &[]);
            rig.play();
            let caps = plain("I420", width, height);
            rig.announce(&caps);
            let pushed = rig.push(pictures::frame(&caps, 1));
            assert_eq!(pushed, Err(gst::FlowError::NotNegotiated), "{factory}: {width}x{height}");
            let errors = rig.errors();
            assert_eq!(errors.len(), 1, "{factory}: {width}x{height}: {errors:?}");
            let named = errors[0].message().contains(&format!("{width}x{height}"));
            assert!(named, "{factory}: {}", errors[0]);
        }
        // A size that no memory can hold.
        let rig = Rig::new(factory, &[]);
        rig.play();
        rig.announce(&plain("I420", i32::MAX as u32, i32::MAX as u32));
        assert_eq!(rig.push(gst::Buffer::new()), Err(gst::FlowError::NotNegotiated), "{factory}");
    }
}

/// `frame` in three memories, cut in the midst of rows.
fn in_pieces(frame: &gst::Buffer) -> gst::Buffer {
    let map = frame.map_readable().unwrap();
    let mut pieces = gst::Buffer::new();
    let target = pieces.make_mut();
    for piece in map.chunks(map.len() / 3 + 7) {
        target.append_memory(gst::Memory::from_slice(piece.to_vec()));
    }
    pieces
}

#[test]
fn a_frame_in_several_memories_or_with_padding_is_the_same_picture() {
    for factory in FILTERS {
        for format in pictures::FORMATS {
            let caps = plain(format, 61, 43);
            let still = pictures::frame(&caps, 3);
            let expected = two_frames(factory, &caps, [still.clone(), still.clone()]);
            let padded = pictures::padded_frame(&caps, 3, 24);
            // Read-only, since somebody else has it too.
            let shared = in_pieces(&still);
            let _other = shared.clone();
            for odd in [in_pieces(&still), padded, shared] {
                let frames = two_frames(factory, &caps, [odd.clone(), odd]);
                for (frame, expected) in frames.iter().zip(&expected) {
                    let same =
                        pictures::samples(frame, &caps) == pictures::samples(expected, &caps);
                    assert!(same, "{factory} {format}");
                }
            }
        }
    }
}

#[test]
fn times_that_are_missing_or_go_backwards_are_fine() {
    let caps = plain("I420", 32, 32);
    let rig = Rig::new("motionfilter", &[("at-end", "loop")]);
    rig.play();
    assert!(rig.announce(&caps));
    let times =
        [Some(0), None, Some(1000), Some(500), Some(0), None, Some(u64::MAX / 2_000_000), Some(40)];
    for ms in times {
        let mut frame = pictures::frame(&caps, 1);
        let pts = ms.map(ClockTime::from_mseconds);
        frame.make_mut().set_pts(pts);
        rig.push(frame).unwrap();
        assert_eq!(rig.out().buffers.pop().unwrap().pts(), pts);
    }
    assert!(rig.errors().is_empty());
}

#[test]
fn a_gap_passes_the_effect_and_means_nothing_to_the_generator() {
    let caps = plain("I420", 32, 32);
    let gap = || gst::event::Gap::builder(ClockTime::ZERO).duration(ClockTime::SECOND).build();
    let rig = Rig::new("motionfilter", &[]);
    rig.play();
    assert!(rig.announce(&caps) && rig.push_event(gap()));
    rig.push(pictures::frame(&caps, 1)).unwrap();
    assert!(rig.out().events.iter().any(|event| event.type_() == gst::EventType::Gap));

    let rig = Rig::new("motiongen", &[("num-buffers", "2")]);
    rig.play();
    assert!(rig.announce(&caps) && rig.push_event(gap()));
    assert_eq!(rig.push(pictures::frame(&caps, 1)), Err(gst::FlowError::Eos));
    assert_eq!(rig.to_eos().len(), 2);
    assert!(rig.out().events.iter().all(|event| event.type_() != gst::EventType::Gap));
}

#[test]
fn a_segment_that_starts_late_shows_the_clip_from_there() {
    let caps = plain("I420", 32, 32);
    let numbers = |start: u64| {
        let rig = Rig::new("motionfilter", &[]);
        rig.play();
        assert!(rig.announce(&caps));
        let mut segment = gst::FormattedSegment::<ClockTime>::new();
        segment.set_start(ClockTime::from_mseconds(start));
        segment.set_time(ClockTime::ZERO);
        assert!(rig.push_event(gst::event::Segment::new(&segment)));
        for i in 0..3 {
            let mut frame = pictures::frame(&caps, 1);
            frame.make_mut().set_pts(ClockTime::from_mseconds(start + 500 * i));
            rig.push(frame).unwrap();
        }
        let frames = rig.out().buffers.clone();
        frames.iter().map(|frame| pictures::samples(frame, &caps)).collect::<Vec<_>>()
    };
    assert!(numbers(0) == numbers(66), "stream time counts, as with MP4 files");
}
