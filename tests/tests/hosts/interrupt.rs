// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ctrl-C on `gst-launch-1.0 -e`: the file that was being written can be played.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use stillmotion_tests::launch;

use super::{folder, frames};

/// Interrupts a render once it has played for three seconds at the sink, and counts the frames
/// in the file that it leaves. `generate` makes raw video of `still.png`.
#[track_caller]
fn interrupted(generate: &str) -> usize {
    let folder = folder();
    let line = format!(
        "timeout --foreground --kill-after=5 60 gst-launch-1.0 -e {generate} ! \
         progressreport update-freq=1 silent=false ! videoconvert ! x264enc tune=zerolatency \
         speed-preset=ultrafast ! mp4mux ! filesink location=out.mp4"
    );
    let mut child = launch::shell(&line, folder.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reports = lines
        .by_ref()
        .filter(|line| line.as_ref().is_ok_and(|line| line.contains("progressreport0 (")));
    assert_eq!(reports.take(2).count(), 2, "it plays");
    // `timeout` hands the signal on.
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    // To its end, or gst-launch would stop at a closed pipe.
    lines.for_each(drop);
    assert!(child.wait().unwrap().success(), "{generate}");
    frames(&folder.path().join("out.mp4")).len()
}

const STILL: &str = "filesrc location=still.png ! pngdec ! videoconvert";

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
            "timeout --foreground --kill-after=5 60 gst-launch-1.0 -e filesrc location=large.jpg ! {decoder} \
             ! videoconvert ! motiongen is-live=true at-end=loop ! fakesink"
        );
        let mut child = launch::shell(&line, folder.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Said when the pipeline has started.
        let started = lines.by_ref().take(2).filter(|line| line.is_ok()).count();
        assert_eq!(started, 2);
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        lines.for_each(drop);
        // A decoder may call it an error to have seen no picture; what counts is the end.
        assert_ne!(child.wait().unwrap().code(), Some(124), "{decoder} goes on for ever");
    }
}
