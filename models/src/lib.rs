// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything of stillmotion that runs on libtorch, and the weights that it runs.
//!
//! [`weights`] reads files that anybody may have made; it needs no libtorch. Behind the feature
//! `torch`: the networks of [`gan`], with what trains them and what renders with them, and
//! [`serve`], the whole of the program `stillmotion-worker`. A host never links this crate.

#[cfg(feature = "torch")]
pub mod clip_vision;
#[cfg(feature = "torch")]
pub mod config;
#[cfg(feature = "torch")]
pub mod device;
pub mod error;
pub mod gan;
#[cfg(feature = "torch")]
pub mod host;
#[cfg(feature = "torch")]
pub mod int8;
#[cfg(feature = "torch")]
pub mod memory;
#[cfg(feature = "torch")]
pub mod model;
#[cfg(feature = "torch")]
pub mod model_index;
#[cfg(feature = "torch")]
pub mod motion;
#[cfg(feature = "torch")]
pub mod nn;
#[cfg(all(test, feature = "torch"))]
mod parity;
#[cfg(feature = "torch")]
pub mod pillow;
#[cfg(feature = "torch")]
pub mod playback;
#[cfg(feature = "torch")]
pub mod random;
#[cfg(feature = "torch")]
pub mod scheduler;
#[cfg(feature = "torch")]
pub mod sentencepiece;
#[cfg(feature = "torch")]
pub mod serve;
#[cfg(feature = "torch")]
pub mod svd;
#[cfg(feature = "torch")]
pub mod tensor;
#[cfg(feature = "torch")]
pub mod umt5;
#[cfg(feature = "torch")]
pub mod wan;
pub mod weights;
