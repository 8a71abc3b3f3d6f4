// SPDX-License-Identifier: MIT OR Apache-2.0
//! The picture in the format and the size that were agreed on.

use gst_video::{VideoFrameRef, VideoInfo};
use stillmotion_engine::{
    fit::{self, Fit},
    image::Image,
};

use crate::{
    errors,
    frame::{self, FrameError},
};

/// A buffer that shows `image` (RGB or RGBA) as `info` says.
pub fn buffer(
    image: &Image,
    info: &VideoInfo,
    mode: Fit,
) -> Result<gst::Buffer, gst::ErrorMessage> {
    let fitted =
        fit::fit(image, info.width(), info.height(), mode).map_err(|e| errors::image(&e))?;
    let format = frame::video_format(fitted.format());
    if format == info.format() {
        return packed(&fitted, info);
    }
    // The converter takes both only when they come at the same rate.
    let plain = VideoInfo::builder(format, info.width(), info.height())
        .fps(info.fps())
        .build()
        .map_err(|e| cannot_convert(&e))?;
    convert(&packed(&fitted, &plain)?, &plain, info)
}

fn packed(image: &Image, info: &VideoInfo) -> Result<gst::Buffer, gst::ErrorMessage> {
    let mut buffer = allocate(info)?;
    let target = buffer.make_mut();
    let mut mapped =
        VideoFrameRef::from_buffer_ref_writable(target, info).map_err(|_| FrameError::Map)?;
    frame::write_image(image, &mut mapped)?;
    drop(mapped);
    Ok(buffer)
}

/// GStreamer's own converter knows the colorimetry that the caps name.
fn convert(
    source: &gst::Buffer,
    from: &VideoInfo,
    to: &VideoInfo,
) -> Result<gst::Buffer, gst::ErrorMessage> {
    let converter =
        gst_video::VideoConverter::new(from, to, None).map_err(|e| cannot_convert(&e))?;
    let mut buffer = allocate(to)?;
    let target = buffer.make_mut();
    let input =
        VideoFrameRef::from_buffer_ref_readable(source, from).map_err(|_| FrameError::Map)?;
    let mut output =
        VideoFrameRef::from_buffer_ref_writable(target, to).map_err(|_| FrameError::Map)?;
    converter.frame_ref(&input, &mut output);
    drop(output);
    Ok(buffer)
}

fn allocate(info: &VideoInfo) -> Result<gst::Buffer, gst::ErrorMessage> {
    gst::Buffer::with_size(info.size()).map_err(|_| {
        gst::error_msg!(gst::ResourceError::NoSpaceLeft, ("No memory for {} bytes", info.size()))
    })
}

fn cannot_convert(error: &glib::BoolError) -> gst::ErrorMessage {
    gst::error_msg!(gst::CoreError::Negotiation, ("Cannot convert the picture: {error}"))
}
