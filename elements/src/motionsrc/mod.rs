// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motionsrc`: a picture file as a clip, also under the URI scheme `motion:`.
//!
//! It shows what `stillsrc ! motiongen` shows, byte for byte, as one source: every program that
//! opens a URI can open a clip. There are 24 frames per second unless downstream asks for another
//! rate, in the size of the picture unless downstream asks for another size. Frame 0 is the
//! picture itself.
//!
//! # URIs
//!
//! ```text
//! motion:///home/me/my%20cabin.jpg?prompt=slow%20dolly%20in&motion=7&seed=1&duration=2.5
//! ```
//!
//! * The path is absolute. The host is empty or `localhost`.
//! * The parameters are the properties of the element by their names, without `location`:
//!   `duration` in seconds, enumerations by their nicks, `true` or `false`. `num-buffers` is one
//!   too. What is not named has its default, so a URI says all there is to say about a clip.
//! * Whatever could mean something else is percent-encoded, as RFC 3986 says: a space is `%20`,
//!   `%` is `%25`, `#` is `%23`, `?` in a path is `%3F`, `&` in a value is `%26`. A plus sign is a
//!   plus sign.
//! * Wrong parameters are refused all at once, each with its value and with what is allowed.
//! * `ges-launch-1.0` takes one level of escapes away: write `%3F` for the `?` there.
//!
//! # Pipelines
//!
//! ```text
//! gst-launch-1.0 playbin uri="motion://$PWD/cabin.jpg?prompt=slow%20orbit&duration=2" video-sink=autovideosink
//! ```
//!
//! As a file, in the size and at the rate that are asked for:
//!
//! ```text
//! gst-launch-1.0 motionsrc location=cabin.jpg prompt="walk through the forest towards the wooden house" motion=7 ! video/x-raw,format=I420,width=640,height=360,framerate=25/1 ! x264enc ! mp4mux ! filesink location=out.mp4
//! ```
//!
//! A backdrop that never ends, here for two seconds:
//!
//! ```text
//! gst-launch-1.0 motionsrc location=cabin.jpg motion=3 at-end=ping-pong num-buffers=48 ! videoconvert ! autovideosink
//! ```
//!
//! # Time
//!
//! The stream ends after `duration` (`at-end=eos`). With another `at-end` it goes on until the end
//! of what was seeked to, or for ever, and its duration is unknown. Seeks of any kind work, in
//! time and in frames: a frame depends on its number and the settings alone. When `prompt`,
//! `seed` or `duration` change, a new clip starts and the camera glides into it; a seek forgets
//! when that was. `num-buffers` counts once for each start, as for every source. Nobody
//! waits long for a large picture: not who starts, not who seeks, not who stops. The source is
//! not live: for that there is `stillsrc ! motiongen is-live=true`.
//!
//! # Errors
//!
//! As those of `stillsrc`, and CORE/NEGOTIATION for what downstream asks for and nobody can make.
//! A wrong URI gives `GST_URI_ERROR_BAD_URI`, and one that comes while a clip is shown gives
//! `GST_URI_ERROR_BAD_STATE`.

mod background;
mod frames;
mod imp;
mod parameters;
mod prepare;
mod queries;
pub mod uri;

use gst::prelude::*;

glib::wrapper! {
    /// The element `motionsrc`.
    pub struct MotionSrc(ObjectSubclass<imp::MotionSrc>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object,
        @implements gst::Preset, gst::URIHandler;
}

/// Registers the factory `motionsrc`.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: Option<&gst::Plugin>) -> Result<(), glib::BoolError> {
    gst::Element::register(plugin, "motionsrc", gst::Rank::NONE, MotionSrc::static_type())
}
