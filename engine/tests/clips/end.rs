// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips that travel to an end image.

use std::{sync::Arc, time::Duration};

use stillmotion_engine::{
    fit::{self, Fit},
    generator::{Generator, GeneratorError},
    image::{Image, PixelFormat, YuvMatrix},
    request::Request,
    scene::SceneGenerator,
};

use crate::{
    HEIGHT, PHOTOS, WIDTH, at, bytes, difference, frame, mean, open, photo, photo_of, request, rgb,
};

fn journey(start: &Arc<Image>, end: &Arc<Image>, prompt: &str) -> Request {
    Request { end: Some(Arc::clone(end)), ..request(start, prompt) }
}

/// A part of a larger photo that starts at `left`, `top` and is `size` wide, as a still.
fn part(name: &str, [left, top]: [u32; 2], size: u32) -> Arc<Image> {
    let photo = photo_of(name, 480, 480);
    let height = size * HEIGHT / WIDTH;
    let rows = photo.planes()[0].data.chunks(480 * 3).skip(top as usize).take(height as usize);
    let columns = left as usize * 3..(left + size) as usize * 3;
    let bytes = rows.flat_map(|row| row[columns.clone()].to_vec()).collect();
    let part = rgb(size, height, bytes);
    Arc::new(fit::fit(&part, WIDTH, HEIGHT, Fit::Stretch).unwrap())
}

/// The still with every sample changed.
fn graded(still: &Image, f: impl Fn(usize, f64) -> f64) -> Arc<Image> {
    let samples = bytes(still).into_iter().enumerate();
    let graded = samples.map(|(i, v)| f(i % 3, f64::from(v)).clamp(0.0, 255.0) as u8);
    rgb(still.width(), still.height(), graded.collect())
}

#[test]
fn the_first_and_the_last_frame_are_the_two_stills() {
    for (i, prompt) in
        ["", "orbit", "pan left, then tilt up", "static", "handheld walk"].into_iter().enumerate()
    {
        let (start, end) = (photo(PHOTOS[i]), photo(PHOTOS[(i + 1) % 5]));
        let clip = open(journey(&start, &end, prompt));
        for motion in [1.0, 10.0] {
            let of = |index| frame(clip.as_ref(), index, &at(motion));
            assert!(of(0) == bytes(&start) && of(95) == bytes(&end), "{prompt}");
            assert!(of(96) == bytes(&end) && of(94) != bytes(&end), "{prompt}");
            assert!(difference(&of(1), &of(0)) < 8.0, "{prompt}: it starts smoothly");
            let [before, last] = [93, 94].map(|i| difference(&of(i), &of(i + 1)));
            assert!(last < 8.0_f64.max(1.5 * before), "{prompt}: {last} is no smooth end");
        }
    }
}

#[test]
fn any_size_and_format_travels() {
    for (format, width, height) in [
        (PixelFormat::I420, 51, 37),
        (PixelFormat::Nv12, 66, 16),
        (PixelFormat::Bgrx, 17, 90),
        (PixelFormat::Rgba, 16, 16),
    ] {
        let still = |start: usize| {
            let planes = format.layout(width, height).map(|l| {
                let bytes = 0..l.row_bytes() * l.height;
                bytes.map(|i| ((i * 7 + i / l.row_bytes() * 13 + start) % 256) as u8).collect()
            });
            let matrix = YuvMatrix::default();
            Arc::new(Image::from_packed(format, width, height, matrix, planes.collect()).unwrap())
        };
        let (start, end) = (still(0), still(90));
        for milliseconds in [1, 80, 120, 1000] {
            let duration = Duration::from_millis(milliseconds);
            let clip = open(Request { duration, ..journey(&start, &end, "push in") });
            let of = |index| frame(clip.as_ref(), index, &at(10.0));
            assert!(of(0) == bytes(&start), "{format} {width}x{height}");
            let last = clip.frames() - 1;
            assert!(last == 0 || of(last) == bytes(&end), "{format} {width}x{height}");
            (0..clip.frames()).for_each(|index| drop(of(index)));
        }
    }
}

/// The mean step from frame to frame, and the largest.
fn steps(frames: &[Vec<u8>]) -> (f64, f64) {
    let steps = frames.windows(2).map(|pair| difference(&pair[0], &pair[1]));
    let steps: Vec<f64> = steps.collect();
    (steps.iter().sum::<f64>() / steps.len() as f64, steps.iter().copied().fold(0.0, f64::max))
}

#[test]
fn nothing_jumps_and_nothing_gets_dark_on_the_way() {
    for i in 0..PHOTOS.len() {
        let (start, end) = (photo(PHOTOS[i]), photo(PHOTOS[(i + 2) % 5]));
        let clip = open(journey(&start, &end, "push in"));
        let frames: Vec<_> = (0..96).map(|i| frame(clip.as_ref(), i, &at(5.0))).collect();
        let (typical, most) = steps(&frames);
        assert!(most < 3.5 * typical, "{}: {most} of {typical}", PHOTOS[i]);
        let ends = [mean(&frames[0]), mean(&frames[95])];
        let (low, high) = (ends[0].min(ends[1]) - 4.0, ends[0].max(ends[1]) + 4.0);
        for (index, frame) in frames.iter().enumerate() {
            let mean = mean(frame);
            assert!((low..high).contains(&mean), "{}, frame {index}: {mean}", PHOTOS[i]);
        }
    }
}

