// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one sees move, measured in the frames: the motion amount and the camera.

use stillmotion_engine::request::Controls;
use stillmotion_tests::{
    flow::{Summary, mean_length, summary, tracks},
    photos::{self, gray, luma, open},
};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
/// Frames of the clip at which two frames, 1/8 s apart, are compared.
const MOMENTS: [u64; 3] = [12, 45, 78];
const EIGHTH_OF_A_SECOND: u64 = 3;

fn amount(photo: &str, prompt: &str, motion: f64) -> f32 {
    let clip = open(luma(photo, WIDTH, HEIGHT), prompt, 3);
    let controls = Controls { motion, ..Controls::default() };
    let at = |index| gray(clip.as_ref(), WIDTH, HEIGHT, index, &controls);
    let lengths = MOMENTS.map(|i| mean_length(&tracks(&at(i), &at(i + EIGHTH_OF_A_SECOND))));
    lengths.iter().sum::<f32>() / MOMENTS.len() as f32
}

/// What tracks tell apart, in pixels: below it, they see 5 % more or less where there is none.
const SEEN: f32 = 0.3;

/// Motion 1..10: 5 % more with every step where that can be seen, in any case over two steps, and 10
/// at least 6 times 1. `make quality` asks for more, with a flow that sees smaller steps.
fn motion_grows(photo: &str, prompt: &str) {
    let amounts: Vec<f32> = (1..=10).map(|m| amount(photo, prompt, f64::from(m))).collect();
    for (i, step) in amounts.windows(2).enumerate() {
        let least = if step[0] < SEEN { 0.95 } else { 1.05 };
        assert!(step[1] > least * step[0], "{photo}, {prompt:?}, from {}: {amounts:?}", i + 1);
    }
    for (i, steps) in amounts.windows(3).enumerate() {
        let more = steps[2] > 1.05 * 1.05 * steps[0];
        assert!(more, "{photo}, {prompt:?}, from {} by two: {amounts:?}", i + 1);
    }
    assert!(amounts[9] > 6.0 * amounts[0], "{photo}, {prompt:?}: {amounts:?}");
}

#[test]
fn motion_grows_on_every_photo_without_a_prompt() {
    photos::ALL.iter().for_each(|photo| motion_grows(photo, ""));
}

#[test]
fn motion_grows_with_every_kind_of_prompt() {
    let prompts = [
        "walk through the forest",
        "the camera dollies in on the lighthouse",
        "zooom out slowy from the vilage",
        "truck left past the market stalls",
        "rise straight up above the rooftops",
        "pan left across the mountain range",
        "tilt up to the stars",
        "dutch roll clockwise",
        "crash zoom on the clock tower",
        "orbit clockwise around the statue",
        "crane shot climbing over the castle gate",
        "dolly zoom on the hero",
        "shaky handheld camera",
        "pan left, then tilt up",
    ];
    let photos = photos::ALL.iter().cycle();
    prompts.iter().zip(photos).for_each(|(prompt, photo)| motion_grows(photo, prompt));
}

/// What is seen of a prompt from the first frame to one in the middle, on each photo.
fn seen(prompt: &str) -> Vec<(&'static str, Summary)> {
    let controls = Controls::default();
    let look = |photo: &&'static str| {
        let clip = open(luma(photo, WIDTH, HEIGHT), prompt, 3);
        let at = |index| gray(clip.as_ref(), WIDTH, HEIGHT, index, &controls);
        (*photo, summary(&tracks(&at(0), &at(40))))
    };
    photos::ALL.iter().map(look).collect()
}

#[test]
fn the_camera_goes_where_the_prompt_says() {
    type Feature = (&'static str, fn(&Summary) -> f32, f32);
    let features: [Feature; 14] = [
        ("truck left", |s| s.shift[0], 0.3),
        ("truck right", |s| -s.shift[0], 0.3),
        ("pan left", |s| s.shift[0], 1.0),
        ("pan right", |s| -s.shift[0], 1.0),
        ("pedestal up", |s| s.shift[1], 0.3),
        ("pedestal down", |s| -s.shift[1], 0.3),
        ("tilt up", |s| s.shift[1], 1.0),
        ("tilt down", |s| -s.shift[1], 1.0),
        ("dolly in", |s| s.growth, 0.01),
        ("dolly out", |s| -s.growth, 0.003),
        ("crash zoom in on the face", |s| s.growth, 0.05),
        ("zoom lens slowly opening, optical zoom out", |s| -s.growth, 0.005),
        ("roll clockwise", |s| -s.turn, 0.008),
        ("roll counter-clockwise", |s| s.turn, 0.008),
    ];
    for (prompt, feature, least) in features {
        for (photo, summary) in seen(prompt) {
            assert!(feature(&summary) > least, "{prompt} on {photo}: {summary:?}");
        }
    }
}

#[test]
fn an_orbit_keeps_the_middle_and_moves_what_is_beside_it() {
    for (photo, summary) in seen("orbit clockwise around it") {
        assert!(summary.shift[0].abs() < 5.0 && summary.turn.abs() < 0.02, "{photo}: {summary:?}");
    }
}

#[test]
fn a_static_camera_shows_the_still_and_nothing_else() {
    let clip = open(luma("coffee", WIDTH, HEIGHT), "locked-off tripod shot", 0);
    let controls = Controls { motion: 10.0, ..Controls::default() };
    let at = |index| gray(clip.as_ref(), WIDTH, HEIGHT, index, &controls);
    assert_eq!(at(0), at(50));
}
