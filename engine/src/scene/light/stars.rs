// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stars and far lamps that twinkle, each for itself.

use std::f32::consts::TAU;

use super::{Lamp, STEP, Shine, Spot, Tint, spot::unit};
use crate::{
    image::Image,
    scene::{
        filter::box_mean,
        moment::Moment,
        raster::{Map, smoothstep},
        scenery::Scenery,
    },
};

/// Small bright spots in what is dark.
pub(in crate::scene) struct Twinkle {
    /// How much of a spot there is in each square of [`STEP`] pixels, 0..1.
    spots: Map,
    /// Red, green and blue of what is around each place, sRGB 0..1.
    around: [Map; 3],
    seed: u64,
}

impl Twinkle {
    /// Nothing where hardly anything is dark, or nothing in it shines.
    pub fn new(scenery: &Scenery<'_>) -> Option<Self> {
        let around = box_mean(&scenery.luma, (scenery.luma.long_side() / 48).max(1));
        let dark = around.map(|luma| smoothstep(0.34, 0.16, luma));
        scenery.enough(&dark)?;
        let peaks = peaks(scenery.image);
        let dark = dark.resized(peaks.width, peaks.height);
        let spots = alone(&peaks).zip(&dark, |peak, dark| peak * dark);
        let around = scenery.channels().map(|channel| box_mean(&channel, 4));
        let seed = scenery.seed ^ 0x57;
        spots.values.iter().any(|v| *v > 0.1).then_some(Self { spots, around, seed })
    }
}

/// How far the brightest sample of each square of [`STEP`] pixels stands out of its mean, 0..1.
fn peaks(image: &Image) -> Map {
    let plane = &image.planes()[0];
    // Luma, or green.
    let channel = if plane.channels == 1 { 0 } else { 1 };
    let (width, height) = (plane.width.div_ceil(STEP), plane.height.div_ceil(STEP));
    Map::from_fn(width, height, |x, y| {
        let (mut most, mut sum, mut count) = (0, 0, 0);
        for row in y * STEP..((y + 1) * STEP).min(plane.height) {
            for column in x * STEP..((x + 1) * STEP).min(plane.width) {
                let sample = plane.data[(row * plane.width + column) * plane.channels + channel];
                most = most.max(sample);
                sum += u32::from(sample);
                count += 1;
            }
        }
        let mean = sum as f32 / count.max(1) as f32;
        smoothstep(0.10, 0.25, (f32::from(most) - mean) / 255.0)
    })
}

/// The peaks that have few others around them: not those along an edge or in foliage.
fn alone(peaks: &Map) -> Map {
    let around = box_mean(peaks, 2);
    // Alone among 25 it is one of 25; three more may lie there, or it may lie on a corner of four.
    peaks.zip(&around, |peak, around| peak * smoothstep(0.30, 0.17, around))
}

impl Lamp for Twinkle {
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_> {
        let strength = strength.min(1.5);
        let seconds = moment.seconds;
        let (columns, rows) = (self.spots.width, self.spots.height);
        Box::new(move |spot: &Spot, tint: &mut Tint| {
            let [x, y] = spot.place.map(|v| (v * columns as f32) as usize);
            let (x, y) = (x.min(columns - 1), y.min(rows - 1));
            // Its own square, and those that a place on their border serves too.
            let around = |x: usize, y: usize| self.spots.at(x.min(columns - 1), y.min(rows - 1));
            let here = self.spots.at(x, y).max(around(x.saturating_sub(1), y)).max(
                around(x, y.saturating_sub(1))
                    .max(around(x.saturating_sub(1), y.saturating_sub(1))),
            );
            if here < 0.05 {
                return;
            }
            let own = y * columns + x;
            let [phase, pace] = [1, 2].map(|i| unit(own, self.seed ^ i));
            let turns = seconds * f64::from(0.35 + 0.9 * pace);
            let slow = (TAU * (turns.fract() as f32 + phase)).sin();
            let fast = (TAU * ((2.7 * turns).fract() as f32 + 3.0 * phase)).sin();
            let level = strength * here * (0.48 * slow + 0.2 * fast - 0.1);
            // The sky around it stays as dark as it is.
            let around = [0, 1, 2].map(|i| spot.of(&self.around[i]));
            tint.stand_out(around, (1.0 + level).max(0.15));
        })
    }
}
