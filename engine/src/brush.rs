// SPDX-License-Identifier: MIT OR Apache-2.0
//! The motion brush: a picture that says where the still may move by itself, and how.
//!
//! Up to five regions are painted over a copy of the still, each in a colour of its own. Where
//! nothing is painted, nothing moves by itself; the camera is not concerned.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use crate::{
    fit::{Fit, Lie},
    image::{Image, PixelFormat},
    request::{AXIS, Check, InvalidSettings},
};

/// How many regions a brush may have.
pub const MAX_REGIONS: usize = 5;
/// The range of [`Stroke::ambient`].
pub const AMBIENT: RangeInclusive<f64> = 0.0..=10.0;

/// The colours of the regions, in order: name, hue in degrees. White and grey are the first.
const COLOURS: [(&str, f32); MAX_REGIONS] =
    [("red", 0.0), ("green", 120.0), ("blue", 240.0), ("yellow", 60.0), ("magenta", 300.0)];
/// What is darker than this (of 255) is not painted.
const DARK: u8 = 64;
/// What has less colour than this (largest less smallest channel, of 255) is white.
const PALE: u8 = 48;

/// How one region moves.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stroke {
    /// Sideways, -10..10: positive to the right.
    pub horizontal: f64,
    /// Up or down, -10..10: positive up.
    pub vertical: f64,
    /// Closer or away, -10..10: positive comes closer, so it grows.
    pub proximity: f64,
    /// Restlessness, 0..10: everything in the region stirs without going anywhere.
    pub ambient: f64,
}

/// How the regions move, in the order of their colours.
///
/// As text: `1: horizontal=3 ambient=2; 2: vertical=-1`. A region may be named by its number or by
/// its colour (red, green, blue, yellow, magenta); what is left out is 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Strokes(pub [Stroke; MAX_REGIONS]);

impl Stroke {
    /// Whether the region goes somewhere, rather than only stirs.
    pub fn moves(&self) -> bool {
        [self.horizontal, self.vertical, self.proximity].iter().any(|value| *value != 0.0)
    }

    fn set(&mut self, name: &str, value: f64, check: &mut Check) {
        let (field, range) = match name {
            "horizontal" => (&mut self.horizontal, AXIS),
            "vertical" => (&mut self.vertical, AXIS),
            "proximity" => (&mut self.proximity, AXIS),
            "ambient" => (&mut self.ambient, AMBIENT),
            _ => {
                let allowed = "horizontal, vertical, proximity, ambient".to_owned();
                return check.problem("brush", name, allowed);
            }
        };
        if range.contains(&value) {
            *field = value;
        } else {
            let allowed = format!("{} to {}", range.start(), range.end());
            check.problem("brush", format_args!("{name}={value}"), allowed);
        }
    }
}

impl Strokes {
    /// Whether any region goes somewhere.
    pub fn move_things(&self) -> bool {
        self.0.iter().any(Stroke::moves)
    }
}

impl FromStr for Strokes {
    type Err = InvalidSettings;

    /// Reads the text form. Every mistake is noted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut strokes = Self::default();
        let mut check = Check::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (region, settings) = part.split_once(':').unwrap_or((part, ""));
            let Some(stroke) = region_index(region).map(|i| &mut strokes.0[i]) else {
                let colours = COLOURS.map(|(name, _)| name).join(", ");
                let allowed = format!("a region, 1 to {MAX_REGIONS} or {colours}, and a colon");
                check.problem("brush", part, allowed);
                continue;
            };
            for setting in settings.split([' ', ',', '\t', '\n']).filter(|s| !s.is_empty()) {
                let pair = setting.split_once('=');
                match pair.map(|(name, value)| (name, value.parse())) {
                    Some((name, Ok(value))) => stroke.set(name, value, &mut check),
                    _ => check.problem("brush", setting, "name=number".to_owned()),
                }
            }
        }
        check.finish().map(|()| strokes)
    }
}

fn region_index(name: &str) -> Option<usize> {
    let name = name.trim();
    let by_number = name.parse::<usize>().ok().filter(|n| (1..=MAX_REGIONS).contains(n));
    let by_colour = || COLOURS.iter().position(|(colour, _)| name.eq_ignore_ascii_case(colour));
    by_number.map(|n| n - 1).or_else(by_colour)
}

