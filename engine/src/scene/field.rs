// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values over a still, as a caller hands them in.

use thiserror::Error;

use super::raster::Map;
use crate::image::{Image, PixelFormat};

/// Values over a still, on a grid of any size that covers it.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Width in values.
    pub width: usize,
    /// Height in values.
    pub height: usize,
    /// `[height, width] f32 in 0..1`. What is not a number counts as 0.
    pub values: &'a [f32],
}

/// Why a [`Field`] or a matte was refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum FieldError {
    /// There are more or fewer values than the size says.
    #[error(
        "the {name} is {width}x{height} and holds {got} values: it must hold width * height, at least one"
    )]
    Values {
        /// What the field says.
        name: &'static str,
        /// Width in values.
        width: usize,
        /// Height in values.
        height: usize,
        /// Values that it holds.
        got: usize,
    },
    /// It must have the size of the still.
    #[error(
        "the {name} is {width}x{height}: it must be as large as the still, {want_width}x{want_height}"
    )]
    Size {
        /// What has the wrong size.
        name: &'static str,
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Width of the still in pixels.
        want_width: usize,
        /// Height of the still in pixels.
        want_height: usize,
    },
    /// A plate must have the format of the still.
    #[error("the plate is {got}: it must have the format of the still, {want}")]
    Format {
        /// The format of the plate.
        got: PixelFormat,
        /// The format of the still.
        want: PixelFormat,
    },
}

impl FieldError {
    /// Compares a size with that of the still.
    pub(super) fn unless_as_large(
        name: &'static str,
        (width, height): (usize, usize),
        still: &Image,
    ) -> Result<(), Self> {
        let (want_width, want_height) = (still.width() as usize, still.height() as usize);
        if (width, height) == (want_width, want_height) {
            return Ok(());
        }
        Err(Self::Size { name, width, height, want_width, want_height })
    }
}

impl<'a> From<&'a Map> for Field<'a> {
    fn from(map: &'a Map) -> Self {
        Self { width: map.width, height: map.height, values: &map.values }
    }
}

impl Field<'_> {
    /// A copy, with every value in 0..1.
    pub(super) fn checked(&self, name: &'static str) -> Result<Map, FieldError> {
        let Self { width, height, values } = *self;
        let got = values.len();
        if got == 0 || width.checked_mul(height) != Some(got) {
            return Err(FieldError::Values { name, width, height, got });
        }
        let clean = |&v: &f32| if v.is_nan() { 0.0 } else { v.clamp(0.0, 1.0) };
        Ok(Map { width, height, values: values.iter().map(clean).collect() })
    }
}
