// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a frame shows the front layer, and how it is laid over the back layer.

use super::{
    matte::Matte,
    sample::FRACTION_BITS,
    texture::{BIAS, Texture},
};
use crate::image::{PixelFormat, Plane};

/// Pixels of the picture along each side of the blocks that are summed up.
const BLOCK: usize = 16;

/// What a part of a picture shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cover {
    /// Some of the front layer.
    pub front: bool,
    /// Some of what lies behind it.
    pub back: bool,
}

impl Cover {
    /// What two parts show together.
    pub fn and(self, other: Self) -> Self {
        Self { front: self.front | other.front, back: self.back | other.back }
    }
}

/// A matte, ready to be sampled.
#[derive(Debug)]
pub(super) struct Screen {
    /// One channel of the size of the picture, 255 where the front layer covers all.
    texture: Texture,
    /// The same for halved chroma, where there is any: means of four pixels.
    halved: Option<Texture>,
    /// What each block and those around it show.
    blocks: Vec<Cover>,
    /// Blocks in a row.
    width: usize,
}

impl Screen {
    /// Makes `matte` ready for pictures in `format`.
    pub fn new(matte: &Matte, format: PixelFormat) -> Self {
        let Matte { width, height, ref alpha } = *matte;
        let plane = &Plane { width, height, channels: 1, data: alpha.clone() };
        let halves = format.layout(width as u32, height as u32).any(|plane| plane.width < width);
        let halved = halves.then(|| Texture::plain(&half(plane), height));
        let (across, down) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
        let mut blocks = vec![Cover::default(); across * down];
        for (y, row) in plane.data.chunks_exact(plane.width).enumerate() {
            for (x, part) in row.chunks(BLOCK).enumerate() {
                let block = &mut blocks[y / BLOCK * across + x];
                let seen = |is: fn(&u8) -> bool| part.iter().any(is);
                *block = block.and(Cover { front: seen(|a| *a > 0), back: seen(|a| *a < 255) });
            }
        }
        let around = |i: usize| {
            let (x, y) = (i % across, i / across);
            let rows = y.saturating_sub(1)..(y + 2).min(down);
            let columns = x.saturating_sub(1)..(x + 2).min(across);
            rows.flat_map(|y| columns.clone().map(move |x| y * across + x))
                .fold(Cover::default(), |cover, i| cover.and(blocks[i]))
        };
        let blocks = (0..blocks.len()).map(around).collect();
        Self { texture: Texture::plain(plane, height), halved, blocks, width: across }
    }

    /// The alpha of planes whose samples are `subsampling` pixels apart.
    pub fn texture(&self, subsampling: usize) -> &Texture {
        self.halved.as_ref().filter(|_| subsampling > 1).unwrap_or(&self.texture)
    }

    /// What is seen at a place of the still and within a block's side of it. The place is in
    /// pixels with [`FRACTION_BITS`] fraction bits.
    #[inline(always)]
    pub fn cover(&self, x: i32, y: i32) -> Cover {
        const SHIFT: u32 = FRACTION_BITS + BLOCK.trailing_zeros();
        let at = (y >> SHIFT) as usize * self.width + (x >> SHIFT) as usize;
        self.blocks.get(at).copied().unwrap_or(Cover { front: true, back: true })
    }

    /// Whether the front layer covers more than half of the pixel at a place, given likewise.
    #[inline(always)]
    pub fn covers(&self, x: i32, y: i32) -> bool {
        let Texture { stride, data, .. } = &self.texture;
        let (x, y) = ((x >> FRACTION_BITS) as usize, (y >> FRACTION_BITS) as usize);
        // With the bias, what is above the middle has no sign bit.
        data.get(self.texture.origin() + y * stride + x).is_some_and(|alpha| *alpha < BIAS)
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        let halved = self.halved.as_ref().map_or(0, |texture| texture.data.len());
        self.texture.data.len() + halved + self.blocks.len() * size_of::<Cover>()
    }
}

/// Means of two by two samples; at an odd border the last counts twice.
fn half(plane: &Plane) -> Plane {
    let (width, height) = (plane.width.div_ceil(2), plane.height.div_ceil(2));
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        let row = |y: usize| &plane.data[y.min(plane.height - 1) * plane.width..][..plane.width];
        let (upper, lower) = (row(2 * y), row(2 * y + 1));
        data.extend((0..width).map(|x| {
            let (left, right) = (2 * x, (2 * x + 1).min(plane.width - 1));
            let four = [upper[left], upper[right], lower[left], lower[right]];
            (four.into_iter().map(u16::from).sum::<u16>() / 4) as u8
        }));
    }
    Plane { width, height, channels: 1, data }
}

/// One byte on the way to another, `share` of 255: exact at both ends.
#[inline(always)]
fn mix(one: u8, other: u8, share: u8) -> u8 {
    let (one, other, share) = (i32::from(one), i32::from(other), i32::from(share));
    let share = share + (share >> 7);
    (one + (((other - one) * share + 128) >> 8)) as u8
}

/// Lets `dst` fade to `other`, by `share` of 255.
#[inline(always)]
pub(super) fn fade(dst: &mut [u8], other: &[u8], share: u8) {
    for (one, other) in dst.iter_mut().zip(other) {
        *one = mix(*one, *other, share);
    }
}

/// Lays samples of the front layer over those of the back layer, which `dst` holds: `alpha` has
/// one value for each sample of `channels` bytes.
#[inline(always)]
pub(super) fn lay_over(dst: &mut [u8], front: &[u8], alpha: &[u8], channels: usize) {
    if channels == 1 {
        for ((back, front), alpha) in dst.iter_mut().zip(front).zip(alpha) {
            *back = mix(*back, *front, *alpha);
        }
        return;
    }
    let samples = dst.chunks_exact_mut(channels).zip(front.chunks_exact(channels)).zip(alpha);
    for ((back, front), alpha) in samples {
        for (back, front) in back.iter_mut().zip(front) {
            *back = mix(*back, *front, *alpha);
        }
    }
}
