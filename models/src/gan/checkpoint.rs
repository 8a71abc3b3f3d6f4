// SPDX-License-Identifier: MIT OR Apache-2.0
//! A GAN on disk: `config.json`, and `model.safetensors` with everything that a training needs to
//! go on as if it had never been interrupted.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use stillmotion_engine::worker::protocol::Losses;
use tch::Device;

use super::{
    adam::Adam,
    config::{self, GanConfig, Kind},
    network::{Part, first_weights, wanted},
};
use crate::{
    error::ModelError,
    tensor::{self, Params},
    weights::{self, Problem, Wanted, Weights, save, save::write_whole},
};

/// The file of the weights.
pub const FILE: &str = "model.safetensors";

/// Prefixes of the names in the file. What is rendered is the average.
const GENERATOR: &str = "generator.";
const DISCRIMINATOR: &str = "discriminator.";
const AVERAGE: &str = "average.";
const MOMENTS: [&str; 4] = [
    "adam.generator.first.",
    "adam.generator.second.",
    "adam.discriminator.first.",
    "adam.discriminator.second.",
];
const LOSSES: &str = "losses";

/// A network with what its training needs.
#[derive(Debug)]
pub struct Checkpoint {
    /// What it is.
    pub config: GanConfig,
    /// Steps that are done.
    pub step: u64,
    /// The generator as it is trained.
    pub generator: Params,
    /// The discriminator.
    pub discriminator: Params,
    /// The mean of the last generators.
    pub average: Params,
    /// Optimizer of the generator.
    pub adam_generator: Adam,
    /// Optimizer of the discriminator.
    pub adam_discriminator: Adam,
    /// The losses so far.
    pub losses: Vec<Losses>,
}

/// The means that Adam forgets by: PyTorch's own for the first architecture, those of Radford et
/// al. 2016 (section 4) for the second.
fn betas(kind: Kind) -> [f64; 2] {
    match kind {
        Kind::Mlp => [0.9, 0.999],
        Kind::Conv => [0.5, 0.999],
    }
}

fn all_wanted(config: &GanConfig) -> Vec<Wanted> {
    let generator = [GENERATOR, AVERAGE, MOMENTS[0], MOMENTS[1]];
    let discriminator = [DISCRIMINATOR, MOMENTS[2], MOMENTS[3]];
    let of = |part, prefixes: &[&'static str]| {
        prefixes.iter().flat_map(|prefix| wanted(config, part, prefix)).collect::<Vec<_>>()
    };
    [of(Part::Generator, &generator), of(Part::Discriminator, &discriminator)].concat()
}

/// Opens the file of a folder and makes sure that it holds all of the network.
fn open(folder: &Path, config: &GanConfig) -> Result<(Weights, Vec<Wanted>), ModelError> {
    let weights = Weights::open(&folder.join(FILE))?;
    let mut all = all_wanted(config);
    if let Some(info) = weights.info(LOSSES) {
        let rows = info.shape.first().copied().unwrap_or(1);
        all.push(Wanted { name: LOSSES.to_owned(), shape: vec![rows, 3] });
    }
    weights.check(&all, |_| false)?;
    Ok((weights, all))
}

/// Makes sure that a folder holds all of a network, without reading it.
///
/// # Errors
/// What is wrong with the folder.
pub fn check(folder: &Path) -> Result<Weights, ModelError> {
    Ok(open(folder, &config_of(folder)?)?.0)
}

fn config_of(folder: &Path) -> Result<GanConfig, ModelError> {
    if !folder.is_dir() {
        return Err(ModelError::NoFolder(folder.to_owned()));
    }
    let Some(config) = GanConfig::load(folder)? else {
        let reason = format!("this folder has no {}", config::FILE);
        return Err(ModelError::NotAModel { path: folder.to_owned(), reason });
    };
    Ok(config)
}

/// The generator of a folder, for rendering.
///
/// # Errors
/// What is wrong with the folder.
pub fn load_generator(folder: &Path, device: Device) -> Result<(GanConfig, Params), ModelError> {
    let config = config_of(folder)?;
    let (weights, all) = open(folder, &config)?;
    let average = tensor::load(&weights, &all, AVERAGE, device)?;
    Ok((config, average))
}

