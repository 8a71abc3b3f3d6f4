// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lens, film and artist do to a rendered frame.

use glam::Vec3;

use crate::{class::Class, scene::Lens, shade::Frame};

/// A finished picture, at half the size of the frame that it was made from.
pub struct Picture {
    /// Display colours, three bytes a pixel.
    pub rgb: Vec<u8>,
    /// Inverse depth, one over metres.
    pub nearness: Vec<f32>,
    /// Classes.
    pub class: Vec<Class>,
}

/// Makes a picture of mean linear brightness `exposure` from a frame of even sides.
pub fn develop(frame: Frame, lens: &Lens, exposure: f32) -> Picture {
    let mut half = halved(&frame);
    if lens.aperture > 0.0 {
        defocus(&mut half, lens);
    }
    if lens.bloom > 0.0 {
        bloom(&mut half, lens.bloom);
    }
    if lens.paint > 0 {
        paint(&mut half, lens.paint);
    }
    if lens.ink > 0.0 {
        ink(&mut half, lens.ink);
    }
    let rgb = display(&half.colour, exposure, lens.levels);
    Picture { rgb, nearness: half.nearness, class: half.class }
}

/// Colours are means; depth and class are those of the pixel that is nearest, so that they stay
/// sharp.
fn halved(frame: &Frame) -> Frame {
    let (width, height) = (frame.width / 2, frame.height / 2);
    let mut half = Frame {
        width,
        height,
        colour: Vec::with_capacity(width * height),
        nearness: Vec::with_capacity(width * height),
        class: Vec::with_capacity(width * height),
    };
    for y in 0..height {
        for x in 0..width {
            let first = 2 * y * frame.width + 2 * x;
            let four = [first, first + 1, first + frame.width, first + frame.width + 1];
            let sum: Vec3 = four.iter().map(|&i| frame.colour[i].min(Vec3::splat(4.0))).sum();
            half.colour.push(sum / 4.0);
            let mut order = four;
            order.sort_by(|&a, &b| frame.nearness[b].total_cmp(&frame.nearness[a]));
            half.nearness.push(frame.nearness[order[1]]);
            half.class.push(frame.class[order[1]]);
        }
    }
    half
}

/// Blurs each pixel by how far it is out of focus. What is in focus does not run into what is not.
fn defocus(frame: &mut Frame, lens: &Lens) {
    let wide = lens.aperture * frame.width as f32;
    let radius: Vec<f32> = frame
        .nearness
        .iter()
        .map(|n| {
            (wide * (n * lens.focus - 1.0).abs() / lens.focus.max(0.2))
                .min(0.06 * frame.width as f32)
        })
        .collect();
    let most = radius.iter().copied().fold(0.0, f32::max);
    let sharp = frame.colour.clone();
    let mut size = 1.0_f32;
    while size <= most * 1.5 {
        let reach = size.round() as usize;
        // Only what is at least half as blurred as this takes part.
        let parts: Vec<f32> =
            radius.iter().map(|&r| ((r / size - 0.4) * 3.0).clamp(0.0, 1.0)).collect();
        let weighed: Vec<Vec3> = sharp.iter().zip(&parts).map(|(c, p)| c * *p).collect();
        let weight: Vec<Vec3> = parts.iter().map(|p| Vec3::splat(*p)).collect();
        let sum = twice_blurred(&weighed, frame.width, reach);
        let total = twice_blurred(&weight, frame.width, reach);
        for (i, colour) in frame.colour.iter_mut().enumerate() {
            let share = ((radius[i] - 0.7 * size) / (0.5 * size)).clamp(0.0, 1.0);
            // Near things that are blurred spread over what is behind them.
            if share > 0.0 && total[i].x > 1e-3 {
                *colour = colour.lerp(sum[i] / total[i].x, share);
            }
        }
        size *= 1.6;
    }
}

fn twice_blurred(values: &[Vec3], width: usize, reach: usize) -> Vec<Vec3> {
    let once = blurred(values, width, reach.div_ceil(2).max(1));
    blurred(&once, width, (reach / 2).max(1))
}

