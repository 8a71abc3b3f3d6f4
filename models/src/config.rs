// SPDX-License-Identifier: MIT OR Apache-2.0
//! Configurations of networks as the `config.json` of diffusers and transformers have them.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::{error::ModelError, weights::file::read_small};

/// The longest configuration, in bytes. Real ones have a few thousand.
const MAX_BYTES: u64 = 1 << 20;

/// Reads a configuration. What it says beyond the fields of `T` is not looked at.
///
/// # Errors
/// When it cannot be read, or is not one.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ModelError> {
    let json = read_small(path, "the configuration in bytes", MAX_BYTES)?;
    serde_json::from_slice(&json).map_err(|error| wrong(path, error.to_string()))
}

/// Collects what is wrong with a configuration, to tell it all at once.
#[derive(Debug, Default)]
pub struct Wrong(Vec<String>);

impl Wrong {
    /// Notes that `name` is not as it is `allowed`, unless that is `fine`.
    pub fn unless(&mut self, fine: bool, name: &str, allowed: &str) {
        if !fine {
            self.0.push(format!("{name} must be {allowed}"));
        }
    }

    /// Notes each `(name, value, most)` whose value does not lie in 1 to `most`.
    pub fn unless_counts<const N: usize>(&mut self, counts: [(&str, i64, i64); N]) {
        for (name, value, most) in counts {
            self.unless((1..=most).contains(&value), name, &format!("1 to {most}"));
        }
    }

    /// # Errors
    /// When something is wrong with the file `path`.
    pub fn finish(self, path: &Path) -> Result<(), ModelError> {
        if self.0.is_empty() { Ok(()) } else { Err(wrong(path, self.0.join("; "))) }
    }
}

fn wrong(path: &Path, reason: String) -> ModelError {
    ModelError::NotAModel { path: path.to_owned(), reason }
}
