// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shows what the depth estimate makes of pictures: a sheet with each photo beside its nearness.
//!
//!     cargo run --release -p stillmotion-engine --example depth_sheet -- sheet.png photo.jpg ...

use std::{error::Error, path::Path, time::Instant};

use image::{GenericImage, Rgb, RgbImage, imageops};
use stillmotion_engine::scene::depth::{Depth, Thumbnail, estimate};

/// Long side of the pictures that are analysed and shown, in pixels.
const LONG_SIDE: u32 = 384;
/// Pairs of photo and nearness in a row of the sheet.
const COLUMNS: u32 = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let sheet = arguments.next().ok_or("usage: depth_sheet SHEET.png PHOTO...")?;
    let photos: Vec<String> = arguments.collect();
    let rows = (photos.len() as u32).div_ceil(COLUMNS);
    let mut out = RgbImage::new(2 * COLUMNS * LONG_SIDE, rows * LONG_SIDE);
    let mut bottom = 0;
    for (row, line) in photos.chunks(COLUMNS as usize).enumerate() {
        let top = bottom;
        for (column, path) in line.iter().enumerate() {
            let photo = image::open(path)?.thumbnail(LONG_SIDE, LONG_SIDE).to_rgb8();
            let (w, h) = photo.dimensions();
            let rgb = photo.as_raw().iter().map(|&v| f32::from(v) / 255.0).collect();
            let start = Instant::now();
            let depth = estimate(&Thumbnail { width: w as usize, height: h as usize, rgb });
            let took = start.elapsed().as_secs_f64() * 1e3;
            let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
            println!("{row},{column} {name}: {took:.0} ms, confidence {:.2}", depth.confidence);
            let x = 2 * LONG_SIDE * column as u32;
            out.copy_from(&photo, x, top)?;
            out.copy_from(&grey(&depth), x + LONG_SIDE, top)?;
            bottom = bottom.max(top + h);
        }
    }
    imageops::crop_imm(&out, 0, 0, out.width(), bottom).to_image().save(sheet)?;
    Ok(())
}

fn grey(depth: &Depth) -> RgbImage {
    RgbImage::from_fn(depth.width as u32, depth.height as u32, |x, y| {
        Rgb([(depth.nearness[y as usize * depth.width + x as usize] * 255.0) as u8; 3])
    })
}