impl fmt::Display for Strokes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (i, stroke) in self.0.iter().enumerate().filter(|(_, s)| **s != Stroke::default()) {
            write!(f, "{separator}{}:", i + 1)?;
            let Stroke { horizontal, vertical, proximity, ambient } = *stroke;
            let named = [
                ("horizontal", horizontal),
                ("vertical", vertical),
                ("proximity", proximity),
                ("ambient", ambient),
            ];
            for (name, value) in named.into_iter().filter(|(_, value)| *value != 0.0) {
                write!(f, " {name}={value}")?;
            }
            separator = "; ";
        }
        Ok(())
    }
}

/// A brush: where the regions are, and how they move.
#[derive(Debug, Clone, PartialEq)]
pub struct Brush {
    width: usize,
    height: usize,
    /// Number of the region from 1, or 0, for each pixel.
    regions: Vec<u8>,
    strokes: Strokes,
    fit: Fit,
}

impl Brush {
    /// The brush that `mask` paints, a picture in [`PixelFormat::Rgb`] or [`PixelFormat::Rgba`] as
    /// files are decoded to. Black, dark and transparent pixels are not painted; white and grey
    /// ones are the first region; any other goes to the region with the nearest hue. It lies over
    /// the picture as a still does that was fitted like that.
    pub fn new(mask: &Image, strokes: Strokes, fit: Fit) -> Self {
        let plane = &mask.planes()[0];
        let pixels = plane.data.chunks_exact(plane.channels);
        let alpha = mask.format().has_alpha();
        let region = |pixel: &[u8]| match *pixel {
            [_, _, _, a] if alpha && a < 128 => 0,
            [r, g, b, ..] => region_of(r, g, b),
            _ => 0,
        };
        debug_assert!(matches!(mask.format(), PixelFormat::Rgb | PixelFormat::Rgba));
        Self {
            width: plane.width,
            height: plane.height,
            regions: pixels.map(region).collect(),
            strokes,
            fit,
        }
    }

    /// Hands everything that makes this brush what it is to `hash`.
    pub(crate) fn hash_into(&self, mut hash: impl FnMut(&[u8])) {
        hash(&(self.width as u64).to_le_bytes());
        hash(&self.regions);
        hash(&[self.fit as u8]);
        hash(self.strokes.to_string().as_bytes());
    }

    /// The stroke of each region.
    pub fn strokes(&self) -> &Strokes {
        &self.strokes
    }

    /// How much of region `index` (from 0) lies under each pixel of a picture of `width` x
    /// `height` pixels, `[height, width] f32 in 0..1`.
    pub fn coverage(&self, index: usize, width: usize, height: usize) -> Vec<f32> {
        let (source, target) = ([self.width, self.height], [width, height]);
        let lie = Lie::new(source, target, self.fit);
        // The pixels of the brush under one of the picture, along one axis.
        let under = |axis: usize, i: usize| {
            let [from, to] = [i, i + 1].map(|i| lie.place(axis, i));
            let length = source[axis];
            if to <= 0.0 || from >= length as f32 {
                return 0..0;
            }
            let from = (from.max(0.0) as usize).min(length - 1);
            from..(to as usize).clamp(from + 1, length)
        };
        let columns: Vec<_> = (0..width).map(|x| under(0, x)).collect();
        let mut out = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = under(1, y);
            for columns in &columns {
                let count = rows
                    .clone()
                    .flat_map(|row| &self.regions[row * self.width..][columns.clone()])
                    .filter(|region| usize::from(**region) == index + 1)
                    .count();
                out.push(count as f32 / (rows.len() * columns.len()).max(1) as f32);
            }
        }
        out
    }
}

