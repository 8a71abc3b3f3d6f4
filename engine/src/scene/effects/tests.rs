// SPDX-License-Identifier: MIT OR Apache-2.0
//! Light and air on small stills with masks made up for the purpose.

use super::*;
use crate::{
    camera::{Aim, Pose},
    image::{Image, PixelFormat, YuvMatrix},
    prompt,
    scene::{
        band::{Band, Strip, Target},
        masks::Masks,
        relief::GRID_STEP,
        render::SeenPlaces,
        thumbnail::thumbnail,
    },
};

const WIDTH: usize = 192;
const HEIGHT: usize = 136;

const EVERYTHING: &str = "sunset, snow falls, rain, leaves fall, embers rise, fireflies, fog, \
    lightning, candle light flickers, god rays, stars twinkle, fireworks, smoke rises, bubbles";

fn image(format: PixelFormat, matrix: YuvMatrix, samples: &[&[u8]]) -> Image {
    let planes = format
        .layout(WIDTH as u32, HEIGHT as u32)
        .zip(samples)
        .map(|(layout, sample)| sample.repeat(layout.width * layout.height))
        .collect();
    Image::from_packed(format, WIDTH as u32, HEIGHT as u32, matrix, planes).unwrap()
}

fn grey(value: u8) -> Image {
    image(PixelFormat::Rgb, YuvMatrix::default(), &[&[value; 3]])
}

fn flat(value: f32) -> Map {
    Map::constant(WIDTH, HEIGHT, value)
}

fn none() -> Masks {
    Masks::none(WIDTH, HEIGHT)
}

fn left_half() -> Map {
    Map::from_fn(WIDTH, HEIGHT, |x, _| f32::from(x < WIDTH / 2))
}

fn scenery<'a>(image: &'a Image, masks: &'a Masks, nearness: Map) -> Scenery<'a> {
    let picture = thumbnail(image);
    let luma = picture.rgb.chunks_exact(3).map(|p| 0.3 * p[0] + 0.6 * p[1] + 0.1 * p[2]).collect();
    let luma = Map { width: WIDTH, height: HEIGHT, values: luma };
    Scenery { image, masks, nearness, picture, luma, aim: Aim::default(), seed: 7 }
}

fn effects(prompt: &str, image: &Image, masks: &Masks) -> Effects {
    Effects::of(&prompt::parse(prompt), &scenery(image, masks, flat(0.0)))
}

fn moment(seconds: f64) -> Moment {
    let (offset_seconds, clip_seconds) = (0.0, 4.0);
    Moment { seconds, offset_seconds, clip_seconds, gain: 1.0, loops: false, lands: false }
}

fn at_rest() -> Shot {
    Shot::at_rest(0.0)
}

