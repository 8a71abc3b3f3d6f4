// SPDX-License-Identifier: MIT OR Apache-2.0
//! A user's own depth model in an ONNX file: Depth Anything, MiDaS, DPT, ZoeDepth and their kin.
//!
//! What such files have in common: one input `[1, 3, H, W]` f32, of fixed or of any sides, and one
//! output `[1, H, W]` or `[1, 1, H, W]`. Colours are scaled by the mean and the deviation of
//! ImageNet, unless the model begins with arithmetic on its input and so does that itself.
//!
//! What they do not agree on is what a large value means, and no file says it. It can be given as
//! [`Meaning`]; otherwise the model is asked once about a portrait of which the answer is known
//! (`probe`), and refused where its answer is neither.

mod cache;
mod layout;
mod probe;

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use layout::Layout;
use thiserror::Error;

use super::{
    super::raster::{Map, quantile},
    Depth, Thumbnail,
};
use crate::{
    file::FileName,
    onnx::{Network, OnnxError, Tensor},
};

/// The long side of what a model of any size is shown, in pixels: what Depth Anything was trained
/// with, 37 patches of 14.
pub const LONG_SIDE: usize = 518;
/// Bytes that the file of a model may have: the large kinds of those that people run on a CPU.
const MAX_BYTES: u64 = 1 << 30;

/// No depth is as large as this; larger numbers would overflow when their range is taken.
const LARGEST: f32 = 1e30;

/// What a large value of a model's output means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Inverse depth of an unknown scale and shift: large is near. Depth Anything, MiDaS and DPT.
    Nearness,
    /// Depth in metres, or in a unit of its own: large is far. ZoeDepth, and what has "metric" in
    /// its name.
    Distance,
}

/// Why a model was refused, or gave no depth. Every message is one line and starts with the name
/// of the file.
#[derive(Debug, Error)]
pub enum DepthModelError {
    /// The file is no network that can be run, or failed.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// The input is not one for a picture.
    #[error(
        "{name}: the input of the model is {got}; a depth model takes float [1, 3, height, width], \
         with sides of 14 to 2048 or any"
    )]
    Input {
        /// The file.
        name: FileName,
        /// Name, type and shape of the input.
        got: String,
    },
    /// The output is not one value for each place.
    #[error(
        "{name}: the output of the model is {got:?}; a depth model gives [1, height, width] or \
         [1, 1, height, width]"
    )]
    Output {
        /// The file.
        name: FileName,
        /// Shape of the output.
        got: Vec<usize>,
    },
    /// The output has values that are no numbers, or are larger than any depth.
    #[error(
        "{name}: {count} values of the output are no finite numbers; the weights may be damaged"
    )]
    NotFinite {
        /// The file.
        name: FileName,
        /// How many values.
        count: usize,
    },
    /// The output is the same everywhere.
    #[error("{name}: the model gives the same depth everywhere in this picture")]
    Constant {
        /// The file.
        name: FileName,
    },
    /// Nobody said what the output means, and it cannot be told.
    #[error(
        "{name}: whether near things have large or small values in the output of this model cannot \
         be told (near was large in {agreeing} of {asked} places): say whether it gives nearness \
         or distance"
    )]
    Ambiguous {
        /// The file.
        name: FileName,
        /// Pairs of places of which the nearer one had the larger value.
        agreeing: usize,
        /// Pairs of places.
        asked: usize,
    },
    /// The picture has no pixels, or not as many as it says.
    #[error("{name}: there is no picture to find depth in")]
    NoPicture {
        /// The file.
        name: FileName,
    },
}

/// A depth model, ready to be run.
pub struct DepthModel {
    /// Another number for each one that was ever opened.
    id: u64,
    network: Network,
    layout: Layout,
    meaning: Meaning,
}

impl fmt::Debug for DepthModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("DepthModel");
        out.field("name", self.network.name())
            .field("meaning", &self.meaning)
            .finish_non_exhaustive()
    }
}

