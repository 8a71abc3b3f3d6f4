// SPDX-License-Identifier: MIT OR Apache-2.0
//! What our own small network sees in a picture.
//!
//! It takes `[1, 5, H, W]` f32: red, green and blue in 0..1, and the place of each pixel, x and y in
//! -1..1. Sides are multiples of 32. It gives `[1, 8, H/2, W/2]`: nearness of an unknown scale and
//! shift, the logarithm of its expected error, and the logits of six classes. The picture is shown
//! to it twice, once mirrored: what is seen only one way around is not to be trusted.

use std::sync::LazyLock;

use super::{
    super::raster::{Map, quantile},
    Thumbnail,
};
use crate::{
    file::FileName,
    onnx::{Network, OnnxError, Tensor},
};

/// The long side of what the network is shown, in pixels.
const LONG_SIDE: usize = 256;
/// Its sides are multiples of this.
const STEP: usize = 32;
/// Maps that it gives.
const HEADS: usize = 8;
/// The expected error, as a share of the range of nearness, that leaves half of the confidence.
const DOUBT: f32 = 0.15;

static WEIGHTS: &[u8] = include_bytes!("network/weights.onnx");

/// Loaded when it is first needed, once in a process.
static NETWORK: LazyLock<Result<Network, OnnxError>> =
    LazyLock::new(|| Network::load(WEIGHTS.to_vec(), FileName::from("the built-in network")));

/// What the network sees, each map of the size of the picture.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::scene) struct Seen {
    /// Inverse depth: 0 is the 2nd percentile of it, 1 the 98th.
    pub nearness: Map,
    /// How far `nearness` can be trusted, 0..1.
    pub confidence: Map,
    /// Probability of sky.
    pub sky: Map,
    /// Probability of clouds.
    pub cloud: Map,
    /// Probability of water.
    pub water: Map,
    /// Probability of trees and bushes.
    pub foliage: Map,
    /// Probability of grass.
    pub grass: Map,
    /// Probability of what shines: flames, lamps, neon, the sun.
    pub glow: Map,
}

/// Shows the network a picture. The same picture gives the same bits. There is nothing to see in a
/// picture of no pixels, and where the runtime cannot run the network, which a test rules out.
pub(in crate::scene) fn see(picture: &Thumbnail) -> Option<Seen> {
    let network = NETWORK.as_ref().ok()?;
    let picture = super::cleaned(picture)?;
    let (width, height) = sides(picture.width, picture.height);
    let colours = picture.planes().map(|plane| plane.resized(width, height));
    let plain = Look::at(network, &colours)?;
    let mirrored = Look::at(network, &colours.each_ref().map(Map::mirrored))?.mirrored();
    let whole = |map: Map| map.resized(picture.width, picture.height).map(|v| v.clamp(0.0, 1.0));
    let mean = |a: &Map, b: &Map| a.zip(b, |a, b| (a + b) / 2.0);
    let apart = plain.nearness.zip(&mirrored.nearness, |a, b| (a - b).abs());
    let error = mean(&plain.error, &mirrored.error).zip(&apart, |expected, apart| expected + apart);
    let [sky, cloud, water, foliage, grass, glow] =
        std::array::from_fn(|class| whole(mean(&plain.classes[class], &mirrored.classes[class])));
    Some(Seen {
        nearness: whole(mean(&plain.nearness, &mirrored.nearness)),
        confidence: whole(error.map(|error| DOUBT / (DOUBT + error))),
        sky,
        cloud,
        water,
        foliage,
        grass,
        glow,
    })
}

/// The size at which a picture is shown to the network.
fn sides(width: usize, height: usize) -> (usize, usize) {
    let long = width.max(height);
    let side = |side: usize| {
        let exact = (side * LONG_SIDE) as f32 / long as f32;
        ((exact / STEP as f32).round() as usize).max(1) * STEP
    };
    (side(width), side(height))
}

/// What the network gives for one way around.
struct Look {
    /// 0 is the 2nd percentile, 1 the 98th.
    nearness: Map,
    /// Its expected error.
    error: Map,
    /// Probabilities.
    classes: [Map; HEADS - 2],
}

