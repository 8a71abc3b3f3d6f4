// SPDX-License-Identifier: MIT OR Apache-2.0
//! The camera: what a move is worth, and where it stands at each moment of a clip.
//!
//! Lengths are in picture widths. Signs follow the field: a camera that moves or turns to the
//! right makes the picture go left, one that rises or tilts up makes it go down, and one that
//! rolls clockwise turns it counter-clockwise.

mod path;
mod travel;

pub(crate) use path::gain;
pub use path::{Path, Pose};
