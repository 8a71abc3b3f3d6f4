// SPDX-License-Identifier: MIT OR Apache-2.0
//! Asks a model what its output means, by a picture of which the depth is known.
//!
//! The file does not say it: the outputs of models of both kinds are called `predicted_depth` or
//! `depth`. The picture of a user says it badly, because some have no clear depth, and a model must
//! not mean one thing in one clip and the other in the next. So it is asked once, about a portrait
//! before a wall, of which every model for pictures of all kinds makes the same.

use super::{DepthModel, DepthModelError, Meaning};
use crate::{
    image::decode::{Limits, decode},
    scene::thumbnail::thumbnail,
};

/// The portrait of Eileen Collins, by NASA; public domain.
static PORTRAIT: &[u8] = include_bytes!("portrait.jpg");
/// Cells a side into which the output is averaged.
const CELLS: usize = 16;
/// Places on the person, and places behind her, in shares of width and height.
const NEAR: [[f32; 2]; 5] = [[0.43, 0.25], [0.4, 0.45], [0.4, 0.7], [0.5, 0.62], [0.6, 0.85]];
const FAR: [[f32; 2]; 5] = [[0.65, 0.1], [0.9, 0.05], [0.82, 0.2], [0.08, 0.25], [0.2, 0.15]];
/// Pairs of a near and a far place that must agree on one meaning, of the 25 that there are.
const SURE: usize = 20;

/// What a large value of the output of `model` means.
pub(super) fn meaning(model: &DepthModel) -> Result<Meaning, DepthModelError> {
    let name = model.network.name();
    // The picture is in the program: it cannot be unreadable, and a test reads it.
    let portrait = decode(PORTRAIT, "portrait", &Limits::default())
        .map_err(|_| DepthModelError::NoPicture { name: name.clone() })?;
    let out = model.output(&thumbnail(&portrait))?.resized(CELLS, CELLS);
    let cell = |share: f32| (share * CELLS as f32) as usize;
    let at = |[x, y]: [f32; 2]| out.at(cell(x), cell(y));
    let agrees = |near: f32| FAR.iter().filter(|far| near > at(**far)).count();
    let agreeing = NEAR.iter().map(|near| agrees(at(*near))).sum::<usize>();
    let asked = NEAR.len() * FAR.len();
    if agreeing >= SURE {
        Ok(Meaning::Nearness)
    } else if asked - agreeing >= SURE {
        Ok(Meaning::Distance)
    } else {
        Err(DepthModelError::Ambiguous { name: name.clone(), agreeing, asked })
    }
}
