// SPDX-License-Identifier: MIT OR Apache-2.0
//! The GStreamer elements of stillmotion.
//!
//! [`stillsrc`] reads a picture from a file, [`motiongen`] turns one still into a clip, and
//! [`motionfilter`] does the same one frame out for one frame in. [`motionsrc`] is a picture and
//! its clip in one, also as a URI. The settings that the generators share lie in [`settings`],
//! with one meaning everywhere. [`motiontrain`] trains a network from the pictures of a stream.

mod aids;
mod announce;
mod caps;
mod clip;
mod cues;
mod errors;
mod frame;
mod model;
pub mod motionfilter;
pub mod motiongen;
pub mod motionsrc;
pub mod motiontrain;
mod output;
mod picture;
pub mod presets;
mod qos;
mod rescue;
pub mod settings;
mod stats;
pub mod stillsrc;
mod strings;
mod takes;
mod timing;

/// Registers every element, with a plugin or statically with `None`.
///
/// # Errors
/// When GStreamer refuses a factory.
pub fn register(plugin: Option<&gst::Plugin>) -> Result<(), glib::BoolError> {
    model::prepare(plugin);
    stillsrc::register(plugin)?;
    motiongen::register(plugin)?;
    motionfilter::register(plugin)?;
    motionsrc::register(plugin)?;
    motiontrain::register(plugin)
}
