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
//! A clip whose camera does what the subtitles of a file say:
//!
//! ```text
//! gst-launch-1.0 stillsrc location=cabin.jpg ! motiongen name=m at-end=hold num-buffers=192 ! videoconvert ! x264enc ! mp4mux ! filesink location=out.mp4 filesrc location=cues.srt ! subparse ! m.text_sink
//! ```
//!
//! A loop without a seam, four rounds of it:
//!
//! ```text
//! gst-launch-1.0 stillsrc location=cabin.jpg ! motiongen prompt="slow orbit" loop=true at-end=loop duration=1000000000 num-buffers=96 ! videoconvert ! autovideosink
//! ```
//!
//! From one picture to another:
//!
//! ```text
//! gst-launch-1.0 stillsrc location=cabin.jpg ! motiongen end-image=night.jpg ! videoconvert ! x264enc ! mp4mux ! filesink location=out.mp4
//! ```
//!
//! A motion brush, before a depth of one's own:
//!
//! ```text
//! gst-launch-1.0 stillsrc location=cabin.jpg ! motiongen depth-image=depth.png mask=paint.png brush="red: ambient=6; blue: horizontal=3" ! videoconvert ! x264enc ! mp4mux ! filesink location=out.mp4
//! ```
//!
//! # Prompts over time
//!
//! Each prompt gets a clip of its own, of the length that `duration` says, from the moment at
//! which it begins to hold. The camera does not jump: it glides from where it was, at the speed it
//! had, into the clip of the new prompt. That takes 1.5 seconds, or half of a shorter clip; from
//! then on the frames are those of the new prompt alone.
//!
//! * `text_sink` takes subtitles, plain or with Pango markup, which is left out. A cue holds from
//!   the frame nearest to its start until the next cue starts, whatever its own end. Before the
//!   first cue, and in a cue without words, the property `prompt` holds. The end of the text does
//!   not end the clip.
//! * A frame waits until it is known which cue holds, so the same input gives the same bytes.
//!   Where the clip or the text is live, nothing is waited for, and a cue that comes late starts
//!   with the next frame. A cue without a time does so too.
//! * A cue pairs with the frame at its running time. Cues that were reached are kept, so that a
//!   seek finds them again without a seek of the text.
//! * A changed `prompt`, `seed` or `duration` starts its clip with the frame that comes next.
//!   Nobody can know that moment again: a flushing seek forgets it, and what is set then holds
//!   from the start.
//! * Whatever the prompts, with `at-end=eos` the stream ends when the still was shown for
//!   `duration`, as the DURATION query says, and `num-buffers` counts from the start of the stream.
//!   For prompts over a longer time take `at-end=hold` with `num-buffers`: then each prompt has its
//!   `duration`, and holds the last frame until the next one.
//!
//! # What is read at the start
//!
//! The files of `depth-model`, `depth-image`, `mask` and `end-image` are read on the way to PAUSED, and
//! the texts of `brush` and `extend` with them. What is wrong with one of them fails the state change,
//! with a message that names it. They hold for every still of the run.
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
//! * With `is-live=true` the clip starts at the moment the still comes, frames that are late are
//!   left out, and the element cannot be seeked.
//! * An EOS event that an application sends to the pipeline ends the stream, as for a source,
//!   also from inside a bin. Other serialized events of an application leave before the next
//!   frame. As a video-filter of playbin send it to the element: playbin asks only its own source.
//! * Serialized events from upstream leave behind caps and segment, before the frame that follows.
//! * Where downstream allows only a variable rate (0/1), frames come at 24 per second.

mod imp;
mod job;
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
