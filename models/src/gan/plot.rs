// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both losses of a training as a picture.

use std::{convert::Infallible, io::Cursor, path::Path};

use embedded_graphics::{
    mono_font::{MonoTextStyle, ascii::FONT_8X13},
    pixelcolor::Rgb888,
    prelude::*,
    primitives::{Line, PrimitiveStyle},
    text::{Alignment, Text},
};
use image::{ImageFormat, Rgb, RgbImage};
use stillmotion_engine::worker::protocol::Losses;

use crate::{error::ModelError, weights::save::write_whole};

const SIZE: (u32, u32) = (960, 480);
/// Left, top, right and bottom of the lines, in pixels.
const FRAME: [i32; 4] = [60, 40, 940, 440];
const INK: Rgb888 = Rgb888::new(60, 60, 60);
const GRID: Rgb888 = Rgb888::new(225, 225, 225);
const DISCRIMINATOR: Rgb888 = Rgb888::new(31, 119, 180);
const GENERATOR: Rgb888 = Rgb888::new(214, 96, 20);

/// An image that shapes can be drawn on.
struct Canvas(RgbImage);

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<Rgb888>>,
    {
        for Pixel(at, colour) in pixels {
            let place = u32::try_from(at.x).ok().zip(u32::try_from(at.y).ok());
            if let Some(pixel) = place.and_then(|(x, y)| self.0.get_pixel_mut_checked(x, y)) {
                *pixel = Rgb([colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}

impl Canvas {
    fn line(&mut self, from: Point, to: Point, colour: Rgb888) {
        let Ok(()) =
            Line::new(from, to).into_styled(PrimitiveStyle::with_stroke(colour, 1)).draw(self);
    }

    fn text(&mut self, text: &str, at: Point, alignment: Alignment, colour: Rgb888) {
        let style = MonoTextStyle::new(&FONT_8X13, colour);
        let Ok(_) = Text::with_alignment(text, at, style, alignment).draw(self);
    }
}

/// Where values lie on the picture.
struct Scale {
    steps: f64,
    most: f64,
}

impl Scale {
    fn place(&self, step: f64, loss: f64) -> Point {
        let [left, top, right, bottom] = FRAME.map(f64::from);
        let x = left + (right - left) * step / self.steps;
        let y = bottom - (bottom - top) * (loss / self.most).clamp(0.0, 1.0);
        Point::new(x.round() as i32, y.round() as i32)
    }
}

/// The next larger one of 1, 2 or 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-3).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|n| n * power)
        .into_iter()
        .find(|n| *n >= value)
        .unwrap_or(10.0 * power)
}

/// Writes the plot of `losses` as a PNG.
///
/// # Errors
/// When the file cannot be written.
pub fn save(path: &Path, losses: &[Losses]) -> Result<(), ModelError> {
    let mut png = Cursor::new(Vec::new());
    let failed = |error| ModelError::write(path)(std::io::Error::other(error));
    draw(losses).write_to(&mut png, ImageFormat::Png).map_err(failed)?;
    write_whole(path, &png.into_inner()).map_err(ModelError::write(path))
}

fn draw(losses: &[Losses]) -> RgbImage {
    let mut canvas = Canvas(RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb([255; 3])));
    let most = losses.iter().map(|l| l.discriminator.max(l.generator)).fold(0.0, f64::max);
    let steps = losses.last().map_or(1, |last| last.step).max(1) as f64;
    let scale = Scale { steps, most: round_up(most) };
    for part in 0..=4 {
        let share = f64::from(part) / 4.0;
        let loss = scale.most * share;
        canvas.line(scale.place(0.0, loss), scale.place(steps, loss), GRID);
        let label = scale.place(0.0, loss) + Point::new(-6, 4);
        canvas.text(&format!("{loss:.2}"), label, Alignment::Right, INK);
        let step = (steps * share).round();
        canvas.line(scale.place(step, 0.0), scale.place(step, scale.most), GRID);
        let label = scale.place(step, 0.0) + Point::new(0, 18);
        canvas.text(&format!("{step}"), label, Alignment::Center, INK);
    }
    let mut curve = |of: fn(&Losses) -> f64, colour| {
        for pair in losses.windows(2) {
            let [from, to] = [&pair[0], &pair[1]].map(|l| scale.place(l.step as f64, of(l)));
            canvas.line(from, to, colour);
            canvas.line(from + Point::new(0, 1), to + Point::new(0, 1), colour);
        }
    };
    curve(|l| l.discriminator, DISCRIMINATOR);
    curve(|l| l.generator, GENERATOR);
    let [left, top, right, _] = FRAME;
    canvas.text("binary cross-entropy, nats", Point::new(left, top - 16), Alignment::Left, INK);
    let of = "discriminator (real + made)";
    canvas.text(of, Point::new(right - 110, top - 16), Alignment::Right, DISCRIMINATOR);
    canvas.text("generator", Point::new(right, top - 16), Alignment::Right, GENERATOR);
    canvas.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_where_their_values_are() {
        let losses: Vec<Losses> = (1..=10)
            .map(|i| Losses { step: 100 * i, discriminator: 1.0, generator: 2.0 })
            .collect();
        let picture = draw(&losses);
        let colour = |at: Point| picture.get_pixel(at.x as u32, at.y as u32).0;
        let scale = Scale { steps: 1000.0, most: 2.0 };
        let is = |of: Rgb888| [of.r(), of.g(), of.b()];
        assert_eq!(colour(scale.place(550.0, 1.0)), is(DISCRIMINATOR));
        assert_eq!(colour(scale.place(550.0, 2.0)), is(GENERATOR));
        assert_eq!(colour(scale.place(550.0, 1.5)), is(GRID));
    }

    #[test]
    fn few_and_odd_losses_are_drawn_too() {
        let one = Losses { step: u64::MAX, discriminator: f64::NAN, generator: 1e300 };
        for losses in [&[][..], &[one], &[one, one]] {
            assert_eq!(draw(losses).dimensions(), SIZE);
        }
    }
}
