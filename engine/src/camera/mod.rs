// SPDX-License-Identifier: MIT OR Apache-2.0
//! The camera: what a move is worth, and where it stands at each moment of a clip.
//!
//! Lengths are in picture widths. Signs follow the field: a camera that moves or turns to the
//! right makes the picture go left, one that rises or tilts up makes it go down, and one that
//! rolls clockwise turns it counter-clockwise.
//!
//! A path is made of legs, one for each part of the prompt. `travel` says how far a leg goes,
//! `pace` how fast it goes at each moment, `shake` what steps and hands add, `circuit` how a
//! way becomes one that ends where it began, and `candidate` what a seed may choose.

mod candidate;
mod circuit;
mod pace;
mod path;
mod pose;
mod shake;
mod travel;

pub use path::Path;
pub(crate) use path::gain;
pub use pose::{Aim, Pose};
