// SPDX-License-Identifier: MIT OR Apache-2.0
//! Command lines as people type them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{fs, path::Path};

use stillmotion_tests::{factories, launch, model, pipeline};

/// A folder with a small picture and prompts under the names that the docs use.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let picture = image::RgbImage::from_fn(320, 180, |x, y| {
        image::Rgb([x as u8, y as u8, (x / 16 * 40) as u8 ^ (y / 16 * 40) as u8])
    });
    picture.save(folder.path().join("cabin.jpg")).unwrap();
    for name in ["night.jpg", "depth.png", "paint.png"] {
        let gray = image::GrayImage::from_fn(320, 180, |x, y| image::Luma([((x + y) / 2) as u8]));
        gray.save(folder.path().join(name)).unwrap();
    }
    let cues = "1\n00:00:02,000 --> 00:00:03,000\n<b>slow</b> push in\n\n\
                2\n00:00:05,000 --> 00:00:06,000\npan right\n\n";
    fs::write(folder.path().join("cues.srt"), cues).unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    for name in ["000.jpg", "001.jpg", "002.jpg"] {
        picture.save(folder.path().join("photos").join(name)).unwrap();
    }
    let film = "gst-launch-1.0 stillsrc location=cabin.jpg ! motiongen num-buffers=30 ! \
                videoconvert ! x264enc ! mp4mux ! filesink location=film.mp4";
    launch::run(film, folder.path());
    folder
}

/// Every line of the docs of the elements that starts with `gst-launch-1.0`.
fn documented_lines() -> Vec<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../elements/src");
    let mut lines = Vec::new();
    for element in factories() {
        let docs = fs::read_to_string(source.join(&element).join("mod.rs")).unwrap();
        let found = docs.lines().filter_map(|line| line.strip_prefix("//! gst-launch-1.0"));
        let before = lines.len();
        lines.extend(found.map(|rest| format!("gst-launch-1.0{rest}")));
        assert!(lines.len() > before, "{element} has no pipeline in its docs");
    }
    lines
}

#[test]
fn every_documented_pipeline_runs() {
    let folder = folder();
    // The lines that train and use a model find it beside the plugin.
    model::worker();
    for line in documented_lines() {
        let line = line.replace("autovideosink", "fakesink");
        // That would take an hour.
        let line = line.replace("steps=20000", "steps=2 batch-size=2");
        let line = line.replace("steps=5000", "steps=2 batch-size=2");
        launch::run(&line, folder.path());
        let out = folder.path().join("out.mp4");
        if line.contains("out.mp4") {
            assert!(frames_of(&out) > 40, "{line}");
            fs::remove_file(out).unwrap();
        }
    }
}

/// Frames in an MP4 file that can be played.
#[track_caller]
fn frames_of(path: &Path) -> usize {
    let read = format!("filesrc location={} ! qtdemux ! h264parse", path.display());
    pipeline::play(&format!("{read} ! fakesink name=out")).buffers.len()
}

#[test]
fn a_prompt_of_bytes_that_are_not_text_is_no_crash() {
    let folder = folder();
    let line = "gst-launch-1.0 stillsrc location=cabin.jpg ! \
                motiongen num-buffers=2 prompt=\"$(printf 'a \\377\\376 b')\" ! fakesink";
    let output = launch::shell(line, folder.path()).output().unwrap();
    // gst-launch itself refuses such text.
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not set property \"prompt\""));
}
