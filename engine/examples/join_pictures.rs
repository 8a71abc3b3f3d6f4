// SPDX-License-Identifier: MIT OR Apache-2.0
//! Joins the pieces of a picture, given row by row. A row is as high as its first piece, a column
//! as wide as its first.
//!
//!     cargo run --release -p stillmotion-engine --example join_pictures -- out.png 3 piece...

use std::error::Error;

use image::{RgbImage, imageops};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: join_pictures OUT COLUMNS PIECE...";
    let out = arguments.next().ok_or(usage)?;
    let columns: usize = arguments.next().ok_or(usage)?.parse()?;
    let pieces: Vec<RgbImage> = arguments
        .map(|path| Ok(image::open(&path).map_err(|e| format!("{path}: {e}"))?.to_rgb8()))
        .collect::<Result<_, String>>()?;
    if pieces.is_empty() || !pieces.len().is_multiple_of(columns) {
        return Err(format!("{} pieces do not fill rows of {columns}", pieces.len()).into());
    }
    let width = pieces[..columns].iter().map(RgbImage::width).sum();
    let height = pieces.iter().step_by(columns).map(RgbImage::height).sum();
    let mut joined = RgbImage::new(width, height);
    let mut y = 0;
    for row in pieces.chunks(columns) {
        let mut x = 0;
        for (piece, above) in row.iter().zip(&pieces) {
            imageops::replace(&mut joined, piece, x, y);
            x += i64::from(above.width());
        }
        y += i64::from(row[0].height());
    }
    joined.save(&out).map_err(|e| format!("{out}: {e}"))?;
    Ok(())
}
