// SPDX-License-Identifier: MIT OR Apache-2.0
//! All that is known of a still, found once and shared by every clip made of it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use xxhash_rust::xxh3::Xxh3;

use super::{
    depth::{
        self, Depth,
        model::{DepthModel, DepthModelError},
    },
    relief::Relief,
    store::STORE,
    texture::{Texture, textures},
    thumbnail::{thumbnail, thumbnail_of_side},
};
use crate::{generator::GeneratorError, image::Image};

/// What analysis finds.
#[derive(Debug)]
pub(super) struct Analysis {
    /// Nearness on the grid.
    pub relief: Relief,
    /// The planes, ready to be sampled.
    pub textures: Vec<Texture>,
}

impl Analysis {
    /// Bytes of memory that it takes.
    fn bytes(&self) -> usize {
        self.relief.bytes() + self.textures.iter().map(|t| t.data.len()).sum::<usize>()
    }
}

/// A still whose analysis goes on behind it.
#[derive(Debug)]
pub(super) struct Still {
    /// The pixels.
    pub image: Arc<Image>,
    analysis: OnceLock<Analysis>,
    /// The thread that analyses has ended.
    ended: Mutex<bool>,
    ending: Condvar,
}

/// Says that the analysis has ended, even when it panics: nobody may wait for it then.
struct Ends(Arc<Still>);

impl Drop for Ends {
    fn drop(&mut self) {
        *self.0.ended.lock() = true;
        self.0.ending.notify_all();
    }
}

impl Still {
    pub fn new(image: Arc<Image>) -> Self {
        Self { image, analysis: OnceLock::new(), ended: Mutex::default(), ending: Condvar::new() }
    }

    /// The still of `image`: one that is known already, or a new one, whose analysis starts on a
    /// thread of its own.
    ///
    /// # Errors
    /// [`GeneratorError::Failed`] when the system gives no thread.
    pub fn open(image: Arc<Image>) -> Result<Arc<Self>, GeneratorError> {
        let known = STORE.lock().of_image(&image);
        if let Some(still) = known {
            return Ok(still);
        }
        let key = content_key(&image);
        let mut is_new = false;
        let still = STORE.lock().of_content(key, || {
            is_new = true;
            Arc::new(Self::new(image))
        });
        if is_new {
            let ahead = Ends(Arc::clone(&still));
            let thread = std::thread::Builder::new().name("stillmotion-analysis".to_owned());
            let started = thread.spawn(move || {
                let still = &ahead.0;
                let bytes = still.image.bytes() + still.analysis().bytes();
                let gone = STORE.lock().analysed(still, bytes);
                drop(gone);
            });
            started.map_err(|e| GeneratorError::Failed(format!("no thread to work on: {e}")))?;
        }
        Ok(still)
    }

    /// Waits at most `patience` for the analysis, and says whether it is there.
    pub fn wait(&self, patience: Duration) -> bool {
        let mut ended = self.ended.lock();
        self.ending.wait_while_for(&mut ended, |ended| !*ended, patience);
        *ended
    }

    /// The analysis, once it is there. Whoever asks first does it.
    pub fn analysis(&self) -> &Analysis {
        self.analysis.get_or_init(|| {
            let image = &*self.image;
            let depth = depth_of(image);
            Analysis {
                relief: Relief::new(&depth, image.width(), image.height()),
                textures: textures(image),
            }
        })
    }
}

/// The depth that the built-in generator sees in `image`, at most 384 pixels on the longer side.
pub fn depth_of(image: &Image) -> Depth {
    depth::estimate(&thumbnail(image))
}

/// The depth that a user's model sees in `image`, at most 518 pixels on the longer side.
///
/// # Errors
/// As [`DepthModel::nearness`].
pub fn depth_by_model(image: &Image, model: &DepthModel) -> Result<Depth, DepthModelError> {
    model.nearness(&thumbnail_of_side(image, depth::model::LONG_SIDE))
}

fn content_key(image: &Image) -> u128 {
    let mut hash = Xxh3::new();
    let matrix = image.matrix();
    hash.update(image.format().name().as_bytes());
    hash.update(&[u8::from(matrix.bt709), u8::from(matrix.full_range)]);
    hash.update(&image.width().to_le_bytes());
    hash.update(&image.height().to_le_bytes());
    for plane in image.planes() {
        hash.update(&plane.data);
    }
    hash.digest128()
}
