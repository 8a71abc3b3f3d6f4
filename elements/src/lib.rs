// SPDX-License-Identifier: MIT OR Apache-2.0
//! The GStreamer elements of stillmotion.

/// Registers every element, with a plugin or statically with `None`.
///
/// # Errors
/// When GStreamer refuses a factory.
pub fn register(_plugin: Option<&gst::Plugin>) -> Result<(), glib::BoolError> {
    Ok(())
}
