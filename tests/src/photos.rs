// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sample photos, and clips made of them by the built-in generator.

use std::{path::PathBuf, sync::Arc};

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

use crate::flow::Gray;

/// Names of the sample photos.
pub const ALL: [&str; 5] = ["astronaut", "chelsea", "coffee", "motorcycle_left", "rocket"];

/// Where a fixture lies.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A sample photo, fitted to `width` x `height`, RGB.
pub fn rgb(name: &str, width: u32, height: u32) -> Image {
    let path = fixture(&format!("photos/{name}.jpg"));
    let image = decode::load(&path, &Limits::default()).expect("the fixture is a photo");
    fit::fit(&image, width, height, Fit::Cover).expect("the size is fine")
}

/// A sample photo as I420: its luma, and gray.
pub fn luma(name: &str, width: u32, height: u32) -> Image {
    let photo = rgb(name, width, height);
    let pixels = photo.planes()[0].data.chunks_exact(3);
    let luma = pixels.map(|p| {
        ((u32::from(p[0]) * 77 + u32::from(p[1]) * 150 + u32::from(p[2]) * 29) >> 8) as u8
    });
    let mut planes = vec![luma.collect()];
    let chroma = PixelFormat::I420.layout(width, height).skip(1);
    planes.extend(chroma.map(|plane| vec![128; plane.row_bytes() * plane.height]));
    let full_range = YuvMatrix { full_range: true, ..YuvMatrix::default() };
    Image::from_packed(PixelFormat::I420, width, height, full_range, planes).expect("packed")
}

/// Opens a clip of the built-in generator.
pub fn open(image: Image, prompt: &str, seed: u64) -> Box<dyn Clip> {
    let request = Request { prompt: prompt.to_owned(), seed, ..Request::new(Arc::new(image)) };
    SceneGenerator.open(request).expect("the request is valid")
}

/// The planes of frame `index`, packed, one behind the other.
pub fn frame(
    clip: &dyn Clip,
    image: (PixelFormat, u32, u32),
    index: u64,
    controls: &Controls,
) -> Vec<u8> {
    let (format, width, height) = image;
    let mut bytes: Vec<Vec<u8>> =
        format.layout(width, height).map(|l| vec![0; l.row_bytes() * l.height]).collect();
    let planes = bytes.iter_mut().zip(format.layout(width, height));
    let planes = planes.map(|(data, l)| PlaneMut { data, stride: l.row_bytes() }).collect();
    let mut out = FrameMut::new(format, width, height, planes).expect("the planes fit");
    clip.frame(index, controls, &mut out).expect("a frame");
    bytes.concat()
}

/// The luma of frame `index` of an I420 clip.
pub fn gray(clip: &dyn Clip, width: u32, height: u32, index: u64, controls: &Controls) -> Gray {
    let bytes = frame(clip, (PixelFormat::I420, width, height), index, controls);
    let (width, height) = (width as usize, height as usize);
    let values = bytes[..width * height].iter().map(|v| f32::from(*v)).collect();
    Gray { width, height, values }
}
