// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a clip of the built-in generator promises, on real photos.

use std::{sync::Arc, time::Duration};

use stillmotion_engine::{
    brush::{Brush, Strokes},
    fit::Fit,
    generator::{Generator, GeneratorError},
    image::{FrameMut, Image, PixelFormat, PlaneMut, YuvMatrix},
    request::{Controls, Request},
    scene::SceneGenerator,
};
use stillmotion_tests::{
    photos::{self, frame, luma, open, rgb},
    pictures::difference,
};

const RGB: (PixelFormat, u32, u32) = (PixelFormat::Rgb, 400, 226);

fn photo(name: &str) -> Image {
    rgb(name, RGB.1, RGB.2)
}

#[test]
fn the_first_frame_is_the_still_whatever_is_asked_for() {
    let controls = Controls { motion: 10.0, ..Controls::default() };
    for prompt in
        ["", "crash zoom", "zoom out", "orbit", "[Pan right, Truck left]", "day turns into night"]
    {
        let still = photo("coffee");
        let bytes = still.planes()[0].data.clone();
        assert!(frame(open(still, prompt, 9).as_ref(), RGB, 0, &controls) == bytes, "{prompt}");
    }
}

#[test]
fn no_frame_is_held_even_when_nearly_still() {
    let controls = Controls { motion: 1.0, ..Controls::default() };
    for name in photos::ALL {
        let clip = open(photo(name), "", 0);
        let frames: Vec<_> = (0..96).map(|i| frame(clip.as_ref(), RGB, i, &controls)).collect();
        assert_eq!(clip.frames(), 96);
        for (i, pair) in frames.windows(2).enumerate() {
            assert!(pair[0] != pair[1], "{name}: frame {} shows frame {i} again", i + 1);
        }
    }
}

#[test]
fn bytes_depend_on_neither_order_nor_threads_nor_other_clips() {
    let controls = Controls { motion: 8.0, ..Controls::default() };
    let image = (PixelFormat::I420, 402, 226);
    let draw = |indices: &[u64]| {
        let clip = open(luma("astronaut", 402, 226), "walk towards her", 5);
        indices.iter().map(|i| frame(clip.as_ref(), image, *i, &controls)).collect::<Vec<_>>()
    };
    let pool =
        |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let forward = draw(&[10, 50, 95]);
    let mut backward = draw(&[95, 50, 10]);
    backward.reverse();
    assert!(forward == backward);
    for threads in [1, 2, 7] {
        // Frames only: the analysis has a thread of its own.
        let clip = open(luma("astronaut", 402, 226), "walk towards her", 5);
        frame(clip.as_ref(), image, 1, &controls);
        let alone = pool(threads).install(|| frame(clip.as_ref(), image, 50, &controls));
        assert!(alone == forward[1], "{threads} threads");
    }
}

#[test]
fn nobody_has_to_wait_longer_than_he_likes() {
    let clip = open(rgb("coffee", 1920, 1080), "push in", 0);
    assert!(clip.ready(0, Duration::ZERO), "the first frame is the still");
    assert!(!clip.ready(1, Duration::ZERO), "nobody has looked at the still yet");
    assert!(clip.ready(1, Duration::from_secs(60)));
    assert!(clip.ready(95, Duration::ZERO));
}

#[test]
fn behind_the_last_frame_the_last_one_stays() {
    let clip = open(photo("rocket"), "", 0);
    let controls = Controls::default();
    let last = frame(clip.as_ref(), RGB, 95, &controls);
    assert!(last == frame(clip.as_ref(), RGB, 96, &controls));
    assert!(last == frame(clip.as_ref(), RGB, u64::MAX, &controls));
}

/// Variance of the Laplacian: falls where a picture gets soft.
fn sharpness(bytes: &[u8], width: usize) -> f64 {
    let at = |i: usize| f64::from(bytes[i]);
    let inside = (width + 1..bytes.len() - width - 1).filter(|i| !matches!(i % width, 0 | 1));
    let values: Vec<f64> = inside
        .map(|i| 4.0 * at(i) - at(i - 1) - at(i + 1) - at(i - width) - at(i + width))
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64
}

