// SPDX-License-Identifier: MIT OR Apache-2.0
//! The models that this process knows. An editor opens the same one for every clip.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::SystemTime,
};

use parking_lot::Mutex;

use super::{DepthModel, DepthModelError, Meaning};

/// What makes a model the same one: the file as it is now, and what its output is said to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    path: PathBuf,
    changed: SystemTime,
    bytes: u64,
    meaning: Option<Meaning>,
}

impl Key {
    /// None where the system does not say: then nothing is shared.
    fn of(path: &Path, meaning: Option<Meaning>) -> Option<Self> {
        let path = fs::canonicalize(path).ok()?;
        let metadata = fs::metadata(&path).ok()?;
        Some(Self { path, changed: metadata.modified().ok()?, bytes: metadata.len(), meaning })
    }
}

/// The models in use, and the last one, which is kept: weights of one file at most lie about.
struct Known {
    models: Vec<(Key, Weak<DepthModel>)>,
    last: Option<Arc<DepthModel>>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known { models: Vec::new(), last: None });

/// The known model of a file, or else what `read` makes of it. While one is read, others wait:
/// they mostly want the same one.
pub(super) fn open(
    path: &Path,
    meaning: Option<Meaning>,
    read: impl FnOnce() -> Result<DepthModel, DepthModelError>,
) -> Result<Arc<DepthModel>, DepthModelError> {
    let Some(key) = Key::of(path, meaning) else { return read().map(Arc::new) };
    let mut known = KNOWN.lock();
    known.models.retain(|(_, model)| model.strong_count() > 0);
    let found = known.models.iter().find(|(known, _)| *known == key);
    let model = match found.and_then(|(_, model)| model.upgrade()) {
        Some(model) => model,
        None => {
            // The memory of the last one may be needed for this one.
            known.last = None;
            let model = Arc::new(read()?);
            known.models.push((key, Arc::downgrade(&model)));
            model
        }
    };
    known.last = Some(Arc::clone(&model));
    Ok(model)
}
