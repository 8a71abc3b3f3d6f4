// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes on in one direction: clouds, rivers, smoke, flames.

use super::{Current, Motions, distance::distance};
use crate::scene::raster::{Map, smoothstep};

/// A current to be.
pub(super) struct Stream {
    /// Where it flows, 0..1.
    pub mask: Map,
    /// Widths of the picture per second at motion 5, right and down, by pixel.
    pub velocity: Box<dyn Fn(usize, usize) -> [f32; 2]>,
    /// Seconds after which a copy of the picture starts again.
    pub period: f64,
}

/// Widths of the picture that a current must have from where it is fastest to where it ends.
const LEAST_EDGE: f32 = 0.01;

/// Lets the streams flow. They share one period: that of the one with most to carry.
pub(super) fn flow(motions: &mut Motions, streams: &[Stream], strongest: f32) {
    let Some(first) = streams.first() else { return };
    let (w, h) = (first.mask.width, first.mask.height);
    let area = |stream: &Stream| f64::from(stream.mask.mean());
    let total: f64 = streams.iter().map(area).sum();
    let period = streams.iter().map(|s| area(s) * s.period).sum::<f64>() / total.max(1e-9);
    let mut velocity = vec![[0.0_f32; 2]; w * h];
    for stream in streams {
        // The border of the picture is no edge.
        let inside = distance(&stream.mask, |inside| inside <= 0.5);
        for (i, out) in velocity.iter_mut().enumerate() {
            let v = (stream.velocity)(i % w, i / w);
            // Nothing may be carried in from outside, however strong the motion.
            let farthest = v[0].hypot(v[1]) * strongest * (0.5 * period) as f32;
            let room = inside.values[i] / w as f32;
            let slow = smoothstep(0.0, 1.0, room / farthest.max(LEAST_EDGE));
            let share = slow * stream.mask.values[i];
            *out = [out[0] + v[0] * share, out[1] + v[1] * share];
        }
    }
    (motions.width, motions.height) = (w, h);
    motions.current = Some(Current { velocity, period });
}
