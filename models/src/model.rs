// SPDX-License-Identifier: MIT OR Apache-2.0
//! What kind of model a folder holds.

use std::path::{Path, PathBuf};

use stillmotion_engine::{
    image::Image,
    worker::protocol::{Checked, CheckedPart, GenerateOrder},
};
use tch::{Device, Kind};

use crate::{
    error::ModelError,
    gan::{checkpoint, render::Renderer},
    host::Host,
    wan::{
        WanModel,
        pipeline::{INDEX, WanPipeline},
    },
};

/// A model that is open.
pub trait Model {
    /// Makes the frames of the order from its `first` on, and reports each to the host.
    ///
    /// # Errors
    /// [`ModelError::Cancelled`], or what went wrong.
    fn generate(
        &mut self,
        order: &GenerateOrder,
        still: Option<Image>,
        host: &mut dyn Host,
    ) -> Result<(), ModelError>;
}

/// Opens the model of a folder: one of diffusers, or a GAN of ours.
///
/// # Errors
/// What is wrong with the folder.
pub fn open(folder: &Path, device: Device) -> Result<Box<dyn Model>, ModelError> {
    match folder.join(INDEX).exists() {
        true => Ok(Box::new(WanModel::open(folder, device)?)),
        false => Ok(Box::new(Renderer::load(folder, device)?)),
    }
}

/// Says what a folder holds and what is wrong with it, without reading its weights.
#[must_use]
pub fn check(folder: &Path) -> Checked {
    let mut checked = Checked::default();
    let parts = match folder.join(INDEX).exists() {
        true => {
            checked.kind = "Wan, in the layout of diffusers".to_owned();
            WanPipeline::open(folder, Device::Cpu, Kind::Float)
                .map(|pipeline| pipeline.check_weights())
        }
        false => {
            checked.kind = "a GAN of stillmotion".to_owned();
            checkpoint::check(folder).map(|weights| vec![("model".to_owned(), Ok(weights))])
        }
    };
    let parts = parts.unwrap_or_else(|error| {
        checked.problems.push(error.to_string());
        Vec::new()
    });
    for (name, weights) in parts {
        match weights {
            Ok(weights) => {
                let (parameters, bytes) = weights.totals();
                checked.parts.push(CheckedPart { name, parameters, bytes });
            }
            Err(error) => checked.problems.push(error.to_string()),
        }
    }
    let needs = |name: &str| {
        let part = checked.parts.iter().find(|part| part.name == name);
        part.map_or(0, |part| 4 * part.parameters)
    };
    // The text encoder is gone before the others come, and of two experts one is there at a time.
    let experts = needs("transformer").max(needs("transformer_2"));
    checked.memory = needs("model").max(needs("text_encoder")).max(experts + needs("vae"));
    checked
}

/// The file of a model that is written when it changes.
#[must_use]
pub fn main_file(folder: &Path) -> PathBuf {
    let index = folder.join(INDEX);
    if index.exists() { index } else { folder.join(checkpoint::FILE) }
}
