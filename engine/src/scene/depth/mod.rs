// SPDX-License-Identifier: MIT OR Apache-2.0
//! Depth from one picture by classical cues.
//!
//! No weights are needed: sky, ground, focus, haze and a salient subject are found by simple
//! means, weighed by how far each can be trusted in this picture, and made smooth enough to warp
//! by. The result is an order of things, not a measurement.

mod barrier;
mod features;
mod filter;
mod finish;
mod fuse;
mod ground;
mod map;
mod regions;
mod sky;
mod subject;

use features::Colours;
use filter::{box_mean, guided};
pub use finish::limit_gradient;
use fuse::Cues;
use map::{Map, lerp};

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

/// The largest step of nearness from a pixel to the next, across or down, for a picture of
/// 384 pixels on its long side. The bound of a smaller picture is larger in proportion.
pub const MAX_GRADIENT: f32 = 0.06;

/// Nearness of the far end of what is not sky.
const FAR: f32 = 0.15;

/// Estimates depth. The same picture gives the same bits, on any number of cores.
///
/// The step between neighbours is at most [`MAX_GRADIENT`], scaled to the size of the picture.
pub fn estimate(picture: &Thumbnail) -> Depth {
    let Thumbnail { width, height, .. } = *picture;
    let colours = Colours::of(picture);
    let cues = cues(picture, &colours);
    let fused = fuse::fuse(&cues);
    let long = width.max(height);
    let luma = &colours.luma;
    let smooth = guided(luma, &fused.nearness, (long / 64).max(1), 1e-3);
    let smooth = guided(luma, &smooth, (long / 32).max(1), 4e-3);
    let sky = &cues.sky.probability;
    let ranged = finish::normalise(&smooth, sky, FAR);
    let capped = finish::compress(&ranged, lerp(0.3, 1.0, fused.confidence));
    let capped = capped.zip(sky, |v, sky| v * (1.0 - sky));
    let mut out = finish::fatten(&capped, (long / 256).max(1));
    let step = MAX_GRADIENT * 384.0 / long.max(1) as f32;
    limit_gradient(&mut out.values, width, height, step);
    // A mean of values whose steps are bounded has bounded steps.
    let nearness = box_mean(&out, 1).values.iter().map(|v| v.clamp(0.0, 1.0)).collect();
    Depth { width, height, nearness, confidence: fused.confidence }
}

fn cues(picture: &Thumbnail, colours: &Colours) -> Cues {
    let luma = &colours.luma;
    let long = luma.long_side();
    let texture = features::texture(luma);
    let sky = sky::sky(picture, colours, &texture);
    let soft = colours.each(|m| box_mean(m, (long / 128).max(1)));
    let half = soft.each(Map::halved);
    let barriers = barrier::barriers(&half).resized(luma.width, luma.height);
    let regions = regions::regions(&colours.each(|m| box_mean(m, 1)), 3.0, (long / 3) as u32);
    let focus = features::focus(luma);
    let ground = ground::ground(luma, &barriers, &regions, &sky);
    let subject = subject::subject(luma, &barriers, &regions, &sky, &focus);
    let clearness = features::clearness(picture, luma);
    Cues { sky, ground, subject, focus, clearness }
}
