// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cliffs of depth where the picture has its edges.
//!
//! An estimate is soft: from near to far it takes several pixels, and the middle of that slope
//! belongs to nothing. Each of those pixels joins the side of the slope whose pixels nearby it
//! looks like.

use super::{
    features::Colours,
    filter::{maximum, minimum},
    raster::{Map, smoothstep},
};

/// The change of nearness over a window that makes a slope worth cutting.
const STEEP: [f32; 2] = [0.08, 0.16];
/// Distance of colours, as [`Colours::difference`] has it, over which likeness falls to a third.
const LIKENESS: f32 = 0.09;

/// Turns steep slopes of `nearness` into cliffs along the edges of the picture.
pub(super) fn snap(nearness: &Map, colours: &Colours) -> Map {
    let (w, h) = (nearness.width, nearness.height);
    let reach = (nearness.long_side() / 48).max(2);
    let close = (reach / 3).max(1);
    let rise = maximum(nearness, close).zip(&minimum(nearness, close), |high, low| high - low);
    let (low, high) = (minimum(nearness, reach), maximum(nearness, reach));
    Map::from_fn(w, h, |x, y| {
        let i = y * w + x;
        let own = nearness.values[i];
        let steep = smoothstep(STEEP[0], STEEP[1], rise.values[i]);
        if steep == 0.0 {
            return own;
        }
        let middle = (low.values[i] + high.values[i]) / 2.0;
        let mut sides = [Side::default(); 2];
        for v in y.saturating_sub(reach)..(y + reach + 1).min(h) {
            for u in x.saturating_sub(reach)..(x + reach + 1).min(w) {
                let j = v * w + u;
                let (dx, dy) = (u.abs_diff(x) as f32, v.abs_diff(y) as f32);
                let (away, unlike) = (dx.hypot(dy) / reach as f32, colours.difference(i, j));
                let weight = (-away * away - unlike / LIKENESS).exp();
                let value = nearness.values[j];
                // What lies well up or down the slope knows where it belongs.
                let side = &mut sides[usize::from(value > middle)];
                side.add(value, weight * (value - middle).abs());
            }
        }
        let [far, near] = sides;
        let joined = if near.weight > far.weight { near.mean() } else { far.mean() };
        joined.map_or(own, |joined| own + (joined - own) * steep)
    })
}

/// What pulls a pixel to one side of its slope.
#[derive(Clone, Copy, Default)]
struct Side {
    weight: f32,
    sum: f32,
}

impl Side {
    fn add(&mut self, value: f32, weight: f32) {
        self.weight += weight;
        self.sum += weight * value;
    }

    fn mean(self) -> Option<f32> {
        (self.weight > 1e-12).then(|| self.sum / self.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dark half and a bright one, with the edge of colour at column 120.
    fn colours() -> Colours {
        let luma = Map::from_fn(240, 20, |x, _| if x < 120 { 0.2 } else { 0.8 });
        let none = Map::constant(240, 20, 0.0);
        Colours { luma, cb: none.clone(), cr: none }
    }

    #[test]
    fn a_slope_beside_an_edge_becomes_a_cliff_on_it() {
        for shift in [-2.0, 0.0, 2.0] {
            let slope = Map::from_fn(240, 20, |x, _| {
                ((x as f32 - 119.5 - shift) / 5.0 + 0.5).clamp(0.1, 0.9)
            });
            let snapped = snap(&slope, &colours());
            let (left, right) = (snapped.at(119, 10), snapped.at(120, 10));
            assert!(left < 0.25 && right > 0.75, "shift {shift}: {left}, {right}");
        }
    }

    #[test]
    fn a_gentle_slope_stays() {
        let gentle = Map::from_fn(240, 20, |x, _| x as f32 / 240.0);
        assert_eq!(snap(&gentle, &colours()), gentle);
    }
}
