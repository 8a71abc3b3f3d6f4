// SPDX-License-Identifier: MIT OR Apache-2.0
//! A still that lives: with what moves in it by itself, as a clip shows it.

use std::sync::{Arc, OnceLock};

use super::{
    drift::{Drift, Surroundings, drift, regions},
    effects::Effects,
    glide::Shot,
    moment::Moment,
    raster::Map,
    render::{Overlay, Picture, Surface},
    scenery::Scenery,
    still::{Analysis, Layer, Split, Still},
    view::View,
};
use crate::{brush::Brush, prompt::Script, request::Detail};

/// A still, and what a clip makes of it.
pub(super) struct Stage {
    pub still: Arc<Still>,
    script: Arc<Script>,
    seed: u64,
    brush: Option<Arc<Brush>>,
    /// How it moves by itself as one layer, and as two: back and front. Made when the first frame
    /// needs it, after the analysis.
    whole: OnceLock<Drift>,
    split: OnceLock<[Drift; 2]>,
    /// Light and what is in the air, if the prompt names any, made likewise.
    effects: OnceLock<Option<Effects>>,
}

impl Stage {
    pub fn new(
        still: Arc<Still>,
        script: Arc<Script>,
        seed: u64,
        brush: Option<Arc<Brush>>,
    ) -> Self {
        let (whole, split, effects) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { still, script, seed, brush, whole, split, effects }
    }

    /// What `shot` shows of it at `moment`.
    pub fn picture(&self, shot: &Shot, moment: &Moment, detail: Detail) -> Picture<'_> {
        let analysis = self.still.analysis();
        let split = analysis.split.as_ref().filter(|_| detail < Detail::OneLayer);
        let surface = |layer, drift: &Drift| self.surface(shot, layer, drift, moment);
        let (back, front) = match split {
            Some(split) => {
                let [back, front] = self.split_drifts(split);
                let front = surface(&split.front, front);
                (surface(&split.back, back), Some((front, &split.screen)))
            }
            None => {
                let drift = self.whole.get_or_init(|| self.drift(None));
                (surface(&analysis.whole, drift), None)
            }
        };
        let overlays = self.overlays(shot, moment);
        Picture { back, front, detail, at_rest: shot.is_at_rest(), overlays }
    }

    /// Light and what is in the air, if the prompt names any.
    fn overlays(&self, shot: &Shot, moment: &Moment) -> Vec<Box<dyn Overlay + '_>> {
        if moment.presence() <= 0.0 {
            return Vec::new();
        }
        let effects = self.effects.get_or_init(|| {
            Effects::are_named(&self.script).then(|| {
                let scenery = Scenery::new(&self.still.image, self.still.analysis(), self.seed);
                Effects::of(&self.script, &scenery)
            })
        });
        effects.as_ref().map(|effects| effects.at(shot, moment)).unwrap_or_default()
    }

    fn split_drifts(&self, split: &Split) -> &[Drift; 2] {
        self.split.get_or_init(|| {
            let back = split.alpha.map(|alpha| 1.0 - alpha);
            [self.drift(Some(&back)), self.drift(Some(&split.alpha))]
        })
    }

    fn drift(&self, layer: Option<&Map>) -> Drift {
        let Analysis { masks, split, .. } = self.still.analysis();
        let (w, h) = (masks.sky.width, masks.sky.height);
        let painted = self.brush.as_ref().map(|brush| regions(brush, w, h));
        let (painted, subject) = (painted.as_deref(), split.as_ref().map(|split| &split.alpha));
        drift(&self.script, &Surroundings { masks, layer, subject, painted }, self.seed)
    }

    /// A layer as `shot` sees it.
    fn surface<'a>(
        &self,
        shot: &Shot,
        layer: &'a Layer,
        drift: &Drift,
        moment: &Moment,
    ) -> Surface<'a> {
        let size = [self.still.image.width(), self.still.image.height()];
        let cells = layer.relief.cells(shot.disparity);
        Surface {
            view: View::new(&shot.pose, &shot.reach, &layer.relief, cells, size),
            textures: &layer.textures,
            displacement: drift.at(moment, size),
        }
    }
}
