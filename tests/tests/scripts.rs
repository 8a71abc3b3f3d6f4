// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ready-made pipelines of `pipelines/`, as people run them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Child,
};

use stillmotion_tests::{launch, photos, pictures::difference, pipeline};

fn folder_of_scripts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../pipelines")
}

/// `script` with `arguments`, for a shell. Windows become sinks that show nothing.
fn line(script: &str, arguments: &str) -> String {
    let script = folder_of_scripts().join(script);
    format!("env SINK=fakesink {} {arguments}", script.display())
}

/// A folder with a photo, a picture that is half transparent, and three cues.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::copy(photos::fixture("photos/coffee.jpg"), file("photo.jpg")).unwrap();
    fs::copy(photos::fixture("photos/chelsea.jpg"), file("other.jpg")).unwrap();
    let title = image::RgbaImage::from_fn(320, 80, |x, y| {
        let solid = (20..300).contains(&x) && (10..70).contains(&y);
        let stripe = if x / 10 % 2 == 0 { 200 } else { 60 };
        image::Rgba([stripe, 30, stripe, if solid { 255 } else { 0 }])
    });
    title.save(file("title.png")).unwrap();
    let cues = "1\n00:00:00,000 --> 00:00:01,000\npan left\n\n\
                2\n00:00:01,000 --> 00:00:02,000\n<b>tilt up</b>\n";
    fs::write(file("cues.srt"), cues).unwrap();
    folder
}

/// The frames of a file, RGB, 160x90.
#[track_caller]
fn frames(file: &Path) -> Vec<Vec<u8>> {
    let read =
        format!("filesrc location={} ! decodebin ! videoconvert ! videoscale", file.display());
    let small = "video/x-raw,format=RGB,width=160,height=90";
    let arrived = pipeline::play(&format!("{read} ! {small} ! fakesink name=out"));
    arrived.buffers.iter().map(|frame| frame.map_readable().unwrap().to_vec()).collect()
}

/// Runs a script that writes `out`, and gives the frames of that file.
#[track_caller]
fn run(script: &str, arguments: &str, folder: &Path, out: &str) -> Vec<Vec<u8>> {
    launch::run(&line(script, arguments), folder);
    frames(&folder.join(out))
}

#[test]
fn a_photo_becomes_a_file() {
    let folder = folder();
    let frames = run("photo-to-mp4.sh", "photo.jpg out.mp4", folder.path(), "out.mp4");
    assert_eq!(frames.len(), 96);
    assert!(difference(&frames[0], &frames[95]) > 4.0, "it moves");
}

/// When the frames of an MP4 file are decoded and shown, in milliseconds, in the order of the file.
fn times(file: &Path) -> Vec<(u64, u64)> {
    let line = format!("filesrc location={} ! qtdemux ! fakesink name=out", file.display());
    let time = |time: Option<gst::ClockTime>| time.expect("a time").mseconds();
    let packets = pipeline::play(&line).buffers;
    packets.iter().map(|packet| (time(packet.dts()), time(packet.pts()))).collect()
}

#[test]
fn a_slide_show() {
    let folder = folder();
    let frames = run("slideshow.sh", "out.mp4 photo.jpg other.jpg", folder.path(), "out.mp4");
    assert_eq!(frames.len(), 150);
    let (decoded, mut shown): (Vec<_>, Vec<_>) =
        times(&folder.path().join("out.mp4")).into_iter().unzip();
    assert!(decoded.is_sorted_by(|a, b| a < b), "one photo runs into the next: {decoded:?}");
    shown.sort_unstable();
    assert!(shown.windows(2).all(|pair| pair[1] - pair[0] == 40), "{shown:?}");
    assert!(difference(&frames[74], &frames[75]) > 10.0, "another photo");
    assert!(
        difference(&frames[0], &frames[74]) > 1.0 && difference(&frames[75], &frames[149]) > 1.0
    );
}

#[test]
fn a_picture_with_holes_over_a_video() {
    let folder = folder();
    let bars = "gst-launch-1.0 videotestsrc num-buffers=100 pattern=smpte75 ! \
                video/x-raw,width=1280,height=720,framerate=25/1 ! x264enc ! mp4mux ! \
                filesink location=under.mp4";
    launch::run(bars, folder.path());
    let arguments = "under.mp4 title.png out.mp4";
    let both = run("lower-third.sh", arguments, folder.path(), "out.mp4");
    let under = frames(&folder.path().join("under.mp4"));
    assert!((99..=101).contains(&both.len()), "{} frames", both.len());
    let part = |frame: &[u8], rows: std::ops::Range<usize>| {
        frame[rows.start * 480..rows.end * 480].to_vec()
    };
    assert!(
        difference(&part(&both[50], 0..55), &part(&under[48], 0..55)) < 3.0,
        "above it: the video"
    );
    assert!(difference(&part(&both[50], 61..69), &part(&under[48], 61..69)) > 3.0, "the picture");
    assert!(difference(&part(&both[5], 61..69), &part(&both[80], 61..69)) > 2.0, "which moves");
}

