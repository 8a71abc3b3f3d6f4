// SPDX-License-Identifier: MIT OR Apache-2.0
//! Players: playbin, playbin3 and gst-play-1.0.

use stillmotion_tests::launch;

use super::{KEPT, assert_moves, assert_times, folder, frames, kept, make_clip};

const PLAYERS: [&str; 2] = ["playbin", "playbin3"];

#[test]
fn a_still_with_the_generator_as_video_filter() {
    let folder = folder();
    for player in PLAYERS {
        let frames = kept(
            &format!(
                "gst-launch-1.0 {player} uri=\"file://$PWD/still.png\" \
                 video-filter=\"motiongen num-buffers=30\" video-sink=\"{KEPT}\""
            ),
            folder.path(),
        );
        assert_eq!(frames.len(), 30, "{player}");
        assert_times(&frames, 24);
        assert_moves(&frames, 0.0);
    }
}

#[test]
fn a_still_is_shown_at_the_pace_of_the_clock() {
    let folder = folder();
    for player in PLAYERS {
        let printed = launch::run(
            &format!(
                "gst-launch-1.0 {player} uri=\"file://$PWD/still.png\" \
                 video-filter=\"motiongen num-buffers=30\" video-sink=\"fakesink sync=true\""
            ),
            folder.path(),
        );
        let took = printed.lines().find_map(|l| l.strip_prefix("Execution ended after 0:00:"));
        let seconds: f64 = took.expect("how long it took").parse().unwrap();
        assert!(seconds >= 1.2, "{player}: 30 frames in {seconds} s");
    }
}

#[test]
fn a_video_with_the_effect_as_video_filter() {
    let folder = folder();
    make_clip(folder.path(), "clip.ogv", "theoraenc ! oggmux");
    make_clip(folder.path(), "clip.mp4", "x264enc key-int-max=15 ! mp4mux");
    for player in PLAYERS {
        for clip in ["clip.ogv", "clip.mp4"] {
            let frames = kept(
                &format!(
                    "gst-launch-1.0 {player} uri=\"file://$PWD/{clip}\" \
                     video-filter=motionfilter video-sink=\"{KEPT}\""
                ),
                folder.path(),
            );
            assert_eq!(frames.len(), 60, "{player} {clip}");
            assert!(frames[59].rgb != frames[0].rgb);
        }
    }
}

#[test]
fn gst_play_with_the_effect_inside_the_sink() {
    let folder = folder();
    make_clip(folder.path(), "clip.mp4", "x264enc key-int-max=15 ! mp4mux");
    let play = |options: &str| {
        let line = format!(
            "gst-play-1.0 --no-interactive {options} \
             --videosink=\"motionfilter ! {KEPT}\" \"file://$PWD/clip.mp4\""
        );
        let printed = launch::run(&line, folder.path());
        assert!(printed.contains("Reached end of play list"), "{printed}");
        frames(&folder.path().join("out.mkv"))
    };
    assert_eq!(play("").len(), 60);
    launch::run(
        "gst-play-1.0 --no-interactive --videosink=\"motionfilter ! videoconvert ! \
         fakesink sync=true\" -s 1 \"file://$PWD/clip.mp4\"",
        folder.path(),
    );
}
