// SPDX-License-Identifier: MIT OR Apache-2.0
//! The effect in timelines of GES, rendered by its own program.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::fs;

use stillmotion_tests::{
    docs, flow,
    ges::{self, Frames, GES, render, render_project, save},
    launch,
    pictures::difference,
    pipeline,
};

/// The first frame is the clip's own, the next ones move.
#[track_caller]
fn starts_with(frames: &Frames, plain: &Frames) {
    let first = difference(&frames.pictures[0], &plain.pictures[0]);
    assert!(first < 1.5, "frame 0 differs by {first}");
    let last = frames.count() - 1;
    assert!(difference(&frames.pictures[last], &frames.pictures[0]) > 2.0, "it moves");
    let moves = |i: usize| frames.pictures[i] != frames.pictures[i - 1];
    assert!((1..frames.count()).all(moves), "each frame is another");
}

#[test]
fn an_effect_on_a_still() {
    let folder = ges::folder();
    let still = format!("+clip {}/still.png duration=2.0", folder.path().display());
    let plain = render(&still, folder.path());
    let frames = render(&format!("{still} +effect motionfilter"), folder.path());
    frames.check_times(50);
    starts_with(&frames, &plain);
}

#[test]
fn the_effect_in_other_formats() {
    let folder = ges::folder();
    let path = folder.path().display();
    let plain = render(&format!("+clip {path}/still.png duration=0.2"), folder.path());
    for (name, format, count) in
        [("o.ogv", "video/ogg:video/x-theora", 50), ("o.mkv", "video/x-matroska:video/x-vp8", 50)]
    {
        let line = format!(
            "{GES} +clip {path}/still.png duration=2.0 +effect motionfilter \
             -o file://{path}/{name} --format {format}"
        );
        launch::run_leaky(&line, folder.path());
        let frames = Frames::of_file(&folder.path().join(name));
        frames.check_times(count);
        let first = difference(&frames.pictures[0], &plain.pictures[0]);
        assert!(first < 12.0, "{name}: {first}");
        assert!(difference(&frames.pictures[49], &frames.pictures[0]) > 5.0, "{name}");
    }
}

#[test]
fn an_effect_on_a_video_animates_its_first_frame() {
    let folder = ges::folder();
    let clip = format!("+clip {}/clip.mp4 duration=1.0", folder.path().display());
    let plain = render(&clip, folder.path());
    let frames = render(&format!("{clip} +effect motionfilter set-motion 9"), folder.path());
    frames.check_times(25);
    assert!(difference(&frames.pictures[0], &plain.pictures[0]) < 1.5);
    // The ball of the video is far from where it was; that of the still is not.
    let far = difference(&frames.pictures[24], &plain.pictures[24]);
    assert!(difference(&frames.pictures[24], &frames.pictures[0]) < far);
}

#[test]
fn the_generator_as_an_effect() {
    let folder = ges::folder();
    let path = folder.path().display();
    let frames = render(
        &format!(
            "+clip {path}/clip.mp4 duration=1.0 +effect motiongen +clip {path}/clip.mkv duration=1.0"
        ),
        folder.path(),
    );
    frames.check_times(50);
    let second = render(&format!("+clip {path}/clip.mkv duration=1.0"), folder.path());
    assert!(difference(&frames.pictures[25], &second.pictures[0]) < 1.5);
}

#[test]
fn mixing_changes_nothing_but_what_the_mixer_does() {
    let folder = ges::folder();
    for (clip, count) in [("still.png", 50), ("clip.mkv", 25)] {
        let timeline = format!(
            "+clip {}/{clip} duration={:?} +effect motionfilter",
            folder.path().display(),
            f64::from(count as u8) / 25.0
        );
        let frames = render(&timeline, folder.path());
        frames.check_times(count);
        let mixed = ges::render_mixed(&timeline, folder.path());
        mixed.check_times(count);
        for (i, (frame, mixed)) in frames.pictures.iter().zip(&mixed.pictures).enumerate() {
            let apart = difference(frame, mixed);
            assert!(apart < 1.5, "{clip}, frame {i}: {apart}");
        }
    }
}

