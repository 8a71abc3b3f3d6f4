// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motionfilter`: the generator as an effect, one frame out for each frame in, without delay.
//!
//! This is made for hosts that hand over a still as a stream of equal frames: an effect in GES
//! and Pitivi, a filter in OBS. Each frame that comes in is answered with the frame of the clip
//! at that stream time; times, metas and flags pass unchanged.
//!
//! # Scenes
//!
//! The first frame of a stream is the still of its first clip. Another picture starts a new clip,
//! a scene, with itself as frame 0:
//!
//! * at a **cut**, a frame that differs strongly from the one before. Where a picture stood
//!   still before, a weaker change is enough;
//! * when a picture that is clearly another than the still has stood for half a second. That is
//!   how a fade between two stills ends, and how a change too weak for a cut is seen.
//!
//! Noise, grain and what a codec does to a still start nothing, nor does a change of a few
//! hundred pixels of 1920x1080, such as that of a clock in a corner. To tell, every frame is
//! looked at on a grid of 16 by 9 cells, which takes 0.05 to 0.15 ms at that size.
//!
//! What a moving video does: its first frame is animated for `duration`, and then `at-end`
//! decides (by default the last frame stays), until the video is cut.
//!
//! The time of a frame in its clip is counted from the start of its scene:
//!
//! * With a constant frame rate in the caps the first scene starts at stream time 0, so that
//!   seeks and renders in parts give the same frames.
//! * With a variable rate (`framerate=0/1`, as OBS gives it) it starts with the first frame,
//!   however large its time is.
//! * Every other scene starts with its first frame. The last 64 scenes are remembered: after a
//!   seek the frame finds its scene again by what it shows, and the same bytes come. A picture
//!   that nobody saw start, because a seek led into the midst of it, starts where it was found.
//! * Another stream (another stream id) and other caps forget all scenes.
//!
//! A frame without a time is the next one.
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
//! Two pictures in a row, each with its own clip:
//!
//! ```text
//! gst-launch-1.0 concat name=c ! videoconvert ! motionfilter prompt="push in" ! videoconvert ! autovideosink videotestsrc num-buffers=25 ! c. videotestsrc pattern=pinwheel num-buffers=25 ! c.
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
