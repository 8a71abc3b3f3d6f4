// SPDX-License-Identifier: MIT OR Apache-2.0
//! The frames of a clip, as agreed on with downstream.

use std::sync::Arc;

use gst::prelude::*;
use gst_video::{VideoFrameRef, VideoInfo};
use parking_lot::Mutex;
use stillmotion_engine::{
    fit,
    image::{FrameMut, Image},
    request::DEFAULT_FRAME_RATE,
};

use crate::{
    caps,
    errors::{self, FrameFailure},
    frame::{self, FrameError},
    rescue::{OnError, Outcome, Rescue},
    settings::FitMode,
    timing::FrameGrid,
};

/// What the frames look like, and when they come.
pub struct Agreed {
    pub caps: gst::Caps,
    pub info: VideoInfo,
    pub grid: FrameGrid,
    /// The still in the size of the frames.
    pub image: Arc<Image>,
}

impl Agreed {
    /// Asks downstream of `pad` what it wants and picks from that, for a `still` that has the
    /// caps `input`. Blocks on a query: hold no lock.
    pub fn negotiate(
        pad: &gst::Pad,
        still: &Arc<Image>,
        input: (&gst::Caps, &VideoInfo),
        mode: FitMode,
    ) -> Result<Self, gst::ErrorMessage> {
        let (caps, info) = choose_caps(pad, still, input)?;
        let rate = caps::frame_rate(&info).unwrap_or(DEFAULT_FRAME_RATE);
        caps::check_output(info.width(), info.height(), rate)
            .map_err(|e| errors::negotiation(&e))?;
        let image = if (info.width(), info.height()) == (still.width(), still.height()) {
            Arc::clone(still)
        } else {
            let fitted = fit::fit(still, info.width(), info.height(), mode.into());
            Arc::new(fitted.map_err(|e| errors::image(&e))?)
        };
        Ok(Self { caps, info, grid: FrameGrid::new(rate), image })
    }
}

fn choose_caps(
    pad: &gst::Pad,
    still: &Image,
    (input, input_info): (&gst::Caps, &VideoInfo),
) -> Result<(gst::Caps, VideoInfo), gst::ErrorMessage> {
    let possible = caps::open_size_and_rate(input);
    let mut allowed = pad
        .peer_query_caps(Some(&possible))
        .intersect_with_mode(&possible, gst::CapsIntersectMode::First);
    allowed.truncate();
    let source = (still.width(), still.height());
    let refused = || {
        gst::error_msg!(
            gst::CoreError::Negotiation,
            ("Downstream takes no {}x{} {}", source.0, source.1, still.format())
        )
    };
    let structure = allowed.make_mut().structure_mut(0).ok_or_else(refused)?;
    caps::fixate_size(structure, source, fit::output_size(source.0, source.1));
    caps::fixate_rate(structure);
    allowed.fixate();
    let info = VideoInfo::from_caps(&allowed).map_err(|_| refused())?;
    Ok(keep_colours(allowed, info, input_info))
}

/// Where the caps of the still say nothing about colour, GStreamer guesses from the height. The
/// output must keep the guess that held for the still, whatever its own height.
fn keep_colours(mut caps: gst::Caps, info: VideoInfo, still: &VideoInfo) -> (gst::Caps, VideoInfo) {
    if info.colorimetry() == still.colorimetry() {
        return (caps, info);
    }
    caps.make_mut().set("colorimetry", still.colorimetry().to_string());
    let info = VideoInfo::from_caps(&caps).unwrap_or(info);
    (caps, info)
}

/// Lets `write` fill a frame that looks as `info` says. Where that fails, `on_error` decides what
/// is shown, with `still` for what came in.
///
/// # Errors
/// The failure, where the stream is to end.
pub fn fill(
    info: &VideoInfo,
    buffer: &mut gst::BufferRef,
    (rescue, on_error, still): (&Mutex<Rescue>, OnError, &Image),
    write: impl FnOnce(&mut FrameMut<'_>) -> Result<(), FrameFailure>,
) -> Result<Outcome, FrameFailure> {
    let mapped = VideoFrameRef::from_buffer_ref_writable(buffer, info);
    let mut mapped = mapped.map_err(|_| FrameError::Map)?;
    let made = frame::frame_mut(&mut mapped).map_err(FrameFailure::from);
    let made = made.and_then(|mut target| write(&mut target));
    let pass =
        |frame: &mut VideoFrameRef<&mut gst::BufferRef>| frame::write_image(still, frame).is_ok();
    rescue.lock().settle(made, on_error, &mut mapped, pass)
}