#[test]
fn a_crossfade_of_two_clips_with_the_effect() {
    let folder = ges::folder();
    let path = folder.path().display();
    let frames = ges::render_mixed(
        &format!(
            "+clip {path}/still.png start=0 duration=1.5 layer=0 +effect motionfilter \
             +clip {path}/clip.mkv start=1.0 duration=1.5 layer=0 +effect motionfilter"
        ),
        folder.path(),
    );
    frames.check_times(63);
    let alone = |clip: &str| {
        render(&format!("+clip {path}/{clip} duration=1.5 +effect motionfilter"), folder.path())
    };
    let (first, second) = (alone("still.png"), alone("clip.mkv"));
    assert!(difference(&frames.pictures[10], &first.pictures[10]) < 1.5);
    assert!(difference(&frames.pictures[50], &second.pictures[25]) < 1.5);
    // In the middle of the fade the picture lies between those of both clips.
    let (from, to) = (&first.pictures[31], &second.pictures[6]);
    let whole = difference(from, to);
    let middle = &frames.pictures[31];
    for end in [from, to] {
        let share = difference(middle, end) / whole;
        assert!((0.3..0.7).contains(&share), "{share}");
    }
}

#[test]
fn the_place_and_the_alpha_of_a_clip_survive_the_effect() {
    let folder = ges::folder();
    let path = folder.path().display();
    let over = |alpha: f64| {
        let timeline = format!(
            "+clip {path}/still.png duration=1.0 layer=0 set-alpha {alpha:?} \
             +effect motionfilter +clip {path}/clip.mkv start=0 duration=1.0 layer=1"
        );
        let frames = ges::render_mixed(&timeline, folder.path());
        frames.check_times(25);
        frames
    };
    let (full, half, none) = (over(1.0), over(0.5), over(0.0));
    let back = render(&format!("+clip {path}/clip.mkv duration=1.0"), folder.path());
    let mixed = |i: usize| -> Vec<u8> {
        let pairs = full.pictures[i].iter().zip(&back.pictures[i]);
        pairs.map(|(a, b)| a / 2 + b / 2).collect()
    };
    for i in 0..25 {
        let (hidden, shared) = (
            difference(&none.pictures[i], &back.pictures[i]),
            difference(&half.pictures[i], &mixed(i)),
        );
        assert!(hidden < 1.5 && shared < 3.0, "frame {i}: {hidden}, {shared}");
    }
    assert!(difference(&full.pictures[12], &back.pictures[12]) > 20.0);
}

#[test]
fn a_prompt_with_commas_and_semicolons() {
    let folder = ges::folder();
    let still = format!("+clip {}/still.png duration=0.4", folder.path().display());
    let render = |effect: &str| render(&format!("{still} +effect {effect}"), folder.path());
    let one = render("'motionfilter prompt=\"slow dolly in, mist; dusk\" motion=7'");
    let other = render("motionfilter set-prompt \"slow dolly in, mist; dusk\" set-motion 7");
    one.check_times(10);
    assert!(one.pictures == other.pictures);
    assert!(one.pictures != render("motionfilter set-motion 7").pictures, "it is obeyed");
    render("motionfilter set-prompt \"a, b; c=d\" set-motion 7").check_times(10);
}

#[test]
fn a_saved_project_gives_the_same_bytes() {
    let folder = ges::folder();
    let still = format!("+clip {}/still.png duration=0.4", folder.path().display());
    for effect in [
        "'motionfilter prompt=\"slow dolly in, mist; dusk\" motion=7'",
        "motionfilter set-prompt \"pan left, then; 'a=b'\" set-motion 7 set-seed 3",
    ] {
        let timeline = format!("{still} +effect {effect}");
        let before = render(&timeline, folder.path());
        let project = save(&timeline, folder.path(), "saved.xges");
        let after = render_project(&project, folder.path());
        after.check_times(10);
        assert!(before.pictures == after.pictures, "{effect}");
    }
}

#[test]
fn a_project_plays_in_playbin_and_in_a_window() {
    let folder = ges::folder();
    let timeline = format!(
        "+clip {}/still.png duration=0.4 +effect motionfilter set-motion 7",
        folder.path().display()
    );
    let project = save(&timeline, folder.path(), "played.xges");
    let play =
        format!("gst-launch-1.0 playbin uri=file://{} video-sink=\"fakesink\"", project.display());
    launch::run_leaky(&play, folder.path());
    launch::run_leaky(&format!("{GES} {timeline} --videosink fakesink"), folder.path());
}

