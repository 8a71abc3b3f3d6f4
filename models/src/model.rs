// SPDX-License-Identifier: MIT OR Apache-2.0
//! What kind of model a folder holds.

use std::path::{Path, PathBuf};

use stillmotion_engine::{image::Image, worker::protocol::GenerateOrder};
use tch::Device;

use crate::{
    error::ModelError,
    gan::{checkpoint, render::Renderer},
    host::Host,
    wan::{WanModel, pipeline::INDEX},
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

/// The file of a model that is written when it changes.
#[must_use]
pub fn main_file(folder: &Path) -> PathBuf {
    let index = folder.join(INDEX);
    if index.exists() { index } else { folder.join(checkpoint::FILE) }
}
