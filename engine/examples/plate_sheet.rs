// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shows the two layers of a photo: its near thing, cut out by a rough mask (white), and what is
//! filled behind it.
//!
//!     cargo run --release -p stillmotion-engine --example plate_sheet -- OUT photo.png mask.png
//!
//! writes OUT-matte.png, OUT-plate.png and OUT-front.png at full size, and
//! OUT-sheet.png: the plate, and the near thing moved over it by 3 and 12 % of the width.

use std::{error::Error, time::Instant};

use image::{GrayImage, RgbImage, imageops};
use stillmotion_engine::{
    image::{Image, PixelFormat, YuvMatrix},
    scene::{
        Field,
        matte::{self, Layers},
        plate,
    },
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, photo, mask] = &arguments[..] else {
        return Err("usage: plate_sheet OUT PHOTO MASK".into());
    };
    let photo = image::open(photo)?.to_rgb8();
    let mask = image::open(mask)?.to_luma8();
    let (width, height) = photo.dimensions();
    let planes = vec![photo.into_raw()];
    let still = Image::from_packed(PixelFormat::Rgb, width, height, YuvMatrix::default(), planes)?;
    let values: Vec<f32> = mask.as_raw().iter().map(|v| f32::from(*v) / 255.0).collect();
    let (w, h) = (mask.width() as usize, mask.height() as usize);
    let near = Field { width: w, height: h, values: &values };
    // All of the background counts as equally near.
    let flat = vec![0.0; values.len()];
    let nearness = Field { width: w, height: h, values: &flat };

    let start = Instant::now();
    let matte = matte::refine(&still, near)?;
    let refined = start.elapsed();
    let plate = plate::fill(&still, near, nearness, Some(&matte))?;
    let filled = start.elapsed();
    let layers = matte::separate(&still, &plate, &matte)?;
    let separated = start.elapsed();
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    println!(
        "{out}: matte {:.0} ms, fill {:.0} ms, layers {:.0} ms",
        ms(refined),
        ms(filled - refined),
        ms(separated - filled)
    );

    GrayImage::from_raw(width, height, layers.matte.alpha.clone())
        .ok_or("size")?
        .save(format!("{out}-matte.png"))?;
    for (name, image) in [("plate", &plate), ("front", &layers.front)] {
        picture(image)?.save(format!("{out}-{name}.png"))?;
    }
    let mut sheet = RgbImage::new(2 * width, 2 * height);
    imageops::replace(&mut sheet, &picture(&plate)?, 0, 0);
    for (column, row, share) in [(1, 0, 0.03), (0, 1, -0.12), (1, 1, 0.12)] {
        let moved = moved(&layers, &plate, share)?;
        imageops::replace(&mut sheet, &moved, i64::from(column * width), i64::from(row * height));
    }
    sheet.save(format!("{out}-sheet.png"))?;
    Ok(())
}

fn picture(image: &Image) -> Result<RgbImage, Box<dyn Error>> {
    let data = image.planes()[0].data.clone();
    Ok(RgbImage::from_raw(image.width(), image.height(), data).ok_or("size")?)
}

/// The near thing over the plate, moved to the right by a share of the width.
fn moved(layers: &Layers, plate: &Image, share: f64) -> Result<RgbImage, Box<dyn Error>> {
    let (front, mut out) = (picture(&layers.front)?, picture(plate)?);
    let way = (share * f64::from(front.width())) as i64;
    let matte = &layers.matte;
    for (x, y, pixel) in out.enumerate_pixels_mut() {
        let from = (i64::from(x) - way).clamp(0, i64::from(front.width()) - 1) as u32;
        let alpha = matte.alpha[y as usize * matte.width + from as usize];
        let alpha = f32::from(alpha) / 255.0;
        for (back, front) in pixel.0.iter_mut().zip(front.get_pixel(from, y).0) {
            let mix = f32::from(front) * alpha + f32::from(*back) * (1.0 - alpha);
            *back = mix.round() as u8;
        }
    }
    Ok(out)
}
