// SPDX-License-Identifier: MIT OR Apache-2.0
//! A way that ends where it began, and looks as if it had no end.
//!
//! The camera goes out and comes back. Where it turns it would stand still, and one would see the
//! seam; so it goes round instead: beside the way out and back it turns to one side and then to
//! the other, a quarter of a round later. It turns, and does not move, because near and far things
//! then keep together at the edges, which have nothing to spare where the still is shown whole.
//! What goes around something goes around it all the way, on an ellipse.

use std::f64::consts::TAU;

use super::travel::Travel;

/// How far a way out and back goes, of one that goes out only: it has half the time.
const OUT_AND_BACK: f64 = 0.7;
/// How wide a round is, of how far it goes out.
const WIDTH: f64 = 0.115;
/// How far an orbit goes to either side, of one that goes to one side only.
const EACH_SIDE: f64 = 0.55;

/// The share of the way out at `share` of a round, 0 to 1 and back.
pub(super) fn out(share: f64) -> f64 {
    0.5 - 0.5 * (TAU * share).cos()
}

/// Where a round leads at `share` of it, whose way out ends at `whole`, and has come to `now`.
/// `side`, 1 or -1, is where it goes first.
pub(super) fn travel(now: Travel, whole: &Travel, share: f64, side: f64) -> Travel {
    let swing = (TAU * share).sin();
    if is_orbit(whole) {
        // Seen from above an ellipse: to one side, then nearer, then to the other side.
        let size = whole.orbit.abs();
        let orbit = EACH_SIDE * whole.orbit * swing;
        return Travel { orbit, dolly: now.dolly + 0.5 * size * out(share), ..now * OUT_AND_BACK };
    }
    let [across, down, deep] = [
        (whole.x.abs() + whole.pan.abs()).max(whole.orbit.abs()),
        (whole.y.abs() + whole.arm.abs()).max(whole.tilt.abs()),
        (whole.dolly.abs() + whole.advance.abs()).max(whole.zoom.abs()).max(whole.vertigo.abs()),
    ];
    let size = across.max(down).max(0.5 * deep).max(whole.roll.abs()) * WIDTH * swing;
    let beside = if across > down && across > 0.5 * deep {
        Travel { tilt: side * size, ..Travel::default() }
    } else {
        Travel { pan: side * size, ..Travel::default() }
    };
    now * OUT_AND_BACK + beside
}

/// Whether a way is all about going around something.
fn is_orbit(whole: &Travel) -> bool {
    let rest = whole.x.abs() + whole.pan.abs() + whole.arm.abs() + 0.5 * whole.advance.abs();
    whole.orbit.abs() > 2.0 * (rest + 0.4 * whole.dolly.abs())
}
