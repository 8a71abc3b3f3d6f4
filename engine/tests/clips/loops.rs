// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips that end where they began.

use std::time::Duration;

use stillmotion_engine::request::{FrameRate, Request};

use crate::{PHOTOS, at, bytes, difference, frame, open, photo, request};

const PROMPTS: [&str; 14] = [
    "",
    "walk through the forest",
    "fly over the valley",
    "dolly out",
    "truck left",
    "rise straight up",
    "pan right",
    "tilt down",
    "roll clockwise",
    "zoom lens in",
    "dolly zoom on the hero",
    "orbit around the statue",
    "crane up, handheld",
    "pan left, then push in",
];

#[test]
fn the_frame_behind_the_last_is_the_first_and_it_goes_on_like_that() {
    for (i, prompt) in PROMPTS.into_iter().enumerate() {
        let still = photo(PHOTOS[i % PHOTOS.len()]);
        let clip = open(Request { loops: true, ..request(&still, prompt) });
        assert_eq!(clip.frames(), 96);
        for motion in [1.0, 5.0, 10.0] {
            let of = |index| frame(clip.as_ref(), index, &at(motion));
            let (first, second, last) = (of(0), of(1), of(95));
            assert!(first == bytes(&still), "{prompt} at {motion}");
            assert!(first == of(96) && second == of(97) && last == of(191), "{prompt} at {motion}");
            let (before, after) = (difference(&last, &first), difference(&first, &second));
            assert!(after > 0.0, "{prompt} at {motion} stands still");
            let ratio = before / after;
            // A hand shakes at its own speed at each moment.
            let alike = if prompt.contains("handheld") { 0.4..2.5 } else { 0.6..1.7 };
            // Of such small steps rounding makes what it likes.
            let seen = before.max(after) > 0.05;
            assert!(!seen || alike.contains(&ratio), "{prompt} at {motion}: {before}, {after}");
        }
    }
}

#[test]
fn a_loop_of_any_length_and_rate_closes() {
    let still = photo("coffee");
    for (numerator, denominator, milliseconds) in [(30000, 1001, 3300), (25, 1, 40), (12, 1, 10010)]
    {
        let clip = open(Request {
            loops: true,
            frame_rate: FrameRate { numerator, denominator },
            duration: Duration::from_millis(milliseconds),
            ..request(&still, "orbit around it")
        });
        let frames = clip.frames();
        let of = |index| frame(clip.as_ref(), index, &at(7.0));
        assert!(of(frames) == bytes(&still) && of(frames + 1) == of(1 % frames));
        if frames > 1 {
            let steps = [(frames - 2, frames - 1), (frames - 1, frames), (frames, frames + 1)]
                .map(|(from, to)| difference(&of(from), &of(to)));
            assert!(steps[1] < 1.5 * steps[0].max(steps[2]), "{frames}: {steps:?}");
        }
    }
}

#[test]
fn a_still_camera_loops_too() {
    let still = photo("chelsea");
    let clip = open(Request { loops: true, ..request(&still, "static shot") });
    for index in [0, 1, 50, 95, 96, 1000] {
        assert!(frame(clip.as_ref(), index, &at(10.0)) == bytes(&still), "{index}");
    }
}

#[test]
fn a_loop_that_is_left_at_its_end_is_left_at_its_speed() {
    let still = photo("rocket");
    let clip = open(Request { loops: true, ..request(&still, "truck left") });
    let controls = at(6.0);
    let from = clip.place(95, 0, &controls);
    let next = open(Request { from, ..request(&still, "truck left") });
    let step = |clip: &dyn stillmotion_engine::generator::Clip, from, to| {
        difference(&frame(clip, from, &controls), &frame(clip, to, &controls))
    };
    let (in_loop, after) = (step(clip.as_ref(), 95, 96), step(next.as_ref(), 0, 1));
    assert!((0.6..1.6).contains(&(after / in_loop)), "{in_loop}, {after}");
}
