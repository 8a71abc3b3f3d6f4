// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `config.json` of the VAE.

use std::path::Path;

use serde::Deserialize;

use crate::{config, error::ModelError};

/// What the VAE is. By default that of Wan 2.1.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct VaeConfig {
    /// Channels of the widest frames in the encoder.
    pub base_dim: i64,
    /// The same in the decoder, if it is another number.
    pub decoder_base_dim: Option<i64>,
    /// Channels of a latent pixel.
    pub z_dim: i64,
    /// How much wider each stage is than the first.
    pub dim_mult: Vec<i64>,
    /// Residual blocks in a stage.
    pub num_res_blocks: i64,
    /// Sizes at which frames look at themselves.
    pub attn_scales: Vec<f64>,
    /// Which stages halve the frames. (The field's name is misspelt where it comes from.)
    pub temperal_downsample: Vec<bool>,
    /// Mean of each channel of a latent pixel.
    pub latents_mean: Vec<f64>,
    /// Standard deviation of each channel of a latent pixel.
    pub latents_std: Vec<f64>,
    /// Whether stages have shortcuts: Wan 2.2.
    pub is_residual: bool,
    /// Channels of a frame, or of the squares that it is cut into.
    pub in_channels: i64,
    /// The same, where frames come out.
    pub out_channels: i64,
    /// Side of the squares in pixels.
    pub patch_size: Option<i64>,
    /// Frames that become one latent frame.
    pub scale_factor_temporal: i64,
    /// Rows that become one latent row.
    pub scale_factor_spatial: i64,
}

impl Default for VaeConfig {
    fn default() -> Self {
        Self {
            base_dim: 96,
            decoder_base_dim: None,
            z_dim: 16,
            dim_mult: vec![1, 2, 4, 4],
            num_res_blocks: 2,
            attn_scales: Vec::new(),
            temperal_downsample: vec![false, true, true],
            latents_mean: vec![
                -0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508, 0.4134,
                -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921,
            ],
            latents_std: vec![
                2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743, 3.2687, 2.1526,
                2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160,
            ],
            is_residual: false,
            in_channels: 3,
            out_channels: 3,
            patch_size: None,
            scale_factor_temporal: 4,
            scale_factor_spatial: 8,
        }
    }
}

impl VaeConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// When it cannot be read, or lies outside what is known here.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let config: Self = config::read(path)?;
        let mut wrong = config::Wrong::default();
        wrong.unless_counts([
            ("base_dim", config.base_dim, 4096),
            ("decoder_base_dim", config.decoder_base_dim.unwrap_or(1), 4096),
            ("z_dim", config.z_dim, 1024),
            ("num_res_blocks", config.num_res_blocks, 100),
            ("in_channels", config.in_channels, 1024),
            ("out_channels", config.out_channels, 1024),
            ("patch_size", config.patch_size.unwrap_or(1), 16),
        ]);
        let stages = config.dim_mult.len();
        let widths = config.dim_mult.iter().all(|by| (1..=64).contains(by));
        wrong.unless(
            (2..=8).contains(&stages) && widths,
            "dim_mult",
            "2 to 8 numbers from 1 to 64",
        );
        let times = config.temperal_downsample.len() + 1 == stages;
        wrong.unless(times, "temperal_downsample", "one shorter than dim_mult");
        wrong.unless(config.attn_scales.is_empty(), "attn_scales", "empty");
        let z_dim = usize::try_from(config.z_dim).unwrap_or_default();
        wrong.unless(config.latents_mean.len() == z_dim, "latents_mean", "z_dim numbers");
        let deviations = config.latents_std.iter().all(|value| *value > 0.0);
        let deviations = deviations && config.latents_std.len() == z_dim;
        wrong.unless(deviations, "latents_std", "z_dim numbers above 0");
        let (time, space) = config.factors();
        wrong.unless(config.scale_factor_temporal == time, "scale_factor_temporal", "4");
        wrong.unless(time == 4, "temperal_downsample", "true twice");
        let by = "2 for each stage but one, times patch_size";
        wrong.unless(config.scale_factor_spatial == space, "scale_factor_spatial", by);
        wrong.finish(path)?;
        Ok(config)
    }

    /// How much time and space are compressed.
    fn factors(&self) -> (i64, i64) {
        let halves = self.temperal_downsample.iter().filter(|halves| **halves).count();
        let stages = self.dim_mult.len().clamp(1, 9) - 1;
        (1 << halves.min(8), (1 << stages) * self.patch_size.unwrap_or(1))
    }

    /// The error for a network that has nothing to sample.
    pub(super) fn too_few_stages(&self) -> ModelError {
        ModelError::Torch(format!("{} stages are too few", self.dim_mult.len()))
    }
}
