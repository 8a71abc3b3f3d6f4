// SPDX-License-Identifier: MIT OR Apache-2.0
//! Multiplies and adds: light on the samples of a band.
//!
//! All in 16 bits, of which processors work on many at a time. Samples lie 7 bits up, so that the
//! upper half of a product with a gain has 4 fraction bits; those are not rounded but dithered
//! (ordered, Bayer 1973), or smooth light would show steps. Where light changes nothing, no byte
//! changes.

use std::ops::Range;

use super::{
    STEP,
    tint::{Coding, Coefficients, KINDS, OFFSET_BITS},
};
use crate::scene::band::{Band, Strip};

/// Fraction bits of a sample before it is dithered.
const FINE_BITS: u32 = 4;
/// What is added to a sample for that: each of the sixteen once.
const DITHER: [[i16; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];

/// The coefficients at the places of a band where light is worked out.
pub(super) struct Grid {
    /// Each kind by itself, row by row.
    nodes: [Vec<i16>; KINDS],
    /// Places in a row.
    columns: usize,
    /// For each row of cells those between the first and the last in which something changes.
    lit: Vec<Range<usize>>,
}

/// Room for one row.
struct Rows {
    /// Coefficients for each sample of the row at hand, by kind.
    now: [Vec<i16>; KINDS],
    /// How much they change from one row to the next.
    step: [Vec<i16>; KINDS],
    /// [`DITHER`], repeated.
    dither: [Vec<i16>; 4],
    /// Samples, each channel by itself.
    samples: [Vec<i16>; 3],
    /// Luma of each sample.
    luma: Vec<i16>,
}

impl Rows {
    fn new(width: usize) -> Self {
        let row = || vec![0; width];
        Self {
            now: std::array::from_fn(|_| row()),
            step: std::array::from_fn(|_| row()),
            dither: DITHER.map(|four| four.into_iter().cycle().take(width).collect()),
            samples: std::array::from_fn(|_| row()),
            luma: row(),
        }
    }
}

impl Grid {
    /// The places row by row, `columns` in a row; `nothing` is what changes nothing.
    pub fn new(nodes: &[Coefficients], columns: usize, nothing: Coefficients) -> Self {
        let rows: Vec<&[Coefficients]> = nodes.chunks_exact(columns).collect();
        let lit = rows.windows(2).map(|pair| {
            let changes = |i: &usize| [pair[0][*i], pair[1][*i]].iter().any(|c| *c != nothing);
            let first = (0..columns).find(changes);
            let last = (0..columns).rev().find(changes);
            // A place reaches into the cells on both sides of it.
            match (first, last) {
                (Some(first), Some(last)) => first.saturating_sub(1)..(last + 1).min(columns - 1),
                _ => 0..0,
            }
        });
        let lit = lit.collect();
        let nodes = std::array::from_fn(|kind| nodes.iter().map(|node| node[kind]).collect());
        Self { nodes, columns, lit }
    }

    /// Changes the samples of `band`.
    pub fn paint(&self, band: &mut Band<'_>, coding: Coding) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { self.paint_avx2(band, coding) };
        }
        self.paint_with(band, coding);
    }

    /// The same code compiled to wider vectors.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn paint_avx2(&self, band: &mut Band<'_>, coding: Coding) {
        self.paint_with(band, coding);
    }

    #[inline(always)]
    fn paint_with(&self, band: &mut Band<'_>, coding: Coding) {
        let mut rows = Rows::new(self.columns * STEP);
        let Some((first, chroma)) = band.strips.split_first_mut() else { return };
        if !coding.is_yuv() {
            return self.paint_rgb(first, coding, &mut rows);
        }
        // Chroma first: it needs luma as it was.
        for strip in chroma {
            self.paint_chroma(strip, first, coding, &mut rows);
        }
        self.paint_luma(first, coding, &mut rows);
    }

    /// Makes `rows` hold the coefficients `kinds` for row `y` of the band, where samples lie
    /// `subsampling` pixels apart, and gives the samples that change. To be called for one row
    /// after the other.
    #[inline(always)]
    fn advance(
        &self,
        y: usize,
        subsampling: usize,
        kinds: Range<usize>,
        rows: &mut Rows,
    ) -> Range<usize> {
        let cells = self.lit[y / STEP].clone();
        if cells.is_empty() {
            return 0..0;
        }
        let samples = STEP / subsampling;
        let lit = cells.start * samples..cells.end * samples;
        for kind in kinds {
            let (now, step) = (&mut rows.now[kind], &mut rows.step[kind]);
            if !y.is_multiple_of(STEP) {
                for (now, step) in now[lit.clone()].iter_mut().zip(&step[lit.clone()]) {
                    *now = now.wrapping_add(*step);
                }
                continue;
            }
            let (upper, lower) = self.nodes[kind][y / STEP * self.columns..].split_at(self.columns);
            match subsampling {
                1 => {
                    widen::<STEP>(upper, cells.clone(), now);
                    widen::<STEP>(lower, cells.clone(), step);
                }
                _ => {
                    widen::<{ STEP / 2 }>(upper, cells.clone(), now);
                    widen::<{ STEP / 2 }>(lower, cells.clone(), step);
                }
            }
            for (step, now) in step[lit.clone()].iter_mut().zip(&now[lit.clone()]) {
                *step = share(*now, *step, samples);
            }
        }
        lit
    }

    #[inline(always)]
    fn paint_luma(&self, strip: &mut Strip<'_>, coding: Coding, rows: &mut Rows) {
        let width = strip.target.layout.width;
        let [range, _, black] = coding.steps().map(|v| v as i16);
        for (y, row) in strip.data.chunks_mut(strip.stride).enumerate() {
            let lit = self.advance(y, 1, 0..2, rows);
            let lit = lit.start..lit.end.min(width);
            let [gain, offset] = [0, 1].map(|kind| &rows.now[kind][lit.clone()]);
            let by = gain.iter().zip(offset).zip(&rows.dither[y % 4]);
            for (sample, ((gain, offset), dither)) in row[lit].iter_mut().zip(by) {
                let fine = times(i16::from(*sample), *gain).wrapping_add(fine(*offset, *dither));
                *sample = (fine >> FINE_BITS).clamp(black, black + range) as u8;
            }
        }
    }

    #[inline(always)]
    fn paint_chroma(
        &self,
        strip: &mut Strip<'_>,
        luma: &Strip<'_>,
        coding: Coding,
        rows: &mut Rows,
    ) {
        let layout = strip.target.layout;
        let half = ((coding.steps()[1] / 2.0) as i16).min(127);
        let luma_rows = luma.data.chunks(2 * luma.stride);
        for ((j, row), luma) in strip.data.chunks_mut(strip.stride).enumerate().zip(luma_rows) {
            let lit = self.advance(2 * j, 2, 2..KINDS, rows);
            let lit = lit.start..lit.end.min(layout.width);
            let luma = luma[..luma.len().min(layout.width * 2)].chunks(2);
            for (to, pair) in rows.luma.iter_mut().zip(luma) {
                *to = i16::from(pair[0]);
            }
            let row = &mut row[lit.start * layout.channels..lit.end * layout.channels];
            for channel in 0..layout.channels {
                let second = channel + strip.target.plane - 1;
                let samples = &mut rows.samples[0][..lit.len()];
                take(row, layout.channels, channel, samples);
                samples.iter_mut().for_each(|sample| *sample = sample.wrapping_sub(128));
                let by = [2, 3 + second, 5 + second].map(|kind| &rows.now[kind][lit.clone()]);
                let dither = &rows.dither[j % 4];
                blend(samples, &rows.luma[lit.clone()], by, dither, [-half, half]);
                samples.iter_mut().for_each(|sample| *sample = sample.wrapping_add(128));
                give(samples, layout.channels, channel, row);
            }
        }
    }

    #[inline(always)]
    fn paint_rgb(&self, strip: &mut Strip<'_>, coding: Coding, rows: &mut Rows) {
        let layout = strip.target.layout;
        let at = coding.channels();
        for (y, row) in strip.data.chunks_mut(strip.stride).enumerate() {
            let lit = self.advance(y, 1, 0..KINDS, rows);
            let lit = lit.start..lit.end.min(layout.width);
            let row = &mut row[lit.start * layout.channels..lit.end * layout.channels];
            for (samples, channel) in rows.samples.iter_mut().zip(at) {
                take(row, layout.channels, channel, &mut samples[..lit.len()]);
            }
            let [red, green, blue] = &rows.samples;
            let colours = red.iter().zip(green).zip(blue);
            for (luma, ((r, g), b)) in rows.luma[..lit.len()].iter_mut().zip(colours) {
                // ITU-R BT.601 in 7 bits: 16 hold the sum.
                let sum = r.wrapping_mul(38).wrapping_add(g.wrapping_mul(75));
                *luma = sum.wrapping_add(b.wrapping_mul(15)) >> 7;
            }
            for (k, channel) in at.into_iter().enumerate() {
                let samples = &mut rows.samples[k][..lit.len()];
                let by = [0, 1 + k, 4 + k].map(|kind| &rows.now[kind][lit.clone()]);
                blend(samples, &rows.luma[..lit.len()], by, &rows.dither[y % 4], [0, 255]);
                give(samples, layout.channels, channel, row);
            }
        }
    }
}

