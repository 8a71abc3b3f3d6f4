// SPDX-License-Identifier: MIT OR Apache-2.0
//! Weights on disk: safetensors only, through a reader that trusts nothing.
//!
//! Whoever made a file may be anyone. It can cost no more memory than its tensors have bytes, run
//! no code, and name no other file than those beside it. A model asks for all its tensors at once
//! ([`Weights::check`]), so a user sees everything that is wrong in one message.

mod error;
pub(crate) mod file;
mod header;
mod index;
pub(crate) mod save;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub use error::{Differences, Problem, WeightsError};
use file::TensorFile;
pub use header::{Dtype, Header, Info};
pub use index::Index;
pub use save::{Tensor, save};

/// A tensor that a model needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its dimensions, the slowest first.
    pub shape: Vec<u64>,
}

/// The tensors of a model, in one file or several.
#[derive(Debug)]
pub struct Weights {
    /// What messages name: the file or the index.
    path: PathBuf,
    files: Vec<TensorFile>,
    /// Index of the file that each tensor is in.
    places: BTreeMap<String, usize>,
}

impl Weights {
    /// Opens one file, or the index of a sharded model (`….safetensors.index.json`).
    ///
    /// # Errors
    /// [`WeightsError`] names the file and what is wrong with it.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        if path.extension().is_some_and(|extension| extension == "json") {
            return Self::open_index(path);
        }
        Self::of_files(path, vec![TensorFile::open(path)?])
    }

    fn open_index(path: &Path) -> Result<Self, WeightsError> {
        let json = file::read_small(path, "the index in bytes", index::MAX_INDEX)?;
        let index = Index::parse(&json).map_err(|problem| problem.of(path))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut files = Vec::new();
        for shard in index.shards() {
            check_inside(folder, shard).map_err(|problem| problem.of(path))?;
            files.push(TensorFile::open(&folder.join(shard))?);
        }
        let weights = Self::of_files(path, files)?;
        let mut differences = Vec::new();
        for (name, shard) in &index.0 {
            let there = weights.places.get(name).map(|at| &weights.files[*at].path);
            if there != Some(&folder.join(shard)) {
                differences.push(format!("{name} is not in {shard}, where the index has it"));
            }
        }
        let unnamed = weights.places.keys().filter(|name| !index.0.contains_key(*name));
        differences.extend(unnamed.map(|name| format!("{name} is not in the index")));
        weights.none_of(differences)?;
        Ok(weights)
    }

    fn of_files(path: &Path, files: Vec<TensorFile>) -> Result<Self, WeightsError> {
        let mut weights =
            Self { path: path.to_owned(), files: Vec::new(), places: BTreeMap::new() };
        for (at, file) in files.iter().enumerate() {
            for name in file.header.tensors.keys() {
                if weights.places.insert(name.clone(), at).is_some() {
                    let reason = "it is in two of the files".to_owned();
                    return Err(Problem::Tensor { name: name.clone(), reason }.of(path));
                }
            }
        }
        if weights.places.len() > header::MAX_TENSORS {
            let (got, max) = (weights.places.len() as u64, header::MAX_TENSORS as u64);
            return Err(Problem::TooLarge { what: "the model in tensors", got, max }.of(path));
        }
        weights.files = files;
        Ok(weights)
    }

    /// The file that messages name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// Type and shape of a tensor.
    #[must_use]
    pub fn info(&self, name: &str) -> Option<&Info> {
        self.files[*self.places.get(name)?].header.tensors.get(name)
    }

    /// Numbers in all tensors, and their bytes on disk.
    #[must_use]
    pub fn totals(&self) -> (u64, u64) {
        let tensors = self.files.iter().flat_map(|file| file.header.tensors.values());
        tensors.fold((0, 0), |(numbers, bytes), info| {
            let count: u64 = info.shape.iter().product();
            (numbers + count, bytes + info.bytes())
        })
    }

    /// A text that the file has beside its tensors.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.files.iter().find_map(|file| file.header.metadata.get(key)).map(String::as_str)
    }

    /// Makes sure that the tensors are exactly those of `wanted`: same names, same shapes, of a
    /// floating point type. Those for which `ignored` says yes may be there beside them.
    ///
    /// # Errors
    /// [`Problem::Differences`] lists the first 20 differences.
    pub fn check(
        &self,
        wanted: &[Wanted],
        ignored: impl Fn(&str) -> bool,
    ) -> Result<(), WeightsError> {
        let known: BTreeSet<&str> = wanted.iter().map(|wanted| &*wanted.name).collect();
        let extra = self.names().filter(|name| !known.contains(name) && !ignored(name));
        let extra: Vec<&str> = extra.collect();
        let mut differences = Vec::new();
        for Wanted { name, shape } in wanted {
            match self.info(name) {
                None => differences.push(missing(name, &extra)),
                Some(info) => {
                    if info.shape != *shape {
                        differences.push(format!("{name} is {:?}, not {shape:?}", info.shape));
                    }
                    if !matches!(info.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
                        let got = info.dtype;
                        differences.push(format!("{name} is {got:?}, not F32, F16 or BF16"));
                    }
                }
            }
        }
        differences.extend(extra.iter().map(|name| format!("{name} is in no part of the model")));
        self.none_of(differences)
    }

    fn none_of(&self, differences: Vec<String>) -> Result<(), WeightsError> {
        if differences.is_empty() {
            return Ok(());
        }
        Err(Problem::Differences(Differences(differences)).of(&self.path))
    }

    /// The bytes of a tensor, little endian, with its type and shape.
    ///
    /// # Errors
    /// When there is none of this name, or the file cannot be read any more.
    pub fn read(&self, name: &str) -> Result<(&Info, Vec<u8>), WeightsError> {
        let (file, info) = self.find(name)?;
        Ok((info, file.read(info)?))
    }

    /// As [`Self::read`], of rows that are there: a row is what belongs to one index of the
    /// tensor's first dimension.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_rows(&self, name: &str, rows: &[u64]) -> Result<(&Info, Vec<u8>), WeightsError> {
        let (file, info) = self.find(name)?;
        Ok((info, file.read_rows(info, rows)?))
    }

    fn find(&self, name: &str) -> Result<(&TensorFile, &Info), WeightsError> {
        let found = self.places.get(name).map(|at| &self.files[*at]);
        let found = found.and_then(|file| Some((file, file.header.tensors.get(name)?)));
        found.ok_or_else(|| {
            let differences = Differences(vec![format!("{name} is missing")]);
            Problem::Differences(differences).of(&self.path)
        })
    }
}

