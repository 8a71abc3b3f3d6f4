// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is measured at each pixel: brightness, colour, texture, sharpness, haze.

use super::{
    Thumbnail,
    filter::{Guide, box_mean, gradient_energy, minimum},
    raster::{Map, quantile, smoothstep},
};

/// Brightness and two colour differences, each about 0..1 or -0.5..0.5.
#[derive(Debug, Clone)]
pub(in crate::scene) struct Colours {
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
pub(in crate::scene) fn texture(luma: &Map) -> Map {
    let smooth = box_mean(luma, 2);
    box_mean(&luma.zip(&smooth, |a, b| (a - b).abs()), 2)
}

/// How well focused each place is, 0 (blurred or empty) to 1 (edges as sharp as can be).
///
/// A sharp edge loses most of the energy of its gradient in a blur, a soft one loses little.
pub(in crate::scene) fn focus(luma: &Map, guide: &Guide) -> Map {
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
    let ratio = near.zip(&wide, |a, b| 0.5 * (a.min(8.0) + b.min(8.0)));
    // Scaling and compression soften all of a picture: measure against its own sharpest parts.
    let sharpest = quantile(ratio.values.clone(), 0.97).clamp(2.5, 5.0);
    let score = ratio.map(|r| smoothstep(0.24 * sharpest, sharpest, r));
    guide.smooth(&score, 3e-3)
}

/// Whether the picture has a sharp subject before a blurred rest, 0..1.
pub(in crate::scene) fn shallow_focus(focus: &Map, sky: &Map) -> f32 {
    let solid = focus.outside(sky);
    let blurred = solid.iter().filter(|&&v| v < 0.25).count() as f32 / solid.len().max(1) as f32;
    let sharpest = quantile(solid, 0.95);
    smoothstep(0.3, 0.7, sharpest) * smoothstep(0.25, 0.6, blurred)
}

/// Whether what is sharp lies across the whole width, 0..1: then it is where the plane of focus
/// cuts a floor or a meadow, and what is blurred below it is nearer, not farther.
pub(in crate::scene) fn focus_band(focus: &Map) -> f32 {
    let column = |x: usize| (0..focus.height).map(|y| focus.at(x, y)).fold(0.0, f32::max);
    let sharpest: Vec<f32> = (0..focus.width).map(column).collect();
    let high = quantile(sharpest.clone(), 0.9);
    smoothstep(0.45, 0.75, quantile(sharpest, 0.1) / high.max(0.1))
}

/// How clear the air is before each pixel, 0 (white haze) to 1, by the darkest channel nearby.
pub(in crate::scene) fn clearness(picture: &Thumbnail, guide: &Guide) -> Map {
    let darkest = Map {
        width: picture.width,
        height: picture.height,
        values: picture.rgb.chunks_exact(3).map(|p| p[0].min(p[1]).min(p[2])).collect(),
    };
    let patch = minimum(&darkest, (darkest.long_side() / 64).max(1));
    guide.smooth(&patch, 3e-3).map(|dark| (1.0 - dark).clamp(0.0, 1.0))
}

/// How bright and warm each place is, 0..1: with a flash, a lamp or a close subject the light
/// falls off with distance, and air and shade are bluer than what stands before them.
pub(in crate::scene) fn light(colours: &Colours) -> Map {
    colours.luma.zip(&colours.cr, |y, cr| (0.6 * y + 1.0 * cr + 0.2).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stripes, sharp on the left half, blurred on the right.
    fn half_blurred() -> Map {
        let sharp = Map::from_fn(128, 64, |x, _| if (x / 8) % 2 == 0 { 0.2 } else { 0.8 });
        let soft = box_mean(&box_mean(&sharp, 3), 3);
        Map::from_fn(128, 64, |x, y| if x < 64 { sharp.at(x, y) } else { soft.at(x, y) })
    }

    #[test]
    fn sharp_edges_are_in_focus_and_soft_ones_are_not() {
        let luma = half_blurred();
        let focus = focus(&luma, &Guide::new(&luma, 4));
        assert!(focus.at(32, 32) > focus.at(100, 32) + 0.3);
    }

    #[test]
    fn a_sharp_middle_is_shallow_focus_and_a_sharp_band_is_a_plane() {
        let middle =
            Map::from_fn(60, 40, |x, y| f32::from((20..40).contains(&x) && (10..30).contains(&y)));
        let band = Map::from_fn(60, 40, |_, y| f32::from((15..25).contains(&y)));
        let no_sky = Map::constant(60, 40, 0.0);
        assert!(shallow_focus(&middle, &no_sky) > 0.8);
        assert!(focus_band(&middle) < 0.1);
        assert!(focus_band(&band) > 0.9);
    }

    #[test]
    fn haze_is_less_clear_than_dark_things() {
        let rgb = (0..64 * 64).flat_map(|i| if i % 64 < 32 { [0.8; 3] } else { [0.1, 0.3, 0.1] });
        let picture = Thumbnail { width: 64, height: 64, rgb: rgb.collect() };
        let guide = Guide::new(&Colours::of(&picture).luma, 3);
        let clear = clearness(&picture, &guide);
        assert!(clear.at(50, 32) > clear.at(10, 32) + 0.5);
    }
}
