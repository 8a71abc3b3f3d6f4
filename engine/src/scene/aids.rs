// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a user gives to help the analysis of a still.

use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::{
    depth::{self, Depth, model::DepthModelError},
    raster::Map,
    thumbnail::thumbnail_of_side,
};
use crate::{
    brush::Brush,
    image::Image,
    request::{DepthSource, Request},
};

/// What is known beside the pixels.
#[derive(Debug, Clone, Default)]
pub(super) struct Aids {
    depth: DepthSource,
    /// A brush that moves things: each has to be cut out.
    brush: Option<Arc<Brush>>,
}

impl Aids {
    /// Those of a request.
    pub fn of(request: &Request) -> Self {
        let brush = request.brush.clone().filter(|brush| brush.strokes().move_things());
        Self { depth: request.depth.clone(), brush }
    }

    /// A number that tells these from others.
    pub fn key(&self) -> u64 {
        let mut hash = Xxh3::new();
        match &self.depth {
            DepthSource::BuiltIn => (),
            DepthSource::Model(model) => hash.update(&model.id().to_le_bytes()),
            DepthSource::Picture(depth, fit) => {
                hash.update(&[*fit as u8]);
                hash.update(&(depth.width as u64).to_le_bytes());
                depth.nearness.iter().for_each(|v| hash.update(&v.to_le_bytes()));
            }
        }
        if let Some(brush) = &self.brush {
            brush.hash_into(|bytes| hash.update(bytes));
        }
        hash.digest()
    }

    /// The depth that the user's model or picture gives; `None` for the built-in one.
    pub fn depth_of(&self, image: &Image) -> Option<Result<Depth, DepthModelError>> {
        match &self.depth {
            DepthSource::BuiltIn => None,
            DepthSource::Model(model) => {
                Some(model.nearness(&thumbnail_of_side(image, depth::model::LONG_SIDE)))
            }
            DepthSource::Picture(depth, fit) => {
                let sides = [image.width(), image.height()].map(|side| side as usize);
                Some(Ok(depth::picture::fitted(depth, sides, *fit)))
            }
        }
    }

    /// What is to be cut out of a still of `width` x `height` pixels of depth, 0..1.
    pub fn cut(&self, width: usize, height: usize) -> Option<Map> {
        let brush = self.brush.as_ref()?;
        let moving = brush.strokes().0.iter().enumerate().filter(|(_, stroke)| stroke.moves());
        let areas = moving.map(|(i, _)| brush.coverage(i, width, height));
        let none = vec![0.0; width * height];
        let values = areas.fold(none, |all, area| {
            all.iter().zip(&area).map(|(a, b): (&f32, &f32)| a.max(*b)).collect()
        });
        Some(Map { width, height, values })
    }
}
