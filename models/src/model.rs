// SPDX-License-Identifier: MIT OR Apache-2.0
//! What kind of model a folder holds.

use std::path::{Path, PathBuf};

use stillmotion_engine::{
    image::Image,
    worker::protocol::{Checked, CheckedPart, GenerateOrder, Precision},
};
use tch::{Device, Kind};

use crate::{
    error::ModelError,
    gan::{checkpoint, render::Renderer},
    host::Host,
    model_index::{self, ModelIndex},
    svd::{self, SvdModel, pipeline::SvdPipeline},
    wan::{self, WanModel, pipeline::WanPipeline},
    weights::Weights,
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
pub fn open(
    folder: &Path,
    device: Device,
    precision: Precision,
) -> Result<Box<dyn Model>, ModelError> {
    Ok(match Family::of(folder)? {
        Family::Gan if !matches!(precision, Precision::Auto | Precision::F32) => {
            let precision = precision.name();
            return Err(ModelError::NoPrecision { path: folder.to_owned(), precision });
        }
        Family::Gan => Box::new(Renderer::load(folder, device)?),
        Family::Svd => Box::new(SvdModel::open(folder, device, precision)?),
        Family::Wan => Box::new(WanModel::open(folder, device, precision)?),
    })
}

/// Files that a LoRA comes in: diffusers' and peft's.
const LORA: [&str; 2] = ["pytorch_lora_weights.safetensors", "adapter_config.json"];

/// The kinds of models.
enum Family {
    Gan,
    Svd,
    Wan,
}

impl Family {
    fn of(folder: &Path) -> Result<Self, ModelError> {
        let not = |path: &Path, reason: &str| {
            let reason = reason.to_owned();
            Err(ModelError::NotAModel { path: path.to_owned(), reason })
        };
        if folder.is_file() {
            return not(folder, "this is a file; a model is the folder that diffusers saves");
        }
        let index = folder.join(model_index::FILE);
        if !index.exists() {
            // A model may lie beside a LoRA; alone it is none.
            let lora = LORA.map(|name| folder.join(name)).into_iter().find(|path| path.exists());
            return lora.map_or(Ok(Self::Gan), |lora| {
                not(
                    &lora,
                    "this is a LoRA, which changes another model; put it into that model once with \
                     Python: load_lora_weights, fuse_lora, unload_lora_weights, save_pretrained",
                )
            });
        }
        let class = ModelIndex::load(folder)?.class_name;
        if class == svd::pipeline::CLASS {
            return Ok(Self::Svd);
        }
        if wan::pipeline::CLASSES.contains(&&*class) {
            return Ok(Self::Wan);
        }
        let known = [&[svd::pipeline::CLASS][..], &wan::pipeline::CLASSES].concat().join(", ");
        let reason = format!("_class_name is {class}, and what is known here are {known}");
        Err(ModelError::NotAModel { path: index, reason })
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Gan => "a GAN of stillmotion",
            Self::Svd => "Stable Video Diffusion, in the layout of diffusers",
            Self::Wan => "Wan, in the layout of diffusers",
        }
    }

    /// The parts of a folder, each looked at and not read.
    fn check(&self, folder: &Path) -> Result<Parts, ModelError> {
        let (device, kind) = (Device::Cpu, Kind::Float);
        Ok(match self {
            Self::Gan => vec![("model".to_owned(), Ok(checkpoint::check(folder)?))],
            Self::Svd => SvdPipeline::open(folder, device, kind)?.check_weights(),
            Self::Wan => WanPipeline::open(folder, device, kind)?.check_weights(),
        })
    }
}

/// Parts by name, and their weights or what is wrong with them.
type Parts = Vec<(String, Result<Weights, ModelError>)>;

/// Says what a folder holds and what is wrong with it, without reading its weights.
#[must_use]
pub fn check(folder: &Path) -> Checked {
    let mut checked = Checked::default();
    let parts = Family::of(folder).and_then(|family| {
        checked.kind = family.name().to_owned();
        family.check(folder)
    });
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
    // Text is read with a block at a time. What looks at the image is gone before the others come,
    // and of two experts one is there at a time, beside the VAE that has encoded the image.
    let first = ["model", "image_encoder"].map(needs).into_iter().max();
    let sampler = ["unet", "transformer", "transformer_2"].map(needs).into_iter().max();
    checked.memory = first.max(sampler.map(|sampler| sampler + needs("vae"))).unwrap_or_default();
    checked
}

/// The file of a model that is written when it changes.
#[must_use]
pub fn main_file(folder: &Path) -> PathBuf {
    let index = folder.join(model_index::FILE);
    if index.exists() { index } else { folder.join(checkpoint::FILE) }
}
