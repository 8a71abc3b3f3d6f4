// SPDX-License-Identifier: MIT OR Apache-2.0
//! Smooth values for a hole, from what lies around it (push-pull on a pyramid: Gortler et al.,
//! "The Lumigraph", 1996, section 3.4.2).

use super::raster::{Map, Raster};

/// Fills the places whose weight is below 1 with what is around them. Without any weight all
/// becomes `nothing`.
pub(super) fn push_pull<const N: usize>(
    picture: &Raster<[f32; N]>,
    weights: &Map,
    nothing: f32,
) -> Raster<[f32; N]> {
    if weights.width == 1 && weights.height == 1 {
        let known = weights.values[0] > 0.0;
        return picture.map(|pixel| if known { pixel } else { [nothing; N] });
    }
    let (small, small_weights) = push(picture, weights);
    let coarse = push_pull(&small, &small_weights, nothing);
    Raster::from_fn(picture.width, picture.height, |x, y| {
        let weight = weights.at(x, y).min(1.0);
        if weight >= 1.0 {
            return picture.at(x, y);
        }
        let (below, own) = (pull(&coarse, x, y), picture.at(x, y));
        std::array::from_fn(|c| below[c] + (own[c] - below[c]) * weight)
    })
}

/// Half the size: weighted means, and weights that saturate at 1.
fn push<const N: usize>(picture: &Raster<[f32; N]>, weights: &Map) -> (Raster<[f32; N]>, Map) {
    let (w, h) = (picture.width.div_ceil(2), picture.height.div_ceil(2));
    let mut sums = Raster::constant(w, h, 0.0);
    let mut means = Raster::constant(w, h, [0.0; N]);
    for y in 0..picture.height {
        for x in 0..picture.width {
            let (weight, pixel) = (weights.at(x, y), picture.at(x, y));
            let at = y / 2 * w + x / 2;
            sums.values[at] += weight;
            for (sum, value) in means.values[at].iter_mut().zip(pixel) {
                *sum += weight * value;
            }
        }
    }
    for (mean, sum) in means.values.iter_mut().zip(&sums.values) {
        if *sum > 0.0 {
            *mean = mean.map(|v| v / sum);
        }
    }
    (means, sums.map(|sum: f32| sum.min(1.0)))
}

/// The coarse picture at a place of one of twice its size: a quadratic B-spline, whose slopes are
/// continuous, so that no grid shows.
fn pull<const N: usize>(coarse: &Raster<[f32; N]>, x: usize, y: usize) -> [f32; N] {
    let taps = |i: usize, length: usize| {
        let near = i / 2;
        let side =
            if i.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(length - 1) };
        (near.min(length - 1), side)
    };
    let ((x0, x1), (y0, y1)) = (taps(x, coarse.width), taps(y, coarse.height));
    let corners = [coarse.at(x0, y0), coarse.at(x1, y0), coarse.at(x0, y1), coarse.at(x1, y1)];
    let [a, b, c, d] = corners;
    std::array::from_fn(|i| (9.0 * a[i] + 3.0 * (b[i] + c[i]) + d[i]) / 16.0)
}

/// [`push_pull`] of one number per pixel. Without any weight all becomes 0.
pub(super) fn fill(map: &Map, weights: &Map) -> Map {
    push_pull(&map.map(|v| [v]), weights, 0.0).map(|[v]| v)
}
