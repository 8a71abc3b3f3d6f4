// SPDX-License-Identifier: MIT OR Apache-2.0
//! The geometry of a clip as numbers, for tools that judge clips: what was sampled where.

use super::{SceneClip, relief::GRID_STEP, render::Surface, sample::FRACTION_BITS, view::View};
use crate::{
    generator::{Clip, GeneratorError},
    request::{Controls, Request},
};

/// A clip of the built-in generator, with a look at how its frames are made.
pub struct Probe(SceneClip);

/// Where each point of a grid over one frame takes its colour from.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    /// Points in a row of the grid. The last ones may lie outside the frame.
    pub width: usize,
    /// Rows of points, likewise.
    pub height: usize,
    /// Pixels of the frame from one point to the next, both ways; the first is pixel `(0, 0)`.
    pub step: usize,
    /// `[height, width] f32`: column in the still, in pixels; 0 is the middle of the first one.
    pub xs: Vec<f32>,
    /// `[height, width] f32`: row in the still, likewise.
    pub ys: Vec<f32>,
    /// `[height, width]`: the point shows what stands before a cliff of depth. Neighbours that
    /// differ in this lie on two surfaces, with an outline between them.
    pub front: Vec<bool>,
}

impl Probe {
    /// Opens a clip, as [`Generator::open`](crate::generator::Generator::open) does.
    ///
    /// # Errors
    /// [`GeneratorError::Settings`] with everything that is wrong in the request.
    pub fn open(request: Request) -> Result<Self, GeneratorError> {
        SceneClip::open(request).map(Self)
    }

    /// The clip, to take frames from.
    pub fn clip(&self) -> &dyn Clip {
        &self.0
    }

    /// The places that frame `index` shows. Where parts of the still flow, those of the first of
    /// two copies; on the way to an end image, those of the still that the clip starts from.
    pub fn places(&self, index: u64, controls: &Controls) -> Places {
        let index = self.0.shown(index);
        let (shot, moment) = (self.0.shot(index, controls), self.0.moment(index, controls));
        let picture = self.0.stage.picture(&shot, &moment, controls.detail);
        let (mut xs, mut ys) = solve(&picture.back, self.height());
        let mut front = vec![false; xs.len()];
        if let Some((surface, screen)) = &picture.front {
            let (front_xs, front_ys) = solve(surface, self.height());
            for (i, (x, y)) in front_xs.into_iter().zip(front_ys).enumerate() {
                if screen.covers(x, y) {
                    (xs[i], ys[i], front[i]) = (x, y, true);
                }
            }
        }
        let pixels = |fixed: Vec<i32>| -> Vec<f32> {
            let one = (1 << FRACTION_BITS) as f32;
            fixed.into_iter().map(|place| place as f32 / one).collect()
        };
        Places {
            width: picture.back.view.grid_width(),
            height: self.height(),
            step: GRID_STEP,
            xs: pixels(xs),
            ys: pixels(ys),
            front,
        }
    }

    fn height(&self) -> usize {
        self.0.stage.still.analysis().whole.relief.height
    }
}

/// The places of one layer, row by row, in pixels with [`FRACTION_BITS`] fraction bits.
fn solve(surface: &Surface<'_>, height: usize) -> (Vec<i32>, Vec<i32>) {
    let width = surface.view.grid_width();
    let (mut xs, mut ys) = (vec![0; width * height], vec![0; width * height]);
    let rows = xs.chunks_mut(width).zip(ys.chunks_mut(width));
    for (j, (xs, ys)) in rows.enumerate() {
        surface.view.solve_row(j, View::look_up, xs, ys);
        if let Some(displacement) = &surface.displacement {
            displacement.apply(0, xs, ys);
        }
    }
    (xs, ys)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        fit::Fit,
        image::{Image, PixelFormat, YuvMatrix},
        request::DepthSource,
        scene::depth::Depth,
    };

    const SIZE: [u32; 2] = [64, 36];

    /// A picture whose colours say where they are.
    fn still() -> Arc<Image> {
        let [width, height] = SIZE;
        let bytes =
            (0..width * height).flat_map(|i| [(4 * (i % width)) as u8, (i / width) as u8, 0]);
        let planes = vec![bytes.collect()];
        let rgb = PixelFormat::Rgb;
        Arc::new(Image::from_packed(rgb, width, height, YuvMatrix::default(), planes).unwrap())
    }

    /// Ground that comes nearer downwards: at a cliff a frame takes its colours from two places.
    fn ground() -> DepthSource {
        let [width, height] = SIZE.map(|side| side as usize);
        let nearness = (0..width * height).map(|i| (i / width) as f32 / height as f32).collect();
        let depth = Depth { width, height, nearness, confidence: 1.0 };
        DepthSource::Picture(Arc::new(depth), Fit::default())
    }

    fn probe(prompt: &str) -> Probe {
        let request = Request::new(still());
        Probe::open(Request { prompt: prompt.to_owned(), depth: ground(), ..request }).unwrap()
    }

    #[test]
    fn the_first_frame_is_sampled_where_it_is() {
        let places = probe("truck left").places(0, &Controls::default());
        for j in 0..SIZE[1] as usize / places.step {
            for i in 0..SIZE[0] as usize / places.step {
                let at = j * places.width + i;
                assert!((places.xs[at] - (i * places.step) as f32).abs() < 0.01);
                assert!((places.ys[at] - (j * places.step) as f32).abs() < 0.01);
            }
        }
    }

    #[test]
    fn places_are_where_the_frame_takes_its_colours_from() {
        let (probe, controls) = (probe("truck left"), Controls::default());
        let places = probe.places(95, &controls);
        let mut bytes = vec![0; (3 * SIZE[0] * SIZE[1]) as usize];
        let plane = crate::image::PlaneMut { data: &mut bytes, stride: 3 * SIZE[0] as usize };
        let mut frame =
            crate::image::FrameMut::new(PixelFormat::Rgb, SIZE[0], SIZE[1], vec![plane]).unwrap();
        probe.clip().frame(95, &controls, &mut frame).unwrap();
        let moved = places.xs.iter().zip(0..).filter(|(x, i)| {
            let at_rest = (i % places.width * places.step) as f32;
            (*x - at_rest).abs() > 0.5
        });
        assert!(moved.count() > places.xs.len() / 2);
        for j in 1..SIZE[1] as usize / places.step {
            for i in 1..SIZE[0] as usize / places.step {
                let at = 3 * (j * places.step * SIZE[0] as usize + i * places.step);
                let place = j * places.width + i;
                let colour = [f32::from(bytes[at]) / 4.0, f32::from(bytes[at + 1])];
                assert!((places.xs[place] - colour[0]).abs() < 1.0);
                assert!((places.ys[place] - colour[1]).abs() < 1.0);
            }
        }
    }
}
