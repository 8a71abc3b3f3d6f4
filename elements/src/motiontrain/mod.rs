// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motiontrain`: trains a small generative network from the pictures of a stream.
//!
//! The element first collects pictures, the middle square of each frame, until `pictures` are there
//! or the stream ends; then it trains until `steps` are done, and then the stream ends. The
//! checkpoint is a folder, which `model=` of `motiongen` and `stillsrc` takes.
//!
//! # Pipelines
//!
//! From a film, four pictures of each second:
//!
//! ```text
//! gst-launch-1.0 -e filesrc location=film.mp4 ! decodebin ! videoconvert ! videorate ! video/x-raw,framerate=4/1 ! motiontrain checkpoint=sea steps=20000
//! ```
//!
//! From numbered pictures:
//!
//! ```text
//! gst-launch-1.0 -e multifilesrc location=photos/%03d.jpg caps=image/jpeg,framerate=1/1 ! jpegdec ! videoconvert ! motiontrain checkpoint=faces steps=5000 size=128
//! ```
//!
//! And what it has learned, as a clip from nothing but a seed:
//!
//! ```text
//! gst-launch-1.0 stillsrc model=sea seed=4 ! motiongen model=sea motion=7 ! videoconvert ! videoscale ! video/x-raw,width=512,height=512 ! x264enc ! mp4mux ! filesink location=out.mp4
//! ```
//!
//! # The checkpoint
//!
//! * `config.json` says what the network is, `model.safetensors` holds all of it: what is trained
//!   here goes on exactly as if it had never been interrupted. Both are replaced as a whole; who is
//!   killed while writing finds what was saved before.
//! * Every `sample-every` steps it is saved, with a clip of 16 pictures (`samples/step-001000.gif`)
//!   and a plot of both losses (`losses.png`).
//! * An existing checkpoint goes on to `steps` steps in all. Its `kind`, `size` and `seed` stay.
//! * EOS from an application (Ctrl-C with `gst-launch-1.0 -e`) and any state change to PAUSED or below
//!   save the training where it is and end it.
//!
//! # Messages
//!
//! PROGRESS messages say which step it is in. The element message `stillmotion-losses` has `step`,
//! `discriminator` and `generator` every 100 steps (binary cross-entropy in nats), and
//! `stillmotion-wrote` has the `path` of each clip and plot.

mod imp;

use gst::prelude::*;

glib::wrapper! {
    /// The element `motiontrain`.
    pub struct MotionTrain(ObjectSubclass<imp::MotionTrain>)
        @extends gst_base::BaseSink, gst::Element, gst::Object;
}

/// The architecture of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstStillMotionTrainKind")]
pub enum TrainKind {
    /// As in the checkpoint; a new one is convolutional.
    #[default]
    #[enum_value(name = "Auto: as in the checkpoint, or convolutional", nick = "auto")]
    Auto,
    /// Convolutional, 64 to 256 pixels a side.
    #[enum_value(name = "Conv: convolutional, 64 to 256 pixels a side", nick = "conv")]
    Conv,
    /// Fully connected, 64x64 pixels.
    #[enum_value(name = "MLP: fully connected, 64x64 pixels", nick = "mlp")]
    Mlp,
}

/// Registers the factory `motiontrain`.
///
/// # Errors
/// When GStreamer refuses it.
pub fn register(plugin: Option<&gst::Plugin>) -> Result<(), glib::BoolError> {
    gst::Element::register(plugin, "motiontrain", gst::Rank::NONE, MotionTrain::static_type())
}
