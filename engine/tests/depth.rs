// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of things in drawn scenes and real photos. With `--nocapture` it prints a table of
//! the share of marked pairs that come out right, beside the guess that lower means nearer.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report, in its helpers too")]

use std::{fs, path::PathBuf};

use image::imageops::FilterType;
use stillmotion_engine::scene::depth::{Depth, Thumbnail, estimate};

fn draw(width: usize, height: usize, f: impl Fn(f32, f32) -> [f32; 3]) -> Thumbnail {
    let pixel = |i: usize| f((i % width) as f32 / width as f32, (i / width) as f32 / height as f32);
    Thumbnail { width, height, rgb: (0..width * height).flat_map(pixel).collect() }
}

/// Nearness at a place given in shares of width and height.
fn at(depth: &Depth, x: f32, y: f32) -> f32 {
    let cell = |share: f32, size: usize| ((share * size as f32) as usize).min(size - 1);
    depth.nearness[cell(y, depth.height) * depth.width + cell(x, depth.width)]
}

/// Detail that does not repeat, -1..1.
fn grain(x: f32, y: f32) -> f32 {
    ((x * 1931.0).sin() * (y * 1373.0).cos() + (x * 611.0 + y * 937.0).sin()) / 2.0
}

#[test]
fn a_tree_on_a_plain_under_a_sky() {
    let picture = draw(384, 256, |x, y| {
        let crown = (x - 0.5).hypot((y - 0.4) * 0.7) < 0.13;
        let trunk = (x - 0.5).abs() < 0.02 && (0.4..0.85).contains(&y);
        let g = 0.04 * grain(x, y);
        if crown || trunk {
            [0.1 + g, 0.15 + g, 0.05 + g]
        } else if y < 0.55 {
            [0.35 + 0.3 * y, 0.55 + 0.2 * y, 0.95]
        } else {
            [0.55 + g, 0.5 + g, 0.3 + g]
        }
    });
    let depth = estimate(&picture);
    let sky = at(&depth, 0.1, 0.1);
    let (far, middle, near) = (at(&depth, 0.1, 0.6), at(&depth, 0.1, 0.8), at(&depth, 0.1, 0.97));
    let (crown, trunk) = (at(&depth, 0.5, 0.35), at(&depth, 0.5, 0.75));
    assert!(sky < 0.05, "the sky is at {sky}");
    assert!(far < middle && middle < near, "the ground goes {far}, {middle}, {near}");
    assert!(crown > far + 0.2, "the crown at {crown} does not stand before {far}");
    assert!((crown - trunk).abs() < 0.25, "the tree leans: crown {crown}, trunk {trunk}");
    assert!(depth.confidence > 0.5);
}

#[test]
fn a_head_and_shoulders_before_a_wall() {
    let picture = draw(256, 320, |x, y| {
        let head = ((x - 0.5) / 0.18).hypot((y - 0.35) / 0.2) < 1.0;
        let shoulders = y > 0.55 && (x - 0.5).abs() < 0.15 + 0.5 * (y - 0.55);
        let g = 0.05 * grain(x, y);
        if head {
            [0.8 + g, 0.6 + g, 0.5 + g]
        } else if shoulders {
            [0.2 + g, 0.25 + g, 0.5 + g]
        } else {
            [0.45 + 0.1 * x, 0.42 + 0.1 * x, 0.4 + 0.1 * x]
        }
    });
    let depth = estimate(&picture);
    let (head, body) = (at(&depth, 0.5, 0.35), at(&depth, 0.5, 0.8));
    for (x, y) in [(0.06, 0.35), (0.94, 0.35), (0.06, 0.1), (0.94, 0.6)] {
        let wall = at(&depth, x, y);
        assert!(head > wall + 0.2 && body > wall + 0.2, "head {head}, body {body}, wall {wall}");
    }
}

#[test]
fn a_gradient_and_a_flat_picture_do_not_become_cliffs() {
    for picture in [draw(192, 128, |_, y| [0.3 + 0.4 * y; 3]), draw(192, 128, |_, _| [0.5; 3])] {
        let depth = estimate(&picture);
        let steps = depth.nearness.chunks(192).flat_map(|row| row.windows(2));
        let across = steps.map(|p| (p[0] - p[1]).abs()).fold(0.0, f32::max);
        let down = (192..depth.nearness.len())
            .map(|i| (depth.nearness[i] - depth.nearness[i - 192]).abs())
            .fold(0.0, f32::max);
        assert!(across < 0.03 && down < 0.03, "steps of {across} across, {down} down");
    }
}

