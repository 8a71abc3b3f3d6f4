// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pixels: the still that comes in and the frames that go out.
//!
//! An [`Image`] is a deep copy in one of six formats; nothing in it points into memory of the
//! host. [`decode`] makes one from a file, within limits. A [`Sketch`] tells whether two frames
//! show the same.

mod convert;
pub mod decode;
mod format;
mod sketch;

pub use convert::to_rgb;
pub(crate) use convert::{planes_of_rgb, yuv_to_rgb};
pub use format::{PixelFormat, PlaneLayout, YuvMatrix};
pub use sketch::{Difference, Sketch};

use thiserror::Error;

/// The largest width or height that is worked with, in pixels.
pub const MAX_SIDE: u32 = 16384;
/// The smallest width or height that can be animated, in pixels.
pub const MIN_SIDE: u32 = 16;

/// Why pixels were refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ImageError {
    /// The size is outside what can be animated.
    #[error("the image is {width}x{height}: each side must be {MIN_SIDE} to {MAX_SIDE} pixels")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// A plane has fewer bytes than its rows need.
    #[error(
        "plane {plane} of a {width}x{height} {format} image holds {got} bytes, {need} are needed"
    )]
    ShortPlane {
        /// Index of the plane.
        plane: usize,
        /// Width of the image in pixels.
        width: u32,
        /// Height of the image in pixels.
        height: u32,
        /// The pixel format.
        format: PixelFormat,
        /// Bytes that were given.
        got: usize,
        /// Bytes that the format and the size ask for.
        need: usize,
    },
}

/// One plane of samples, rows packed without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane {
    /// Width in samples.
    pub width: usize,
    /// Height in samples.
    pub height: usize,
    /// Interleaved channels per sample, 1 to 4.
    pub channels: usize,
    /// `height * width * channels` bytes.
    pub data: Vec<u8>,
}

/// A still: 8 bits a channel, planes packed, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    format: PixelFormat,
    width: u32,
    height: u32,
    matrix: YuvMatrix,
    planes: Vec<Plane>,
}

/// A borrowed plane of a host's frame: rows `stride` bytes apart.
#[derive(Debug, Clone, Copy)]
pub struct PlaneRef<'a> {
    /// The bytes, from the first sample of the first row on.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