/// An `n`th of the way from `a` to `b`, `n` being a power of two.
#[inline(always)]
fn share(a: i16, b: i16, n: usize) -> i16 {
    let way = i32::from(b).wrapping_sub(i32::from(a)).wrapping_add(n as i32 / 2);
    (way >> n.trailing_zeros()) as i16
}

/// An offset with [`FINE_BITS`], dithered.
#[inline(always)]
fn fine(offset: i16, dither: i16) -> i16 {
    (offset >> (OFFSET_BITS - FINE_BITS)).wrapping_add(dither)
}

/// Straight lines between the places at both ends of `cells`, `N` samples in each.
#[inline(always)]
fn widen<const N: usize>(nodes: &[i16], cells: Range<usize>, wide: &mut [i16]) {
    let ends = nodes[cells.start..].iter().zip(&nodes[cells.start + 1..]);
    let cells = wide[cells.start * N..cells.end * N].chunks_exact_mut(N);
    for (cell, (a, b)) in cells.zip(ends) {
        let step = share(*a, *b, N);
        for (i, value) in cell.iter_mut().enumerate() {
            *value = a.wrapping_add(step.wrapping_mul(i as i16));
        }
    }
}

/// A sample times a gain, with [`FINE_BITS`] fraction bits.
#[inline(always)]
fn times(sample: i16, gain: i16) -> i16 {
    (i32::from(sample << 7).wrapping_mul(i32::from(gain)) >> 16) as i16
}

