// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lanczos scaling of one plane.
//!
//! Each row is made on its own: first the rows of the source are mixed into one row, then its
//! columns. So nothing but one row is in memory besides the result, and rows go to all cores.

use std::f64::consts::PI;

use rayon::prelude::*;

use crate::image::{Plane, PlaneLayout};

/// Lobes of the Lanczos window on each side.
const LOBES: f64 = 3.0;

/// A part of a plane in samples; its edges need not lie on whole ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// Scales `part` of `plane` to fill `to`. With `alpha` the fourth channel is one: colours are
/// premultiplied while they are mixed, or the colour of what is transparent would bleed.
///
/// Returns `to.height * to.row_bytes()` bytes.
pub(super) fn resample(plane: &Plane, part: Part, to: PlaneLayout, alpha: bool) -> Vec<u8> {
    match (plane.channels, alpha) {
        (1, _) => scale::<1>(plane, part, to, mix, store),
        (2, _) => scale::<2>(plane, part, to, mix, store),
        (3, _) => scale::<3>(plane, part, to, mix, store),
        (_, false) => scale::<4>(plane, part, to, mix, store),
        (_, true) => scale::<4>(plane, part, to, mix_premultiplied, store_premultiplied),
    }
}

/// The source samples that make one sample of the result.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

impl Taps {
    fn end(&self) -> usize {
        self.first + self.weights.len()
    }
}

fn lanczos(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        return 1.0;
    }
    if x.abs() >= LOBES {
        return 0.0;
    }
    let t = PI * x;
    LOBES * t.sin() * (t / LOBES).sin() / (t * t)
}

/// The taps along one side: `length` of `samples` source samples from `start` on become `count`.
fn taps(samples: usize, start: f64, length: f64, count: usize) -> Vec<Taps> {
    let step = length / count as f64;
    // Wider when it shrinks, so that no source sample is left out.
    let scale = step.max(1.0);
    let tap = |i: usize| {
        let centre = start + (i as f64 + 0.5) * step;
        let first = ((centre - LOBES * scale).max(0.0) as usize).min(samples - 1);
        let end = ((centre + LOBES * scale).ceil() as usize).clamp(first + 1, samples);
        let weight = |sample: usize| lanczos((sample as f64 + 0.5 - centre) / scale);
        let sum: f64 = (first..end).map(weight).sum();
        Taps { first, weights: (first..end).map(|s| (weight(s) / sum) as f32).collect() }
    };
    (0..count).map(tap).collect()
}

/// Mixes rows: adds `weight` times a row of the source.
type Mix = fn(&mut [f32], &[u8], f32);
/// Writes one sample.
type Store<const N: usize> = fn(&mut [u8], [f32; N]);

fn scale<const N: usize>(
    plane: &Plane,
    part: Part,
    to: PlaneLayout,
    mix: Mix,
    store: Store<N>,
) -> Vec<u8> {
    let columns = taps(plane.width, part.left, part.width, to.width);
    let rows = taps(plane.height, part.top, part.height, to.height);
    let used = match (columns.first(), columns.last()) {
        (Some(first), Some(last)) => first.first * N..last.end() * N,
        _ => return Vec::new(),
    };
    let mut out = vec![0; to.row_bytes() * to.height];
    let lines = out.par_chunks_exact_mut(to.row_bytes()).zip(&rows);
    lines.for_each_init(
        || vec![0.0; used.len()],
        |mixed, (line, row)| {
            mixed.fill(0.0);
            for (y, weight) in (row.first..).zip(&row.weights) {
                let start = y * plane.width * N;
                mix(mixed, &plane.data[start + used.start..start + used.end], *weight);
            }
            for (sample, column) in line.chunks_exact_mut(N).zip(&columns) {
                let start = column.first * N - used.start;
                let samples = mixed[start..].chunks_exact(N);
                let mut sum = [0.0; N];
                for (sample, weight) in samples.zip(&column.weights) {
                    for c in 0..N {
                        sum[c] += sample[c] * weight;
                    }
                }
                store(sample, sum);
            }
        },
    );
    out
}

fn mix(mixed: &mut [f32], row: &[u8], weight: f32) {
    for (sum, value) in mixed.iter_mut().zip(row) {
        *sum += f32::from(*value) * weight;
    }
}

fn mix_premultiplied(mixed: &mut [f32], row: &[u8], weight: f32) {
    for (sum, pixel) in mixed.chunks_exact_mut(4).zip(row.chunks_exact(4)) {
        let alpha = f32::from(pixel[3]) * weight;
        for c in 0..3 {
            sum[c] += f32::from(pixel[c]) * alpha;
        }
        sum[3] += alpha;
    }
}

/// The cast clamps what the lobes shoot over.
fn round(value: f32) -> u8 {
    (value + 0.5) as u8
}

fn store<const N: usize>(sample: &mut [u8], sum: [f32; N]) {
    for (value, sum) in sample.iter_mut().zip(sum) {
        *value = round(sum);
    }
}

fn store_premultiplied(pixel: &mut [u8], sum: [f32; 4]) {
    let alpha = round(sum[3]);
    let colour = |sum_of_colour: f32| if alpha == 0 { 0 } else { round(sum_of_colour / sum[3]) };
    pixel.copy_from_slice(&[colour(sum[0]), colour(sum[1]), colour(sum[2]), alpha]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_size_gives_the_same_samples() {
        let data: Vec<u8> = (0..=255).collect();
        let plane = Plane { width: 8, height: 8, channels: 4, data: data.clone() };
        let part = Part { left: 0.0, top: 0.0, width: 8.0, height: 8.0 };
        let to = PlaneLayout { width: 8, height: 8, channels: 4 };
        assert_eq!(resample(&plane, part, to, false), data);
    }

    #[test]
    fn a_ramp_stays_a_ramp_under_a_fractional_part() {
        let data: Vec<u8> = (0..100).map(|x| x * 2).collect();
        let plane = Plane { width: 100, height: 1, channels: 1, data };
        let part = Part { left: 20.25, top: 0.0, width: 40.0, height: 1.0 };
        let to = PlaneLayout { width: 160, height: 1, channels: 1 };
        for (x, got) in resample(&plane, part, to, false).into_iter().enumerate() {
            let want = 2.0 * (20.25 + (x as f64 + 0.5) / 4.0 - 0.5);
            assert!((f64::from(got) - want).abs() < 1.5, "{x}: {got}, not {want}");
        }
    }

    #[test]
    fn shrinking_leaves_no_sample_out() {
        let data: Vec<u8> = (0..64).map(|x| if x % 2 == 0 { 0 } else { 200 }).collect();
        let plane = Plane { width: 64, height: 1, channels: 1, data };
        let part = Part { left: 0.0, top: 0.0, width: 64.0, height: 1.0 };
        let to = PlaneLayout { width: 4, height: 1, channels: 1 };
        for got in resample(&plane, part, to, false) {
            assert!((90..=110).contains(&got), "{got}");
        }
    }
}
