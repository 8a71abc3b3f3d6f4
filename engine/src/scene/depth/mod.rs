// SPDX-License-Identifier: MIT OR Apache-2.0
//! Depth from one picture, by classical cues and by a small network of our own.
//!
//! Sky, ground, focus, haze and a salient subject are found by simple means, weighed by how far
//! each can be trusted in this picture, mixed with what the network sees where it trusts itself,
//! and made smooth enough to warp by. The result is an order of things, not a measurement.

mod barrier;
pub(super) mod features;
mod finish;
mod fuse;
mod ground;
pub mod model;
mod network;
pub mod picture;
mod regions;
mod sky;
mod snap;
mod subject;

use features::Colours;
use fuse::Cues;
pub(super) use network::Seen;
use subject::Subject;

use super::{
    filter::{self, Guide, box_mean},
    raster::{self, Map, lerp},
};

/// A small RGB picture for analysis: f32 sRGB values 0..1, interleaved, `3 * width * height`.
#[derive(Debug, Clone, PartialEq)]
pub struct Thumbnail {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `3 * width * height` values, red, green, blue.
    pub rgb: Vec<f32>,
}

impl Thumbnail {
    /// Red, green and blue, each on its own.
    pub(super) fn planes(&self) -> [Map; 3] {
        let (width, height) = (self.width, self.height);
        let plane = |c| self.rgb.iter().skip(c).step_by(3).copied().collect();
        [0, 1, 2].map(|c| Map { width, height, values: plane(c) })
    }
}

/// Relative nearness of each pixel of a [`Thumbnail`].
#[derive(Debug, Clone, PartialEq)]
pub struct Depth {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `[height, width] f32 in 0..1`: inverse depth, 0 is infinitely far (sky), 1 is nearest.
    pub nearness: Vec<f32>,
    /// How far the estimate can be trusted, 0..1, over the whole picture.
    pub confidence: f32,
}

/// Nearness of the far end of what is not sky.
const FAR: f32 = 0.15;

/// Estimates depth. The same picture gives the same bits, on any number of cores.
///
/// Edges of depth lie on edges of the picture. Where little can be told the range is narrowed, so
/// that an error looks flat and not torn.
/// A picture with a side of zero, or with the wrong number of values, gives an empty depth.
pub fn estimate(picture: &Thumbnail) -> Depth {
    let Look { nearness, confidence, .. } = look(picture);
    let Map { width, height, values } = nearness;
    Depth { width, height, nearness: values, confidence }
}

/// What is seen in a picture.
pub(super) struct Look {
    /// As [`Depth::nearness`].
    pub nearness: Map,
    /// As [`Depth::confidence`].
    pub confidence: f32,
    /// Probability of sky.
    pub sky: Map,
    /// Probability of the subject, and how clearly it stands out, 0..1.
    pub subject: Map,
    pub subject_certainty: f32,
    /// What the network sees.
    pub seen: Option<Seen>,
}

/// [`estimate`], with what was found on the way.
pub(super) fn look(picture: &Thumbnail) -> Look {
    let Some(picture) = cleaned(picture) else {
        let none = Map { width: 0, height: 0, values: Vec::new() };
        return Look {
            nearness: none.clone(),
            confidence: 0.0,
            sky: none.clone(),
            subject: none,
            subject_certainty: 0.0,
            seen: None,
        };
    };
    let colours = Colours::of(&picture);
    let guides = Guides::new(&colours.luma);
    let cues = cues(&picture, &colours, &guides);
    let fused = fuse::fuse(&cues, &guides.wide);
    let smooth = guides.fine.smooth(&fused.nearness, 1e-3);
    let sky = &cues.sky.probability;
    let ranged = finish::normalise(&smooth, sky, FAR);
    let capped = finish::compress(&ranged, lerp(0.3, 1.0, fused.confidence));
    let capped = capped.zip(sky, |v, sky| v * (1.0 - sky));
    // After the sky: the network may know better what stands before it.
    let seen = network::see(&picture);
    let mixed = match &seen {
        Some(seen) => {
            let both = sky.zip(&seen.sky, |one, other| one * other);
            fuse::mix(&capped, seen, &cues.subject, &guides.wide)
                .zip(&both, |v, sky| v * (1.0 - sky))
        }
        None => capped,
    };
    let nearness = snap::snap(&mixed, &colours).map(|v| v.clamp(0.0, 1.0));
    let Subject { probability: subject, certainty: subject_certainty } = cues.subject;
    let (confidence, sky) = (fused.confidence, cues.sky.probability);
    Look { nearness, confidence, sky, subject, subject_certainty, seen }
}

/// A depth from elsewhere, at the size of `picture`, with its cliffs on the picture's edges.
pub(super) fn sharpened(depth: Depth, picture: &Thumbnail) -> Map {
    let Depth { width, height, nearness, .. } = depth;
    let given = Map { width, height, values: nearness };
    let nearness = given.resized(picture.width, picture.height);
    snap::snap(&nearness, &Colours::of(picture))
}

