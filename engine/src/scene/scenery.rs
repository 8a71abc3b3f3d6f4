// SPDX-License-Identifier: MIT OR Apache-2.0
//! What light and the air know of a still.

use super::{
    depth::Thumbnail,
    filter::box_mean,
    masks::{Masks, is_enough},
    raster::Map,
    still::Analysis,
    thumbnail::thumbnail,
};
use crate::{camera::Aim, image::Image};

/// A still, for whoever lights it.
pub(super) struct Scenery<'a> {
    pub image: &'a Image,
    pub masks: &'a Masks,
    /// Nearness, of the size of the masks.
    pub nearness: Map,
    /// A small copy of it, sRGB 0..1, and its luma, of the size of the masks.
    pub picture: Thumbnail,
    pub luma: Map,
    pub aim: Aim,
    pub seed: u64,
}

impl<'a> Scenery<'a> {
    pub fn new(image: &'a Image, analysis: &'a Analysis, seed: u64) -> Self {
        let Analysis { masks, nearness, aim, .. } = analysis;
        let picture = thumbnail(image);
        let (width, height) = (masks.sky.width, masks.sky.height);
        let luma = picture.rgb.chunks_exact(3).map(luma_of).collect();
        let luma = Map { width: picture.width, height: picture.height, values: luma };
        Self {
            image,
            masks,
            nearness: fitted(nearness, width, height),
            luma: fitted(&luma, width, height),
            picture,
            aim: *aim,
            seed,
        }
    }

    /// `mask`, if it has enough of the picture to be lit on its own.
    pub fn enough<'m>(&self, mask: &'m Map) -> Option<&'m Map> {
        is_enough(mask).then_some(mask)
    }

    /// How much of the light from `mask` falls on each place, 0..1: all of it there, less around.
    pub fn spill(&self, mask: &Map) -> Map {
        let radius = (mask.long_side() / 24).max(1);
        let near = box_mean(&box_mean(mask, radius), radius);
        let wide = box_mean(&box_mean(mask, 3 * radius), 3 * radius);
        let around = near.zip(&wide, |near, wide| (1.2 * near + 2.0 * wide).min(0.8));
        box_mean(mask, 1).zip(&around, f32::max)
    }

    /// The lowest row of the sky, as a share of the height: 0 for no sky.
    pub fn horizon(&self) -> f32 {
        let sky = &self.masks.sky;
        let some = |y: &usize| sky.row(*y).iter().sum::<f32>() > 0.15 * sky.width as f32;
        (0..sky.height).rev().find(some).map_or(0.0, |y| (y + 1) as f32 / sky.height as f32)
    }

    /// Red, green and blue of the small copy, each of the size of the masks.
    pub fn channels(&self) -> [Map; 3] {
        let sky = &self.masks.sky;
        self.picture.planes().map(|plane| fitted(&plane, sky.width, sky.height))
    }

    /// Mean colour where `weights` are, sRGB 0..1; of all of it where they are nowhere.
    pub fn colour(&self, weights: &Map) -> [f32; 3] {
        let weights = fitted(weights, self.picture.width, self.picture.height);
        let (mut sum, mut total) = ([0.0_f64; 3], 0.0_f64);
        for (pixel, weight) in self.picture.rgb.chunks_exact(3).zip(&weights.values) {
            let weight = f64::from(*weight) + 1e-6;
            total += weight;
            for (sum, value) in sum.iter_mut().zip(pixel) {
                *sum += weight * f64::from(*value);
            }
        }
        sum.map(|sum| (sum / total.max(1e-9)) as f32)
    }
}

/// `map` at another size, unless it has that size already.
fn fitted(map: &Map, width: usize, height: usize) -> Map {
    if (map.width, map.height) == (width, height) {
        return map.clone();
    }
    map.resized(width, height)
}

fn luma_of(pixel: &[f32]) -> f32 {
    0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
}