/// The weights of a component in the layout of diffusers: `NAME.safetensors`, or the index of its
/// shards. What people have instead is looked for, to be told by whoever opens it.
#[must_use]
pub fn of_component(folder: &Path, name: &str) -> PathBuf {
    let whole = format!("{name}.safetensors");
    let known = [whole.clone(), format!("{whole}.index.json"), format!("{name}.bin")];
    let mut there = known.iter().map(|name| folder.join(name)).filter(|path| path.exists());
    there.next().unwrap_or_else(|| folder.join(whole))
}

/// The sentence on a tensor that is not there, with the one that was perhaps meant.
fn missing(name: &str, extra: &[&str]) -> String {
    let close = extra.iter().map(|other| (strsim::damerau_levenshtein(name, other), other));
    // Looking for likely names among thousands would take seconds.
    let close = close.take(if extra.len() > 200 { 0 } else { extra.len() });
    match close.min().filter(|(distance, _)| *distance <= 3) {
        Some((_, other)) => format!("{name} is missing, there is {other}"),
        None => format!("{name} is missing"),
    }
}

/// Makes sure that a shard is not a link to somewhere else. The cache of Hugging Face links from
/// `snapshots/REVISION` to `blobs`, both in the folder of the model: that is not elsewhere.
fn check_inside(folder: &Path, shard: &str) -> Result<(), Problem> {
    // What is not there is told by whoever opens it.
    let Ok(target) = folder.join(shard).canonicalize() else { return Ok(()) };
    let folder = folder.canonicalize()?;
    let snapshots = folder.parent().filter(|parent| parent.ends_with("snapshots"));
    let blobs = snapshots.and_then(Path::parent).map(|model| model.join("blobs"));
    if target.starts_with(&folder) || blobs.is_some_and(|blobs| target.starts_with(blobs)) {
        return Ok(());
    }
    let reason = "it is a link to a file outside the folder of the model";
    Err(Problem::Shard { name: shard.to_owned(), reason })
}