#[test]
fn an_effect_on_a_timeline() {
    let folder = folder();
    launch::run_leaky(&line("editor-effect.sh", "photo.jpg out.mkv"), folder.path());
    let frames = frames(&folder.path().join("out.mkv"));
    assert_eq!(frames.len(), 75);
    assert!(difference(&frames[0], &frames[48]) > 2.0, "with the effect");
    assert!(difference(&frames[52], &frames[72]) < 2.0, "and without");
}

#[test]
fn keyframes_on_a_timeline() {
    let folder = folder();
    // GES itself warns when it only saves a project.
    let typed = line("editor-keyframes.sh", "photo.jpg out.mkv");
    launch::run_leaky(&typed.replacen("env ", "env G_DEBUG= ", 1), folder.path());
    let frames = frames(&folder.path().join("out.mkv"));
    assert_eq!(frames.len(), 100);
    let step = |a: usize, b: usize| difference(&frames[a], &frames[b]);
    assert!(step(85, 97) > 2.0 * step(1, 13), "{} then {}", step(1, 13), step(85, 97));
    assert!(fs::read_to_string(folder.path().join("out.xges")).unwrap().contains("<binding"));
}

#[test]
fn subtitles_steer_the_camera() {
    let folder = folder();
    let arguments = "photo.jpg cues.srt out.mp4";
    let frames = run("prompts-from-subtitles.sh", arguments, folder.path(), "out.mp4");
    assert!(frames.len() > 48, "{} frames", frames.len());
    assert!(difference(&frames[0], &frames[23]) > 2.0, "the first cue");
    assert!(difference(&frames[23], &frames[47]) > 2.0, "the second");
}

#[test]
fn segments_that_a_packager_takes() {
    let folder = folder();
    launch::run(&line("segments.sh", "photo.jpg parts"), folder.path());
    let mut parts: Vec<_> = fs::read_dir(folder.path().join("parts")).unwrap().collect();
    parts.sort_by_key(|part| part.as_ref().unwrap().file_name());
    let counts: Vec<_> =
        parts.iter().map(|part| frames(&part.as_ref().unwrap().path()).len()).collect();
    assert_eq!(counts, [25, 25, 25, 25]);
}

#[test]
fn windows() {
    let folder = folder();
    launch::run(&line("backdrop.sh", "photo.jpg 20"), folder.path());
    let printed = launch::run(&line("play-uri.sh", "photo.jpg 'pan left'"), folder.path());
    assert!(printed.contains("Reached end of play list"), "{printed}");
}

/// Ended when the test ends, also by a panic.
struct Sender(Child);

impl Drop for Sender {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn playout_over_srt() {
    let folder = folder();
    let send = launch::shell(&line("playout-send.sh", "photo.jpg 7411 250"), folder.path()).spawn();
    let _sender = Sender(send.unwrap());
    let receive = line("playout-receive.sh", "7411 50");
    let receive = receive.replace("SINK=fakesink", "SINK='filesink location=got.raw'");
    launch::run(&receive, folder.path());
    let got = fs::read(folder.path().join("got.raw")).unwrap();
    let (size, luma) = (1280 * 720 * 3 / 2, 1280 * 720);
    // The frame at which the receiver is told to stop may still come.
    assert!(
        got.len().is_multiple_of(size) && (49..=51).contains(&(got.len() / size)),
        "{}",
        got.len()
    );
    let (first, last) = (&got[..luma], &got[got.len() - size..][..luma]);
    assert!(difference(first, last) > 0.5, "it moves");
    let mean = first.iter().map(|&y| f64::from(y)).sum::<f64>() / luma as f64;
    assert!((60.0..160.0).contains(&mean), "a picture: {mean}");
}

#[test]
fn every_script_is_run_here_and_says_what_one_sees() {
    let tests = include_str!("scripts.rs");
    let scripts = fs::read_dir(folder_of_scripts()).unwrap();
    let scripts: BTreeSet<_> =
        scripts.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let scripts = scripts.iter().filter(|name| name.ends_with(".sh") && *name != "common.sh");
    for name in scripts {
        assert!(tests.contains(&format!("\"{name}\"")), "{name} is not run");
        let text = fs::read_to_string(folder_of_scripts().join(name)).unwrap();
        assert!(text.contains("# Seen: "), "{name} does not say what one sees");
    }
}
