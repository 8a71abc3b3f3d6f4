// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is measured at each pixel: brightness, colour, texture, sharpness, haze.

use super::{
    Thumbnail,
    filter::{box_mean, gradient_energy, guided, minimum},
    map::{Map, smoothstep},
};

/// Brightness and two colour differences, each about 0..1 or -0.5..0.5.
#[derive(Debug, Clone)]
pub(super) struct Colours {
    pub luma: Map,
    pub cb: Map,
    pub cr: Map,
}

impl Colours {
    pub fn of(picture: &Thumbnail) -> Self {
        let plane = |f: &dyn Fn(f32, f32, f32) -> f32| Map {
            width: picture.width,
            height: picture.height,
            values: picture.rgb.chunks_exact(3).map(|p| f(p[0], p[1], p[2])).collect(),
        };
        let y = |r: f32, g: f32, b: f32| 0.299 * r + 0.587 * g + 0.114 * b;
        Self {
            luma: plane(&y),
            cb: plane(&|r, g, b| 0.564 * (b - y(r, g, b))),
            cr: plane(&|r, g, b| 0.713 * (r - y(r, g, b))),
        }
    }

    pub fn each(&self, f: impl Fn(&Map) -> Map) -> Self {
        Self { luma: f(&self.luma), cb: f(&self.cb), cr: f(&self.cr) }
    }

    /// Distance between the colours of two pixels.
    pub fn difference(&self, i: usize, j: usize) -> f32 {
        let d = |m: &Map| m.values[i] - m.values[j];
        let (y, b, r) = (d(&self.luma), 2.0 * d(&self.cb), 2.0 * d(&self.cr));
        (y * y + b * b + r * r).sqrt()
    }
}

/// Mean strength of detail around each pixel: how far brightness strays from its neighbourhood.
pub(super) fn texture(luma: &Map) -> Map {
    let smooth = box_mean(luma, 2);
    box_mean(&luma.zip(&smooth, |a, b| (a - b).abs()), 2)
}

/// How well focused each place is, 0 (blurred or empty) to 1 (edges as sharp as can be).
///
/// A sharp edge loses most of the energy of its gradient in a blur, a soft one loses little.
pub(super) fn focus(luma: &Map) -> Map {
    /// Energy that sensor noise and compression leave in a flat place.
    const NOISE: f32 = 1e-4;
    let fine = gradient_energy(luma);
    let coarse = gradient_energy(&box_mean(&box_mean(luma, 2), 2));
    let ratio = |radius: usize| {
        box_mean(&fine, radius).zip(&box_mean(&coarse, radius), |f, c| f / (c + NOISE))
    };
    let long = luma.long_side();
    let near = ratio((long / 64).max(2));
    let wide = ratio((long / 20).max(3));
    let score = near.zip(&wide, |a, b| smoothstep(1.2, 5.0, 0.5 * (a.min(8.0) + b.min(8.0))));
    guided(luma, &score, (long / 32).max(2), 3e-3).map(|v| v.clamp(0.0, 1.0))
}

/// How clear the air is before each pixel, 0 (white haze) to 1, by the darkest channel nearby.
pub(super) fn clearness(picture: &Thumbnail, luma: &Map) -> Map {
    let darkest = Map {
        width: picture.width,
        height: picture.height,
        values: picture.rgb.chunks_exact(3).map(|p| p[0].min(p[1]).min(p[2])).collect(),
    };
    let radius = (luma.long_side() / 64).max(1);
    let patch = minimum(&darkest, radius);
    guided(luma, &patch, 3 * radius, 3e-3).map(|dark| (1.0 - dark).clamp(0.0, 1.0))
}
