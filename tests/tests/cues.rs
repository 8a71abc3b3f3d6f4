// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prompts that come as subtitles: what a text branch does to the frames, and what it must not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{fs, path::Path};

use stillmotion_tests::{
    FILTERS, launch,
    pictures::{self, difference},
    pipeline,
};

/// Frames per second of what the tests look at.
const FPS: usize = 10;
/// Frames in which the camera glides from one prompt into the next.
const GLIDE: usize = 15;

const THREE_CUES: &str = "\
1\n00:00:01,000 --> 00:00:02,000\npan right\n\n\
2\n00:00:03,000 --> 00:00:04,000\n<i>zoom</i> out\n\n\
3\n00:00:06,500 --> 00:00:07,000\ntilt\nup\n\n";
/// The prompt of the settings, and the cues: each with the frame at which it starts.
const PARTS: [(usize, &str); 4] =
    [(0, "orbit"), (10, "pan right"), (30, "zoom out"), (65, "tilt up")];
const FRAMES: usize = 90;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cues.srt"), THREE_CUES).unwrap();
    folder
}

/// A pipeline that makes 90 frames of a picture, up to the generator.
fn video(factory: &str) -> String {
    let source = "videotestsrc pattern=pinwheel";
    let size = "width=160,height=90,format=RGB";
    match factory {
        "motiongen" => format!(
            "{source} num-buffers=1 ! video/x-raw,{size} ! \
             motiongen name=t at-end=hold num-buffers={FRAMES}"
        ),
        _ => format!(
            "{source} num-buffers={FRAMES} ! video/x-raw,{size},framerate={FPS}/1 ! motionfilter name=t"
        ),
    }
}

fn split(raw: &[u8]) -> Vec<Vec<u8>> {
    let frames = raw.chunks(160 * 90 * 3);
    frames.map(<[u8]>::to_vec).collect()
}

/// Runs gst-launch-1.0 with a text branch, `link` being how it is linked, and gives the frames.
#[track_caller]
fn with_cues(factory: &str, link: &str, folder: &Path) -> Vec<Vec<u8>> {
    let line = format!(
        "gst-launch-1.0 {} prompt=orbit ! video/x-raw,framerate={FPS}/1 ! \
         filesink location=out.raw filesrc location=cues.srt ! subparse ! {link}",
        video(factory)
    );
    launch::run(&line, folder);
    split(&fs::read(folder.join("out.raw")).unwrap())
}

/// The frames with a prompt that is set by hand and no text.
#[track_caller]
fn with_prompt(factory: &str, prompt: &str) -> Vec<Vec<u8>> {
    let line = format!(
        "{} prompt=\"{prompt}\" ! video/x-raw,framerate={FPS}/1 ! fakesink name=out",
        video(factory)
    );
    let arrived = pipeline::play(&line);
    let caps = arrived.caps.unwrap();
    arrived.buffers.iter().map(|buffer| pictures::samples(buffer, &caps)).collect()
}

/// Each prompt holds from its cue to the next one, and the camera glides between them.
#[track_caller]
fn check_parts(factory: &str, frames: &[Vec<u8>]) {
    assert_eq!(frames.len(), FRAMES);
    for (i, &(start, prompt)) in PARTS.iter().enumerate() {
        let alone = with_prompt(factory, prompt);
        let end = PARTS.get(i + 1).map_or(FRAMES, |(next, _)| *next);
        let arrived = if start == 0 { 0 } else { start + GLIDE };
        for index in arrived..end {
            let same = frames[index] == alone[index - start];
            assert!(same, "{factory}: frame {index} is not frame {} of {prompt}", index - start);
        }
        if start > 0 {
            let step = |i: usize| difference(&frames[i], &frames[i + 1]);
            let (around, change) = (step(start - 2).max(step(start + 1)), step(start - 1));
            assert!(change < 1.5 * around.max(step(start)), "{factory}: {prompt} jumps: {change}");
            assert!(frames[start + 1] != alone[1], "{factory}: {prompt} starts from the still");
        }
    }
}

#[test]
fn a_subtitle_file_drives_the_prompt() {
    for factory in FILTERS {
        let folder = folder();
        let frames = with_cues(factory, "t.text_sink", folder.path());
        check_parts(factory, &frames);
        assert!(frames == with_cues(factory, "t.", folder.path()), "{factory}: two runs differ");
    }
}

#[test]
fn markup_is_left_out_and_an_empty_cue_gives_the_word_back() {
    let folder = tempfile::tempdir().unwrap();
    let cues = "1\n00:00:00,000 --> 00:00:01,000\na red <b>fox</b> & dog\n\n\
                2\n00:00:02,000 --> 00:00:03,000\n<i> </i>\n\n";
    fs::write(folder.path().join("cues.srt"), cues).unwrap();
    let line = format!(
        "gst-launch-1.0 -m {} prompt=orbit ! fakesink filesrc location=cues.srt ! subparse ! t.",
        video("motionfilter")
    );
    let printed = launch::run(&line, folder.path());
    let clips = printed.lines().filter(|line| line.contains("stillmotion-clip"));
    let started: Vec<_> = clips.filter(|line| line.contains("event=(string)started")).collect();
    assert_eq!(started.len(), 2, "{started:#?}");
    assert!(started[0].contains(r#"prompt=(string)"a\ red\ fox\ \&\ dog""#), "{started:#?}");
    assert!(started[1].contains("prompt=(string)orbit"), "{started:#?}");
    assert!(started[1].contains("stream-time=(guint64)2000000000"), "{started:#?}");
}

#[test]
fn a_live_video_does_not_wait_for_text() {
    let source = "videotestsrc is-live=true num-buffers=5 ! video/x-raw,width=64,height=36";
    for line in [
        format!("{source},framerate=50/1 ! motionfilter name=t ! fakesink name=out"),
        format!("{source} ! motiongen name=t is-live=true num-buffers=5 ! fakesink name=out"),
    ] {
        // Nobody ever gives this source anything.
        let arrived = pipeline::play(&format!("{line} appsrc format=time ! t.text_sink"));
        assert_eq!(arrived.buffers.len(), 5, "{line}");
    }
}

#[test]
fn live_text_is_not_waited_for() {
    for factory in FILTERS {
        let line = format!("{} ! fakesink name=out", video(factory));
        let text = "appsrc is-live=true do-timestamp=true format=time ! t.text_sink";
        assert_eq!(pipeline::play(&format!("{line} {text}")).buffers.len(), FRAMES, "{factory}");
    }
}

#[test]
fn text_that_ends_does_not_end_the_video() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cues.srt"), "").unwrap();
    let first = THREE_CUES.split("\n\n").next().unwrap();
    fs::write(folder.path().join("one.srt"), format!("{first}\n\n")).unwrap();
    for factory in FILTERS {
        let text = |file: &str| {
            let path = folder.path().join(file);
            format!("filesrc location={} ! subparse ! t.", path.display())
        };
        let line = format!("{} ! fakesink name=out", video(factory));
        let arrived = pipeline::play(&format!("{line} {}", text("one.srt")));
        assert_eq!(arrived.buffers.len(), FRAMES, "{factory}");
    }
}