/// The planes of `image` with `overlays` over them, made in bands of `band_rows`.
fn overlaid(image: &Image, overlays: &[Box<dyn Overlay + '_>], band_rows: usize) -> Vec<Vec<u8>> {
    let mut planes: Vec<Vec<u8>> = image.planes().iter().map(|p| p.data.clone()).collect();
    let layouts: Vec<_> = image.format().layout(image.width(), image.height()).collect();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let grid_width = width.div_ceil(2 * GRID_STEP) * 2 + 1;
    for first_row in (0..height).step_by(band_rows) {
        let rows = band_rows.min(height - first_row);
        let strips = planes.iter_mut().zip(&layouts).enumerate().map(|(plane, (data, layout))| {
            let subsampling = if layout.height == height { 1 } else { 2 };
            let stride = layout.row_bytes();
            let part = first_row / subsampling..(first_row + rows).div_ceil(subsampling);
            let data = &mut data[part.start * stride..part.end * stride];
            Strip { target: Target { layout: *layout, plane, subsampling }, data, stride }
        });
        let mut band = Band { first_row, rows, width, strips: strips.collect() };
        let points = rows.div_ceil(GRID_STEP) + 1;
        let place = |i: usize, side: usize| ((i * GRID_STEP).min(side - 1) << 16) as i32;
        let xs: Vec<_> = (0..points * grid_width).map(|i| place(i % grid_width, width)).collect();
        let ys: Vec<_> = (0..points * grid_width)
            .map(|i| place(first_row / GRID_STEP + i / grid_width, height))
            .collect();
        let seen = SeenPlaces { xs: &xs, ys: &ys, grid_width };
        overlays.iter().for_each(|overlay| overlay.apply(&mut band, &seen));
    }
    planes
}

fn shown(effects: &Effects, image: &Image, moment: &Moment) -> Image {
    let planes = overlaid(image, &effects.at(&at_rest(), moment), 64);
    let (width, height) = (image.width(), image.height());
    Image::from_packed(image.format(), width, height, image.matrix(), planes).unwrap()
}

/// Mean red, green and blue, 0..1.
fn colour(image: &Image) -> [f32; 3] {
    let rgb = thumbnail(image).rgb;
    let mean = |i: usize| rgb.iter().skip(i).step_by(3).sum::<f32>() / (rgb.len() / 3) as f32;
    [mean(0), mean(1), mean(2)]
}

fn brightness(image: &Image) -> f32 {
    colour(image).iter().sum::<f32>() / 3.0
}

/// What a lamp makes of mid grey.
fn of_grey(prompt: &str, masks: &Masks, seconds: f64) -> [f32; 3] {
    let image = grey(128);
    colour(&shown(&effects(prompt, &image, masks), &image, &moment(seconds)))
}

#[test]
fn a_prompt_that_names_none_of_it_has_none_of_it() {
    for prompt in ["", "the camera pans left", "trees sway in the wind", "clouds drift by"] {
        assert!(!Effects::are_named(&prompt::parse(prompt)), "{prompt}");
    }
    for prompt in ["snow is falling", "sunset", "fog", "a campfire burns", "stars twinkle"] {
        assert!(Effects::are_named(&prompt::parse(prompt)), "{prompt}");
    }
}

#[test]
fn a_scene_begins_with_nothing_and_so_a_loop_ends() {
    let (image, masks) = (grey(60), Masks { sky: flat(1.0), ..none() });
    let effects = effects(EVERYTHING, &image, &masks);
    assert!(effects.at(&at_rest(), &moment(0.0)).is_empty());
    assert!(!effects.at(&at_rest(), &moment(4.0)).is_empty());
    let end = Moment { loops: true, ..moment(4.0) };
    assert!(effects.at(&at_rest(), &end).is_empty());
}

#[test]
fn what_is_named_for_a_part_of_the_clip_is_there_in_that_part() {
    let segment =
        |from, to, light| Segment { from, to, light, ..prompt::parse("").segments[0].clone() };
    let segments = vec![
        segment(0.0, 0.5, vec![]),
        segment(0.5, 0.75, vec![tags::WARM]),
        segment(0.75, 1.0, vec![tags::WARM]),
    ];
    let cue = Cue::of(&Script { segments }, &[tags::WARM]).unwrap();
    let at = |seconds| cue.strength(&Moment { clip_seconds: 8.0, ..moment(seconds) });
    assert_eq!([at(1.0), at(3.0)], [0.0, 0.0]);
    assert!(at(4.0) > 0.4 && at(4.0) < 0.6);
    assert_eq!([at(5.0), at(6.0), at(8.0)], [1.0, 1.0, 1.0]);
}

#[test]
fn light_does_what_its_word_says() {
    let sky = Masks { sky: left_half(), ..none() };
    let [r, g, b] = of_grey("sunset", &sky, 3.0);
    assert!(r > g + 0.03 && g > b + 0.03, "{r} {g} {b}");
    let [r, _, b] = of_grey("moonlight", &sky, 3.0);
    assert!(b > r + 0.05);
    let dim = of_grey("it is dark and gloomy", &sky, 3.0);
    assert!(dim.iter().all(|v| *v < 0.40), "{dim:?}");
    let night = [1.0, 2.5, 4.0].map(|seconds| of_grey("day turns into night", &sky, seconds)[1]);
    assert!(night[0] > night[1] && night[1] > night[2] && night[2] < 0.2, "{night:?}");
    let dark = grey(40);
    let dawn = effects("night turns into day", &dark, &sky);
    let day = [1.0, 2.5, 4.0].map(|seconds| brightness(&shown(&dawn, &dark, &moment(seconds))));
    assert!(day[0] < day[1] && day[1] < day[2] && day[2] > 0.3, "{day:?}");
    let fog = of_grey("thick fog", &sky, 3.0);
    assert!(fog.iter().all(|v| *v > 0.52), "{fog:?}");
}

#[test]
fn the_same_light_falls_on_every_format() {
    let plain = YuvMatrix::default();
    let full = YuvMatrix { bt709: false, full_range: true };
    let hd = YuvMatrix { bt709: true, full_range: false };
    let orange = [
        image(PixelFormat::Rgb, plain, &[&[200, 120, 60]]),
        image(PixelFormat::Rgba, plain, &[&[200, 120, 60, 77]]),
        image(PixelFormat::Bgra, plain, &[&[60, 120, 200, 77]]),
        image(PixelFormat::Bgrx, plain, &[&[60, 120, 200, 0]]),
        image(PixelFormat::I420, plain, &[&[134], &[90], &[167]]),
        image(PixelFormat::I420, full, &[&[137], &[84], &[173]]),
        image(PixelFormat::Nv12, hd, &[&[130], &[94, 166]]),
    ];
    let masks = Masks { sky: left_half(), water: left_half(), glow: left_half(), ..none() };
    for prompt in
        ["sunset", "moonlight", "day turns into night", "fog", "lightning", "candle light"]
    {
        let all: Vec<[f32; 3]> = orange
            .iter()
            .map(|still| {
                let after = shown(&effects(prompt, still, &masks), still, &moment(2.5));
                if still.format().has_alpha() {
                    assert!(after.planes()[0].data.chunks(4).all(|pixel| pixel[3] == 77));
                }
                colour(&after)
            })
            .collect();
        for other in &all[1..] {
            let apart = |i: usize| (all[0][i] - other[i]).abs();
            assert!((0..3).all(|i| apart(i) < 0.03), "{prompt}: {all:?}");
        }
    }
}

#[test]
fn a_class_with_less_than_a_hundredth_of_the_picture_has_no_light_of_its_own() {
    let image = grey(60);
    let spot =
        |side| Map::from_fn(WIDTH, HEIGHT, move |x, y| f32::from(x / side == 1 && y / side == 1));
    let lit = |prompt: &str, masks: &Masks| {
        let still = shown(&effects(prompt, &image, masks), &image, &moment(3.0));
        still.planes()[0].data != image.planes()[0].data
    };
    for (prompt, class) in [
        ("caustics", (|m, spot| m.water = spot) as fn(&mut Masks, Map)),
        ("neon signs", |m, spot| m.glow = spot),
        ("northern lights", |m, spot| m.sky = spot),
        ("fireworks", |m, spot| m.sky = spot),
        ("a fire", |m, spot| m.flame = spot),
    ] {
        let masks = |side| {
            let mut masks = none();
            class(&mut masks, spot(side));
            masks
        };
        assert!(!lit(prompt, &masks(15)), "{prompt}: 225 of {} pixels", WIDTH * HEIGHT);
        assert!(lit(prompt, &masks(60)), "{prompt}: 3600 of {} pixels", WIDTH * HEIGHT);
    }
}

/// WCAG 2.2, success criterion 2.3.1: a flash is a rise of more than a tenth and a fall.
#[test]
fn nothing_flashes_more_than_three_times_a_second() {
    let image = grey(110);
    let masks = Masks { sky: left_half(), glow: left_half().map(|v| 1.0 - v), ..none() };
    for prompt in ["lightning", "a thunderstorm with lightning", "neon", "candle light flickers"] {
        let effects = effects(prompt, &image, &masks);
        let frames = 12 * 50;
        let of = |i: usize| {
            let moment = Moment { clip_seconds: 12.0, gain: 4.0, ..moment(i as f64 / 50.0) };
            // Both halves: the one that flashes more counts.
            let shown = thumbnail(&shown(&effects, &image, &moment));
            [WIDTH / 4, 3 * WIDTH / 4].map(|x| shown.rgb[3 * (HEIGHT / 3 * WIDTH + x) + 1])
        };
        let levels: Vec<[f32; 2]> = (0..frames).map(of).collect();
        for half in 0..2 {
            let levels: Vec<f32> = levels.iter().map(|level| level[half]).collect();
            let rises = rises(&levels);
            for at in &rises {
                let close = rises.iter().filter(|other| (*at..at + 50).contains(other)).count();
                assert!(close <= 3, "{prompt}: {close} flashes from frame {at} on");
            }
        }
    }
}

/// Where a rise of more than a tenth begins that follows a fall of as much.
fn rises(levels: &[f32]) -> Vec<usize> {
    let (mut low, mut high, mut rising) = (levels[0], levels[0], false);
    let mut found = Vec::new();
    for (i, level) in levels.iter().enumerate() {
        if rising {
            high = high.max(*level);
            if *level < high - 0.1 {
                (rising, low) = (false, *level);
            }
        } else {
            low = low.min(*level);
            if *level > low + 0.1 {
                (rising, high) = (true, *level);
                found.push(i);
            }
        }
    }
    found
}

#[test]
fn lightning_strikes() {
    let (image, masks) = (grey(60), Masks { sky: left_half(), ..none() });
    let effects = effects("lightning", &image, &masks);
    let levels: Vec<f32> = (50..600)
        .map(|i| {
            let moment = Moment { clip_seconds: 12.0, ..moment(f64::from(i) / 50.0) };
            brightness(&shown(&effects, &image, &moment))
        })
        .collect();
    let strikes = rises(&levels).len();
    assert!((4..=14).contains(&strikes), "{strikes} strikes in 11 seconds");
}

#[test]
fn every_band_has_the_bytes_that_the_whole_frame_has() {
    for format in [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgb] {
        let samples: &[&[u8]] = match format {
            PixelFormat::I420 => &[&[70], &[120], &[140]],
            PixelFormat::Nv12 => &[&[70], &[120, 140]],
            _ => &[&[70, 60, 50]],
        };
        let still = image(format, YuvMatrix::default(), samples);
        let masks = Masks { sky: left_half(), flame: left_half(), ..none() };
        let effects = effects(EVERYTHING, &still, &masks);
        let pose = Pose { x: 0.02, z: 0.1, roll: 0.05, ..Pose::default() };
        let shot = Shot { pose, ..at_rest() };
        let overlays = effects.at(&shot, &moment(3.0));
        let whole = overlaid(&still, &overlays, HEIGHT);
        assert!(whole[0] != still.planes()[0].data);
        for rows in [64, 32, 8] {
            assert!(overlaid(&still, &overlays, rows) == whole, "{format}, bands of {rows}");
        }
    }
}

#[test]
fn frames_depend_on_the_seed_and_the_time_and_on_nothing_else() {
    let (image, masks) = (grey(60), none());
    let frame = |seed, seconds| {
        let scenery = Scenery { seed, ..scenery(&image, &masks, flat(0.3)) };
        let effects = Effects::of(&prompt::parse("snow"), &scenery);
        shown(&effects, &image, &moment(seconds))
    };
    assert!(frame(1, 3.0) == frame(1, 3.0));
    assert!(frame(1, 3.0) != frame(2, 3.0));
    assert!(frame(1, 3.0) != frame(1, 3.04));
}

#[test]
fn a_particle_is_hidden_behind_what_is_nearer() {
    let (image, masks) = (grey(60), none());
    // Things as near as can be on the left, and nothing but the far sky on the right.
    let scenery = scenery(&image, &masks, left_half());
    let far = Breed { distances: [2.0, 6.0], ..SNOW };
    let mut sprites = Vec::new();
    let lens = Lens::new(&at_rest(), [WIDTH as u32, HEIGHT as u32]);
    Swarm::new(&far, None, 1.0, 1.0, 5).sprites(&lens, 2.0, 1.0, &mut sprites);
    let coding = Coding::new(image.format(), image.matrix());
    let size = [WIDTH as u32, HEIGHT as u32];
    let air = Airborne { sprites, nearness: &scenery.nearness, coding, size };
    let bytes = overlaid(&image, &[Box::new(air)], 64);
    let changed = |columns: std::ops::Range<usize>| {
        let pixels = bytes[0].chunks(3).enumerate();
        pixels.filter(|(i, p)| columns.contains(&(i % WIDTH)) && p[0] != 60).count()
    };
    assert_eq!(changed(0..WIDTH / 2 - GRID_STEP), 0);
    assert!(changed(WIDTH / 2 + GRID_STEP..WIDTH) > 200);
}

/// Means over the particles that are seen of where they are after a short time.
fn moved(breed: &Breed, flow: Option<[f64; 2]>, speed: f64) -> [f32; 2] {
    let swarm = Swarm::new(breed, flow, speed, 1.0, 3);
    let lens = Lens::new(&at_rest(), [1920, 1080]);
    let at = |seconds| {
        let mut sprites = Vec::new();
        swarm.sprites(&lens, seconds, 1.0, &mut sprites);
        sprites
    };
    let ways: Vec<[f32; 2]> = at(2.0)
        .iter()
        .zip(&at(2.02))
        .filter(|(before, after)| before.nearness == after.nearness)
        .map(|(before, after)| [0, 1].map(|i| after.at[i] - before.at[i]))
        .filter(|way| way[0].hypot(way[1]) < 300.0)
        .collect();
    assert!(ways.len() > 20);
    [0, 1].map(|i| ways.iter().map(|way| way[i]).sum::<f32>() / ways.len() as f32)
}

#[test]
fn particles_go_the_way_that_they_should() {
    assert!(moved(&SNOW, None, 1.0)[1] > 0.5);
    assert!(moved(&RAIN, None, 1.0)[1] > 5.0);
    assert!(moved(&EMBERS, None, 1.0)[1] < -0.5);
    assert!(moved(&BUBBLES, None, 1.0)[1] < -0.5);
    assert!(moved(&SNOW, Some([-1.0, 0.0]), 1.0)[0] < -0.5);
    assert!(moved(&SNOW, Some([1.0, 0.0]), 1.0)[0] > 0.5);
    let [slow, fast] = [0.5, 2.0].map(|speed| moved(&RAIN, None, speed)[1]);
    assert!(fast > 3.0 * slow, "{slow}, {fast}");
}

#[test]
fn the_camera_moves_past_near_particles_faster() {
    let lens = |pose| Lens::new(&Shot { pose, ..at_rest() }, [640, 360]);
    let aside = Pose { x: 0.05, ..Pose::default() };
    let shift = |away: f32| {
        let place = [0.1 * away, 0.0];
        let [before, after] =
            [Pose::default(), aside].map(|pose| lens(pose).seen(place, away).unwrap().0);
        after[0] - before[0]
    };
    assert!((shift(1.0) + 0.05 * 640.0).abs() < 0.5, "{}", shift(1.0));
    assert!((shift(4.0) + 0.0125 * 640.0).abs() < 0.5, "{}", shift(4.0));
    // And what the camera goes towards grows; what it has passed is gone.
    let closer = lens(Pose { z: 0.5, ..Pose::default() });
    assert!((closer.seen([0.0; 2], 1.0).unwrap().1 - 1280.0).abs() < 1.0);
    assert!(closer.seen([0.0; 2], 0.5).is_none());
}

/// However far a clip goes on, there are as many flakes.
#[test]
fn the_air_never_runs_out() {
    let swarm = Swarm::new(&SNOW, Some([1.0, 0.0]), 1.0, 1.0, 3);
    let count = |seconds, pose| {
        let lens = Lens::new(&Shot { pose, ..at_rest() }, [1920, 1080]);
        let mut sprites = Vec::new();
        swarm.sprites(&lens, seconds, 1.0, &mut sprites);
        let inside = |s: &&crate::scene::air::Sprite| {
            (0.0..1920.0).contains(&s.at[0]) && (0.0..1080.0).contains(&s.at[1])
        };
        sprites.iter().filter(inside).count()
    };
    let start = count(1.0, Pose::default());
    assert!(start > 300, "{start}");
    let aside = Pose { x: 0.3, pan: 0.2, y: -0.1, ..Pose::default() };
    for (seconds, pose) in [(60.0, Pose::default()), (5000.0, Pose::default()), (9.0, aside)] {
        let later = count(seconds, pose);
        assert!(later * 10 > start * 8, "{later} instead of {start} after {seconds} s");
    }
}
