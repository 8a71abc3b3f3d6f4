// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whole clips of the built-in generator on real photos: loops, extensions, journeys.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure report of a test")]

mod end;
mod extend;
mod light;
mod loops;

use std::{path::Path, sync::Arc};

use stillmotion_engine::{
    fit::{self, Fit},
    generator::{Clip, Generator},
    image::{
        FrameMut, Image, PixelFormat, PlaneMut, YuvMatrix,
        decode::{self, Limits},
    },
    request::{Controls, Request},
    scene::SceneGenerator,
};

const WIDTH: u32 = 240;
const HEIGHT: u32 = 136;

const PHOTOS: [&str; 5] = ["astronaut", "chelsea", "coffee", "motorcycle_left", "rocket"];

/// A sample photo, fitted to `width` x `height`, RGB.
fn photo_of(name: &str, width: u32, height: u32) -> Arc<Image> {
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/photos");
    let path = photos.join(format!("{name}.jpg"));
    let photo = decode::load(&path, &Limits::default()).unwrap();
    Arc::new(fit::fit(&photo, width, height, Fit::Cover).unwrap())
}

fn photo(name: &str) -> Arc<Image> {
    photo_of(name, WIDTH, HEIGHT)
}

fn rgb(width: u32, height: u32, bytes: Vec<u8>) -> Arc<Image> {
    let image =
        Image::from_packed(PixelFormat::Rgb, width, height, YuvMatrix::default(), vec![bytes]);
    Arc::new(image.unwrap())
}

fn request(image: &Arc<Image>, prompt: &str) -> Request {
    Request { prompt: prompt.to_owned(), ..Request::new(Arc::clone(image)) }
}

fn open(request: Request) -> Box<dyn Clip> {
    SceneGenerator.open(request).unwrap()
}

fn at(motion: f64) -> Controls {
    Controls { motion, ..Controls::default() }
}

/// The planes of frame `index`, packed, one behind the other.
fn frame(clip: &dyn Clip, index: u64, controls: &Controls) -> Vec<u8> {
    let still = clip.still();
    let (format, width, height) = (still.format(), still.width(), still.height());
    let layout = || format.layout(width, height);
    let mut bytes: Vec<Vec<u8>> = layout().map(|l| vec![0; l.row_bytes() * l.height]).collect();
    let planes = bytes.iter_mut().zip(layout());
    let planes = planes.map(|(data, l)| PlaneMut { data, stride: l.row_bytes() }).collect();
    let mut out = FrameMut::new(format, width, height, planes).unwrap();
    clip.frame(index, controls, &mut out).unwrap();
    bytes.concat()
}

/// The bytes of a still, as [`frame`] gives them.
fn bytes(image: &Image) -> Vec<u8> {
    image.planes().iter().flat_map(|plane| plane.data.clone()).collect()
}

/// Mean difference of two frames.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}

fn mean(frame: &[u8]) -> f64 {
    frame.iter().map(|v| f64::from(*v)).sum::<f64>() / frame.len() as f64
}
