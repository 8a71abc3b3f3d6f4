// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stable Video Diffusion (Blattmann et al. 2023, arXiv 2311.15127), as diffusers 0.42.1 computes
//! it.

mod image;
mod layers;
mod motion;
#[cfg(test)]
mod parity;
pub mod pipeline;
mod render;
mod transformer;
pub mod unet;
pub mod vae;

pub use render::SvdModel;
