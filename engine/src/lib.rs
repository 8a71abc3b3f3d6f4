// SPDX-License-Identifier: MIT OR Apache-2.0
//! A still image becomes video.
//!
//! This crate knows no GStreamer and no libtorch. The way of a still through it:
//! [`image`] holds the pixels, [`request`] holds what is wished and checks it, a
//! [`generator::Generator`] opens the request and gives a [`generator::Clip`], and the clip
//! writes any frame at any time. [`scene`] is the built-in generator, [`worker`] reaches those that
//! run on libtorch, in a process of their own.

pub mod brush;
pub mod camera;
pub mod file;
pub mod fit;
pub mod generator;
pub mod image;
pub mod onnx;
pub mod prompt;
mod random;
pub mod request;
pub mod scene;
pub mod worker;
