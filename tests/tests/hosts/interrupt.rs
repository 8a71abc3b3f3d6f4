// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ctrl-C on `gst-launch-1.0 -e`: the file that was being written can be played.

use std::path::Path;

use stillmotion_tests::{launch, pipeline};

use super::folder;

/// Interrupts a render once it has reported progress for three seconds, and counts the frames in
/// the file that it leaves. `generate` makes raw video of `still.png`.
#[track_caller]
fn interrupted(generate: &str) -> usize {
    let folder = folder();
    let line = format!(
        "gst-launch-1.0 -e {generate} ! progressreport update-freq=1 silent=false ! \
         videoconvert ! x264enc tune=zerolatency speed-preset=ultrafast ! mp4mux ! \
         filesink location=out.mp4"
    );
    let status = launch::interrupt(&line, folder.path(), "progressreport0 (", 3);
    assert!(status.success(), "{generate}");
    decoded(&folder.path().join("out.mp4"))
}

/// Frames in a file that a player can show.
#[track_caller]
fn decoded(file: &Path) -> usize {
    // A clip that is not live may have thousands; they are kept small.
    let small = "videoscale ! video/x-raw,width=16,height=16";
    let read = format!("filesrc location={} ! decodebin ! {small}", file.display());
    pipeline::play(&format!("{read} ! fakesink name=out")).buffers.len()
}

const STILL: &str = "filesrc location=still.png ! pngdec ! videoconvert";

#[test]
fn a_clip_without_an_end() {
    for pace in ["is-live=true", "is-live=false"] {
        let frames = interrupted(&format!("{STILL} ! motiongen at-end=loop {pace}"));
        assert!(frames > 10, "{pace}: {frames}");
    }
}

#[test]
fn a_live_clip_in_a_bin_of_its_own() {
    let bin = format!("{STILL} ! bin.\\( motiongen is-live=true at-end=loop \\)");
    assert!(interrupted(&bin) > 10);
    let deeper = format!("{STILL} ! bin.\\( bin.\\( motiongen is-live=true at-end=loop \\) \\)");
    assert!(interrupted(&deeper) > 10);
}

#[test]
fn a_clip_whose_whole_upstream_lies_in_a_bin() {
    let bin = format!("bin.\\( {STILL} ! motiongen is-live=true at-end=ping-pong \\)");
    assert!(interrupted(&bin) > 10);
}

#[test]
fn an_effect_behind_a_live_source() {
    let effect = "videotestsrc is-live=true ! video/x-raw,width=320,height=180 ! motionfilter";
    assert!(interrupted(effect) > 10);
}

/// The still is large, so that the signal comes while it is being read.
#[test]
fn before_the_still_has_come() {
    let folder = folder();
    let large = image::RgbImage::from_fn(6000, 4000, |x, y| {
        image::Rgb([(x ^ y) as u8, ((x * y) >> 8) as u8, (x + 3 * y) as u8])
    });
    large.save(folder.path().join("large.jpg")).unwrap();
    for decoder in ["jpegdec", "decodebin"] {
        let line = format!(
            "gst-launch-1.0 -e filesrc location=large.jpg ! {decoder} ! videoconvert ! \
             motiongen is-live=true at-end=loop ! fakesink"
        );
        // The first thing that gst-launch says once it listens to Ctrl-C. A decoder may call it
        // an error to have seen no picture; what counts is the end.
        launch::interrupt(&line, folder.path(), "New clock", 1);
    }
}