impl Image {
    /// Copies a host's frame. `planes` are in the order of `format.layout(..)`.
    ///
    /// # Errors
    /// [`ImageError::Size`] outside [`MIN_SIDE`]..=[`MAX_SIDE`], [`ImageError::ShortPlane`] when a
    /// plane is missing or ends before its last row does.
    pub fn from_planes(
        format: PixelFormat,
        width: u32,
        height: u32,
        matrix: YuvMatrix,
        planes: &[PlaneRef<'_>],
    ) -> Result<Self, ImageError> {
        check_size(width, height)?;
        let copy = |(i, layout): (usize, PlaneLayout)| {
            let row = layout.row_bytes();
            let src = checked_plane(format, width, height, (i, layout), planes)?;
            let mut data = Vec::with_capacity(row * layout.height);
            for line in src.data.chunks(src.stride).take(layout.height) {
                data.extend_from_slice(&line[..row]);
            }
            let PlaneLayout { width, height, channels } = layout;
            Ok(Plane { width, height, channels, data })
        };
        let planes =
            format.layout(width, height).enumerate().map(copy).collect::<Result<_, _>>()?;
        Ok(Self { format, width, height, matrix, planes })
    }

    /// Takes planes that are packed already.
    ///
    /// # Errors
    /// As [`Image::from_planes`].
    pub fn from_packed(
        format: PixelFormat,
        width: u32,
        height: u32,
        matrix: YuvMatrix,
        planes: Vec<Vec<u8>>,
    ) -> Result<Self, ImageError> {
        check_size(width, height)?;
        let mut out = Vec::with_capacity(planes.len());
        let mut given = planes.into_iter();
        for (i, PlaneLayout { width: w, height: h, channels }) in
            format.layout(width, height).enumerate()
        {
            let data = given.next().unwrap_or_default();
            let need = w * h * channels;
            if data.len() != need {
                let got = data.len();
                return Err(ImageError::ShortPlane { plane: i, width, height, format, got, need });
            }
            out.push(Plane { width: w, height: h, channels, data });
        }
        Ok(Self { format, width, height, matrix, planes: out })
    }

    /// The format of the planes.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// How YUV samples become RGB; of no meaning for the RGB formats.
    pub fn matrix(&self) -> YuvMatrix {
        self.matrix
    }

    /// The planes, in the order of the format.
    pub fn planes(&self) -> &[Plane] {
        &self.planes
    }

    /// Adds `amount`, 0..1, of what `to` has beside `from`. All are of one format and size.
    pub(crate) fn add_difference(&mut self, to: &Self, from: &Self, amount: f32) {
        let planes = self.planes.iter_mut().zip(to.planes.iter().zip(&from.planes));
        for (plane, (to, from)) in planes {
            let samples = plane.data.iter_mut().zip(to.data.iter().zip(&from.data));
            for (sample, (&to, &from)) in samples {
                let more = amount * (f32::from(to) - f32::from(from));
                // Saturates.
                *sample = (f32::from(*sample) + more).round() as u8;
            }
        }
    }

    /// Bytes of all planes.
    pub fn bytes(&self) -> usize {
        self.planes.iter().map(|plane| plane.data.len()).sum()
    }
}

fn check_size(width: u32, height: u32) -> Result<(), ImageError> {
    let ok = |side| (MIN_SIDE..=MAX_SIDE).contains(&side);
    if ok(width) && ok(height) { Ok(()) } else { Err(ImageError::Size { width, height }) }
}

/// Plane `i` of a host's frame, which holds every row of `layout`.
fn checked_plane<'a>(
    format: PixelFormat,
    width: u32,
    height: u32,
    (i, layout): (usize, PlaneLayout),
    planes: &[PlaneRef<'a>],
) -> Result<PlaneRef<'a>, ImageError> {
    let row = layout.row_bytes();
    let plane = planes.get(i).copied().unwrap_or(PlaneRef { data: &[], stride: row });
    let need = plane_bytes(layout, plane.stride);
    if plane.data.len() < need || plane.stride < row {
        let got = plane.data.len();
        return Err(ImageError::ShortPlane { plane: i, width, height, format, got, need });
    }
    Ok(plane)
}

/// Bytes that a plane spans in a host's frame: the last row needs no padding behind it.
fn plane_bytes(layout: PlaneLayout, stride: usize) -> usize {
    stride * layout.height.saturating_sub(1) + layout.row_bytes()
}

/// A writable plane of a host's frame.
#[derive(Debug)]
pub struct PlaneMut<'a> {
    /// The bytes, from the first sample of the first row on.
    pub data: &'a mut [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// A host's frame, mapped for writing: what [`crate::generator::Clip::frame`] fills.
#[derive(Debug)]
pub struct FrameMut<'a> {
    format: PixelFormat,
    width: u32,
    height: u32,
    planes: Vec<PlaneMut<'a>>,
}

impl<'a> FrameMut<'a> {
    /// Wraps the planes of a frame, in the order of `format.layout(..)`.
    ///
    /// # Errors
    /// As [`Image::from_planes`].
    pub fn new(
        format: PixelFormat,
        width: u32,
        height: u32,
        planes: Vec<PlaneMut<'a>>,
    ) -> Result<Self, ImageError> {
        check_size(width, height)?;
        for (i, layout) in format.layout(width, height).enumerate() {
            let (got, stride) = planes.get(i).map_or((0, 0), |p| (p.data.len(), p.stride));
            let need = plane_bytes(layout, stride.max(layout.row_bytes()));
            if got < need {
                return Err(ImageError::ShortPlane { plane: i, width, height, format, got, need });
            }
        }
        Ok(Self { format, width, height, planes })
    }

    /// The format of the planes.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Fills the frame with `image`, which must be of its format and size.
    pub(crate) fn copy(&mut self, image: &Image) {
        for (plane, (layout, dst)) in image.planes().iter().zip(self.planes_mut()) {
            let row = layout.row_bytes();
            for (src, dst) in plane.data.chunks(row).zip(dst.data.chunks_mut(dst.stride)) {
                dst[..row].copy_from_slice(src);
            }
        }
    }

    /// The planes with their layouts, in the order of the format.
    pub fn planes_mut(&mut self) -> impl Iterator<Item = (PlaneLayout, &mut PlaneMut<'a>)> {
        self.format.layout(self.width, self.height).zip(self.planes.iter_mut())
    }
}
