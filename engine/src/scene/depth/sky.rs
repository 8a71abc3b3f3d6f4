// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the sky is: smooth, of a colour that skies have, and connected to the top border.

use super::{
    Thumbnail,
    features::Colours,
    filter::{Guide, box_mean, maximum, minimum},
    raster::{Map, mean, quantile, smoothstep},
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
/// Detail above this over a whole patch is something before the sky, for all the sky in its gaps.
const LATTICE_TEXTURE: f32 = 0.014;
/// The largest step of colour from one pixel of sky to the next.
const STEP: f32 = 0.035;

pub(super) fn sky(picture: &Thumbnail, colours: &Colours, texture: &Map, guide: &Guide) -> Sky {
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
    grow(&mut mask, w, top.clone(), |i, from| open(i, STEP, CLOUD_TEXTURE / 2.0, 0.2, from));
    // Where most of it is clearly sky, what is hardly so is something dark behind which it ends.
    if mean_where(&plausible, &mask, true) > 0.65 {
        mask.fill(false);
        let top = top.into_iter().filter(|&i| plausible.values[i] > 0.5).collect();
        grow(&mut mask, w, top, |i, from| open(i, STEP, CLOUD_TEXTURE / 2.0, 0.5, from));
    }
    // Clouds: what the first growth stopped at, above where it ended, by colour alone.
    let end = (end_row(&mask, w, h) * h as f32) as usize;
    let rim = (0..w * h).filter(|&i| mask[i]).collect();
    grow(&mut mask, w, rim, |i, from| i / w < end && open(i, 3.0 * STEP, CLOUD_TEXTURE, 0.5, from));
    let horizon = end_row(&mask, w, h);
    let certainty = certainty(&mask, colours, texture, &plausible);
    let hard = Map { width: w, height: h, values: mask.iter().map(|&m| f32::from(m)).collect() };
    // A lattice or a tree with sky in its gaps is one thing: detail that is wider than an edge,
    // and not all of the colour of this sky.
    let radius = (hard.long_side() / 76).max(1);
    let detail = maximum(&minimum(texture, radius), radius);
    let colour = box_mean(&plausible, radius);
    let usual = mean_where(&plausible, &mask, true);
    let detail = detail.zip(&colour, |d, colour| if colour < usual - 0.1 { d } else { 0.0 });
    let share = box_mean(&hard, hard.long_side() / 128);
    let hard = share.zip(&detail, |share, d| f32::from(share > 0.7 && d < LATTICE_TEXTURE));
    let soft = guide.smooth(&hard, 1e-3);
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
    let pick = |map: &Map, inside: bool| mean_where(map, mask, inside);
    // Smooth parts of the top that are no sky: rather a blurred background as a whole.
    let top = (h / 16).max(1) * w;
    let rivals = (0..top).filter(|&i| !mask[i] && texture.values[i] < 0.01).count() as f32;
    let blueness = pick(&colours.cb, true) - pick(&colours.cr, true);
    let brighter = pick(&colours.luma, true) - pick(&colours.luma, false);
    // A blue sky may be dark, a grey or warm one is the light of the scene.
    let lit = smoothstep(0.03, 0.12, blueness).max(smoothstep(0.0, 0.15, brighter));
    let calm = pick(texture, false) / (pick(texture, true) + 1e-3);
    let product = smoothstep(0.15, 0.5, share(0) / w as f32)
        * smoothstep(0.03, 0.1, area)
        * smoothstep(0.99, 0.93, area)
        * smoothstep(0.25, 0.05, share(h - 1) / w as f32)
        * smoothstep(0.3, 0.6, pick(plausible, true))
        * smoothstep(1.2, 2.5, calm)
        * smoothstep(0.3, 0.1, rivals / top as f32)
        * lit;
    smoothstep(0.1, 0.6, product)
}

fn mean_where(map: &Map, mask: &[bool], inside: bool) -> f32 {
    let kept = map.values.iter().zip(mask).filter(|&(_, &m)| m == inside).map(|(&v, _)| v);
    mean(&kept.collect::<Vec<f32>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::depth::features::texture;

    /// 96x64; rows above 36 by `above`, below a speckled dark ground.
    fn scene(above: impl Fn(usize, usize) -> [f32; 3]) -> Thumbnail {
        let pixel = |i: usize| {
            let (x, y) = (i % 96, i / 96);
            let speckle = ((x * 31 + y * 17) % 7) as f32 / 30.0;
            if y < 36 { above(x, y) } else { [0.25 + speckle, 0.2 + speckle, 0.1] }
        };
        Thumbnail { width: 96, height: 64, rgb: (0..96 * 64).flat_map(pixel).collect() }
    }

    fn found(picture: &Thumbnail) -> Sky {
        let colours = Colours::of(picture);
        sky(picture, &colours, &texture(&colours.luma), &Guide::new(&colours.luma, 2))
    }

    #[test]
    fn skies_of_all_weathers_are_found_down_to_the_horizon() {
        let shade = |y: usize| y as f32 / 36.0;
        let cloud = |x: usize, y: usize| 0.2 * ((x as f32 / 9.0).sin() * (y as f32 / 5.0).sin());
        let weathers: [(&str, Thumbnail); 4] = [
            ("blue", scene(|_, y| [0.3 + 0.3 * shade(y), 0.5 + 0.2 * shade(y), 0.9])),
            ("clouds", scene(|x, y| [0.6 + cloud(x, y), 0.7 + cloud(x, y), 0.9])),
            ("overcast", scene(|_, y| [0.75 + 0.1 * shade(y); 3])),
            ("dusk", scene(|_, y| [0.05 + 0.1 * shade(y), 0.08 + 0.1 * shade(y), 0.25])),
        ];
        for (name, picture) in weathers {
            let sky = found(&picture);
            assert!(sky.certainty > 0.7, "{name}: certainty {}", sky.certainty);
            assert!((sky.horizon - 36.0 / 64.0).abs() < 0.06, "{name}: horizon {}", sky.horizon);
            assert!(sky.probability.at(48, 10) > 0.7 && sky.probability.at(48, 50) < 0.1, "{name}");
        }
    }

    #[test]
    fn walls_leaves_and_empty_pictures_are_no_sky() {
        let wall = Thumbnail { width: 96, height: 64, rgb: vec![0.9; 96 * 64 * 3] };
        let leaves = scene(|_, _| [0.2, 0.6, 0.2]);
        let dark_room = scene(|_, _| [0.12, 0.11, 0.10]);
        for (name, picture) in [("wall", wall), ("leaves", leaves), ("dark room", dark_room)] {
            let certainty = found(&picture).certainty;
            assert!(certainty < 0.2, "{name}: certainty {certainty}");
        }
    }

    #[test]
    fn a_dark_tree_before_the_sky_is_not_sky() {
        let picture =
            scene(|x, _| if (40..56).contains(&x) { [0.1, 0.2, 0.05] } else { [0.4, 0.6, 0.95] });
        let sky = found(&picture);
        assert!(sky.probability.at(48, 20) < 0.1 && sky.probability.at(10, 20) > 0.7);
    }
}
