// SPDX-License-Identifier: MIT OR Apache-2.0
//! All that is known of a still, found once and shared by every clip made of it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use xxhash_rust::xxh3::Xxh3;

use super::{
    aids::Aids,
    cover::Screen,
    depth::{self, Depth, model::DepthModelError},
    field::Field,
    layers::Layers,
    masks::Masks,
    matte::{self, Matte},
    plate,
    raster::Map,
    relief::Relief,
    store::STORE,
    texture::{Texture, textures},
    thumbnail::thumbnail,
};
use crate::{camera::Aim, generator::GeneratorError, image::Image};

/// A surface, and what is painted on it.
#[derive(Debug)]
pub(super) struct Layer {
    /// Nearness on the grid.
    pub relief: Relief,
    /// The planes, ready to be sampled.
    pub textures: Vec<Texture>,
}

impl Layer {
    fn bytes(&self) -> usize {
        self.relief.bytes() + self.textures.iter().map(|t| t.data.len()).sum::<usize>()
    }
}

/// The still cut into what stands before its cliffs and what goes on behind them.
#[derive(Debug)]
pub(super) struct Split {
    pub front: Layer,
    /// The same matte at the size of the depth, 0..1.
    pub alpha: Map,
    /// What of each pixel belongs to `front`.
    pub screen: Screen,
    pub back: Layer,
}

impl Split {
    /// Paints both layers. Nothing where they do not fit the still, which they do.
    fn of(image: &Image, layers: Layers, paint: &dyn Fn(&Map, &Image) -> Layer) -> Option<Self> {
        let matte = matte::refine(image, Field::from(&layers.alpha)).ok()?;
        let (hidden, behind) = (Field::from(&layers.hidden), Field::from(&layers.back));
        let made_up = made_up(&matte, &layers.hidden);
        let plate = plate::fill(image, hidden, behind, Some(&made_up)).ok()?;
        let separate = matte::separate(image, &plate, &matte).ok()?;
        Some(Self {
            front: paint(&layers.front, &separate.front),
            screen: Screen::new(&separate.matte, image.format()),
            back: paint(&layers.back, &plate),
            alpha: layers.alpha,
        })
    }
}

/// What analysis finds.
#[derive(Debug)]
pub(super) struct Analysis {
    /// What a camera goes for.
    pub aim: Aim,
    /// Nearness of each pixel of the thumbnail.
    pub nearness: Map,
    /// Where there is what.
    pub masks: Masks,
    /// The still as one surface.
    pub whole: Layer,
    /// The still as two, where it has cliffs.
    pub split: Option<Split>,
    /// Why the user's own depth model gave nothing; the rest is what the built-in estimate gives.
    pub failure: Option<Arc<DepthModelError>>,
}

impl Analysis {
    fn of(image: &Image, aids: &Aids) -> Self {
        let picture = thumbnail(image);
        let look = depth::look(&picture);
        let masks = Masks::of(&picture, &look);
        let given = aids.depth_of(image).map(|depth| depth.map(|d| depth::sharpened(d, &picture)));
        let (given, failure) = match given.transpose() {
            Ok(given) => (given, None),
            Err(failure) => (None, Some(Arc::new(failure))),
        };
        let nearness = given.unwrap_or_else(|| look.nearness.clone());
        let cut = aids.cut(nearness.width, nearness.height);
        let (width, height) = (image.width(), image.height());
        let layer = |nearness: &Map, image: &Image| Layer {
            relief: Relief::new(nearness, width, height),
            textures: textures(image),
        };
        let split =
            Layers::of(&nearness, cut.as_ref()).and_then(|layers| Split::of(image, layers, &layer));
        Self {
            aim: Aim::of(&look, &nearness),
            whole: layer(&nearness, image),
            nearness,
            masks,
            split,
            failure,
        }
    }

    /// Bytes of memory that it takes.
    fn bytes(&self) -> usize {
        let split = self.split.as_ref();
        let split = split.map(|s| s.front.bytes() + s.screen.bytes() + s.back.bytes());
        self.whole.bytes() + split.unwrap_or_default()
    }
}

/// The part of a matte behind which something is hidden: elsewhere the layers only meet.
fn made_up(matte: &Matte, hidden: &Map) -> Matte {
    let Matte { width, height, ref alpha } = *matte;
    let along = |i: usize, from: usize, to: usize| (i * to / from).min(to - 1);
    let columns: Vec<usize> = (0..width).map(|x| along(x, width, hidden.width)).collect();
    let rows = alpha.chunks_exact(width).enumerate();
    let alpha = rows.flat_map(|(y, row)| {
        let hidden = hidden.row(along(y, height, hidden.height));
        let kept = |(alpha, column): (&u8, &usize)| if hidden[*column] > 0.0 { *alpha } else { 0 };
        row.iter().zip(&columns).map(kept)
    });
    Matte { width, height, alpha: alpha.collect() }
}

/// A still whose analysis goes on behind it.
#[derive(Debug)]
pub(super) struct Still {
    /// The pixels.
    pub image: Arc<Image>,
    aids: Aids,
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
    pub fn new(image: Arc<Image>, aids: Aids) -> Self {
        Self {
            image,
            aids,
            analysis: OnceLock::new(),
            ended: Mutex::default(),
            ending: Condvar::new(),
        }
    }

    /// Whether this is the still of that very image, with those aids.
    pub fn is_of(&self, image: &Arc<Image>, aids: &Aids) -> bool {
        Arc::ptr_eq(&self.image, image) && self.aids.key() == aids.key()
    }

    /// The still of `image`: one that is known already, or a new one, whose analysis starts on a
    /// thread of its own.
    ///
    /// # Errors
    /// [`GeneratorError::Failed`] when the system gives no thread.
    pub fn open(image: Arc<Image>, aids: Aids) -> Result<Arc<Self>, GeneratorError> {
        let known = STORE.lock().find(|_, still| still.is_of(&image, &aids));
        if let Some(still) = known {
            return Ok(still);
        }
        let key = content_key(&image, &aids);
        let mut is_new = false;
        let still = STORE.lock().of_content(key, || {
            is_new = true;
            Arc::new(Self::new(image, aids))
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
        self.analysis.get_or_init(|| Analysis::of(&self.image, &self.aids))
    }
}

/// The depth that the built-in generator sees in `image`, at most 384 pixels on the longer side.
pub fn depth_of(image: &Image) -> Depth {
    depth::estimate(&thumbnail(image))
}

fn content_key(image: &Image, aids: &Aids) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(&aids.key().to_le_bytes());
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