#[test]
fn a_keyframed_motion_ramps_smoothly() {
    let folder = ges::folder();
    let timeline = format!(
        "+clip {}/still.png duration=2.0 +effect motionfilter set-prompt \"zoom in\"",
        folder.path().display()
    );
    let project = save(&timeline, folder.path(), "ramp.xges");
    let growth = |frames: &Frames| -> Vec<f32> {
        let step = |i: usize| flow::tracks(&frames.gray(i - 1), &frames.gray(i));
        (1..frames.count()).map(|i| flow::summary(&step(i)).growth).collect()
    };
    let constant = growth(&render_project(&project, folder.path()));

    let binding = "<binding type='direct-absolute' source_type='interpolation' \
         property='motion' mode='1' track_id='-1' values =' 0:1.0  2000000000:10.0 '/>";
    let saved = fs::read_to_string(&project).unwrap();
    assert!(saved.contains("</effect>"));
    fs::write(&project, saved.replace("</effect>", &format!("{binding}</effect>"))).unwrap();
    let frames = render_project(&project, folder.path());
    frames.check_times(50);
    let ramped = growth(&frames);

    let sum = |steps: &[f32]| steps.iter().sum::<f32>();
    assert!(sum(&ramped[..10]) < 0.7 * sum(&constant[..10]), "slow at first");
    assert!(sum(&ramped[39..]) > 2.0 * sum(&constant[39..]), "and fast in the end");
    for (i, pair) in ramped.windows(2).enumerate() {
        // No step is much larger or smaller than its neighbour.
        let largest = ramped.iter().copied().fold(0.0, f32::max);
        assert!((pair[1] - pair[0]).abs() < 0.15 * largest, "frame {i}: {ramped:?}");
    }
}

#[test]
fn a_clip_shorter_than_the_timeline_holds_or_loops_to_its_end() {
    let folder = ges::folder();
    let still = format!("+clip {}/still.png duration=1.2", folder.path().display());
    let frames = |at_end: &str| {
        let effect = format!("motionfilter set-duration 400000000 set-at-end {at_end}");
        let frames = render(&format!("{still} +effect {effect}"), folder.path());
        frames.check_times(30);
        frames.pictures
    };
    let hold = frames("hold");
    assert!(hold[9..].iter().all(|picture| *picture == hold[9]));
    let round = frames("loop");
    assert!(round[10] == round[0] && round[25] == round[5] && round[5] != round[0]);
}

#[test]
fn the_documented_timeline_renders() {
    let folder = ges::folder();
    let path = folder.path().display();
    let lines = docs::lines("hosts.md", "ges-launch-1.0");
    let [caps] = &docs::lines("hosts.md", "--video-caps")[..] else { panic!("one line of caps") };
    for line in lines {
        assert!(line.contains("cabin.jpg") && line.contains("/tmp/out.mkv"), "{line}");
        let line = line.replace("cabin.jpg", &format!("{path}/still.png"));
        let line = line.replace("/tmp/out.mkv", &format!("{path}/documented.mkv"));
        // GES renders 1280x720 at 30 frames per second if nobody says otherwise.
        for (caps, count) in [("", 12), (caps, 10)] {
            let line = line.replace("4.0", "0.4").replace("+clip", &format!("{caps} +clip"));
            launch::run_leaky(&line, folder.path());
            assert_eq!(Frames::of_file(&folder.path().join("documented.mkv")).count(), count);
        }
    }
}

#[test]
fn the_documented_binding_is_the_one_that_is_tested() {
    let [binding] = &docs::lines("hosts.md", "<binding")[..] else { panic!("one binding") };
    assert!(binding.contains("property='motion' mode='1' track_id='-1' values =' 0:1.0"));
}

#[test]
fn a_decoded_clip_needs_no_other_element() {
    // The same effect by hand, in the chain that GES puts around it.
    let folder = ges::folder();
    let arrived = pipeline::play(&format!(
        "filesrc location={}/clip.mp4 ! decodebin ! videoconvert ! videoscale ! videorate ! \
         video/x-raw,width=320,height=240,framerate=25/1 ! videoconvert ! motionfilter ! \
         videoconvert ! compositor ! fakesink name=out",
        folder.path().display()
    ));
    assert_eq!(arrived.buffers.len(), 50);
}