#[test]
fn a_turning_camera_keeps_the_picture_sharp_and_does_not_shimmer() {
    // A slow pan on photos at about their own size: every fraction of a pixel comes up.
    for name in ["coffee", "chelsea"] {
        let image = (PixelFormat::I420, 448, 298);
        let clip = open(luma(name, 448, 298), "pan right", 0);
        let controls = Controls { motion: 3.0, ..Controls::default() };
        let of = |i| sharpness(&frame(clip.as_ref(), image, i, &controls)[..448 * 298], 448);
        let first = of(0);
        let shares: Vec<f64> = (20..40).map(|i| of(i) / first).collect();
        let (least, most) = shares.iter().fold((f64::MAX, 0.0), |(l, m), s| (s.min(l), s.max(m)));
        assert!(least > 0.6 && most < 1.2 && most < 1.5 * least, "{name}: {shares:.2?}");
    }
}

#[test]
fn a_frame_of_another_shape_is_refused() {
    let clip = open(photo("coffee"), "", 0);
    let mut bytes = vec![0; 100 * 60 * 3];
    let planes = vec![PlaneMut { data: &mut bytes, stride: 300 }];
    let mut out = FrameMut::new(PixelFormat::Rgb, 100, 60, planes).expect("the planes fit");
    let error = clip.frame(3, &Controls::default(), &mut out).expect_err("another size");
    assert_eq!(error.to_string(), "the clip makes 400x226 RGB frames, not 100x60 RGB");
}

#[test]
fn every_wrong_setting_is_told_at_once() {
    let mut request = Request::new(Arc::new(photo("coffee")));
    request.controls.motion = 11.0;
    request.controls.axes.pan = f64::NAN;
    request.controls.axes.roll = -12.0;
    request.frame_rate.denominator = 0;
    request.duration = Duration::ZERO;
    let Err(GeneratorError::Settings(error)) = SceneGenerator.open(request) else {
        panic!("the settings are wrong");
    };
    let settings: Vec<&str> = error.0.iter().map(|problem| problem.setting).collect();
    assert_eq!(settings, ["motion", "pan", "roll", "duration", "framerate"]);
    assert!(error.to_string().starts_with("motion is 11, allowed is 1 to 10; pan is NaN"));
}

/// A clip in which nothing moves but the camera: a brush has painted nothing.
fn request(name: &str, prompt: &str) -> Request {
    let nothing = Image::from_packed(
        PixelFormat::Rgb,
        16,
        16,
        YuvMatrix::default(),
        vec![vec![0; 16 * 16 * 3]],
    );
    let brush = Brush::new(&nothing.expect("a picture"), Strokes::default(), Fit::Cover);
    let brush = Some(Arc::new(brush));
    Request { prompt: prompt.to_owned(), brush, ..Request::new(photo(name).into()) }
}

#[test]
fn a_clip_that_takes_over_goes_on_from_where_the_camera_is() {
    let prompts = ["pan right", "dolly in", "orbit around it", "zoom out", "walk towards it"];
    for (i, name) in photos::ALL.into_iter().enumerate() {
        let (old, new) = (prompts[i], prompts[(i + 2) % prompts.len()]);
        for (change, motion) in [(20, 5.0), (60, 10.0), (95, 5.0)] {
            let controls = Controls { motion, ..Controls::default() };
            let before = SceneGenerator.open(request(name, old)).expect("a clip");
            let from = before.place(change - 1, change, &controls);
            assert!(from.is_some());
            let goes_on = Request { from, ..request(name, new) };
            let after = SceneGenerator.open(goes_on).expect("a clip");
            let old_frames =
                (change - 4..change).map(|i| frame(before.as_ref(), RGB, i, &controls));
            let new_frames = (0..40).map(|i| frame(after.as_ref(), RGB, i, &controls));
            let frames: Vec<_> = old_frames.chain(new_frames).collect();
            let as_before = frame(before.as_ref(), RGB, change, &controls);
            assert!(difference(&frames[4], &as_before) < 0.05, "the picture itself stays");
            let steps: Vec<f64> =
                frames.windows(2).map(|pair| difference(&pair[0], &pair[1])).collect();
            let around = steps[2].max(steps[5]);
            let at_change = steps[3].max(steps[4]);
            assert!(at_change < 1.5 * around, "{name}, {old}, then {new}: {:.2?}", &steps[..9]);
            let alone = SceneGenerator.open(request(name, new)).expect("a clip");
            assert!(frames[43] == frame(alone.as_ref(), RGB, 39, &controls), "it has arrived");
        }
    }
}
