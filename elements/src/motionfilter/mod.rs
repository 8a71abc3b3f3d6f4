// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motionfilter`: the generator as an effect, one frame out for each frame in, without delay.
//!
//! The first frame of the stream is the still of the clip. Each frame that comes in is answered
//! with the frame of the clip at that stream time; times, metas and flags pass unchanged. This is
//! made for hosts that hand over a still as a stream of equal frames: an effect in GES and
//! Pitivi, a filter in OBS.
//!
//! What a moving video does: its first frame is animated for `duration`, and then `at-end`
//! decides (by default the last frame stays). The frames behind the first are not looked at.
//! New caps start anew with the frame that follows them; a seek does not.
//!
//! * With a constant frame rate in the caps the clip starts at stream time 0, so that seeks and
//!   renders in parts give the same frames.
//! * With a variable rate (`framerate=0/1`, as OBS gives it) the clip starts with the first
//!   frame, however large its time is.
//! * A frame without a time is the next one.
//! * A changed `prompt`, `seed` or `duration` opens a new clip; the position stays.
//!
//! # Pipelines
//!
//! ```text
//! gst-launch-1.0 videotestsrc num-buffers=90 ! motionfilter motion=5 ! videoconvert ! fakesink
//! ```
//!
//! ```text
//! gst-launch-1.0 stillsrc location=cabin.jpg num-buffers=48 ! video/x-raw,framerate=24/1 ! motionfilter prompt="slow orbit" at-end=loop ! videoconvert ! autovideosink
//! ```
//!
//! In OBS with obs-gstreamer the filter's pipeline is just
//! `motionfilter prompt="slow push in" at-end=ping-pong`.

mod course;
mod imp;
mod scenes;
mod text;

use gst::prelude::*;

glib::wrapper! {
    /// The element `motionfilter`.
    pub struct MotionFilter(ObjectSubclass<imp::MotionFilter>)
        @extends gst_video::VideoFilter, gst_base::BaseTransform, gst::Element, gst::Object,
        @implements gst::Preset;
}

/// Registers the factory `motionfilter`.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: Option<&gst::Plugin>) -> Result<(), glib::BoolError> {
    gst::Element::register(plugin, "motionfilter", gst::Rank::NONE, MotionFilter::static_type())
}
