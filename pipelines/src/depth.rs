// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion depth`: the estimated depth as a picture.

use image::{ImageBuffer, Luma, imageops};
use stillmotion_engine::{
    image::{Image, decode},
    request::Check,
    scene,
};

use crate::{args::DepthArgs, failure::Failure, output, settings};

/// Writes how near each pixel is: 16-bit gray, near is bright, at the size of the still.
pub fn run(args: &DepthArgs) -> Result<(), Failure> {
    let mut check = Check::default();
    let limits = settings::limits(&mut check, &args.limits);
    output::check_png(&mut check, "output", &args.output);
    check.finish()?;
    let still = decode::load(&args.image, &limits)?;
    output::write_png(&args.output, &nearness(&still).into())
}

/// Nearness at the size of the still.
fn nearness(still: &Image) -> ImageBuffer<Luma<u16>, Vec<u16>> {
    let depth = scene::depth_of(still);
    let small = ImageBuffer::from_fn(depth.width as u32, depth.height as u32, |x, y| {
        let near = depth.nearness[y as usize * depth.width + x as usize];
        Luma([(near.clamp(0.0, 1.0) * f32::from(u16::MAX)).round() as u16])
    });
    imageops::resize(&small, still.width(), still.height(), imageops::FilterType::CatmullRom)
}
