// SPDX-License-Identifier: MIT OR Apache-2.0
//! The elements in the programs that people run: what comes out is read back and looked at.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

mod interrupt;
mod mixing;
mod player;
mod playout;
mod render;

use std::path::Path;

use gst::ClockTime;
use stillmotion_tests::{
    launch, photos,
    pictures::{self, difference},
    pipeline,
};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;

/// The end of a pipeline whose frames are looked at: every pixel is kept.
const KEPT: &str = "videoconvert ! video/x-raw,format=RGB,colorimetry=sRGB ! matroskamux ! filesink location=out.mkv";

/// A folder with a photo as `still.png` and `still.jpg`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let picture = image::RgbImage::from_raw(WIDTH, HEIGHT, still()).unwrap();
    for name in ["still.png", "still.jpg"] {
        picture.save(folder.path().join(name)).unwrap();
    }
    folder
}

/// The pixels of `still.png`.
fn still() -> Vec<u8> {
    photos::rgb("coffee", WIDTH, HEIGHT).planes()[0].data.clone()
}

/// Makes a video of 60 frames at 30 per second: a ball that moves.
fn make_clip(folder: &Path, name: &str, encoder: &str) {
    let caps = "video/x-raw,width=320,height=180,framerate=30/1";
    let line = format!(
        "gst-launch-1.0 -q videotestsrc num-buffers=60 pattern=ball ! {caps} ! {encoder} ! \
         filesink location={name}"
    );
    launch::run(&line, folder);
}

/// A frame of a finished file.
struct Frame {
    time: ClockTime,
    rgb: Vec<u8>,
}

/// The frames of a file, as a player would show them.
#[track_caller]
fn frames(file: &Path) -> Vec<Frame> {
    let arrived = pipeline::play(&format!(
        "filesrc location={} ! decodebin ! videoconvert ! video/x-raw,format=RGB ! \
         identity single-segment=true ! fakesink name=out",
        file.display()
    ));
    let caps = arrived.caps.expect("caps");
    let frame = |buffer: &gst::Buffer| Frame {
        time: buffer.pts().expect("a time"),
        rgb: pictures::samples(buffer, &caps),
    };
    arrived.buffers.iter().map(frame).collect()
}

/// Plays `line`, which must end with [`KEPT`], and gives what it made.
#[track_caller]
fn kept(line: &str, folder: &Path) -> Vec<Frame> {
    launch::run(line, folder);
    frames(&folder.join("out.mkv"))
}

/// A clip of the still: it starts with the still, moves on, and no two frames are the same.
#[track_caller]
fn assert_moves(frames: &[Frame], tolerance: f64) {
    let first = difference(&frames[0].rgb, &still());
    assert!(first <= tolerance, "the first frame is not the still: {first}");
    let last = difference(&frames[frames.len() - 1].rgb, &frames[0].rgb);
    assert!(last > 2.0 * tolerance + 1.0, "nothing moved: {last}");
    for (i, pair) in frames.windows(2).enumerate() {
        assert!(pair[0].rgb != pair[1].rgb, "frame {i} came twice");
    }
}

/// The frames come at `rate` per second from 0 on; containers round times to their own units.
#[track_caller]
fn assert_times(frames: &[Frame], rate: u64) {
    for (i, frame) in frames.iter().enumerate() {
        let due = i as u64 * 1_000_000_000 / rate;
        let off = frame.time.nseconds().abs_diff(due);
        assert!(off <= 1_000_000, "frame {i} comes at {}, {off} ns off", frame.time);
    }
}
