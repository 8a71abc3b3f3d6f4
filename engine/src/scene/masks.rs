// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where in the still there is what can move by itself.

use super::{
    depth::{
        Look, Seen, Thumbnail,
        features::{Colours, texture},
    },
    filter::{Guide, maximum},
    raster::{Map, lerp, smoothstep},
};

/// Probabilities, 0..1, at the size of the thumbnail.
#[derive(Debug)]
pub(super) struct Masks {
    /// Sky, clouds included.
    pub sky: Map,
    /// Clouds in it.
    pub cloud: Map,
    /// The sky without masts, wires and twigs in it, which do not drift with it.
    pub open_sky: Map,
    /// Rivers, lakes, the sea.
    pub water: Map,
    /// Trees and bushes.
    pub foliage: Map,
    /// Grass, wheat and reeds.
    pub grass: Map,
    /// Flames, lamps, neon, the sun.
    pub glow: Map,
    /// Flames and what burns.
    pub flame: Map,
    /// Smoke, steam, fog: pale and without detail.
    pub smoke: Map,
    /// The colour of skin.
    pub skin: Map,
}

/// How much the network counts beside colour, texture and place for plants; of water it
/// knows less than they do.
const TOLD: f32 = 0.7;

/// A class with less of the picture than this is left alone.
const LEAST_SHARE: f32 = 0.01;

/// Whether there is enough of a class in the picture for anything to happen to it.
pub(super) fn is_enough(mask: &Map) -> bool {
    let share = mask.values.iter().filter(|v| **v > 0.5).count() as f32;
    share >= LEAST_SHARE * mask.values.len() as f32
}

impl Masks {
    /// Nothing of any class.
    #[cfg(test)]
    pub fn none(width: usize, height: usize) -> Self {
        let none = Map::constant(width, height, 0.0);
        Self {
            sky: none.clone(),
            cloud: none.clone(),
            open_sky: none.clone(),
            water: none.clone(),
            foliage: none.clone(),
            grass: none.clone(),
            glow: none.clone(),
            flame: none.clone(),
            smoke: none.clone(),
            skin: none,
        }
    }

    /// Finds them by colour, texture and place, and by what the network sees.
    pub fn of(picture: &Thumbnail, look: &Look) -> Self {
        let colours = Colours::of(picture);
        let Colours { luma, cb, cr } = &colours;
        let guide = Guide::new(luma, (luma.long_side() / 96).max(1));
        let texture = texture(luma);
        let detail = texture.map(|v| smoothstep(0.008, 0.03, v));
        let sky = look.sky.clone();
        let fine = maximum(&texture.map(|v| smoothstep(0.02, 0.05, v)), 2);
        let open_sky = sky.zip(&fine, |sky, fine| sky * (1.0 - fine));
        let open = sky.map(|sky| 1.0 - sky);
        let green = cb.zip(cr, |cb, cr| smoothstep(0.0, 0.06, -cb - cr.max(0.0) - 0.5 * cr));
        let plants = green.zip(&detail, |g, d| g * d).zip(&open, |p, open| p * open);
        let plants = guide.smooth(&plants, 1e-3);
        let (w, h) = (luma.width, luma.height);
        let low = Map::from_fn(w, h, |_, y| smoothstep(0.55, 0.75, y as f32 / h as f32));
        let grass = plants.zip(&low, |p, low| p * low);
        let foliage = plants.zip(&low, |p, low| p * (1.0 - low));
        let told = |found: Map, class: fn(&Seen) -> &Map| match &look.seen {
            Some(seen) => {
                let mixed = found.zip(class(seen), |found, seen| lerp(found, seen, TOLD));
                guide.smooth(&mixed, 1e-3)
            }
            None => found,
        };
        let (grass, foliage) = (told(grass, |s| &s.grass), told(foliage, |s| &s.foliage));
        let blue = cb.zip(cr, |cb, cr| smoothstep(0.0, 0.06, cb - cr));
        let below = Map::from_fn(w, h, |_, y| smoothstep(0.35, 0.55, y as f32 / h as f32));
        let water = blue.zip(&below, |b, below| b * below).zip(&open, |w, open| w * open);
        let water = guide.smooth(&water, 1e-3);
        let grey = cb.zip(cr, |cb, cr| smoothstep(0.08, 0.02, cb.abs().max(cr.abs())));
        let cloud = grey.zip(&sky, |grey, sky| grey * sky);
        let glow = luma.zip(&cr.zip(cb, |cr, cb| cr - cb), |y, warm| {
            smoothstep(0.75, 0.95, y) * smoothstep(0.02, 0.12, warm)
        });
        let flame = glow.zip(cr, |glow, cr| glow * smoothstep(0.05, 0.12, cr));
        let calm = detail.map(|d| 1.0 - d);
        let smoke = grey.zip(&calm, |grey, calm| grey * calm).zip(&open, |s, open| s * open);
        let smoke = smoke.zip(luma, |s, y| s * smoothstep(0.35, 0.6, y));
        // Every skin has the same hue: red over green over blue, in nearly fixed steps.
        let skin = cr.zip(cb, |cr, cb| {
            smoothstep(0.02, 0.06, cr) * smoothstep(0.2, 0.15, cr) * smoothstep(0.01, -0.04, cb)
        });
        Self { sky, cloud, open_sky, water, foliage, grass, glow, flame, smoke, skin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey picture says nothing by its colours.
    fn masks(seen: Option<Seen>) -> Masks {
        let none = Map::from_fn(32, 24, |_, _| 0.0);
        let picture = Thumbnail { width: 32, height: 24, rgb: vec![0.5; 3 * 32 * 24] };
        let look = Look {
            nearness: none.clone(),
            confidence: 0.0,
            sky: none.clone(),
            subject: none,
            subject_certainty: 0.0,
            seen,
        };
        Masks::of(&picture, &look)
    }

    #[test]
    fn what_the_network_knows_is_found_where_it_is() {
        let half = |right: bool| Map::from_fn(32, 24, |x, _| f32::from((x >= 16) == right));
        let (left, right, none) = (half(false), half(true), half(true).map(|_| 0.0));
        let seen = Seen {
            nearness: none.clone(),
            confidence: none.clone(),
            sky: none.clone(),
            cloud: none.clone(),
            water: none.clone(),
            foliage: right.clone(),
            grass: left,
            glow: none,
        };
        let told = masks(Some(seen));
        for (map, there, elsewhere) in [(told.grass, 4, 28), (told.foliage, 28, 4)] {
            assert!(map.at(there, 12) > 0.5 && map.at(elsewhere, 12) < 0.2);
        }
        let alone = masks(None);
        for map in [alone.grass, alone.foliage] {
            assert!(map.values.iter().all(|v| *v < 0.2));
        }
    }
}
