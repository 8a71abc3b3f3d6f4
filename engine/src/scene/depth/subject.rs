// SPDX-License-Identifier: MIT OR Apache-2.0
//! The thing that the picture is about: closed off from the borders, central, in focus.

use super::{
    barrier::Barriers,
    filter::Guide,
    raster::{Map, lerp, quantile, smoothstep},
    regions::Regions,
    sky::Sky,
};

/// The salient subject.
pub(super) struct Subject {
    /// Probability per pixel.
    pub probability: Map,
    /// How clearly it stands out, 0..1.
    pub certainty: f32,
}

pub(super) fn subject(
    guide: &Guide,
    barriers: &Barriers,
    regions: &Regions,
    sky: &Sky,
    focus: &Map,
    blur: f32,
) -> Subject {
    let closed = closed(barriers);
    let salient = closed.zip(&centre(focus.width, focus.height), |c, m| c * m);
    let salient = salient.zip(focus, |s, f| s * lerp(1.0, f, 0.3 + 0.5 * blur));
    let salient = salient.zip(&sky.probability, |s, sky| s * (1.0 - sky));
    let whole = regions.means(&salient, &focus.map(|_| 1.0));
    let salient = salient.zip(&whole, |own, whole| 0.35 * own + 0.65 * whole);
    let split = otsu(&salient);
    let hard = salient.map(|s| smoothstep(split - 0.12, split + 0.12, s));
    let probability = guide.smooth(&hard, 2e-3);
    let inside = salient.weighted_mean(&probability);
    let outside = salient.weighted_mean(&probability.map(|p| 1.0 - p));
    let area = probability.mean();
    let certainty = smoothstep(0.15, 0.5, inside - outside)
        * smoothstep(0.005, 0.03, area)
        * smoothstep(0.8, 0.55, area);
    Subject { probability, certainty }
}

/// Barrier to the second and third easiest of the four borders: a subject may be cut by one
/// or two of them, a background is joined to most.
fn closed(barriers: &Barriers) -> Map {
    let Barriers { top, bottom, left, right } = barriers;
    let mut out = top.clone();
    for (i, v) in out.values.iter_mut().enumerate() {
        let mut sorted = [*v, bottom.values[i], left.values[i], right.values[i]];
        sorted.sort_by(f32::total_cmp);
        *v = 0.5 * (sorted[1] + sorted[2]);
    }
    out
}

/// People put the subject near the middle.
fn centre(w: usize, h: usize) -> Map {
    Map::from_fn(w, h, |x, y| {
        let dx = (x as f32 + 0.5) / w as f32 - 0.5;
        let dy = (y as f32 + 0.5) / h as f32 - 0.55;
        0.55 + 0.45 * (1.0 - 4.0 * (dx * dx + dy * dy)).max(0.0)
    })
}

/// The value that splits the map best into two classes.
fn otsu(map: &Map) -> f32 {
    let mut sorted = map.values.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let total: f64 = sorted.iter().map(|&v| f64::from(v)).sum();
    let n = sorted.len() as f64;
    let (mut best, mut split, mut below) = (0.0, quantile(sorted.clone(), 0.9), 0.0);
    for (i, &v) in sorted.iter().enumerate() {
        let count = i as f64;
        if i > 0 {
            let gap = below / count - (total - below) / (n - count);
            let between = count * (n - count) * gap * gap;
            if between > best {
                (best, split) = (between, v);
            }
        }
        below += f64::from(v);
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::depth::{barrier::barriers, features::Colours, regions::regions};

    fn found(luma: Map) -> Subject {
        let none = Map::constant(luma.width, luma.height, 0.0);
        let sky = Sky { probability: none.clone(), certainty: 0.0, horizon: 0.0 };
        let guide = Guide::new(&luma, 2);
        let even = none.map(|_| 0.5);
        let colours = Colours { luma, cb: none.clone(), cr: none };
        subject(&guide, &barriers(&colours), &regions(&colours, 1.0, 20), &sky, &even, 0.0)
    }

    #[test]
    fn a_thing_cut_by_the_bottom_border_is_the_subject() {
        let bust =
            Map::from_fn(90, 60, |x, y| if (30..60).contains(&x) && y > 15 { 0.9 } else { 0.3 });
        let subject = found(bust);
        assert!(subject.certainty > 0.6, "certainty {}", subject.certainty);
        assert!(subject.probability.at(45, 40) > 0.9);
        assert!(subject.probability.at(10, 40) < 0.1 && subject.probability.at(45, 5) < 0.1);
    }

    #[test]
    fn a_picture_of_nothing_has_no_subject() {
        assert!(found(Map::from_fn(90, 60, |_, y| 0.4 + y as f32 / 200.0)).certainty < 0.1);
    }
}
