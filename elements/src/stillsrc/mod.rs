// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillsrc`: a picture from a file.
//!
//! PNG, JPEG, GIF, WebP, BMP, TIFF, PNM and TGA are told apart by their content. A picture is
//! turned upright by its EXIF orientation, an animation gives its first frame, and a picture
//! with alpha keeps it where downstream can have it. `max-side` and `max-bytes` keep a hostile
//! file from taking all the memory; both are on by default.
//!
//! Unless downstream asks for a frame rate there is one frame, without a duration, and then EOS.
//! With a rate the same frame comes again and again, until `num-buffers` or for ever. Downstream
//! may ask for any size; `fit` says how the picture fills it. Of the pixel formats that
//! downstream prefers the first is taken, RGB (RGBA with alpha) where it has no preference.
//!
//! # Pipelines
//!
//! A clip of four seconds as a file:
//!
//! ```text
//! gst-launch-1.0 stillsrc location=cabin.jpg ! motiongen prompt="walk through the forest towards the wooden house" motion=7 duration=4000000000 ! videoconvert ! x264enc ! mp4mux ! filesink location=out.mp4
//! ```
//!
//! Two seconds of the picture itself, upright, with black beside it:
//!
//! ```text
//! gst-launch-1.0 stillsrc location=cabin.jpg fit=contain num-buffers=50 ! video/x-raw,width=640,height=480,framerate=25/1 ! videoconvert ! autovideosink
//! ```
//!
//! # Errors
//!
//! One message each: no such file (RESOURCE/NOT_FOUND), a file that cannot be read
//! (RESOURCE/OPEN_READ), no picture (STREAM/WRONG_TYPE), a damaged one (STREAM/DECODE), one of
//! an unsupported kind or size (STREAM/FORMAT), one that takes more memory than `max-bytes`
//! (RESOURCE/NO_SPACE_LEFT), no `location` (RESOURCE/SETTINGS).

mod imp;

use gst::prelude::*;

glib::wrapper! {
    /// The element `stillsrc`.
    pub struct StillSrc(ObjectSubclass<imp::StillSrc>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object,
        @implements gst::Preset;
}

/// Registers the factory `stillsrc`.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: Option<&gst::Plugin>) -> Result<(), glib::BoolError> {
    gst::Element::register(plugin, "stillsrc", gst::Rank::NONE, StillSrc::static_type())
}
