// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files rendered with gst-launch-1.0.

use stillmotion_tests::launch;

use super::{Frame, KEPT, assert_moves, assert_times, difference, folder, frames, kept};

/// A render of 30 frames with the generator, beside the same one with imagefreeze: `line` has
/// GEN for the element. The coders change colours a little, and both alike.
#[track_caller]
fn beside_imagefreeze(line: &str, file: &str) {
    let folder = folder();
    let render = |element: &str| {
        let line = line.replace("GEN", &format!("{element} num-buffers=30"));
        launch::run(&line, folder.path());
        frames(&folder.path().join(file))
    };
    let frozen = render("imagefreeze");
    let moving = render("motiongen prompt=\"push in\" motion=10");
    assert_eq!(moving.len(), 30);
    assert_times(&moving, 24);
    let times = |frames: &[Frame]| frames.iter().map(|frame| frame.time).collect::<Vec<_>>();
    assert_eq!(times(&moving), times(&frozen));
    let difference = |i: usize| difference(&moving[i].rgb, &frozen[i].rgb);
    assert!(difference(0) < 3.0, "the first frame is not the still: {}", difference(0));
    assert!(difference(29) > 5.0 + difference(0), "nothing moved: {}", difference(29));
}

#[test]
fn a_png_becomes_a_webm() {
    beside_imagefreeze(
        "gst-launch-1.0 filesrc location=still.png ! pngdec ! videoconvert ! GEN ! \
         video/x-raw,framerate=24/1 ! vp8enc target-bitrate=4000000 ! webmmux ! \
         filesink location=x.webm",
        "x.webm",
    );
}

#[test]
fn a_jpeg_becomes_an_mp4() {
    beside_imagefreeze(
        "gst-launch-1.0 filesrc location=still.jpg ! decodebin ! videoconvert ! GEN ! \
         video/x-raw,framerate=24/1 ! x264enc bitrate=4000 ! mp4mux ! filesink location=x.mp4",
        "x.mp4",
    );
}

#[test]
fn pictures_that_come_again_and_again() {
    let folder = folder();
    let source = "gst-launch-1.0 multifilesrc location=still.png loop=true num-buffers=10 \
                  caps=image/png,framerate=5/1 ! pngdec ! videoconvert";
    let frames = kept(&format!("{source} ! motionfilter ! {KEPT}"), folder.path());
    assert_eq!(frames.len(), 10, "one frame out for one frame in");
    assert_times(&frames, 5);
    assert_moves(&frames, 0.0);
    // The generator takes the first one, at a rate of its own choice.
    let clip = format!("{source} ! motiongen num-buffers=24 ! {KEPT}");
    let frames = kept(&clip, folder.path());
    assert_eq!(frames.len(), 24);
    assert_times(&frames, 24);
    assert_moves(&frames, 0.0);
}

#[test]
fn one_clip_behind_another() {
    let folder = folder();
    let branch = |decoder: &str| {
        format!(
            "{decoder} ! videoconvert ! motiongen prompt=\"push in\" motion=10 num-buffers=25 ! \
             video/x-raw,framerate=25/1,format=I420 ! c."
        )
    };
    let run = |end: &str| {
        let line = format!(
            "gst-launch-1.0 concat name=c ! {end} {} {}",
            branch("filesrc location=still.png ! pngdec"),
            branch("filesrc location=still.jpg ! jpegdec"),
        );
        launch::run(&line, folder.path());
    };
    run("videoconvert ! x264enc ! mp4mux ! filesink location=cc.mp4");
    assert_eq!(frames(&folder.path().join("cc.mp4")).len(), 50);
    run(KEPT);
    let frames = frames(&folder.path().join("out.mkv"));
    assert_eq!(frames.len(), 50);
    assert_times(&frames, 25);
    assert_moves(&frames[..25], 4.0);
    assert_moves(&frames[25..], 10.0);
}

#[test]
fn key_frames_that_a_muxer_asks_for_are_made() {
    let folder = folder();
    // At the pace of the clock: a splitmuxsink of GStreamer 1.22 that is given more at once may
    // hang, whatever is in front of it.
    let encode = "identity sync=true ! videoconvert ! \
                  x264enc key-int-max=1000 tune=zerolatency bitrate=4000 ! \
                  h264parse ! splitmuxsink max-size-time=1000000000 send-keyframe-requests=true";
    let still = "filesrc location=still.png ! pngdec ! videoconvert";
    for (name, source) in [
        ("f", "videotestsrc num-buffers=75 ! video/x-raw,framerate=25/1 ! motionfilter"),
        ("g", &format!("{still} ! motiongen num-buffers=75 ! video/x-raw,framerate=25/1")),
    ] {
        let line = format!("gst-launch-1.0 -q {source} ! {encode} location={name}%02d.mp4");
        launch::run(&line, folder.path());
        let part = |i: usize| folder.path().join(format!("{name}{i:02}.mp4"));
        let counts: Vec<_> = (0..3).map(|i| frames(&part(i)).len()).collect();
        assert_eq!(counts, [25, 25, 25], "{source}");
        assert!(!part(3).exists());
    }
}

/// What videocodectestsink says of all the frames of a run.
#[track_caller]
fn checksum(line: &str, threads: usize) -> String {
    let folder = folder();
    let line = format!(
        "env RAYON_NUM_THREADS={threads} gst-launch-1.0 -m {line} ! video/x-raw,format=I420 ! \
         videocodectestsink"
    );
    let printed = launch::run(&line, folder.path());
    let start = printed.find("conformance/checksum").expect("a checksum") + 20;
    printed[start..].lines().next().unwrap().to_owned()
}

#[test]
fn every_run_makes_the_same_bytes_whatever_the_number_of_threads() {
    let still = "filesrc location=still.png ! pngdec ! videoconvert ! video/x-raw,format=I420";
    let clip = format!("{still} ! motiongen prompt=\"walk towards the cup\" num-buffers=24");
    let effect = "videotestsrc num-buffers=24 ! \
                  video/x-raw,format=I420,framerate=24/1 ! motionfilter motion=8";
    for line in [clip.as_str(), effect] {
        let once = checksum(line, 1);
        assert_eq!(once, checksum(line, 1), "another run");
        assert_eq!(once, checksum(line, 2), "two threads");
        assert_eq!(once, checksum(line, 4), "four threads");
        let other = format!("{line} zoom=-5");
        assert_ne!(once, checksum(&other, 1), "another way to move");
    }
}
