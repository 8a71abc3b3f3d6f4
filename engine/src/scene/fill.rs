// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values where there are none, from those around (the pull-push algorithm: Gortler and others,
//! "The Lumigraph", 1996, section 3.4).

use super::map::Map;

/// Keeps `values` where `weights` are 1, and fills in smoothly where they are 0. With no weight
/// anywhere the values stay as they are.
pub(super) fn push_pull(values: &Map, weights: &Map) -> Map {
    if values.width <= 1 && values.height <= 1 {
        return values.clone();
    }
    let coarse_weights = weights.halved();
    let coarse = values.zip(weights, |v, w| v * w).halved();
    let coarse = coarse.zip(&coarse_weights, |sum, w| if w > 0.0 { sum / w } else { 0.0 });
    if coarse_weights.values.iter().all(|w| *w == 0.0) {
        return values.clone();
    }
    // A coarse pixel that is half known is known.
    let filled = push_pull(&coarse, &coarse_weights.map(|w| (w * 4.0).min(1.0)));
    let below = filled.resized(values.width, values.height);
    Map {
        values: (values.values.iter().zip(&weights.values).zip(&below.values))
            .map(|((v, w), below)| v * w + below * (1.0 - w))
            .collect(),
        ..*values
    }
}