/// A copy with all values in 0..1, or nothing if the picture is not one.
fn cleaned(picture: &Thumbnail) -> Option<Thumbnail> {
    let Thumbnail { width, height, rgb } = picture;
    let values = width.checked_mul(*height)?.checked_mul(3)?;
    if values == 0 || values != rgb.len() {
        return None;
    }
    let clean = |&v: &f32| if v.is_nan() { 0.0 } else { v.clamp(0.0, 1.0) };
    Some(Thumbnail { width: *width, height: *height, rgb: rgb.iter().map(clean).collect() })
}

/// Brightness as a guide, for windows of three sizes.
struct Guides {
    fine: Guide,
    middle: Guide,
    wide: Guide,
}

impl Guides {
    fn new(luma: &Map) -> Self {
        let guide = |part: usize| Guide::new(luma, (luma.long_side() / part).max(1));
        Self { fine: guide(96), middle: guide(48), wide: guide(32) }
    }
}

fn cues(picture: &Thumbnail, colours: &Colours, guides: &Guides) -> Cues {
    let luma = &colours.luma;
    let long = luma.long_side();
    let texture = features::texture(luma);
    let sky = sky::sky(picture, colours, &texture, &guides.fine);
    let soft = colours.each(|m| box_mean(m, (long / 128).max(1)));
    let half = soft.each(Map::half);
    let barriers = barrier::barriers(&half).resized(luma.width, luma.height);
    let regions = regions::regions(&colours.each(|m| box_mean(m, 1)), 3.0, (long / 3) as u32);
    let even = luma.map(|_| 1.0);
    let whole = |map: Map| map.zip(&regions.means(&map, &even), |own, mean| lerp(own, mean, 0.6));
    let focus = whole(features::focus(luma, &guides.wide));
    let band = features::focus_band(&focus);
    let blur = features::shallow_focus(&focus, &sky.probability) * (1.0 - band);
    let light = whole(features::light(colours));
    let ground = ground::ground(colours, &guides.middle, &barriers, &regions, &sky);
    let subject = subject::subject(&guides.middle, &barriers, &regions, &sky, &focus, blur);
    let clearness = features::clearness(picture, &guides.wide);
    Cues { sky, ground, subject, focus, clearness, light, band, blur, detail: texture.mean() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: usize, height: usize, f: impl Fn(usize, usize) -> [f32; 3]) -> Thumbnail {
        let rgb = (0..width * height).flat_map(|i| f(i % width, i / width)).collect();
        Thumbnail { width, height, rgb }
    }

    /// Finite, in range, and of the right size.
    fn assert_sound(depth: &Depth, picture: &Thumbnail) {
        let (w, h) = (picture.width, picture.height);
        assert_eq!((depth.width, depth.height, depth.nearness.len()), (w, h, w * h));
        assert!(depth.nearness.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!((0.0..=1.0).contains(&depth.confidence));
    }

    #[test]
    fn pictures_without_content_are_sound_and_not_trusted() {
        let flat: [(&str, [f32; 3]); 4] = [
            ("black", [0.0; 3]),
            ("white", [1.0; 3]),
            ("grey", [0.5; 3]),
            ("red", [1.0, 0.0, 0.0]),
        ];
        for (name, colour) in flat {
            let picture = picture(96, 64, |_, _| colour);
            let depth = estimate(&picture);
            assert_sound(&depth, &picture);
            assert!(depth.confidence < 0.1, "{name} is trusted: {}", depth.confidence);
        }
    }

    #[test]
    fn patterns_and_odd_shapes_are_sound() {
        for (w, h) in [(16, 16), (384, 16), (16, 384), (1, 1), (1, 40), (37, 2)] {
            for picture in [
                picture(w, h, |x, y| [((x / 4 + y / 4) % 2) as f32; 3]),
                picture(w, h, |x, _| [x as f32 / w as f32; 3]),
                picture(w, h, |_, y| [0.2, y as f32 / h as f32, 0.9]),
                picture(w, h, |x, y| [((x * 7919 + y * 104729) % 256) as f32 / 255.0; 3]),
            ] {
                assert_sound(&estimate(&picture), &picture);
            }
        }
    }

    #[test]
    fn what_is_no_picture_gives_an_empty_depth() {
        for (width, height, values) in [(0, 4, 0), (4, 0, 0), (2, 2, 11), (usize::MAX, 2, 6)] {
            let depth = estimate(&Thumbnail { width, height, rgb: vec![0.5; values] });
            assert_eq!((depth.width, depth.height, depth.nearness.len()), (0, 0, 0));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_picture_gives_a_sound_depth_and_the_same_one_again(
            width in 1_usize..64,
            height in 1_usize..64,
            seed in any::<u64>(),
            coarse in 1_usize..9,
        ) {
            let mut picture = picture(width, height, |x, y| {
                let cell = (x / coarse) as u64 * 7919 + (y / coarse) as u64 * 104729;
                let mixed = (cell ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                [0, 16, 32].map(|shift| ((mixed >> shift) & 0xFF) as f32 / 255.0)
            });
            assert_sound(&estimate(&picture), &picture);
            prop_assert_eq!(estimate(&picture), estimate(&picture));
            let at = seed as usize % picture.rgb.len();
            picture.rgb[at] = [f32::NAN, f32::INFINITY, -3.0, 1e30][seed as usize % 4];
            assert_sound(&estimate(&picture), &picture);
        }
    }
}
