// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the sky is: smooth, of a colour that skies have, and connected to the top border.

use super::{
    Thumbnail,
    features::Colours,
    filter::{box_mean, guided},
    map::{Map, mean, quantile, smoothstep},
};

/// The sky of a picture.
pub(super) struct Sky {
    /// Probability of sky per pixel, already scaled by `certainty`.
    pub probability: Map,
    /// 0 (no sky in this picture) to 1.
    pub certainty: f32,
    /// The row where sky ends in most columns, as a share of the height. Only of meaning with
    /// a certainty above zero.
    pub horizon: f32,
}

/// Detail above this is no sky, not even clouds.
const CLOUD_TEXTURE: f32 = 0.05;
/// The largest step of colour from one pixel of sky to the next.
const STEP: f32 = 0.035;

pub(super) fn sky(picture: &Thumbnail, colours: &Colours, texture: &Map) -> Sky {
    let (w, h) = (picture.width, picture.height);
    let plausible = plausibility(picture);
    let soft = colours.each(|m| box_mean(m, 1));
    let open = |i: usize, step: f32, detail: f32, colour: f32, from: usize| {
        texture.values[i] < detail
            && plausible.values[i] > colour
            && soft.difference(i, from) < step
    };
    let mut mask = vec![false; w * h];
    let top: Vec<usize> = (0..w).filter(|&i| open(i, 1.0, CLOUD_TEXTURE / 2.0, 0.2, i)).collect();
    grow(&mut mask, w, top, |i, from| open(i, STEP, CLOUD_TEXTURE / 2.0, 0.2, from));
    // Clouds: what the first growth stopped at, above where it ended, by colour alone.
    let end = (end_row(&mask, w, h) * h as f32) as usize;
    let rim = (0..w * h).filter(|&i| mask[i]).collect();
    grow(&mut mask, w, rim, |i, from| i / w < end && open(i, 3.0 * STEP, CLOUD_TEXTURE, 0.5, from));
    let horizon = end_row(&mask, w, h);
    let certainty = certainty(&mask, colours, texture, &plausible);
    let hard = Map { width: w, height: h, values: mask.iter().map(|&m| f32::from(m)).collect() };
    let soft = guided(&colours.luma, &hard, (hard.long_side() / 96).max(1), 1e-3);
    let probability = soft.map(|p| certainty * smoothstep(0.25, 0.85, p));
    Sky { probability, certainty, horizon }
}

/// How well the colour suits a sky: blue, or bright and grey, or the warm light of a low sun.
fn plausibility(picture: &Thumbnail) -> Map {
    let values = picture.rgb.chunks_exact(3).map(|p| {
        let (r, g, b) = (p[0], p[1], p[2]);
        let (low, high) = (r.min(g).min(b), r.max(g).max(b));
        let brightness = 0.299 * r + 0.587 * g + 0.114 * b;
        let green = smoothstep(0.02, 0.08, g - r.max(b));
        let blue = smoothstep(0.0, 0.08, b - r) * smoothstep(-0.10, 0.0, b - g);
        let grey =
            smoothstep(0.22, 0.08, high - low) * (0.35 + 0.45 * smoothstep(0.25, 0.6, brightness));
        let warm = 0.5 * smoothstep(0.0, 0.05, r - b) * smoothstep(0.3, 0.5, brightness);
        blue.max(grey).max(warm) * (1.0 - green)
    });
    Map { width: picture.width, height: picture.height, values: values.collect() }
}

/// Adds all pixels that can be reached from `front` by steps that `open(to, from)` allows.
fn grow(
    mask: &mut [bool],
    width: usize,
    mut front: Vec<usize>,
    open: impl Fn(usize, usize) -> bool,
) {
    front.iter().for_each(|&i| mask[i] = true);
    while let Some(i) = front.pop() {
        let x = i % width;
        let around = [
            (x > 0).then(|| i - 1),
            (x + 1 < width).then_some(i + 1),
            i.checked_sub(width),
            (i + width < mask.len()).then_some(i + width),
        ];
        for next in around.into_iter().flatten() {
            if !mask[next] && open(next, i) {
                mask[next] = true;
                front.push(next);
            }
        }
    }
}

/// The row, as a share of the height, where the mask ends in all but the deepest columns.
fn end_row(mask: &[bool], w: usize, h: usize) -> f32 {
    let lowest = |x: usize| (0..h).rev().find(|y| mask[y * w + x]);
    let ends: Vec<f32> = (0..w).filter_map(lowest).map(|y| (y + 1) as f32 / h as f32).collect();
    quantile(ends, 0.8)
}

/// Whether the mask is a sky and not a wall, a table or a blurred background.
fn certainty(mask: &[bool], colours: &Colours, texture: &Map, plausible: &Map) -> f32 {
    let (w, h) = (texture.width, texture.height);
    let share = |row: usize| mask[row * w..(row + 1) * w].iter().filter(|&&m| m).count() as f32;
    let area = mask.iter().filter(|&&m| m).count() as f32 / mask.len() as f32;
    let pick = |map: &Map, inside: bool| {
        let kept = map.values.iter().zip(mask).filter(|&(_, &m)| m == inside).map(|(&v, _)| v);
        mean(&kept.collect::<Vec<f32>>())
    };
    let blueness = pick(&colours.cb, true) - pick(&colours.cr, true);
    let brighter = pick(&colours.luma, true) - pick(&colours.luma, false);
    // A blue sky may be dark, a grey or warm one is the light of the scene.
    let lit = smoothstep(0.03, 0.12, blueness).max(smoothstep(0.0, 0.15, brighter));
    let calm = pick(texture, false) / (pick(texture, true) + 1e-3);
    smoothstep(0.15, 0.5, share(0) / w as f32)
        * smoothstep(0.03, 0.1, area)
        * smoothstep(0.97, 0.85, area)
        * smoothstep(0.25, 0.05, share(h - 1) / w as f32)
        * smoothstep(0.3, 0.6, pick(plausible, true))
        * smoothstep(1.2, 2.5, calm)
        * lit
}
