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
//!
//! # Prompts over time
//!
//! `text_sink` takes subtitles that drive the prompt, and a `prompt`, `seed` or `duration` may
//! change at any time. The camera glides into each new prompt as in `motiongen`, with the same
//! rules, and with these differences:
//!
//! * Where video or text comes from a live source, nothing is waited for. An editor or OBS, which
//!   leave the pad alone, are not concerned.
//! * A seek goes to both branches. Cues that were seen before it are remembered; what the text
//!   says in a part that was never played is not known.
//! * A new scene starts the prompt that holds anew.
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
//! Subtitles as prompts:
//!
//! ```text
//! gst-launch-1.0 stillsrc location=cabin.jpg num-buffers=192 ! video/x-raw,framerate=24/1 ! motionfilter name=m ! videoconvert ! autovideosink filesrc location=cues.srt ! subparse ! m.text_sink
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
