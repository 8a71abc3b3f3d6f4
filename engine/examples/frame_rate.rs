// SPDX-License-Identifier: MIT OR Apache-2.0
//! How fast frames come out of the engine alone: `frame_rate [WIDTH HEIGHT [PROMPT [FORMAT]]]`.

use std::{error::Error, sync::Arc, time::Instant};

use stillmotion_engine::{
    generator::Generator,
    image::{FrameMut, Image, PixelFormat, PlaneMut, YuvMatrix},
    request::Request,
    scene::SceneGenerator,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let width: u32 = args.next().map_or(Ok(1920), |v| v.parse())?;
    let height: u32 = args.next().map_or(Ok(1080), |v| v.parse())?;
    let prompt = args.next().unwrap_or_default();
    let only = args.next();
    for format in
        PixelFormat::ALL.into_iter().filter(|f| only.as_ref().is_none_or(|o| *o == f.name()))
    {
        let sizes: Vec<usize> =
            format.layout(width, height).map(|l| l.row_bytes() * l.height).collect();
        let planes = sizes.iter().map(|n| (0..*n).map(|i| (i * i / 977) as u8).collect()).collect();
        let image = Image::from_packed(format, width, height, YuvMatrix::default(), planes)?;
        let request = Request { prompt: prompt.clone(), ..Request::new(Arc::new(image)) };
        let controls = request.controls;
        let start = Instant::now();
        let clip = SceneGenerator.open(request)?;
        let mut buffers: Vec<Vec<u8>> = sizes.iter().map(|n| vec![0; *n]).collect();
        let mut draw = |index| -> Result<(), Box<dyn Error>> {
            let planes = buffers.iter_mut().zip(format.layout(width, height));
            let planes = planes.map(|(data, l)| PlaneMut { data, stride: l.row_bytes() }).collect();
            clip.frame(index, &controls, &mut FrameMut::new(format, width, height, planes)?)?;
            Ok(())
        };
        draw(0)?;
        let first = start.elapsed();
        draw(1)?;
        let second = start.elapsed();
        let start = Instant::now();
        for index in 1..clip.frames() {
            draw(index)?;
        }
        let rate = (clip.frames() - 1) as f64 / start.elapsed().as_secs_f64();
        let copies = copies_per_second(&sizes);
        println!(
            "{format:5} {rate:7.1} frames/s, first frame after {:.1} ms, second after {:.1} ms; {copies:6.0} copies/s ({:.0} times)",
            first.as_secs_f64() * 1e3,
            second.as_secs_f64() * 1e3,
            copies / rate
        );
    }
    Ok(())
}

/// How often a second a frame of planes of `sizes` bytes can be copied by one core: what memory
/// allows at most.
fn copies_per_second(sizes: &[usize]) -> f64 {
    const COPIES: u32 = 200;
    let from: Vec<Vec<u8>> = sizes.iter().map(|n| vec![1; *n]).collect();
    let mut to: Vec<Vec<u8>> = sizes.iter().map(|n| vec![0; *n]).collect();
    let start = Instant::now();
    for _ in 0..COPIES {
        for (to, from) in to.iter_mut().zip(&from) {
            to.copy_from_slice(std::hint::black_box(from));
        }
        std::hint::black_box(&to);
    }
    f64::from(COPIES) / start.elapsed().as_secs_f64()
}
