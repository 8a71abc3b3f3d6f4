// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a checkpoint folder says of its network: `config.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use stillmotion_engine::{
    request::{Check, InvalidSettings},
    worker::protocol::TrainWishes,
};

use crate::{error::ModelError, weights::file::read_small};

/// The file of the configuration.
pub const FILE: &str = "config.json";
/// The largest configuration, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// The two architectures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Fully connected, 64x64 pixels: see `gan::mlp`.
    Mlp,
    /// Convolutional, 64 to 256 pixels a side: see `gan::conv`.
    Conv,
}

impl Kind {
    /// The word for it in wishes.
    fn name(self) -> &'static str {
        match self {
            Self::Mlp => "mlp",
            Self::Conv => "conv",
        }
    }
}

/// The network and how it is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GanConfig {
    /// Always `stillmotion-gan`.
    pub model_type: String,
    /// The architecture.
    pub kind: Kind,
    /// Width and height of what it makes, in pixels.
    pub size: u32,
    /// Pictures a step.
    pub batch_size: u32,
    /// Of both optimizers.
    pub learning_rate: f64,
    /// Where the random numbers start.
    pub seed: u64,
    /// Steps from one checkpoint, and one sample clip, to the next.
    pub sample_every: u64,
}

const MODEL_TYPE: &str = "stillmotion-gan";

impl GanConfig {
    /// What is trained when nothing is said.
    #[must_use]
    pub fn preset(kind: Kind) -> Self {
        Self {
            model_type: MODEL_TYPE.to_owned(),
            kind,
            size: 64,
            batch_size: 32,
            learning_rate: 2e-4,
            seed: 0,
            sample_every: 1000,
        }
    }

    /// Numbers that an image starts from.
    #[must_use]
    pub fn latent(&self) -> i64 {
        match self.kind {
            Kind::Mlp => 100,
            Kind::Conv => 128,
        }
    }

    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`InvalidSettings`] lists every field that is out of its range, or names the place at which
    /// this is not JSON.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidSettings> {
        let config: Self = serde_json::from_slice(json).map_err(|error| {
            let mut check = Check::default();
            check.problem(
                FILE,
                error,
                "the configuration of a GAN as `train` writes it".to_owned(),
            );
            check.finish().err().unwrap_or_else(|| unreachable!("a problem was noted"))
        })?;
        let mut check = Check::default();
        if config.model_type != MODEL_TYPE {
            check.problem("model_type", &config.model_type, MODEL_TYPE.to_owned());
        }
        if let Err(more) = config.wishes().validate() {
            check.merge(more);
        }
        check.finish()?;
        Ok(config)
    }

    /// Reads the `config.json` of a folder; `None` where there is none.
    ///
    /// # Errors
    /// When it is not that of a GAN.
    pub fn load(folder: &Path) -> Result<Option<Self>, ModelError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let json = read_small(&path, "the configuration in bytes", MAX_BYTES)?;
        let config = Self::parse(&json);
        config.map(Some).map_err(|error| ModelError::NotAModel { path, reason: error.to_string() })
    }

    fn wishes(&self) -> TrainWishes {
        TrainWishes {
            kind: Some(self.kind.name().to_owned()),
            size: Some(self.size),
            steps: None,
            batch_size: Some(self.batch_size),
            learning_rate: Some(self.learning_rate),
            seed: None,
            sample_every: Some(self.sample_every),
        }
    }

    /// This configuration, or the default one, with what is wished. The network itself of a
    /// training that goes on cannot be changed.
    ///
    /// # Errors
    /// [`InvalidSettings`] with everything that is wrong.
    pub fn with(known: Option<Self>, wishes: &TrainWishes) -> Result<Self, InvalidSettings> {
        wishes.validate()?;
        let kind = match wishes.kind.as_deref() {
            Some("mlp") => Some(Kind::Mlp),
            Some(_) => Some(Kind::Conv),
            None => None,
        };
        let mut check = Check::default();
        let mut config = match known {
            None => Self::preset(kind.unwrap_or(Kind::Conv)),
            Some(known) => {
                let fixed = |what: &str| format!("{what}, as the checkpoint has it");
                if kind.is_some_and(|kind| kind != known.kind) {
                    let wished = wishes.kind.as_deref().unwrap_or_default();
                    check.problem("kind", wished, fixed(known.kind.name()));
                }
                if let Some(size) = wishes.size.filter(|size| *size != known.size) {
                    check.problem("size", size, fixed(&known.size.to_string()));
                }
                if let Some(seed) = wishes.seed.filter(|seed| *seed != known.seed) {
                    check.problem("seed", seed, fixed(&known.seed.to_string()));
                }
                known
            }
        };
        check.finish()?;
        config.size = wishes.size.unwrap_or(config.size);
        config.batch_size = wishes.batch_size.unwrap_or(config.batch_size);
        config.learning_rate = wishes.learning_rate.unwrap_or(config.learning_rate);
        config.seed = wishes.seed.unwrap_or(config.seed);
        config.sample_every = wishes.sample_every.unwrap_or(config.sample_every);
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(field: &str, value: &str) -> String {
        let mut config = serde_json::to_value(GanConfig::preset(Kind::Conv)).unwrap();
        config[field] = serde_json::from_str(value).unwrap_or_default();
        config.to_string()
    }

    #[test]
    fn a_preset_is_read_back() {
        for kind in [Kind::Mlp, Kind::Conv] {
            let preset = GanConfig::preset(kind);
            let json = serde_json::to_vec(&preset).unwrap();
            assert_eq!(GanConfig::parse(&json).unwrap(), preset);
        }
    }

    #[test]
    fn a_field_that_is_wrong_is_named() {
        for (field, value) in [
            ("size", "65"),
            ("size", "-64"),
            ("size", "1e308"),
            ("size", "0"),
            ("batch_size", "1"),
            ("batch_size", "4000000000"),
            ("learning_rate", "0"),
            ("learning_rate", "1e308"),
            ("learning_rate", "null"),
            ("sample_every", "0"),
            ("kind", "\"vae\""),
            ("model_type", "\"llama\""),
        ] {
            let text = GanConfig::parse(json(field, value).as_bytes()).unwrap_err().to_string();
            let named = [field, &field.replace('_', "-"), "config.json"];
            assert!(named.iter().any(|name| text.contains(name)), "{field}={value}: {text}");
        }
        assert!(GanConfig::parse(json("extra", "1").as_bytes()).is_err());
        let mlp = json("kind", "\"mlp\"").replace("\"size\":64", "\"size\":128");
        assert!(GanConfig::parse(mlp.as_bytes()).is_err());
    }

    #[test]
    fn deep_nesting_is_no_crash() {
        assert!(GanConfig::parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(GanConfig::parse("{\"kind\":".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn what_a_checkpoint_is_cannot_be_wished_away() {
        let known = GanConfig::preset(Kind::Conv);
        let wishes = TrainWishes {
            kind: Some("mlp".to_owned()),
            size: Some(64),
            seed: Some(9),
            ..TrainWishes::default()
        };
        let text = GanConfig::with(Some(known.clone()), &wishes).unwrap_err().to_string();
        assert!(text.contains("kind") && text.contains("seed"), "{text}");
        let faster = TrainWishes { learning_rate: Some(1e-3), ..TrainWishes::default() };
        let config = GanConfig::with(Some(known.clone()), &faster).unwrap();
        assert_eq!(config, GanConfig { learning_rate: 1e-3, ..known });
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = GanConfig::parse(text.as_bytes());
        }
    }
}
