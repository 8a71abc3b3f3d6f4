// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lies behind near things: a copy of the still in which they are gone.
//!
//! When the camera moves, a near thing uncovers what was hidden behind it. Nobody knows what is
//! there, so it is made up from what is around: first smooth colours (`fill`), then pieces of
//! the still that fit (`patches`), joined so that no seam shows (`blend`), and copied at full
//! resolution (`write`). What lies deeper behind a near thing than any camera move uncovers
//! stays smooth.

mod blend;
mod level;
mod patches;
mod write;

use self::level::{Kind, Level};
use super::{
    field::{Field, FieldError},
    fill::push_pull,
    filter::maximum,
    matte::Matte,
    raster::{Pixel, Raster},
    reduced::reduced,
};
use crate::image::Image;

/// The long side of the grid on which pieces are chosen is about this; that of a small still is its
/// own.
const LONG_SIDE: usize = 480;
/// What a still without any background has behind it.
const MID_GREY: f32 = 128.0;
/// The coarsest grid has at most this on its long side.
const COARSEST: usize = 64;
/// What is deeper in the hole than this share of the long side is never seen.
const SEEN: f32 = 0.15;
/// From where on the mask counts: it falls off over a pixel or two.
const MASKED: f32 = 0.1;
/// Around the mask nothing is copied within this share of the long side: the edge of a near
/// thing is soft, and the mask is rough.
const GUARD: f32 = 0.008;

/// Fills what near things hide.
///
/// `mask` says where a near thing is (1) and where the background is seen (0). `nearness` is that
/// of the background, also behind the near things, as far as it is known; what is copied comes
/// from places of like nearness. Both may have any size; they cover the whole still. With a
/// `matte` (see [`super::matte::refine`]) that says which pixels must be made up, and the mask only
/// says where nothing may be copied from; so more of the still is kept.
///
/// The result has the format and the size of the still. Its pixels differ from those of the still
/// only in the mask (or matte) and close beside it. The same input gives the same bytes.
///
/// # Errors
/// [`FieldError`] when one of them does not hold as many values as its size says, or the matte has
/// not the size of the still.
pub fn fill(
    still: &Image,
    mask: Field<'_>,
    nearness: Field<'_>,
    matte: Option<&Matte>,
) -> Result<Image, FieldError> {
    let (mask, nearness) = (mask.checked("mask")?, nearness.checked("nearness")?);
    matte.map_or(Ok(()), |matte| matte.check(still))?;
    let long = still.width().max(still.height()) as usize;
    let cell = ((long + LONG_SIDE / 2) / LONG_SIDE).max(1);
    let picture = reduced(still, cell);
    let (width, height) = (picture.width, picture.height);
    let masked = mask.resized(width, height).map(|v| v > MASKED);
    let hole = matte.map(|matte| matte.touched(cell));
    let kinds = kinds(&masked, hole.as_ref().unwrap_or(&masked));
    if kinds.values.iter().all(|kind| *kind < Kind::Hole) {
        return Ok(still.clone());
    }
    let nearness = nearness.resized(width, height);
    let known = kinds.map(|kind| if kind < Kind::Hole { 1.0 } else { 0.0 });
    let base = push_pull(&picture, &known, MID_GREY);
    let mut levels = levels(picture, nearness, &kinds);
    let (matches, colours) = patches::matched(&mut levels, &base);
    let level = &levels[0];
    let ways = blend::joined(level, &matches, &colours);
    let origins = blend::sources(level, &kinds, &ways, &colours);
    let planes = write::written(still, &origins, cell);
    let (format, matrix) = (still.format(), still.matrix());
    let filled = Image::from_packed(format, still.width(), still.height(), matrix, planes);
    Ok(filled.unwrap_or_else(|_| still.clone()))
}

/// What is known of each place of the grid, if `hole` must be made up and `near` is near.
fn kinds(near: &Raster<bool>, hole: &Raster<bool>) -> Raster<Kind> {
    let (width, height) = (hole.width, hole.height);
    let long = width.max(height) as f32;
    let number = |is: bool| if is { 1.0 } else { 0.0 };
    // Samples between two places are mixed, and edges are soft: what is beside the hole is made up
    // too.
    let hole = maximum(&hole.map(number), 2);
    let guarded = Raster::from_fn(width, height, |x, y| hole.at(x, y).max(number(near.at(x, y))));
    let guarded = maximum(&guarded, (GUARD * long).ceil() as usize);
    let kinds = Raster::from_fn(width, height, |x, y| match (hole.at(x, y), guarded.at(x, y)) {
        (1.0, _) => Kind::Hole,
        (_, 1.0) => Kind::Doubtful,
        _ => Kind::Known,
    });
    let depth = level::depth_in_hole(&kinds);
    Raster::from_fn(width, height, |x, y| {
        if depth.at(x, y) > SEEN * long { Kind::Deep } else { kinds.at(x, y) }
    })
}

/// The scales, the finest first. There is always one.
fn levels(picture: Raster<Pixel>, nearness: Raster<f32>, kinds: &Raster<Kind>) -> Vec<Level> {
    let mut levels = vec![Level::new(&picture, &nearness, kinds)];
    let (mut picture, mut nearness, mut kinds) = (picture, nearness, kinds.clone());
    while picture.width.max(picture.height) > COARSEST {
        // Only what is known makes the colours of a coarser scale.
        picture = coarser(&picture, &kinds);
        nearness = nearness.halved(|four| four.iter().sum::<f32>() / 4.0);
        kinds = kinds.halved(|four| four.into_iter().max().unwrap_or(Kind::Known));
        let level = Level::new(&picture, &nearness, &kinds);
        if !level.has_sources() {
            break;
        }
        levels.push(level);
    }
    levels
}

/// Half the size, of known colours where there are any.
fn coarser(picture: &Raster<Pixel>, kinds: &Raster<Kind>) -> Raster<Pixel> {
    let pairs =
        Raster::from_fn(picture.width, picture.height, |x, y| (picture.at(x, y), kinds.at(x, y)));
    let halved = pairs.halved(|four| {
        let known = four.iter().filter(|(_, kind)| *kind < Kind::Hole);
        let count = known.clone().count().max(1) as f32;
        let mean = |c: usize| known.clone().map(|(pixel, _)| pixel[c]).sum::<f32>() / count;
        (std::array::from_fn(mean), Kind::Known)
    });
    halved.map(|(pixel, _)| pixel)
}
