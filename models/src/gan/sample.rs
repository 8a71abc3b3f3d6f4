// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips that show how far a training is.

use std::{io::BufWriter, path::Path, time::Duration};

use image::{
    Delay, Frame, RgbaImage,
    codecs::gif::{GifEncoder, Repeat},
};
use tch::{Device, Tensor};

use super::{config::GanConfig, network::generate, walk::Walk};
use crate::{
    error::ModelError,
    random::{Purpose, Random},
    tensor::{self, Params},
    weights::save::write_whole,
};

/// Pictures beside and below each other.
const GRID: i64 = 4;
const FRAMES: u64 = 30;
const FRAMES_PER_SECOND: f64 = 10.0;
/// The motion amount of the walks.
const MOTION: f64 = 7.0;

/// Writes a GIF of 30 frames, 10 a second, in which 16 pictures change. They are the same places
/// in every clip of a training.
///
/// # Errors
/// When memory runs out or the file cannot be written.
pub fn save(
    path: &Path,
    config: &GanConfig,
    params: &Params,
    device: Device,
) -> Result<(), ModelError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(ModelError::write(folder))?;
    }
    let frames = frames(config, params, device)?;
    let side = config.size * GRID as u32;
    let mut gif = Vec::new();
    let encode = || -> image::ImageResult<()> {
        let mut encoder = GifEncoder::new_with_speed(BufWriter::new(&mut gif), 10);
        encoder.set_repeat(Repeat::Infinite)?;
        let pause = Duration::from_secs_f64(1.0 / FRAMES_PER_SECOND);
        for rgb in frames {
            let rgba = rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], u8::MAX]).collect();
            let Some(picture) = RgbaImage::from_raw(side, side, rgba) else { continue };
            let delay = Delay::from_saturating_duration(pause);
            encoder.encode_frame(Frame::from_parts(picture, 0, 0, delay))?;
        }
        Ok(())
    };
    let failed = |error: image::ImageError| ModelError::write(path)(std::io::Error::other(error));
    encode().map_err(failed)?;
    write_whole(path, &gif).map_err(ModelError::write(path))
}

/// The frames, each `[GRID * size, GRID * size, 3]` bytes.
fn frames(config: &GanConfig, params: &Params, device: Device) -> Result<Vec<Vec<u8>>, ModelError> {
    let _guard = tch::no_grad_guard();
    let mut walks = Vec::new();
    for number in 0..GRID * GRID {
        let mut random = Random::new(config.seed, Purpose::Sample, number as u64);
        let place = random.normal(&[1, config.latent()], device)?;
        walks.push(Walk::new(place, number as u64, MOTION, FRAMES_PER_SECOND)?);
    }
    let side = i64::from(config.size);
    let mut frames = Vec::new();
    for frame in 0..FRAMES {
        let places: Result<Vec<_>, _> =
            walks.iter().map(|walk| walk.at(frame..frame + 1)).collect();
        let pictures = generate(config, params, &Tensor::f_cat(&places?, 0)?)?;
        let grid = pictures.f_view([GRID, GRID, 3, side, side])?.f_permute([2, 0, 3, 1, 4])?;
        frames.push(tensor::to_rgb(&grid.f_reshape([1, 3, GRID * side, GRID * side])?)?);
    }
    Ok(frames)
}
