// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames and files with something in them.

use gst_video::{VideoFrameExt, VideoFrameRef, VideoInfo};

/// The six formats that the elements work in.
pub const FORMATS: [&str; 6] = ["I420", "NV12", "RGBA", "RGB", "BGRA", "BGRx"];

/// Caps of a still.
pub fn caps(format: &str, width: u32, height: u32) -> gst::Caps {
    crate::init();
    gst::Caps::builder("video/x-raw")
        .field("format", format)
        .field("width", width as i32)
        .field("height", height as i32)
        .field("framerate", gst::Fraction::new(0, 1))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build()
}

/// A frame in which every sample depends on its place and on `seed`.
///
/// # Panics
/// When `caps` are not those of raw video.
pub fn frame(caps: &gst::Caps, seed: u8) -> gst::Buffer {
    let info = VideoInfo::from_caps(caps).expect("video caps");
    let mut buffer = gst::Buffer::with_size(info.size()).expect("memory");
    fill(buffer.make_mut(), &info, seed);
    buffer
}

/// The same picture as [`frame`], in memory with `padding` bytes behind each row and before the
/// first plane, as a video meta says.
///
/// # Panics
/// When `caps` are not those of raw video.
pub fn padded_frame(caps: &gst::Caps, seed: u8, padding: usize) -> gst::Buffer {
    let info = VideoInfo::from_caps(caps).expect("video caps");
    let mut offsets = Vec::new();
    let mut strides = Vec::new();
    let mut end = padding;
    for plane in 0..info.n_planes() {
        let stride = info.stride()[plane as usize] + padding as i32;
        let rows = plane_rows(&info, plane);
        offsets.push(end);
        strides.push(stride);
        end += stride as usize * rows;
    }
    let mut buffer = gst::Buffer::from_mut_slice(vec![0xEE; end]);
    let target = buffer.make_mut();
    gst_video::VideoMeta::add_full(
        target,
        gst_video::VideoFrameFlags::empty(),
        info.format(),
        info.width(),
        info.height(),
        &offsets,
        &strides,
    )
    .expect("a meta for these strides");
    fill(target, &info, seed);
    buffer
}

fn plane_rows(info: &VideoInfo, plane: u32) -> usize {
    let component = (0..info.n_components())
        .find(|&c| info.format_info().plane()[c as usize] == plane)
        .expect("a component in each plane");
    info.comp_height(component as u8) as usize
}

fn row_bytes(info: &VideoInfo, plane: u32) -> usize {
    let component = (0..info.n_components())
        .find(|&c| info.format_info().plane()[c as usize] == plane)
        .expect("a component in each plane");
    let component = component as usize;
    info.comp_width(component as u8) as usize
        * info.format_info().pixel_stride()[component] as usize
}

fn fill(buffer: &mut gst::BufferRef, info: &VideoInfo, seed: u8) {
    let mut mapped =
        VideoFrameRef::from_buffer_ref_writable(buffer, info).expect("a frame of these caps");
    for plane in 0..info.n_planes() {
        let (row, stride) =
            (row_bytes(info, plane), mapped.plane_stride()[plane as usize] as usize);
        let rows = plane_rows(info, plane);
        let data = mapped.plane_data_mut(plane).expect("a plane");
        for y in 0..rows {
            for (x, byte) in data[y * stride..][..row].iter_mut().enumerate() {
                *byte = (x * 3 + y * 7 + plane as usize * 50) as u8 ^ seed;
            }
        }
    }
}

/// The samples of a frame, without what lies between the rows.
///
/// # Panics
/// When the buffer is not a frame of `caps`.
pub fn samples(buffer: &gst::Buffer, caps: &gst::CapsRef) -> Vec<u8> {
    let info = VideoInfo::from_caps(caps).expect("video caps");
    let mapped = VideoFrameRef::from_buffer_ref_readable(buffer, &info).expect("a frame");
    let mut samples = Vec::new();
    for plane in 0..info.n_planes() {
        let (row, stride) =
            (row_bytes(&info, plane), mapped.plane_stride()[plane as usize] as usize);
        let data = mapped.plane_data(plane).expect("a plane");
        for y in 0..plane_rows(&info, plane) {
            samples.extend_from_slice(&data[y * stride..][..row]);
        }
    }
    samples
}

/// Mean difference of two pictures, in steps of 8 bit samples.
///
/// # Panics
/// When they are not of one size.
#[track_caller]
pub fn difference(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let sum: u64 = std::iter::zip(one, other).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.len() as f64
}
