// SPDX-License-Identifier: MIT OR Apache-2.0
//! Contact sheets, to look at.

use std::{fs::File, io::BufWriter, path::Path};

use crate::{RenderError, class::Class, shard};

const SIZE: (usize, usize) = (192, 144);

/// Writes a sheet of scenes, `columns` by `rows`: each picture with its nearness and classes beside
/// it, at half the size.
pub fn write(
    out: &Path,
    seed: u64,
    (columns, rows): (usize, usize),
    grammars: &[usize],
) -> Result<(), RenderError> {
    let (w, h) = SIZE;
    let cell = w + w / 2;
    let (width, height) = (columns * cell, rows * h);
    let mut sheet = vec![0_u8; width * height * 3];
    for index in 0..columns * rows {
        let (left, top) = (index % columns * cell, index / columns * h);
        let by = [grammars[index % grammars.len()]];
        let (picture, _) = shard::scene(seed.wrapping_mul(1_000_003) + index as u64, SIZE, &by);
        let mut sorted = picture.nearness.clone();
        sorted.sort_by(f32::total_cmp);
        let nearest = sorted[sorted.len() * 98 / 100].max(1e-6);
        let mut set = |x: usize, y: usize, rgb: [u8; 3]| {
            let at = ((top + y) * width + left + x) * 3;
            sheet[at..at + 3].copy_from_slice(&rgb);
        };
        for y in 0..h {
            for x in 0..w {
                let i = y * w + x;
                set(x, y, [picture.rgb[3 * i], picture.rgb[3 * i + 1], picture.rgb[3 * i + 2]]);
                if x % 2 == 0 && y % 2 == 0 {
                    let grey = (255.0 * (picture.nearness[i] / nearest).min(1.0).powf(0.6)) as u8;
                    set(w + x / 2, y / 2, [grey; 3]);
                    set(w + x / 2, h / 2 + y / 2, colour(picture.class[i]));
                }
            }
        }
    }
    let mut encoder =
        png::Encoder::new(BufWriter::new(File::create(out)?), width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&sheet)?;
    Ok(())
}

fn colour(class: Class) -> [u8; 3] {
    match class {
        Class::Other => [60, 60, 60],
        Class::Sky => [90, 150, 255],
        Class::Cloud => [230, 230, 240],
        Class::Water => [0, 60, 160],
        Class::Foliage => [0, 110, 30],
        Class::Grass => [140, 210, 60],
        Class::Glow => [255, 200, 0],
    }
}