impl DepthModel {
    /// Opens the model in a file of at most 1 GiB. With no `meaning` the model is asked once what
    /// its output means, which takes as long as a picture does.
    ///
    /// The weights are shared: a file that is in use anywhere in this process is not read again
    /// unless it has changed, and neither is the one that was opened last.
    ///
    /// # Errors
    /// [`DepthModelError`] names the file, what is wrong with it and what is allowed.
    pub fn open(path: &Path, meaning: Option<Meaning>) -> Result<Arc<Self>, DepthModelError> {
        cache::open(path, meaning, || Self::of(Network::open(path, MAX_BYTES)?, meaning))
    }

    /// As [`DepthModel::open`], from the bytes of a file, and not shared. `name` is what an error
    /// calls them.
    ///
    /// # Errors
    /// As [`DepthModel::open`].
    pub fn load(
        bytes: Vec<u8>,
        name: &str,
        meaning: Option<Meaning>,
    ) -> Result<Self, DepthModelError> {
        Self::of(Network::load(bytes, FileName::from(name))?, meaning)
    }

    fn of(network: Network, meaning: Option<Meaning>) -> Result<Self, DepthModelError> {
        let layout = Layout::of(&network)?;
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let id = OPENED.fetch_add(1, Ordering::Relaxed);
        let mut model = Self { id, network, layout, meaning: Meaning::Nearness };
        model.meaning = match meaning {
            Some(meaning) => meaning,
            None => probe::meaning(&model)?,
        };
        Ok(model)
    }

    /// A number that no other model of this process has.
    pub(in crate::scene) fn id(&self) -> u64 {
        self.id
    }

    /// What a large value of the output means.
    pub fn meaning(&self) -> Meaning {
        self.meaning
    }

    /// The depth of a picture, of its size, with all the confidence there is. 0 is the 2nd
    /// percentile of inverse depth and 1 the 98th. The model works on up to [`LONG_SIDE`] pixels on
    /// the long side, or on the sides that it has. The same picture gives the same bits.
    ///
    /// This takes as long as the model takes on one core, and cannot be interrupted.
    ///
    /// # Errors
    /// [`DepthModelError`] when the model fails or gives what is no depth.
    pub fn nearness(&self, picture: &Thumbnail) -> Result<Depth, DepthModelError> {
        let out = self.output(picture)?;
        let inverse = match self.meaning {
            Meaning::Nearness => out,
            Meaning::Distance => inverse(&out),
        };
        let percentile = |share| quantile(inverse.values.clone(), share);
        let (mut low, mut high) = (percentile(0.02), percentile(0.98));
        if high <= low {
            (low, high) = (percentile(0.0), percentile(1.0));
        }
        let inverse = inverse.resized(picture.width, picture.height);
        let range = (high - low).max(f32::MIN_POSITIVE);
        let nearness = inverse.values.iter().map(|v| ((v - low) / range).clamp(0.0, 1.0)).collect();
        Ok(Depth { width: picture.width, height: picture.height, nearness, confidence: 1.0 })
    }

    /// What the model itself gives, checked: finite, and not the same everywhere.
    fn output(&self, picture: &Thumbnail) -> Result<Map, DepthModelError> {
        let name = || self.network.name().clone();
        let clean = super::cleaned(picture);
        let clean = clean.ok_or_else(|| DepthModelError::NoPicture { name: name() })?;
        let Tensor { shape, values } = self.network.run(self.layout.tensor(&clean))?;
        let ([1, height, width] | [1, 1, height, width]) = *shape else {
            return Err(DepthModelError::Output { name: name(), got: shape });
        };
        if height.min(width) < 2 {
            return Err(DepthModelError::Output { name: name(), got: shape });
        }
        let count = values.iter().filter(|v| !v.is_finite() || v.abs() > LARGEST).count();
        if count > 0 {
            return Err(DepthModelError::NotFinite { name: name(), count });
        }
        let (low, high) =
            values.iter().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
        if high - low <= 1e-6 * high.abs().max(low.abs()) {
            return Err(DepthModelError::Constant { name: name() });
        }
        Ok(Map { width, height, values })
    }
}

/// One over the distance. A model may give zero, or less, for what is very near: nothing counts as
/// nearer than a tenth of what the median is.
fn inverse(distance: &Map) -> Map {
    let nearest = 0.1 * quantile(distance.values.clone(), 0.5);
    let nearest = if nearest > 0.0 { nearest } else { f32::MIN_POSITIVE.sqrt() };
    distance.map(|v| 1.0 / v.max(nearest))
}
