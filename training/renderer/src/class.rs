// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a pixel shows.

/// The class of a pixel, as a byte of a shard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Class {
    /// Anything else.
    Other = 0,
    /// Sky without clouds.
    Sky = 1,
    /// Clouds in the sky.
    Cloud = 2,
    /// Water.
    Water = 3,
    /// Leaves of trees, bushes and other plants; not trunks and petals.
    Foliage = 4,
    /// Grass.
    Grass = 5,
    /// What shines by itself.
    Glow = 6,
}