/// Each sample times a gain, and luma times another, and an offset, which are `by`; within
/// `limits`.
#[inline(always)]
fn blend(samples: &mut [i16], luma: &[i16], by: [&[i16]; 3], dither: &[i16], limits: [i16; 2]) {
    let [own, of_luma, offset] = by;
    let by = own.iter().zip(of_luma).zip(offset).zip(dither);
    for ((sample, luma), (((own, of_luma), offset), dither)) in samples.iter_mut().zip(luma).zip(by)
    {
        let sum = times(*sample, *own).wrapping_add(times(*luma, *of_luma));
        let sum = sum.wrapping_add(fine(*offset, *dither));
        *sample = (sum >> FINE_BITS).clamp(limits[0], limits[1]);
    }
}

/// Takes one of `channels` interleaved ones out of a row.
#[inline(always)]
fn take(row: &[u8], channels: usize, channel: usize, out: &mut [i16]) {
    #[inline(always)]
    fn each<const N: usize>(row: &[u8], channel: usize, out: &mut [i16]) {
        for (out, pixel) in out.iter_mut().zip(row.chunks_exact(N)) {
            *out = i16::from(pixel[channel]);
        }
    }
    match channels {
        1 => each::<1>(row, channel, out),
        2 => each::<2>(row, channel, out),
        3 => each::<3>(row, channel, out),
        _ => each::<4>(row, channel, out),
    }
}

