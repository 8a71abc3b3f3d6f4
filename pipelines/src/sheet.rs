// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion sheet`: what a clip looks like, in one picture.

use std::sync::Arc;

use image::{DynamicImage, RgbImage, imageops};
use stillmotion_engine::{
    fit::{self, Fit},
    generator::{self, Generator},
    image::{FrameMut, Image, ImageError, PixelFormat, PlaneMut, YuvMatrix, decode},
    request::{Check, Request},
    scene::SceneGenerator,
};

use crate::{
    args::SheetArgs,
    failure::Failure,
    output,
    settings::{self, Clip},
};

/// Small pictures beside each other in a sheet of one clip.
const COLUMNS: u32 = 4;
/// Rows of them.
const ROWS: u32 = 3;
/// White space between them, in pixels.
const GAP: u32 = 4;
/// Stills are worked with at this many times the width of a small picture, so that what is
/// thinner than one of its pixels moves smoothly.
pub const OVERSAMPLING: u32 = 2;

/// Draws the sheet and writes it.
pub fn run(args: &SheetArgs) -> Result<(), Failure> {
    let mut check = Check::default();
    output::check_png(&mut check, "output", &args.output);
    let clip = settings::clip(&mut check, &args.motion, &args.time);
    let motions = settings::motions(&mut check, args.motions.as_deref());
    let tile_width =
        settings::whole(&mut check, "tile-width", args.tile_width.as_deref(), 480, 64..=1920);
    let limits = settings::limits(&mut check, &args.limits);
    check.finish()?;
    let most = tile_width * OVERSAMPLING;
    let still = Arc::new(prepare(decode::load(&args.image, &limits)?, most)?);
    let sheet = if motions.is_empty() {
        contact_sheet(&still, &clip, tile_width)?
    } else {
        motion_strip(&still, &clip, &motions, tile_width)?
    };
    output::write_png(&args.output, &DynamicImage::from(sheet))
}

/// The still in RGB at the size that is worked with, no wider than `most`.
pub fn prepare(still: Image, most: u32) -> Result<Image, Failure> {
    let source = (still.width(), still.height());
    let width = (fit::output_size(source.0, source.1).0 > most).then_some(most);
    let (width, height) = fit::complete_size(source, width, None);
    let still = fit::fit(&still, width, height, Fit::Cover)?;
    Ok(to_image(&to_rgb(&still))?)
}

/// Frames of one clip, evenly spread from the first to the last.
fn contact_sheet(still: &Arc<Image>, clip: &Clip, tile_width: u32) -> Result<RgbImage, Failure> {
    let opened = open(&SceneGenerator, still, clip)?;
    let last = opened.frames().saturating_sub(1);
    let steps = u64::from(COLUMNS * ROWS - 1);
    let tiles = (0..=steps)
        .map(|i| tile(&frame(&*opened, still, clip, last * i / steps)?, tile_width))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(grid(&tiles, COLUMNS))
}

/// For each motion amount the last frame, and below it how far that is from the first one.
fn motion_strip(
    still: &Arc<Image>,
    clip: &Clip,
    motions: &[f64],
    tile_width: u32,
) -> Result<RgbImage, Failure> {
    let first = to_rgb(still);
    let (mut frames, mut differences) = (Vec::new(), Vec::new());
    for motion in motions {
        let mut clip = clip.clone();
        clip.controls.motion = *motion;
        let opened = open(&SceneGenerator, still, &clip)?;
        let last = frame(&*opened, still, &clip, opened.frames().saturating_sub(1))?;
        frames.push(tile(&last, tile_width)?);
        differences.push(tile(&difference(&first, &last), tile_width)?);
    }
    frames.append(&mut differences);
    Ok(grid(&frames, motions.len() as u32))
}

/// Opens a clip of a prepared still.
pub fn open(
    generator: &dyn Generator,
    still: &Arc<Image>,
    clip: &Clip,
) -> Result<Box<dyn generator::Clip>, Failure> {
    let request = Request {
        prompt: clip.prompt.clone(),
        seed: clip.seed,
        duration: clip.duration,
        frame_rate: clip.frame_rate,
        controls: clip.controls,
        ..Request::new(still.clone())
    };
    Ok(generator.open(request)?)
}

/// Frame `index` of an open clip.
pub fn frame(
    opened: &dyn generator::Clip,
    still: &Image,
    clip: &Clip,
    index: u64,
) -> Result<RgbImage, Failure> {
    let mut picture = RgbImage::new(still.width(), still.height());
    let plane = PlaneMut { stride: 3 * still.width() as usize, data: &mut picture };
    let mut out = FrameMut::new(PixelFormat::Rgb, still.width(), still.height(), vec![plane])?;
    opened.frame(index, &clip.controls, &mut out)?;
    Ok(picture)
}

fn difference(a: &RgbImage, b: &RgbImage) -> RgbImage {
    let mut out = a.clone();
    for (out, b) in out.iter_mut().zip(b.iter()) {
        *out = out.abs_diff(*b);
    }
    out
}

/// A picture at the size of the small ones.
pub fn tile(picture: &RgbImage, width: u32) -> Result<RgbImage, Failure> {
    let size = (picture.width(), picture.height());
    let (width, height) = fit::complete_size(size, Some(width), None);
    Ok(to_rgb(&fit::fit(&to_image(picture)?, width, height, Fit::Cover)?))
}

/// Pictures of one size in rows of `columns`.
pub fn grid(tiles: &[RgbImage], columns: u32) -> RgbImage {
    let (width, height) = tiles.first().map_or((0, 0), RgbImage::dimensions);
    let rows = (tiles.len() as u32).div_ceil(columns);
    let side = |count: u32, size: u32| count * (size + GAP) - GAP;
    let white = image::Rgb([u8::MAX; 3]);
    let mut sheet = RgbImage::from_pixel(side(columns, width), side(rows, height), white);
    for (i, tile) in (0..).zip(tiles) {
        let (x, y) = (i % columns * (width + GAP), i / columns * (height + GAP));
        imageops::replace(&mut sheet, tile, i64::from(x), i64::from(y));
    }
    sheet
}

/// The colours of a still that came from a file; alpha is left out.
pub fn to_rgb(still: &Image) -> RgbImage {
    let plane = &still.planes()[0];
    let mut out = RgbImage::new(still.width(), still.height());
    for (to, from) in out.pixels_mut().zip(plane.data.chunks_exact(plane.channels)) {
        to.0.copy_from_slice(&from[..3]);
    }
    out
}

fn to_image(picture: &RgbImage) -> Result<Image, ImageError> {
    let (width, height) = picture.dimensions();
    let data = vec![picture.as_raw().clone()];
    Image::from_packed(PixelFormat::Rgb, width, height, YuvMatrix::default(), data)
}
