// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pictures of a training: the files of a folder, or frames of a video.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gst::{ClockTime, prelude::*};
use gst_video::prelude::*;
use stillmotion_engine::{
    image::{
        Image, PixelFormat, PlaneRef, YuvMatrix,
        decode::{self, DecodeError, Limits},
    },
    worker::train::Training,
};

use crate::{failure::Failure, write};

/// Endings of the files that are tried in a folder.
const ENDINGS: [&str; 13] =
    ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "ppm", "pgm", "pbm", "pam", "tga"];
/// How long a decoder may take for the next frame.
const PATIENCE: ClockTime = ClockTime::from_seconds(60);

/// Adds at most `most` pictures of `input`, spread over all of it, for as long as `go_on` allows.
pub fn add_all(
    training: &mut Training,
    input: &Path,
    most: u32,
    go_on: &dyn Fn() -> bool,
) -> Result<(), Failure> {
    match input.is_dir() {
        true => add_folder(training, input, most, go_on)?,
        false => add_video(training, input, most, go_on)?,
    }
    if training.pictures() == 0 && go_on() {
        let shown = input.display();
        return Err(Failure::Failed(format!("{shown}: there is no picture to train from")));
    }
    Ok(())
}

/// `most` of `count` places, evenly spread.
fn spread(count: usize, most: u32) -> impl Iterator<Item = usize> {
    let taken = count.min(most as usize);
    (0..taken).map(move |i| i * count / taken)
}

fn add_folder(
    training: &mut Training,
    folder: &Path,
    most: u32,
    go_on: &dyn Fn() -> bool,
) -> Result<(), Failure> {
    let unreadable = |e| Failure::Failed(format!("{}: cannot be read: {e}", folder.display()));
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if ending.is_some_and(|ending| ENDINGS.contains(&&*ending)) {
            files.push(path);
        }
    }
    // The order decides which pictures a step sees.
    files.sort();
    for at in spread(files.len(), most) {
        if !go_on() {
            return Ok(());
        }
        match decode::load(&files[at], &Limits::default()) {
            Ok(image) => training.add(&image)?,
            // One bad file among a thousand is no reason to stop.
            Err(error) => skip(&error),
        }
    }
    Ok(())
}

fn skip(error: &DecodeError) {
    write::note(&format!("left out: {error}"));
}

fn add_video(
    training: &mut Training,
    file: &Path,
    most: u32,
    go_on: &dyn Fn() -> bool,
) -> Result<(), Failure> {
    let failed = |reason: &str| Failure::Failed(format!("{}: {reason}", file.display()));
    if !file.is_file() {
        return Err(failed("there is no such folder or file"));
    }
    let broken = |error: &dyn std::fmt::Display| failed(&error.to_string());
    gst::init().map_err(|e| broken(&e))?;
    let description = "filesrc name=file ! decodebin ! videoconvert ! \
                       appsink name=frames sync=false max-buffers=4 caps=video/x-raw,format=RGB";
    let pipeline = gst::parse::launch(description).map_err(|e| broken(&e))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| failed("no pipeline"))?;
    let find = |name| pipeline.by_name(name).ok_or_else(|| failed("no pipeline"));
    find("file")?.set_property("location", file);
    let frames = find("frames")?.downcast::<gst_app::AppSink>();
    let frames = frames.map_err(|_| failed("no pipeline"))?;
    // What fails is told on the bus.
    let _ = pipeline.set_state(gst::State::Playing);
    let taken = take(training, &pipeline, &frames, most, go_on);
    let error = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
    let _ = pipeline.set_state(gst::State::Null);
    taken?;
    match error.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Error(error)) => Err(broken(&error.error())),
        _ => Ok(()),
    }
}

/// Takes frames that lie evenly over the length of the video.
fn take(
    training: &mut Training,
    pipeline: &gst::Pipeline,
    frames: &gst_app::AppSink,
    most: u32,
    go_on: &dyn Fn() -> bool,
) -> Result<(), Failure> {
    let mut pause = None;
    let mut next = ClockTime::ZERO;
    while let Some(sample) = frames.try_pull_sample(PATIENCE).filter(|_| go_on()) {
        // Known once there is a frame. A video of unknown length gives its first frames.
        let pause = *pause.get_or_insert_with(|| {
            let length = pipeline.query_duration::<ClockTime>().unwrap_or_default();
            length / u64::from(most.max(1))
        });
        let time = sample.buffer().and_then(|buffer| buffer.pts()).unwrap_or(next);
        if time < next {
            continue;
        }
        next += pause;
        if let Some(image) = image(&sample) {
            training.add(&image)?;
        }
        if training.pictures() >= most {
            break;
        }
    }
    Ok(())
}

fn image(sample: &gst::Sample) -> Option<Image> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &info).ok()?;
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    let plane = PlaneRef { data: frame.plane_data(0).ok()?, stride };
    let (width, height) = (frame.width(), frame.height());
    Image::from_planes(PixelFormat::Rgb, width, height, YuvMatrix::default(), &[plane]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_lies_evenly() {
        assert_eq!(spread(3, 10).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(spread(10, 4).collect::<Vec<_>>(), [0, 2, 5, 7]);
        assert_eq!(spread(0, 4).count(), 0);
    }
}
