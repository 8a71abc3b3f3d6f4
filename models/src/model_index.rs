// SPDX-License-Identifier: MIT OR Apache-2.0
//! `model_index.json`, which tells what a folder of diffusers holds.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{config, error::ModelError};

/// The name of the file.
pub const FILE: &str = "model_index.json";

/// What the file says.
#[derive(Debug, Deserialize)]
pub struct ModelIndex {
    /// The pipeline that the folder was saved from.
    #[serde(rename = "_class_name")]
    pub class_name: String,
    /// The components, each a library and a class of it, or two nulls; and settings.
    #[serde(flatten)]
    entries: BTreeMap<String, Value>,
}

impl ModelIndex {
    /// Reads the file of a folder.
    ///
    /// # Errors
    /// When it cannot be read, or is not one.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        config::read(&folder.join(FILE))
    }

    /// The class of a component, where there is one.
    #[must_use]
    pub fn class_of(&self, part: &str) -> Option<&str> {
        self.entries.get(part)?.get(1)?.as_str()
    }

    /// Notes each `(part, class)` that is not so.
    pub fn expect(&self, wrong: &mut config::Wrong, parts: &[(&str, &str)]) {
        for (part, class) in parts {
            wrong.unless(self.class_of(part) == Some(class), part, class);
        }
    }

    /// A setting; its default where the file has none, or null.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn setting<T: DeserializeOwned + Default>(
        &self,
        folder: &Path,
        name: &str,
    ) -> Result<T, ModelError> {
        let Some(value) = self.entries.get(name).filter(|value| !value.is_null()) else {
            return Ok(T::default());
        };
        T::deserialize(value).map_err(|error| ModelError::NotAModel {
            path: folder.join(FILE),
            reason: format!("{name}: {error}"),
        })
    }
}
