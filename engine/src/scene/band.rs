// SPDX-License-Identifier: MIT OR Apache-2.0
//! A frame cut into bands of rows, each of which one core writes from start to end.

use crate::image::{FrameMut, PlaneLayout};

/// Rows of the picture in a band: few enough to spread, many enough that the grid row which two
/// bands share costs little. Even, so that halved chroma has half as many.
pub(super) const BAND_ROWS: usize = 64;

/// A plane of the frame.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub layout: PlaneLayout,
    /// Its index.
    pub plane: usize,
    /// Pixels of the picture per sample, both ways: 1, or 2 for halved chroma.
    pub subsampling: usize,
}

/// The rows of one plane that belong to a band.
pub(super) struct Strip<'a> {
    pub target: Target,
    pub data: &'a mut [u8],
    pub stride: usize,
}

/// The rows of a frame that are written together.
pub(super) struct Band<'a> {
    /// The first of its rows, in rows of the picture.
    pub first_row: usize,
    /// How many they are.
    pub rows: usize,
    /// Width of the picture, in pixels.
    pub width: usize,
    /// One for each plane.
    pub strips: Vec<Strip<'a>>,
}

/// Cuts a frame into bands.
pub(super) fn bands<'a>(out: &'a mut FrameMut<'_>) -> Vec<Band<'a>> {
    let (width, height) = (out.width() as usize, out.height() as usize);
    let band = |first_row| Band {
        first_row,
        rows: BAND_ROWS.min(height - first_row),
        width,
        strips: Vec::new(),
    };
    let mut bands: Vec<_> = (0..height).step_by(BAND_ROWS).map(band).collect();
    for (plane, (layout, bytes)) in out.planes_mut().enumerate() {
        let subsampling = if layout.height == height { 1 } else { 2 };
        let (stride, rows) = (bytes.stride, BAND_ROWS / subsampling);
        // A host may map more than the rows of the plane.
        let used = bytes.data.len().min(stride * layout.height);
        for (band, data) in bands.iter_mut().zip(bytes.data[..used].chunks_mut(stride * rows)) {
            band.strips.push(Strip { target: Target { layout, plane, subsampling }, data, stride });
        }
    }
    bands
}
