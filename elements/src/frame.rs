// SPDX-License-Identifier: MIT OR Apache-2.0
//! GStreamer's frames and the engine's images.

use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat, VideoInfo, prelude::*};
use stillmotion_engine::image::{
    FrameMut, Image, ImageError, PixelFormat, PlaneMut, PlaneRef, Sketch, YuvMatrix,
};
use thiserror::Error;

/// Why a buffer gave no image.
#[derive(Debug, Error)]
pub enum FrameError {
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error("{0} frames are not supported")]
    Format(VideoFormat),
    #[error("the memory of a frame cannot be mapped")]
    Map,
}

impl From<FrameError> for gst::ErrorMessage {
    fn from(error: FrameError) -> Self {
        match &error {
            FrameError::Image(inner) => crate::errors::image(inner),
            FrameError::Format(_) => gst::error_msg!(gst::CoreError::Negotiation, ("{error}")),
            FrameError::Map => gst::error_msg!(gst::ResourceError::Read, ("{error}")),
        }
    }
}

/// The engine's name of a format.
pub fn pixel_format(format: VideoFormat) -> Option<PixelFormat> {
    PixelFormat::ALL.into_iter().find(|&ours| video_format(ours) == format)
}

/// GStreamer's name of a format.
pub fn video_format(format: PixelFormat) -> VideoFormat {
    match format {
        PixelFormat::I420 => VideoFormat::I420,
        PixelFormat::Nv12 => VideoFormat::Nv12,
        PixelFormat::Rgba => VideoFormat::Rgba,
        PixelFormat::Rgb => VideoFormat::Rgb,
        PixelFormat::Bgra => VideoFormat::Bgra,
        PixelFormat::Bgrx => VideoFormat::Bgrx,
    }
}

fn yuv_matrix(info: &VideoInfo) -> YuvMatrix {
    let colorimetry = info.colorimetry();
    YuvMatrix {
        bt709: colorimetry.matrix() == VideoColorMatrix::Bt709,
        full_range: colorimetry.range() == VideoColorRange::Range0_255,
    }
}

/// Lets the engine read a frame.
///
/// The buffer is mapped as a whole and its planes are looked up with bounds checks, so a buffer
/// that is shorter than its caps or its video meta say gives an error.
fn read<T>(
    buffer: &gst::BufferRef,
    info: &VideoInfo,
    reader: impl FnOnce(PixelFormat, &[PlaneRef<'_>]) -> Result<T, ImageError>,
) -> Result<T, FrameError> {
    let format = pixel_format(info.format()).ok_or(FrameError::Format(info.format()))?;
    let map = buffer.map_readable().map_err(|_| FrameError::Map)?;
    let bytes = map.as_slice();
    let meta = buffer.meta::<gst_video::VideoMeta>();
    let (offsets, strides) = match &meta {
        Some(meta) => (meta.offset(), meta.stride()),
        None => (info.offset(), info.stride()),
    };
    let planes: Vec<_> = std::iter::zip(offsets, strides)
        .map(|(&offset, &stride)| PlaneRef {
            data: bytes.get(offset..).unwrap_or_default(),
            stride: usize::try_from(stride).unwrap_or(0),
        })
        .collect();
    Ok(reader(format, &planes)?)
}

/// A deep copy of a frame. The host may free or overwrite the buffer at once.
pub fn image_from_buffer(buffer: &gst::BufferRef, info: &VideoInfo) -> Result<Image, FrameError> {
    read(buffer, info, |format, planes| {
        Image::from_planes(format, info.width(), info.height(), yuv_matrix(info), planes)
    })
}

/// A frame at a glance.
pub fn sketch_from_buffer(buffer: &gst::BufferRef, info: &VideoInfo) -> Result<Sketch, FrameError> {
    read(buffer, info, |format, planes| Sketch::new(format, info.width(), info.height(), planes))
}

/// Lets the engine write into a mapped frame.
pub fn frame_mut<'a>(
    frame: &'a mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
) -> Result<FrameMut<'a>, FrameError> {
    let format = pixel_format(frame.format()).ok_or(FrameError::Format(frame.format()))?;
    let (width, height, count) = (frame.width(), frame.height(), frame.n_planes() as usize);
    let strides = frame.plane_stride().to_vec();
    let planes = std::iter::zip(frame.planes_data_mut(), strides)
        .take(count)
        .map(|(data, stride)| PlaneMut { data, stride: usize::try_from(stride).unwrap_or(0) })
        .collect();
    Ok(FrameMut::new(format, width, height, planes)?)
}

/// An image as a sample, with its caps; `None` where memory runs out.
pub fn sample_of(image: &Image) -> Option<gst::Sample> {
    let format = video_format(image.format());
    let info = VideoInfo::builder(format, image.width(), image.height()).build().ok()?;
    let mut buffer = gst::Buffer::with_size(info.size()).ok()?;
    let mut frame =
        gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.get_mut()?, &info).ok()?;
    write_image(image, &mut frame).ok()?;
    drop(frame);
    Some(gst::Sample::builder().buffer(&buffer).caps(&info.to_caps().ok()?).build())
}

/// Writes an image into a mapped frame of the same format and size.
pub fn write_image(
    image: &Image,
    frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
) -> Result<(), FrameError> {
    let mut out = frame_mut(frame)?;
    for (plane, (layout, target)) in image.planes().iter().zip(out.planes_mut()) {
        let row = layout.row_bytes();
        let lines = target.data.chunks_mut(target.stride.max(1));
        for (source, line) in plane.data.chunks(row.max(1)).zip(lines) {
            line[..row].copy_from_slice(source);
        }
    }
    Ok(())
}
