// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion preview`: four seeds beside each other, to choose from.

use std::{ffi::OsStr, path::Path, sync::Arc};

use image::{DynamicImage, Rgb, RgbImage};
use stillmotion_engine::{image::decode, request::Check};

use crate::{
    args::{MotionArgs, PreviewArgs, TimeArgs},
    failure::Failure,
    output, settings,
    sheet::{frame, grid, open, prepare, tile},
    write,
};

/// Seeds beside each other.
const SEEDS: u64 = 4;
/// What is shown of each clip, from top to bottom, as thirds of it.
const THIRDS: [u64; 3] = [1, 2, 3];

/// Draws the sheet, and prints how each clip is rendered in full.
pub fn run(args: &PreviewArgs) -> Result<(), Failure> {
    let mut check = Check::default();
    output::check_png(&mut check, &args.output);
    let clip = settings::clip(&mut check, &args.motion, &args.time);
    let tile_width =
        settings::whole(&mut check, "tile-width", args.tile_width.as_deref(), 320, 64..=1920);
    let limits = settings::limits(&mut check, &args.limits);
    check.finish()?;
    let still = Arc::new(prepare(decode::load(&args.image, &limits)?, tile_width)?);
    let mut columns = Vec::new();
    for i in 0..SEEDS {
        let mut clip = clip.clone();
        clip.seed = clip.seed.wrapping_add(i);
        let opened = open(&still, &clip)?;
        let last = opened.frames().saturating_sub(1);
        let tiles = THIRDS.map(|third| {
            tile(&frame(&*opened, &still, &clip, last * third / THIRDS[2])?, tile_width)
        });
        let mut tiles = tiles.into_iter().collect::<Result<Vec<_>, _>>()?;
        number(&mut tiles[0], clip.seed);
        columns.push((clip.seed, tiles));
    }
    let tiles = |row: usize| columns.iter().map(move |(_, tiles)| tiles[row].clone());
    let tiles: Vec<RgbImage> = (0..THIRDS.len()).flat_map(tiles).collect();
    output::write_png(&args.output, &DynamicImage::from(grid(&tiles, SEEDS as u32)))?;
    let commands: Vec<String> = columns.iter().map(|(seed, _)| command(args, *seed)).collect();
    write::result(&commands.join("\n"))
}

/// The command that renders the clip of a seed in full.
fn command(args: &PreviewArgs, seed: u64) -> String {
    let MotionArgs { preset, prompt, motion, .. } = &args.motion;
    let MotionArgs { horizontal, vertical, pan, tilt, zoom, roll, .. } = &args.motion;
    let TimeArgs { duration, frames, fps } = &args.time;
    let options = [
        ("preset", preset),
        ("prompt", prompt),
        ("motion", motion),
        ("horizontal", horizontal),
        ("vertical", vertical),
        ("pan", pan),
        ("tilt", tilt),
        ("zoom", zoom),
        ("roll", roll),
        ("duration", duration),
        ("frames", frames),
        ("fps", fps),
    ];
    let given = options
        .into_iter()
        .filter_map(|(name, value)| Some(format!(" --{name}={}", quoted(value.as_deref()?))));
    let output = Path::new(args.image.file_stem().unwrap_or(OsStr::new("clip")));
    let output = format!("{}-{seed}.mp4", output.display());
    let still = if args.motion.static_camera { " --static-camera" } else { "" };
    format!(
        "stillmotion render {} -o {} --seed={seed}{still}{}",
        quoted(args.image.as_os_str()),
        quoted(OsStr::new(&output)),
        given.collect::<String>()
    )
}

/// A word as a shell reads it.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=,:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Digits of three by five dots, a row of three bits after the other.
const DIGITS: [u16; 10] =
    [0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757, 0o75717];
/// Pixels of a side of a dot.
const DOT: u32 = 4;

/// Writes a number into the upper left corner of a picture, white on black.
fn number(picture: &mut RgbImage, number: u64) {
    let digits = number.to_string();
    let (width, height) = picture.dimensions();
    let dot = DOT.min(width / (4 * digits.len() as u32 + 1)).max(1);
    let size = (dot * (4 * digits.len() as u32 + 1), dot * 7);
    for y in 0..size.1.min(height) {
        for x in 0..size.0.min(width) {
            let lit = is_lit(digits.as_bytes(), x / dot, y / dot);
            picture.put_pixel(x, y, Rgb([if lit { u8::MAX } else { 0 }; 3]));
        }
    }
}

/// Whether a dot of the number's field is white; a dot of black is around each digit.
fn is_lit(digits: &[u8], x: u32, y: u32) -> bool {
    let (Some(column), Some(row)) = (x.checked_sub(1), y.checked_sub(1)) else { return false };
    let digit = digits.get((column / 4) as usize);
    let Some(digit) = digit.filter(|_| column % 4 < 3 && row < 5) else { return false };
    let bits = DIGITS[usize::from(digit - b'0')];
    bits >> (3 * (4 - row) + (2 - column % 4)) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_by_a_shell_as_it_was() {
        assert_eq!(quoted(OsStr::new("photo.jpg")), "photo.jpg");
        assert_eq!(quoted(OsStr::new("")), "''");
        assert_eq!(quoted(OsStr::new("it's $5")), r"'it'\''s $5'");
    }

    #[test]
    fn a_number_can_be_read_in_the_corner() {
        let mut picture = RgbImage::from_pixel(96, 54, Rgb([9; 3]));
        number(&mut picture, 17);
        let row = |y: u32| -> String {
            let lit = |x: u32| picture.get_pixel(x * DOT, y * DOT).0 == [u8::MAX; 3];
            (0..9).map(|x| if lit(x) { '#' } else { '.' }).collect()
        };
        assert_eq!(row(1), "..#..###.");
        assert_eq!(row(5), ".###...#.");
        assert_eq!(picture.get_pixel(95, 53).0, [9; 3]);
    }
}
