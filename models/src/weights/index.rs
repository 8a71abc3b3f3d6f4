// SPDX-License-Identifier: MIT OR Apache-2.0
//! The index of a model in several files: which tensor lies in which.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    error::Problem,
    header::{Unique, check_name},
};

/// The largest index, in bytes.
pub const MAX_INDEX: u64 = 16 << 20;

/// From the name of a tensor to the file name of its shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index(pub BTreeMap<String, String>);

#[derive(Deserialize)]
struct Raw {
    weight_map: Unique<String>,
    #[serde(default, rename = "metadata")]
    _metadata: serde::de::IgnoredAny,
}

impl Index {
    /// Reads `model.safetensors.index.json`.
    ///
    /// # Errors
    /// [`Problem::NotJson`], [`Problem::Tensor`], and [`Problem::Shard`] for a shard that is not a
    /// plain file name beside the index.
    pub fn parse(json: &[u8]) -> Result<Self, Problem> {
        let raw: Raw = serde_json::from_slice(json)
            .map_err(|error| Problem::NotJson { what: "index", reason: error.to_string() })?;
        let Unique(map) = raw.weight_map;
        for (name, shard) in &map {
            if let Some(reason) = check_name(name) {
                return Err(Problem::Tensor { name: name.chars().take(80).collect(), reason });
            }
            if let Some(reason) = check_shard(shard) {
                return Err(Problem::Shard { name: shard.chars().take(80).collect(), reason });
            }
        }
        Ok(Self(map))
    }

    /// The file names, each once.
    #[must_use]
    pub fn shards(&self) -> std::collections::BTreeSet<&str> {
        self.0.values().map(String::as_str).collect()
    }
}

fn check_shard(name: &str) -> Option<&'static str> {
    if name.contains(['/', '\\']) || name.chars().any(char::is_control) {
        return Some("it must be a file beside the index");
    }
    if !name.ends_with(".safetensors") || name.starts_with('.') {
        return Some("it must be a .safetensors file");
    }
    None
}