#[test]
fn a_mirrored_picture_has_the_mirrored_order() {
    let scene = |x: f32, y: f32| {
        let g = 0.05 * grain(x, y);
        let ball = (x - 0.3).hypot(y - 0.6) < 0.15;
        if ball { [0.9 + g, 0.2, 0.1] } else { [0.4 + g, 0.45 + g, 0.4 + g] }
    };
    let plain = estimate(&draw(240, 160, scene));
    let mirrored = estimate(&draw(240, 160, |x, y| scene(1.0 - x, y)));
    assert!(at(&plain, 0.3, 0.6) > at(&plain, 0.8, 0.6) + 0.1);
    assert!(at(&mirrored, 0.7, 0.6) > at(&mirrored, 0.2, 0.6) + 0.1);
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}

/// Where a photo lies: in the repository, or in Debian's package mate-backgrounds if installed.
fn find(name: &str) -> Option<PathBuf> {
    let places = [fixtures().join("photos"), "/usr/share/backgrounds/mate/nature".into()];
    places.into_iter().map(|place| place.join(name)).find(|path| path.exists())
}

fn load(path: &PathBuf) -> Thumbnail {
    let photo = image::open(path).unwrap().resize(384, 384, FilterType::Triangle).to_rgb8();
    let rgb = photo.as_raw().iter().map(|&v| f32::from(v) / 255.0).collect();
    Thumbnail { width: photo.width() as usize, height: photo.height() as usize, rgb }
}

/// The marked pairs of each photo, in the order of the file: near x, near y, far x, far y.
fn marked_pairs() -> Vec<(String, Vec<[f32; 4]>)> {
    let text = fs::read_to_string(fixtures().join("depth_pairs.tsv")).unwrap();
    let mut photos: Vec<(String, Vec<[f32; 4]>)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let name = fields.next().unwrap();
        let numbers: Vec<f32> = fields.map(|field| field.parse().unwrap()).collect();
        if photos.last().is_none_or(|(last, _)| last != name) {
            photos.push((name.to_owned(), Vec::new()));
        }
        photos.last_mut().unwrap().1.push(numbers.try_into().unwrap());
    }
    photos
}

#[test]
fn marked_pairs_come_out_right_more_often_than_lower_is_nearer() {
    let (mut right, mut guessed, mut total) = (0.0, 0.0, 0.0);
    for (name, pairs) in marked_pairs() {
        let Some(path) = find(&name) else { continue };
        let depth = estimate(&load(&path));
        let good = |p: &&[f32; 4]| at(&depth, p[0], p[1]) > at(&depth, p[2], p[3]) + 0.01;
        let ours = pairs.iter().filter(good).count() as f32;
        let guess = |p: &[f32; 4]| if p[1] == p[3] { 0.5 } else { f32::from(p[1] > p[3]) };
        let lower: f32 = pairs.iter().map(guess).sum();
        let n = pairs.len() as f32;
        let confidence = depth.confidence;
        println!(
            "{name:22} {ours:4} of {n:2}, lower is nearer {lower:4}, confidence {confidence:.2}"
        );
        // Lattice masts are finer than the pixels of the estimate.
        assert!(ours / n > 0.55, "{name}: {ours} of {n} pairs");
        (right, guessed, total) = (right + ours, guessed + lower, total + n);
    }
    println!("all: {:.3}, lower is nearer {:.3}, of {total}", right / total, guessed / total);
    assert!(total >= 75.0, "the repository's own photos are missing");
    assert!(right / total > 0.85, "{right} of {total} pairs");
    assert!(right > guessed + 0.1 * total, "{right} against {guessed} by lower is nearer");
}

#[test]
fn the_motorcycle_agrees_with_its_measured_disparity() {
    let photos = fixtures().join("photos");
    let depth = estimate(&load(&photos.join("motorcycle_left.jpg")));
    let truth = image::open(photos.join("motorcycle_left_disparity.png")).unwrap().to_luma16();
    let (w, h) = (truth.width() as f32, truth.height() as f32);
    let known: Vec<(f32, f32, f32)> = truth
        .enumerate_pixels()
        .filter(|(_, _, disparity)| disparity[0] > 0)
        .map(|(x, y, disparity)| {
            let (x, y) = ((x as f32 + 0.5) / w, (y as f32 + 0.5) / h);
            (f32::from(disparity[0]), at(&depth, x, y), y)
        })
        .collect();
    let (mut ours, mut lower, mut total) = (0.0, 0.0, 0.0);
    let stride = known.len() / 2 + 7;
    for i in (0..known.len()).step_by(3) {
        for hop in 0..9 {
            let (a, b) = (known[i], known[(i + stride + hop * 977) % known.len()]);
            if (a.0 - b.0).abs() < 0.05 * a.0.max(b.0) {
                continue;
            }
            let agrees = |d: f32| if d == 0.0 { 0.5 } else { f32::from(d * (a.0 - b.0) > 0.0) };
            ours += agrees(a.1 - b.1);
            lower += agrees(a.2 - b.2);
            total += 1.0;
        }
    }
    println!("motorcycle: {:.3}, lower is nearer {:.3}, of {total}", ours / total, lower / total);
    assert!(total > 10_000.0);
    assert!(ours / total > 0.72, "{} of the pairs", ours / total);
}
