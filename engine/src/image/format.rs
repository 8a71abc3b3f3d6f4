// SPDX-License-Identifier: MIT OR Apache-2.0
//! The six pixel formats that the engine reads and writes, and how their planes lie.

use std::fmt;

/// A pixel format, 8 bits a channel. The names and the byte order are GStreamer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Planar YUV, chroma halved both ways: Y, U, V.
    I420,
    /// YUV with one plane of interleaved chroma, halved both ways: Y, UV.
    Nv12,
    /// Red, green, blue, alpha.
    Rgba,
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red, alpha.
    Bgra,
    /// Blue, green, red, one byte that nobody reads.
    Bgrx,
}

/// How the samples of one plane lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaneLayout {
    /// Width in samples.
    pub width: usize,
    /// Height in samples.
    pub height: usize,
    /// Interleaved channels per sample.
    pub channels: usize,
}

impl PlaneLayout {
    /// Bytes of one row without padding.
    pub fn row_bytes(self) -> usize {
        self.width * self.channels
    }
}

impl PixelFormat {
    /// All of them, the one that encoders take first.
    pub const ALL: [Self; 6] =
        [Self::I420, Self::Nv12, Self::Rgba, Self::Rgb, Self::Bgra, Self::Bgrx];

    /// The planes of a frame of `width` x `height` pixels; odd sides round the chroma up.
    pub fn layout(self, width: u32, height: u32) -> impl Iterator<Item = PlaneLayout> {
        let (w, h) = (width as usize, height as usize);
        let full = |channels| PlaneLayout { width: w, height: h, channels };
        let half = |channels| PlaneLayout { width: w.div_ceil(2), height: h.div_ceil(2), channels };
        let planes = match self {
            Self::I420 => [Some(full(1)), Some(half(1)), Some(half(1))],
            Self::Nv12 => [Some(full(1)), Some(half(2)), None],
            Self::Rgb => [Some(full(3)), None, None],
            Self::Rgba | Self::Bgra | Self::Bgrx => [Some(full(4)), None, None],
        };
        planes.into_iter().flatten()
    }

    /// Whether the fourth channel is an alpha that must be kept.
    pub fn has_alpha(self) -> bool {
        matches!(self, Self::Rgba | Self::Bgra)
    }

    /// GStreamer's name, as caps spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::I420 => "I420",
            Self::Nv12 => "NV12",
            Self::Rgba => "RGBA",
            Self::Rgb => "RGB",
            Self::Bgra => "BGRA",
            Self::Bgrx => "BGRx",
        }
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How YUV samples become RGB: enough for the analysis of a picture, not for colorimetry, which
/// the engine never touches since frames leave in the format in which the still came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct YuvMatrix {
    /// BT.709 coefficients; otherwise BT.601.
    pub bt709: bool,
    /// Luma 0..255; otherwise 16..235.
    pub full_range: bool,
}
