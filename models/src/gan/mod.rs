// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small generative adversarial network, trained from pictures and rendered as video.
//!
//! A generator makes pictures from numbers, a discriminator tells them from real ones, and each is
//! trained against the other. Two architectures: `mlp`, fully connected, and `conv`, the one to
//! use. [`trainer`] makes a [`checkpoint`]; [`render`] finds a still in it ([`invert`]) and walks
//! on from there ([`walk`]).

pub mod config;

#[cfg(feature = "torch")]
mod adam;
#[cfg(feature = "torch")]
mod augment;
#[cfg(feature = "torch")]
pub mod checkpoint;
#[cfg(feature = "torch")]
mod conv;
#[cfg(feature = "torch")]
pub mod invert;
#[cfg(feature = "torch")]
mod mlp;
#[cfg(feature = "torch")]
pub mod network;
#[cfg(all(test, feature = "torch"))]
mod parity;
#[cfg(feature = "torch")]
mod plot;
#[cfg(feature = "torch")]
pub mod render;
#[cfg(feature = "torch")]
mod sample;
#[cfg(feature = "torch")]
pub mod trainer;
#[cfg(feature = "torch")]
pub mod walk;
