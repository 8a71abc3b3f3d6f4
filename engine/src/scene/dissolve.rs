// SPDX-License-Identifier: MIT OR Apache-2.0
//! How one picture becomes another while the camera moves through both.
//!
//! Not all at once: that would show two ghosts half the time. Where both show the same thing, the
//! one slowly takes on the light of the other. Where they differ, each place changes in its own
//! short moment, what is near in the new picture first: so things appear before what was there, and
//! their surroundings follow. And where one of them shows nothing, because its still ends there,
//! the other one is seen.

use super::{
    band::Band,
    glide::Shot,
    journey::Link,
    raster::Map,
    render::{Overlay, SeenPlaces},
    view::Rays,
};

/// Pixels from one place at which the mixture is worked out to the next, both ways.
const STEP: usize = 8;
/// Half the time that a place takes where only its light changes, and anywhere else; as shares of
/// the clip.
const RELIT: f64 = 0.42;
const OTHER: f64 = 0.13;
/// How much earlier the nearest things change than the farthest.
const SPREAD: f64 = 0.3;
/// Over which width a picture ends, in picture widths.
const FEATHER: f64 = 0.02;
/// A mixture as a whole number: all of the second picture.
const ALL: i32 = 1 << 12;

/// One of the two scenes, as this frame sees it.
struct Scene<'a> {
    rays: Rays,
    nearness: &'a Map,
}

/// Lays a frame of the second scene over one of the first.
pub(super) struct Dissolve<'a> {
    /// The first and the second.
    scenes: [Scene<'a>; 2],
    link: &'a Link,
    share: f64,
    size: [u32; 2],
    /// The planes of the frame of the second scene, packed.
    frame: Vec<Vec<u8>>,
}

/// Where in a still something is seen.
struct Seen {
    /// In shares of the sides.
    place: [f64; 2],
    nearness: f64,
    /// How far outside the still, in picture widths.
    outside: f64,
}

impl<'a> Dissolve<'a> {
    /// The mixture at `share` of the clip, 0..1, where both stills are seen like this.
    pub fn new(
        link: &'a Link,
        share: f64,
        shots: [&Shot; 2],
        nearness: [&'a Map; 2],
        size: [u32; 2],
        frame: Vec<Vec<u8>>,
    ) -> Self {
        let scene = |i: usize| Scene {
            rays: Rays::new(&shots[i].pose, f64::from(size[0]), shots[i].reach.overscan),
            nearness: nearness[i],
        };
        Self { scenes: [scene(0), scene(1)], link, share, size, frame }
    }

    /// How much of the second picture is seen at a place of the frame, 0..=[`ALL`].
    fn mixture(&self, x: usize, y: usize) -> i32 {
        let [first, second] = [0, 1].map(|i| self.seen(&self.scenes[i], x, y));
        let differs = f64::from(at(&self.link.differences, second.place));
        let early = SPREAD * (second.nearness - 0.5);
        let (middle, half) = if self.link.same_scene {
            let relit = self.link.relit * (1.0 - differs);
            (0.5 - differs * early, OTHER + (RELIT - OTHER) * relit)
        } else {
            (0.5 - early, OTHER)
        };
        let time = ((self.share - middle) / (2.0 * half) + 0.5).clamp(0.0, 1.0);
        let mixed = time * time * (3.0 - 2.0 * time);
        let mixed = if self.link.same_scene {
            let [one, two] = [first, second].map(|seen| (1.0 - seen.outside / FEATHER).max(0.0));
            // What the first does not show comes from the second, and the other way round.
            mixed * (two + (1.0 - two) * (1.0 - one)) + (1.0 - mixed) * two * (1.0 - one)
        } else {
            mixed
        };
        (mixed * f64::from(ALL) + 0.5) as i32
    }

    /// What of a still is seen at a place of the frame, nearly: the mixture is smooth.
    fn seen(&self, scene: &Scene<'_>, x: usize, y: usize) -> Seen {
        let [width, height] = self.size.map(f64::from);
        let middle = [width / 2.0, height / 2.0];
        let [from_x, from_y] = [x as f64 - middle[0], y as f64 - middle[1]];
        let (far, near) = scene.rays.line(from_x as f32, from_y as f32);
        let mut nearness = 0.4;
        let mut place = [0.0; 2];
        for _ in 0..3 {
            place = [0, 1].map(|i| {
                let pixel = f64::from(far[i]) + nearness * f64::from(near[i]) + middle[i];
                pixel / [width, height][i]
            });
            nearness = f64::from(at(scene.nearness, place));
        }
        let over = |i: usize| (-place[i]).max(place[i] - 1.0) * [width, height][i] / width;
        Seen { place, nearness, outside: over(0).max(over(1)).max(0.0) }
    }
}

/// The value of a map at a place in shares of its sides, the nearest one outside.
fn at(map: &Map, place: [f64; 2]) -> f32 {
    map.between([0, 1].map(|i| place[i] * [map.width, map.height][i] as f64 - 0.5))
}

impl Overlay for Dissolve<'_> {
    fn apply(&self, band: &mut Band<'_>, _seen: &SeenPlaces<'_>) {
        let columns = band.width.div_ceil(STEP) + 1;
        let rows = band.rows.div_ceil(STEP) + 1;
        let mixtures: Vec<i32> = (0..rows * columns)
            .map(|i| self.mixture(i % columns * STEP, band.first_row + i / columns * STEP))
            .collect();
        let mut across = vec![0; band.width];
        for strip in &mut band.strips {
            let target = strip.target;
            let bytes = target.layout.row_bytes();
            let first = band.first_row / target.subsampling;
            let other = self.frame[target.plane][first * bytes..].chunks(bytes);
            for (j, (row, other)) in strip.data.chunks_mut(strip.stride).zip(other).enumerate() {
                let y = j * target.subsampling;
                let upper = &mixtures[y / STEP * columns..];
                interpolate(upper, columns, y % STEP, &mut across);
                let mixtures = across.iter().step_by(target.subsampling);
                let channels = target.layout.channels;
                let pixels = row.chunks_exact_mut(channels).zip(other.chunks_exact(channels));
                for ((pixel, other), mixture) in pixels.zip(mixtures) {
                    for (sample, other) in pixel.iter_mut().zip(other) {
                        let (own, other) = (i32::from(*sample), i32::from(*other));
                        let mixed = own * ALL + (other - own) * mixture + ALL / 2;
                        *sample = (mixed / ALL) as u8;
                    }
                }
            }
        }
    }
}

/// Mixtures of one row of pixels, which lies `down` pixels below the first row of `upper`.
fn interpolate(upper: &[i32], columns: usize, down: usize, row: &mut [i32]) {
    const { assert!(STEP == 8) };
    let at = |column: usize| {
        let (above, below) = (upper[column], upper[column + columns]);
        above * 8 + (below - above) * down as i32
    };
    for (column, pixels) in row.chunks_mut(STEP).enumerate() {
        let (left, right) = (at(column), at(column + 1));
        for (i, pixel) in pixels.iter_mut().enumerate() {
            *pixel = (left * 8 + (right - left) * i as i32 + 32) >> 6;
        }
    }
}
