// SPDX-License-Identifier: MIT OR Apache-2.0
//! What light does to the colours at one place, and the same in the samples of a pixel format.

use crate::image::{PixelFormat, YuvMatrix};

/// Fraction bits of a gain and of an offset. Two neighbours may lie as far apart as they can
/// without their difference leaving 16 bits.
pub(super) const GAIN_BITS: u32 = 13;
pub(super) const OFFSET_BITS: u32 = 6;
/// The largest gain and the largest offset, in steps of 8 bit samples.
const MOST_GAIN: f32 = 1.99;
const MOST_OFFSET: f32 = 255.0;

/// A change of colour: `gain * colour + add`, sRGB values 0..1, for greys; of other colours, what
/// makes them differ from grey is scaled by `saturation` times the mean gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::scene) struct Tint {
    gain: [f32; 3],
    add: [f32; 3],
    saturation: f32,
}

impl Default for Tint {
    /// Changes nothing.
    fn default() -> Self {
        Self { gain: [1.0; 3], add: [0.0; 3], saturation: 1.0 }
    }
}

impl Tint {
    /// Scales red, green and blue.
    pub fn scale(&mut self, by: [f32; 3]) {
        self.change(|i, gain, add| (gain * by[i], add * by[i]));
    }

    /// Takes colour away (below 1) or gives more.
    pub fn saturate(&mut self, by: f32) {
        self.saturation *= by;
    }

    /// Adds light as a second exposure does: what is bright already takes less of it.
    pub fn screen(&mut self, light: [f32; 3]) {
        self.change(|i, gain, add| (gain * (1.0 - light[i]), add + (1.0 - add) * light[i]));
    }

    /// Scales what makes the place differ from `around`, so that only that changes.
    pub fn stand_out(&mut self, around: [f32; 3], by: f32) {
        self.change(|i, gain, add| (gain * by, add * by + (1.0 - by) * around[i]));
    }

    /// Lays a veil of `colour` over it, 0..1 thick.
    pub fn veil(&mut self, colour: [f32; 3], thick: f32) {
        self.change(|i, gain, add| (gain * (1.0 - thick), add + (colour[i] - add) * thick));
    }

    /// Changes the gain and what is added of each channel.
    #[inline(always)]
    fn change(&mut self, f: impl Fn(usize, f32, f32) -> (f32, f32)) {
        for (i, (gain, add)) in self.gain.iter_mut().zip(&mut self.add).enumerate() {
            (*gain, *add) = f(i, *gain, *add);
        }
    }
}

/// A tint in the samples of a format, fixed point: gains with [`GAIN_BITS`], offsets with
/// [`OFFSET_BITS`].
///
/// YUV: luma gain and offset; chroma gain; what each chroma takes of luma; chroma offsets.
/// RGB: gain of each channel; what red, green and blue take of luma; their offsets.
pub(super) type Coefficients = [i16; KINDS];
/// How many numbers that takes.
pub(super) const KINDS: usize = 7;

/// How colours are coded in the samples of a format.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::scene) struct Coding {
    is_yuv: bool,
    /// Where red, green and blue lie in a sample of an RGB format.
    channels: [usize; 3],
    /// What luma takes of red, green and blue.
    weights: [f32; 3],
    /// By what blue less luma and red less luma are scaled.
    per_difference: [f32; 2],
    /// Steps of luma, or of red, green and blue, from black to white.
    range: f32,
    /// Steps of chroma from one end to the other.
    chroma_range: f32,
    /// What black is.
    black: f32,
}

impl Coding {
    pub fn new(format: PixelFormat, matrix: YuvMatrix) -> Self {
        let is_yuv = matches!(format, PixelFormat::I420 | PixelFormat::Nv12);
        let channels = match format {
            PixelFormat::Bgra | PixelFormat::Bgrx => [2, 1, 0],
            _ => [0, 1, 2],
        };
        // ITU-R BT.709 and BT.601.
        let weights: [f32; 3] = match is_yuv && matrix.bt709 {
            true => [0.2126, 0.7152, 0.0722],
            false => [0.299, 0.587, 0.114],
        };
        let [range, chroma_range, black] = match is_yuv && !matrix.full_range {
            true => [219.0, 224.0, 16.0],
            false => [255.0, 255.0, 0.0],
        };
        let per_difference = [2, 0].map(|i| 0.5 / (1.0 - weights[i]));
        Self { is_yuv, channels, weights, per_difference, range, chroma_range, black }
    }

    pub fn is_yuv(self) -> bool {
        self.is_yuv
    }

    /// Where red, green and blue lie in a sample of an RGB format.
    pub fn channels(self) -> [usize; 3] {
        self.channels
    }

    /// Luma, and both colour differences from -0.5 to 0.5, of a colour, 0..1.
    #[inline(always)]
    fn differences(self, [r, g, b]: [f32; 3]) -> [f32; 3] {
        let [red, green, blue] = self.weights;
        let luma = red * r + green * g + blue * b;
        [luma, (b - luma) * self.per_difference[0], (r - luma) * self.per_difference[1]]
    }

    /// Steps of luma from black to white, and of chroma from one end to the other; what black is.
    pub fn steps(self) -> [f32; 3] {
        [self.range, self.chroma_range, self.black]
    }

    /// What `colour`, 0..1, adds to the samples of black: luma and chroma, or red, green, blue.
    #[inline(always)]
    pub fn samples(self, colour: [f32; 3]) -> [f32; 3] {
        let [first, second, third] = if self.is_yuv { self.differences(colour) } else { colour };
        let other = if self.is_yuv { self.chroma_range } else { self.range };
        [first * self.range, second * other, third * other]
    }

    /// `tint` for the samples of this format.
    #[inline(always)]
    pub(super) fn coefficients(self, tint: &Tint) -> Coefficients {
        let [luma, cb, cr] = self.differences(tint.gain);
        let own = luma * tint.saturation;
        let add = self.samples(tint.add);
        if !self.is_yuv {
            return [
                fixed_gain(own),
                fixed_gain(tint.gain[0] - own),
                fixed_gain(tint.gain[1] - own),
                fixed_gain(tint.gain[2] - own),
                fixed_offset(add[0]),
                fixed_offset(add[1]),
                fixed_offset(add[2]),
            ];
        }
        let of_luma = self.chroma_range / self.range;
        let (of_u, of_v) = (cb * of_luma, cr * of_luma);
        [
            fixed_gain(luma),
            fixed_offset(add[0] + self.black * (1.0 - luma)),
            fixed_gain(own),
            fixed_gain(of_u),
            fixed_gain(of_v),
            fixed_offset(add[1] - self.black * of_u),
            fixed_offset(add[2] - self.black * of_v),
        ]
    }
}

#[inline(always)]
fn fixed_gain(gain: f32) -> i16 {
    nearest(gain.clamp(-MOST_GAIN, MOST_GAIN) * (1 << GAIN_BITS) as f32)
}

#[inline(always)]
fn fixed_offset(steps: f32) -> i16 {
    nearest(steps.clamp(-MOST_OFFSET, MOST_OFFSET) * (1 << OFFSET_BITS) as f32)
}

/// The next whole number, of 16 bits. `f32::round` is a call on old processors.
#[inline(always)]
fn nearest(value: f32) -> i16 {
    (value + 32768.5) as i32 as i16 ^ i16::MIN
}