/// The mean over a square of `2 * reach + 1` pixels a side.
fn blurred(values: &[Vec3], width: usize, reach: usize) -> Vec<Vec3> {
    let height = values.len() / width;
    let mut rows = vec![Vec3::ZERO; values.len()];
    let mean = |line: &dyn Fn(usize) -> Vec3, length: usize, out: &mut dyn FnMut(usize, Vec3)| {
        let (mut sum, mut count) = (Vec3::ZERO, 0.0);
        for i in 0..length + reach {
            if i < length {
                sum += line(i);
                count += 1.0;
            }
            if i > 2 * reach {
                sum -= line(i - 2 * reach - 1);
                count -= 1.0;
            }
            if i >= reach {
                out(i - reach, sum / f32::max(count, 1.0));
            }
        }
    };
    for y in 0..height {
        mean(&|x| values[y * width + x], width, &mut |x, v| rows[y * width + x] = v);
    }
    let mut out = vec![Vec3::ZERO; values.len()];
    for x in 0..width {
        mean(&|y| rows[y * width + x], height, &mut |y, v| out[y * width + x] = v);
    }
    out
}

fn bloom(frame: &mut Frame, strength: f32) {
    let bright: Vec<Vec3> =
        frame.colour.iter().map(|c| (*c - Vec3::splat(0.7)).max(Vec3::ZERO)).collect();
    let spread = twice_blurred(&bright, frame.width, frame.width / 16);
    for (colour, light) in frame.colour.iter_mut().zip(spread) {
        *colour += strength * light;
    }
}

/// Each pixel takes the mean of that quarter of its surroundings that is most even (Kuwahara 1976).
fn paint(frame: &mut Frame, reach: usize) {
    let (w, h) = (frame.width as i32, frame.height as i32);
    let reach = reach as i32;
    let source = frame.colour.clone();
    let quarter = |x: i32, y: i32, dx: i32, dy: i32| {
        let (mut sum, mut square, mut count) = (Vec3::ZERO, 0.0, 0.0);
        for v in 0..=reach {
            for u in 0..=reach {
                let (sx, sy) = ((x + dx * u).clamp(0, w - 1), (y + dy * v).clamp(0, h - 1));
                let colour = source[(sy * w + sx) as usize];
                sum += colour;
                square += colour.length_squared();
                count += 1.0;
            }
        }
        let mean = sum / count;
        (square / count - mean.length_squared(), mean)
    };
    for y in 0..h {
        for x in 0..w {
            let best = [(-1, -1), (1, -1), (-1, 1), (1, 1)]
                .map(|(dx, dy)| quarter(x, y, dx, dy))
                .into_iter()
                .min_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, mean)) = best {
                frame.colour[(y * w + x) as usize] = mean;
            }
        }
    }
}

fn ink(frame: &mut Frame, strength: f32) {
    for y in 1..frame.height {
        for x in 1..frame.width {
            let i = y * frame.width + x;
            let here = frame.nearness[i];
            let step =
                |j: usize| (here - frame.nearness[j]).abs() / (here + frame.nearness[j] + 1e-4);
            if step(i - 1).max(step(i - frame.width)) > 0.08 {
                frame.colour[i] *= 1.0 - strength;
            }
        }
    }
}

/// Bytes of the display, with soft highlights.
fn display(colours: &[Vec3], exposure: f32, levels: u32) -> Vec<u8> {
    let luma = |c: &Vec3| c.dot(Vec3::new(0.21, 0.72, 0.07));
    let mean = colours.iter().map(|c| luma(c).min(2.0)).sum::<f32>() / colours.len() as f32;
    let gain = exposure / mean.max(1e-4);
    let byte = |v: f32| {
        let v = (v * gain).max(0.0);
        // Linear up to 0.6, then ever flatter towards 1.
        let v = if v < 0.6 { v } else { 0.6 + 0.4 * (1.0 - (-(v - 0.6) / 0.4).exp()) };
        let mut display = v.powf(1.0 / 2.2);
        if levels > 1 {
            let steps = (levels - 1) as f32;
            display = (display * steps).round() / steps;
        }
        (display * 255.0 + 0.5) as u8
    };
    colours.iter().flat_map(|c| [byte(c.x), byte(c.y), byte(c.z)]).collect()
}
