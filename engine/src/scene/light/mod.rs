// SPDX-License-Identifier: MIT OR Apache-2.0
//! What light does to the picture: it becomes warm or dark, flickers, flashes, falls in shafts.
//!
//! No light is so sharp that it needs each pixel. What all of them do together is worked out at
//! places [`STEP`] pixels apart, as a gain and an offset in the samples of the format
//! ([`tint`]), and every pixel takes a multiplication and an addition from between them
//! ([`paint`]). Each place knows what of the still is seen there, so light goes with the camera.

mod caustics;
mod flash;
mod paint;
mod sky;
mod spot;
mod stars;
mod tint;
mod tone;

pub(super) use caustics::Caustics;
pub(super) use flash::{Flicker, Lightning, Neon};
pub(super) use sky::{Aurora, Shafts};
pub(super) use spot::{Chart, Noise, Spot, unsteady};
pub(super) use stars::Twinkle;
pub(super) use tint::{Coding, Tint};
pub(super) use tone::{Cool, DayDrift, Dim, Hours, Warm};

use self::{paint::Grid, tint::Coefficients};
use super::{
    band::Band,
    moment::Moment,
    relief::GRID_STEP,
    render::{Overlay, SeenPlaces},
};

/// Pixels from one place at which light is worked out to the next, both ways.
pub(super) const STEP: usize = 8;

/// What a light does in one frame to the colours at a place.
pub(super) type Shine<'a> = Box<dyn Fn(&Spot, &mut Tint) + Sync + 'a>;

/// One thing that the light does.
pub(super) trait Lamp: Send + Sync {
    /// How it shines at `moment`: `strength` is 0 for not at all, 1 for as the prompt says it,
    /// and more for more motion.
    fn at(&self, strength: f32, moment: &Moment) -> Shine<'_>;
}

/// All light of one frame.
pub(super) struct Relight<'a> {
    /// What is done, in order.
    pub shines: Vec<Shine<'a>>,
    pub coding: Coding,
    /// Size of the still, in pixels.
    pub size: [u32; 2],
    /// Size of the maps that the lights look things up in.
    pub maps: [usize; 2],
}

impl Relight<'_> {
    fn coefficients(&self, spot: &Spot) -> Coefficients {
        let mut tint = Tint::default();
        self.shines.iter().for_each(|shine| shine(spot, &mut tint));
        self.coding.coefficients(&tint)
    }
}

impl Overlay for Relight<'_> {
    fn apply(&self, band: &mut Band<'_>, seen: &SeenPlaces<'_>) {
        const EVERY: usize = STEP / GRID_STEP;
        let (columns, rows) = (band.width.div_ceil(STEP) + 1, band.rows.div_ceil(STEP) + 1);
        // A picture whose sides are no multiples ends between two places.
        let last_row = band.rows.div_ceil(GRID_STEP);
        let chart = Chart::new(self.size, self.maps);
        let mut nodes = Vec::with_capacity(columns * rows);
        for j in 0..rows {
            let row = (j * EVERY).min(last_row) * seen.grid_width;
            nodes.extend((0..columns).map(|i| {
                let at = row + (i * EVERY).min(seen.grid_width - 1);
                self.coefficients(&chart.spot(seen.xs[at], seen.ys[at]))
            }));
        }
        let nothing = self.coding.coefficients(&Tint::default());
        Grid::new(&nodes, columns, nothing).paint(band, self.coding);
    }
}