/// The number of the region, from 1, that a colour stands for, or 0.
fn region_of(r: u8, g: u8, b: u8) -> u8 {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most < DARK {
        return 0;
    }
    if most - least < PALE {
        return 1;
    }
    let [r, g, b] = [r, g, b].map(f32::from);
    let range = f32::from(most - least);
    let sixths = if f32::from(most) == r {
        ((g - b) / range).rem_euclid(6.0)
    } else if f32::from(most) == g {
        (b - r) / range + 2.0
    } else {
        (r - g) / range + 4.0
    };
    let away = |hue: f32| {
        let turn = (sixths * 60.0 - hue).rem_euclid(360.0);
        turn.min(360.0 - turn)
    };
    let nearest =
        (0..MAX_REGIONS).min_by(|a, b| away(COLOURS[*a].1).total_cmp(&away(COLOURS[*b].1)));
    nearest.map_or(0, |i| i as u8 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::image::YuvMatrix;

    #[test]
    fn text_names_regions_by_number_or_colour() {
        let strokes: Strokes =
            "1: horizontal=3 ambient=2; Blue: vertical=-1.5,proximity=4".parse().unwrap();
        assert_eq!(strokes.0[0], Stroke { horizontal: 3.0, ambient: 2.0, ..Stroke::default() });
        assert_eq!(strokes.0[2], Stroke { vertical: -1.5, proximity: 4.0, ..Stroke::default() });
        assert_eq!(strokes.to_string(), "1: horizontal=3 ambient=2; 3: vertical=-1.5 proximity=4");
        assert_eq!("".parse(), Ok(Strokes::default()));
    }

    #[test]
    fn every_mistake_is_noted_with_what_is_allowed() {
        let text = "6: ambient=1; 1: ambient=-1 horizontal=11 speed=3 vertical=up; purple";
        let InvalidSettings(problems) = Strokes::from_str(text).unwrap_err();
        assert_eq!(problems.len(), 6);
        assert!(problems.iter().all(|p| p.setting == "brush" && !p.allowed.is_empty()));
        assert!(Strokes::from_str("1: horizontal=NaN").is_err());
    }

    fn painted(pixels: &[[u8; 4]], width: u32) -> Brush {
        let (planes, height) = (vec![pixels.concat()], pixels.len() as u32 / width);
        let mask =
            Image::from_packed(PixelFormat::Rgba, width, height, YuvMatrix::default(), planes);
        Brush::new(&mask.unwrap(), Strokes::default(), Fit::Cover)
    }

    #[test]
    fn colours_stand_for_regions() {
        let colours = [
            ([255, 255, 255, 255], 1),
            ([130, 130, 120, 255], 1),
            ([255, 40, 30, 255], 1),
            ([20, 200, 60, 255], 2),
            ([30, 60, 255, 255], 3),
            ([250, 240, 20, 255], 4),
            ([220, 20, 230, 255], 5),
            ([0, 0, 0, 255], 0),
            ([40, 10, 10, 255], 0),
            ([255, 0, 0, 10], 0),
        ];
        for (colour, region) in colours {
            let brush = painted(&[colour; 256], 16);
            assert!(brush.regions.iter().all(|r| *r == region), "{colour:?}");
        }
    }

    #[test]
    fn a_brush_covers_a_picture_of_another_shape_from_the_middle() {
        let half = |i: usize| if i % 32 < 16 { [255, 0, 0, 255] } else { [0; 4] };
        let brush = painted(&(0..32 * 16).map(half).collect::<Vec<_>>(), 32);
        let square = brush.coverage(0, 8, 8);
        assert_eq!(square[..8], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        let contained = Brush { fit: Fit::Contain, ..brush.clone() }.coverage(0, 8, 8);
        assert_eq!(contained[..8], [0.0; 8]);
        assert_eq!(contained[32..40], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        let odd = brush.coverage(0, 3, 1);
        assert!((odd[1] - 0.5).abs() < 0.1 && odd[0] == 1.0 && odd[2] == 0.0);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-z:;=., -]{0,40}") {
            if let Ok(strokes) = Strokes::from_str(&text) {
                prop_assert_eq!(strokes.to_string().parse(), Ok(strokes));
            }
        }

        #[test]
        fn coverage_is_a_share_at_any_size(w in 1_usize..50, h in 1_usize..50, seed: u64) {
            let pixel = |i: usize| if (seed >> (i % 64)) & 1 == 1 { [255; 4] } else { [0; 4] };
            let brush = painted(&(0..20 * 17).map(pixel).collect::<Vec<_>>(), 20);
            let coverage = brush.coverage(0, w, h);
            prop_assert_eq!(coverage.len(), w * h);
            prop_assert!(coverage.iter().all(|v| (0.0..=1.0).contains(v)));
        }
    }
}