/// Puts it back.
#[inline(always)]
fn give(samples: &[i16], channels: usize, channel: usize, row: &mut [u8]) {
    #[inline(always)]
    fn each<const N: usize>(samples: &[i16], channel: usize, row: &mut [u8]) {
        for (sample, pixel) in samples.iter().zip(row.chunks_exact_mut(N)) {
            pixel[channel] = *sample as u8;
        }
    }
    match channels {
        1 => each::<1>(samples, channel, row),
        2 => each::<2>(samples, channel, row),
        3 => each::<3>(samples, channel, row),
        _ => each::<4>(samples, channel, row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        image::{PixelFormat, PlaneLayout, YuvMatrix},
        random::SplitMix,
        scene::{band::Target, light::Tint},
    };

    /// Two cells down, and eight across of which the last is cut.
    const WIDTH: usize = 61;
    const HEIGHT: usize = 16;
    const COLUMNS: usize = 9;

    /// The planes of noise before and after a light that is `gain` at both sides.
    fn painted(format: PixelFormat, gain: f32) -> Vec<(Vec<u8>, Vec<u8>, PlaneLayout)> {
        let full = YuvMatrix { bt709: false, full_range: true };
        let coding = Coding::new(format, full);
        let mut random = SplitMix(9);
        let layouts: Vec<_> = format.layout(WIDTH as u32, HEIGHT as u32).collect();
        let noise = |bytes: usize| -> Vec<u8> {
            (0..bytes).map(|_| 1 + random.next_below(255) as u8).collect()
        };
        let before: Vec<_> = layouts.iter().map(|l| l.row_bytes() * l.height).map(noise).collect();
        let mut after = before.clone();
        let strips = after.iter_mut().zip(&layouts).enumerate().map(|(plane, (data, layout))| {
            let subsampling = if layout.height == HEIGHT { 1 } else { 2 };
            let target = Target { layout: *layout, plane, subsampling };
            Strip { target, data, stride: layout.row_bytes() }
        });
        let strips = strips.collect();
        let mut band = Band { first_row: 0, rows: HEIGHT, width: WIDTH, strips };
        let nothing = coding.coefficients(&Tint::default());
        let mut tint = Tint::default();
        tint.scale([gain; 3]);
        let node = |i: usize| match i % COLUMNS {
            0 | 8 => coding.coefficients(&tint),
            _ => nothing,
        };
        let nodes: Vec<_> = (0..3 * COLUMNS).map(node).collect();
        Grid::new(&nodes, COLUMNS, nothing).paint(&mut band, coding);
        let planes = before.into_iter().zip(after).zip(layouts);
        planes.map(|((before, after), layout)| (before, after, layout)).collect()
    }

    #[test]
    fn where_light_changes_nothing_no_byte_changes() {
        for format in PixelFormat::ALL {
            for (before, after, layout) in painted(format, 0.3) {
                let cell = STEP * layout.height / HEIGHT * layout.channels;
                let row = layout.row_bytes();
                for (before, after) in before.chunks(row).zip(after.chunks(row)) {
                    // The cells between the first and the last of eight.
                    assert_eq!(before[cell..7 * cell], after[cell..7 * cell], "{format}");
                    assert!(
                        before[..cell] != after[..cell] && before[7 * cell..] != after[7 * cell..]
                    );
                }
            }
        }
    }

    #[test]
    fn a_gain_is_a_gain_to_the_next_step() {
        for format in [PixelFormat::Rgb, PixelFormat::I420] {
            let (before, after, layout) = painted(format, 0.5).swap_remove(0);
            let row = layout.row_bytes();
            for (before, after) in before.chunks(row).zip(after.chunks(row)) {
                let (wanted, got) = (f32::from(before[0]) * 0.5, f32::from(after[0]));
                assert!((wanted - got).abs() <= 1.5, "{format}: {got}, not {wanted}");
            }
        }
    }
}
