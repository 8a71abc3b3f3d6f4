// SPDX-License-Identifier: MIT OR Apache-2.0
//! Wan 2.1 and 2.2, the video models of Alibaba (Wan Team 2025, arXiv 2503.20314), as diffusers
//! 0.42.1 computes them.

mod attention;
mod motion;
#[cfg(test)]
mod parity;
pub mod pipeline;
mod render;
mod rope;
mod text;
pub mod transformer;
pub mod vae;

pub use render::WanModel;