impl Checkpoint {
    /// A network that knows nothing yet.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(config: GanConfig, device: Device) -> Result<Self, ModelError> {
        let generator = first_weights(&config, Part::Generator, device)?;
        let discriminator = first_weights(&config, Part::Discriminator, device)?;
        let copy =
            |(name, param): (&String, &tch::Tensor)| Ok((name.clone(), tensor::copy(param)?));
        let average = generator.iter().map(copy).collect::<Result<_, ModelError>>()?;
        let betas = betas(config.kind);
        let mut new = Self {
            adam_generator: Adam::new(&generator, betas)?,
            adam_discriminator: Adam::new(&discriminator, betas)?,
            config,
            step: 0,
            generator,
            discriminator,
            average,
            losses: Vec::new(),
        };
        new.track();
        Ok(new)
    }

    /// The training of a folder as it was saved.
    ///
    /// # Errors
    /// What is wrong with the folder.
    pub fn load(folder: &Path, config: GanConfig, device: Device) -> Result<Self, ModelError> {
        let (weights, all) = open(folder, &config)?;
        let part = |prefix| tensor::load(&weights, &all, prefix, device);
        let [first, second, third, fourth] = MOMENTS;
        let betas = betas(config.kind);
        let step = weights.metadata("step").and_then(|step| step.parse().ok());
        let Some(step) = step else {
            let reason = "it does not say how many steps it has behind it".to_owned();
            return Err(Problem::Layout(reason).of(weights.path()).into());
        };
        let mut loaded = Self {
            step,
            generator: part(GENERATOR)?,
            discriminator: part(DISCRIMINATOR)?,
            average: part(AVERAGE)?,
            adam_generator: Adam { first: part(first)?, second: part(second)?, betas },
            adam_discriminator: Adam { first: part(third)?, second: part(fourth)?, betas },
            losses: losses(&weights)?,
            config,
        };
        loaded.track();
        Ok(loaded)
    }

    /// Lets gradients be asked for.
    fn track(&mut self) {
        for param in self.generator.values_mut().chain(self.discriminator.values_mut()) {
            let _ = param.requires_grad_(true);
        }
    }

    /// Writes the folder. Who dies in the middle finds what was saved before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        self.save_config(folder)?;
        let parts = [
            (GENERATOR, &self.generator),
            (DISCRIMINATOR, &self.discriminator),
            (AVERAGE, &self.average),
            (MOMENTS[0], &self.adam_generator.first),
            (MOMENTS[1], &self.adam_generator.second),
            (MOMENTS[2], &self.adam_discriminator.first),
            (MOMENTS[3], &self.adam_discriminator.second),
        ];
        let mut tensors = Vec::new();
        for (prefix, params) in parts {
            for (name, param) in params {
                tensors.push((format!("{prefix}{name}"), tensor::for_file(param)?));
            }
        }
        if !self.losses.is_empty() {
            let row = |l: &Losses| [l.step as f32, l.discriminator as f32, l.generator as f32];
            let rows = self.losses.iter().flat_map(row);
            let bytes = rows.flat_map(f32::to_le_bytes).collect();
            let shape = vec![self.losses.len(), 3];
            tensors.push((LOSSES.to_owned(), weights::Tensor { shape, bytes }));
        }
        let metadata = HashMap::from([("step".to_owned(), self.step.to_string())]);
        Ok(save(&folder.join(FILE), &tensors, metadata)?)
    }

    /// Makes the folder and writes its `config.json`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save_config(&self, folder: &Path) -> Result<(), ModelError> {
        fs::create_dir_all(folder).map_err(ModelError::write(folder))?;
        let path: PathBuf = folder.join(config::FILE);
        let json = serde_json::to_vec_pretty(&self.config).unwrap_or_default();
        write_whole(&path, &json).map_err(ModelError::write(&path))
    }
}

fn losses(weights: &Weights) -> Result<Vec<Losses>, ModelError> {
    if weights.info(LOSSES).is_none() {
        return Ok(Vec::new());
    }
    let (_, bytes) = weights.read(LOSSES)?;
    let floats = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let floats: Vec<f64> = floats.map(f64::from).collect();
    let row =
        |row: &[f64]| Losses { step: row[0] as u64, discriminator: row[1], generator: row[2] };
    Ok(floats.chunks_exact(3).map(row).collect())
}