#[test]
fn between_two_views_of_one_scene_things_fly_to_their_place() {
    type Part = ([u32; 2], u32);
    let pairs: [(Part, Part, Part); 3] = [
        // Where it starts, where it ends, and what lies between.
        (([40, 150], 320), ([104, 150], 320), ([72, 150], 320)),
        (([60, 120], 360), ([100, 160], 300), ([82, 142], 329)),
        (([120, 180], 260), ([80, 150], 340), ([102, 166], 297)),
    ];
    for name in ["astronaut", "coffee", "chelsea"] {
        for (start, end, between) in pairs {
            let [start, end, between] =
                [start, end, between].map(|(at, size)| part(name, at, size));
            let clip = open(journey(&start, &end, "static shot"));
            let [a, b, true_middle] = [&start, &end, &between].map(|still| bytes(still));
            let faded: Vec<u8> = a
                .iter()
                .zip(&b)
                .map(|(a, b)| ((u16::from(*a) + u16::from(*b)) / 2) as u8)
                .collect();
            let of = |index| difference(&frame(clip.as_ref(), index, &at(5.0)), &true_middle);
            let best = (40..56).map(of).fold(f64::MAX, f64::min);
            let plain = difference(&faded, &true_middle);
            assert!(best < 0.6 * plain, "{name}: {best}, a cross-fade is {plain} off");
        }
    }
}

/// Correlation of two frames.
fn likeness(a: &[u8], b: &[u8]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let pairs = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - mean_a, f64::from(*b) - mean_b));
    let sums = pairs.fold([0.0; 3], |s, (a, b)| [s[0] + a * b, s[1] + a * a, s[2] + b * b]);
    sums[0] / (sums[1] * sums[2]).sqrt()
}

#[test]
fn day_becomes_night_slowly_and_nothing_else_changes() {
    for name in ["coffee", "astronaut", "rocket"] {
        let day = photo(name);
        let night = graded(&day, |channel, v| v * [0.3, 0.42, 0.65][channel] + 4.0);
        let clip = open(journey(&day, &night, "static shot"));
        let frames: Vec<_> = (0..96).map(|i| frame(clip.as_ref(), i, &at(5.0))).collect();
        let means: Vec<f64> = frames.iter().map(|frame| mean(frame)).collect();
        assert!(means.windows(2).all(|pair| pair[1] <= pair[0] + 0.2), "{name}: {means:.1?}");
        let (typical, most) = steps(&frames);
        assert!(most < 2.5 * typical, "{name}: it is gradual, {most} of {typical}");
        let half = graded(&day, |channel, v| v * [0.65, 0.71, 0.825][channel] + 2.0);
        let like = likeness(&frames[48], &bytes(&half));
        assert!(like > 0.97, "{name}: {like}");
    }
}

#[test]
fn two_photos_with_nothing_in_common_are_not_just_faded() {
    let (start, end) = (photo("coffee"), photo("rocket"));
    let clip = open(journey(&start, &end, "static shot"));
    let middle = frame(clip.as_ref(), 48, &at(5.0));
    let (a, b) = (bytes(&start), bytes(&end));
    // How far each sample has come from the one still to the other, where they differ.
    let come: Vec<f64> = (0..a.len())
        .filter(|&i| a[i].abs_diff(b[i]) > 60)
        .map(|i| (f64::from(middle[i]) - f64::from(a[i])) / (f64::from(b[i]) - f64::from(a[i])))
        .collect();
    let share =
        |test: fn(&f64) -> bool| come.iter().filter(|v| test(v)).count() as f64 / come.len() as f64;
    let (old, new) = (share(|v| *v < 0.2), share(|v| *v > 0.8));
    assert!(old > 0.1 && new > 0.1, "{old} is still the old picture, {new} the new one");
}

#[test]
fn an_end_image_of_another_shape_is_refused() {
    let still = photo("coffee");
    let refused = |request: Request| match SceneGenerator.open(request) {
        Err(GeneratorError::Settings(error)) => error.to_string(),
        _ => panic!("the settings are wrong"),
    };
    let small = photo_of("coffee", 100, 60);
    let error = refused(journey(&still, &small, ""));
    assert_eq!(error, "end is 100x60 RGB, allowed is a picture as the still is, 240x136 RGB");
    let error = refused(Request { loops: true, ..journey(&still, &photo("rocket"), "") });
    assert_eq!(error, "end is given, allowed is none in a clip that loops");
}

#[test]
fn behind_the_end_image_its_own_clip_goes_on() {
    let (start, end) = (photo("coffee"), photo("chelsea"));
    let controls = at(6.0);
    let clip = open(journey(&start, &end, "push in"));
    let from = clip.place(95, 96, &controls);
    let next = open(Request { from, ..request(&end, "push in") });
    let of = |clip: &dyn stillmotion_engine::generator::Clip, i| frame(clip, i, &controls);
    let [before, last] = [94, 95].map(|i| of(clip.as_ref(), i));
    let [first, second] = [0, 1].map(|i| of(next.as_ref(), i));
    let steps =
        [(&before, &last), (&last, &first), (&first, &second)].map(|(a, b)| difference(a, b));
    assert!(steps[1] > 0.3 * steps[0] && steps[1] < 1.6 * steps[0].max(steps[2]), "{steps:?}");
}
