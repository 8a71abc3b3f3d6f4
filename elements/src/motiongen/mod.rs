// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motiongen`: one still in, a clip out.
//!
//! The first frame that comes in is the still. It is copied, upstream is told that no more is
//! needed, and the element makes the clip on a thread of its own: 24 frames per second unless
//! downstream asks for another rate, in the size of the still unless downstream asks for another
//! size, in the pixel format in which the still came. Frame 0 is the still itself.
//!
//! # Pipelines
//!
//! A clip of four seconds as a file:
//!
//! ```text
//! gst-launch-1.0 filesrc location=cabin.jpg ! decodebin ! videoconvert ! motiongen prompt="walk through the forest towards the wooden house" motion=7 ! videoconvert ! x264enc ! mp4mux ! filesink location=out.mp4
//! ```
//!
//! On a screen, in the size and at the rate that are asked for:
//!
//! ```text
//! gst-launch-1.0 filesrc location=cabin.jpg ! decodebin ! videoconvert ! motiongen motion=3 ! video/x-raw,width=1920,height=1080,framerate=30/1 ! autovideosink
//! ```
//!
//! A backdrop that never ends, for a live pipeline:
//!
//! ```text
//! gst-launch-1.0 stillsrc location=cabin.jpg ! motiongen prompt="slow orbit" at-end=ping-pong is-live=true num-buffers=48 ! videoconvert ! autovideosink
//! ```
//!
//! # In the place of imagefreeze
//!
//! `num-buffers`, `is-live` and `allow-replace` mean what they mean there. The element answers
//! CAPS, DURATION, POSITION, SEEKING, CONVERT and LATENCY itself, and handles seeks of any kind
//! without asking upstream: a frame depends on its number and the settings alone. Other than
//! imagefreeze it ends by itself after `duration` unless `at-end` says otherwise.
//!
//! * `num-buffers` counts again after a flushing seek, since that throws away what was made.
//! * A still that comes later (`allow-replace=true`) starts its clip at the moment it comes.
//! * A changed `prompt`, `seed` or `duration` opens a new clip; the position stays.
//! * With `is-live=true` the clip starts at the moment the still comes, frames that are late are
//!   left out, and the element cannot be seeked.
//! * An EOS event that an application sends to the pipeline ends the stream, as for a source,
//!   also from inside a bin. Other serialized events of an application leave before the next
//!   frame. As a video-filter of playbin send it to the element: playbin asks only its own source.
//! * Serialized events from upstream leave behind caps and segment, before the frame that follows.
//! * Where downstream allows only a variable rate (0/1), frames come at 24 per second.

mod imp;
mod output;
mod queries;
mod seek;
mod sink;
mod state;
mod task;

use gst::prelude::*;

glib::wrapper! {
    /// The element `motiongen`.
    pub struct MotionGen(ObjectSubclass<imp::MotionGen>)
        @extends gst::Element, gst::Object,
        @implements gst::Preset;
}

/// Registers the factory `motiongen`.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: Option<&gst::Plugin>) -> Result<(), glib::BoolError> {
    gst::Element::register(plugin, "motiongen", gst::Rank::NONE, MotionGen::static_type())
}