impl Look {
    fn at(network: &Network, colours: &[Map; 3]) -> Option<Self> {
        let (width, height) = (colours[0].width, colours[0].height);
        let place = |at: usize, of: usize| (2 * at + 1) as f32 / of as f32 - 1.0;
        let across = Map::from_fn(width, height, |x, _| place(x, width));
        let down = Map::from_fn(width, height, |_, y| place(y, height));
        let planes = colours.iter().chain([&across, &down]);
        let values: Vec<f32> = planes.flat_map(|plane| &plane.values).copied().collect();
        let out = network.run(Tensor { shape: vec![1, 5, height, width], values }).ok()?;
        let [1, HEADS, height, width] = *out.shape else { return None };
        let mut heads = out.values.chunks_exact(height * width);
        let mut next = || Some(Map { width, height, values: heads.next()?.to_vec() });
        let (nearness, log_error) = (next()?, next()?);
        let classes = [next()?, next()?, next()?, next()?, next()?, next()?];
        let low = quantile(nearness.values.clone(), 0.02);
        let range = (quantile(nearness.values.clone(), 0.98) - low).max(1e-6);
        Some(Self {
            nearness: nearness.map(|v| (v - low) / range),
            error: log_error.map(|log| log.exp() / range),
            classes: classes.map(|logits| logits.map(|v| 1.0 / (1.0 + (-v).exp()))),
        })
    }

    fn mirrored(&self) -> Self {
        Self {
            nearness: self.nearness.mirrored(),
            error: self.error.mirrored(),
            classes: self.classes.each_ref().map(Map::mirrored),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: usize, height: usize, seed: usize) -> Thumbnail {
        let value = |i: usize| ((i + seed) * 7919 % 256) as f32 / 255.0;
        Thumbnail { width, height, rgb: (0..3 * width * height).map(value).collect() }
    }

    fn maps(seen: &Seen) -> [&Map; HEADS] {
        let Seen { nearness, confidence, sky, cloud, water, foliage, grass, glow } = seen;
        [nearness, confidence, sky, cloud, water, foliage, grass, glow]
    }

    #[test]
    fn the_built_in_network_loads_and_has_the_agreed_ports() {
        let network = NETWORK.as_ref().unwrap();
        assert_eq!(network.input().axes, [Some(1), Some(5), None, None]);
        assert!(WEIGHTS.len() <= 4 << 20, "{} bytes", WEIGHTS.len());
    }

    #[test]
    fn the_same_picture_gives_the_same_bits_on_any_number_of_threads() {
        let picture = picture(96, 64, 0);
        let alone = see(&picture).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let others = pool.broadcast(|_| see(&picture).unwrap());
        assert!(others.iter().all(|other| *other == alone));
    }

    #[test]
    fn a_mirrored_picture_is_seen_mirrored() {
        let picture = picture(64, 32, 5);
        let turned: Vec<f32> = picture
            .rgb
            .chunks(3 * picture.width)
            .flat_map(|row| row.chunks(3).rev().flatten())
            .copied()
            .collect();
        let turned = see(&Thumbnail { rgb: turned, ..picture }).unwrap();
        let plain = see(&picture).unwrap();
        for (a, b) in maps(&plain).into_iter().zip(maps(&turned)) {
            let apart = a.zip(&b.mirrored(), |a, b| (a - b).abs());
            assert!(apart.values.iter().all(|v| *v < 1e-3), "{:?}", quantile(apart.values, 1.0));
        }
    }

    #[test]
    fn a_picture_is_shown_at_about_its_proportions() {
        assert_eq!(sides(384, 216), (LONG_SIDE, 160));
        assert_eq!(sides(216, 384), (160, LONG_SIDE));
        assert_eq!(sides(100, 100), (LONG_SIDE, LONG_SIDE));
        assert_eq!(sides(384, 1), (LONG_SIDE, 32));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn any_picture_gives_maps_of_its_size_in_range(
            width in 1_usize..400,
            height in 1_usize..40,
            flat: bool,
            seed in 0_usize..1000,
        ) {
            let mut picture = picture(width, height, seed);
            if flat {
                picture.rgb.fill(0.5);
            }
            picture.rgb[seed % (3 * width * height)] = f32::NAN;
            for map in maps(&see(&picture).unwrap()) {
                prop_assert_eq!((map.width, map.height, map.values.len()), (width, height, width * height));
                prop_assert!(map.values.iter().all(|v| (0.0..=1.0).contains(v)));
            }
        }
    }

    #[test]
    fn there_is_nothing_to_see_in_no_picture() {
        for (width, height, values) in [(0, 4, 0), (2, 2, 11), (usize::MAX, 2, 6)] {
            assert!(see(&Thumbnail { width, height, rgb: vec![0.5; values] }).is_none());
        }
    }
}
