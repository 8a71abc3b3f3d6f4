// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stills that this process knows, by content.
//!
//! An editor builds the same pipeline many times, and five times the same effect for one clip; a
//! new prompt needs no new analysis either. So a still that is in use anywhere is shared, and the
//! ones that were in use last stay for a while, within a bound on their bytes.

use std::sync::{Arc, LazyLock, Weak};

use parking_lot::Mutex;

use super::still::Still;

/// Bytes of analysed stills that are kept when nobody uses them: about sixteen of 1920x1080 in
/// I420. The environment variable `STILLMOTION_CACHE_BYTES` sets another bound; 0 keeps none.
pub const DEFAULT_CACHE_BYTES: usize = 256 * 1024 * 1024;

/// The store of this process.
pub(super) static STORE: LazyLock<Mutex<Store>> = LazyLock::new(|| {
    let asked = std::env::var("STILLMOTION_CACHE_BYTES");
    Mutex::new(Store::new(bound(asked.as_deref().unwrap_or_default())))
});

/// The bound that a user asks for. What is no number asks for nothing.
fn bound(asked: &str) -> usize {
    asked.trim().parse().unwrap_or(DEFAULT_CACHE_BYTES)
}

/// What the cache of analysed stills holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheUse {
    /// Stills that are kept.
    pub stills: usize,
    /// Their bytes: pixels, textures and relief.
    pub bytes: usize,
    /// What `bytes` never exceeds.
    pub bound: usize,
    /// Analyses made since the process started.
    pub analyses: u64,
}

/// What the cache of this process holds.
pub fn cache_use() -> CacheUse {
    STORE.lock().in_use()
}

/// A still that is in use or kept.
struct Known {
    key: u128,
    still: Weak<Still>,
    /// The still and its bytes, if it is kept.
    kept: Option<(Arc<Still>, usize)>,
}

/// Stills by content, the one that was asked for last at the end.
pub(super) struct Store {
    bound: usize,
    known: Vec<Known>,
    analyses: u64,
}

impl Store {
    pub fn new(bound: usize) -> Self {
        Self { bound, known: Vec::new(), analyses: 0 }
    }

    /// The still with this content: the known one, or else `new`.
    pub fn of_content(&mut self, key: u128, new: impl FnOnce() -> Arc<Still>) -> Arc<Still> {
        self.find(|known, _| known == key).unwrap_or_else(|| {
            let still = new();
            self.known.push(Known { key, still: Arc::downgrade(&still), kept: None });
            still
        })
    }

    /// The known still that `is` what is looked for, by its key or itself.
    pub fn find(&mut self, is: impl Fn(u128, &Still) -> bool) -> Option<Arc<Still>> {
        self.known.retain(|known| known.still.strong_count() > 0);
        let found = self.known.iter().enumerate().find_map(|(place, known)| {
            let still = known.still.upgrade().filter(|still| is(known.key, still));
            still.map(|still| (place, still))
        });
        let (place, still) = found?;
        self.known[place..].rotate_left(1);
        Some(still)
    }

    /// Counts an analysis, and keeps the still that it was made of if there is room for `bytes`.
    /// Gives what has to go, to be dropped when nothing is locked.
    #[must_use]
    pub fn analysed(&mut self, still: &Arc<Still>, bytes: usize) -> Vec<Arc<Still>> {
        self.analyses += 1;
        if bytes > self.bound {
            return Vec::new();
        }
        let mut used = self.in_use().bytes;
        let mut gone = Vec::new();
        for known in &mut self.known {
            if used + bytes <= self.bound {
                break;
            }
            if let Some((still, bytes)) = known.kept.take() {
                used -= bytes;
                gone.push(still);
            }
        }
        let place = |known: &&mut Known| known.still.as_ptr() == Arc::as_ptr(still);
        if let Some(known) = self.known.iter_mut().find(place) {
            known.kept = Some((Arc::clone(still), bytes));
        }
        gone
    }

    fn in_use(&self) -> CacheUse {
        let kept = || self.known.iter().filter_map(|known| known.kept.as_ref());
        CacheUse {
            stills: kept().count(),
            bytes: kept().map(|(_, bytes)| bytes).sum(),
            bound: self.bound,
            analyses: self.analyses,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        image::{Image, PixelFormat, YuvMatrix},
        scene::aids::Aids,
    };

    fn still(gray: u8) -> Arc<Still> {
        let planes = vec![vec![gray; 16 * 16 * 3]];
        let image = Image::from_packed(PixelFormat::Rgb, 16, 16, YuvMatrix::default(), planes);
        Arc::new(Still::new(Arc::new(image.unwrap()), Aids::default()))
    }

    /// Opens the still `key`, uses it and lets it go. Says whether it had to be analysed.
    fn visit(store: &mut Store, key: u128, bytes: usize) -> bool {
        let mut new = false;
        let still = store.of_content(key, || {
            new = true;
            still(key as u8)
        });
        if new {
            drop(store.analysed(&still, bytes));
        }
        assert!(store.in_use().bytes <= store.bound);
        new
    }

    #[test]
    fn a_still_that_nobody_uses_is_kept_within_the_bound() {
        let mut store = Store::new(100);
        assert!(visit(&mut store, 1, 40) && visit(&mut store, 2, 40));
        assert!(!visit(&mut store, 1, 40), "kept");
        assert_eq!(store.in_use(), CacheUse { stills: 2, bytes: 80, bound: 100, analyses: 2 });
        assert!(visit(&mut store, 3, 40), "in the place of 2, which was asked for longest ago");
        assert!(!visit(&mut store, 1, 40) && !visit(&mut store, 3, 40));
        assert!(visit(&mut store, 2, 100), "in the place of both");
        assert_eq!((store.in_use().stills, store.in_use().bytes), (1, 100));
    }

    #[test]
    fn one_that_is_too_large_works_but_is_not_kept() {
        let mut store = Store::new(100);
        visit(&mut store, 1, 40);
        assert!(visit(&mut store, 2, 101) && visit(&mut store, 2, 101));
        assert!(!visit(&mut store, 1, 40), "and drives nothing out");
        let mut none = Store::new(0);
        assert!(visit(&mut none, 1, 1) && visit(&mut none, 1, 1));
    }

    #[test]
    fn what_is_in_use_is_shared_even_where_nothing_is_kept() {
        let mut store = Store::new(0);
        let first = store.of_content(7, || still(7));
        let again = store.of_content(7, || still(7));
        assert!(Arc::ptr_eq(&first, &again));
        let of_image = |store: &mut Store, image: &Arc<Image>| {
            store.find(|_, still| still.is_of(image, &Aids::default()))
        };
        assert!(
            of_image(&mut store, &first.image).is_some_and(|found| Arc::ptr_eq(&found, &first))
        );
        let image = Arc::clone(&first.image);
        drop((first, again));
        assert!(of_image(&mut store, &image).is_none(), "nobody had it any more");
    }

    #[test]
    fn a_user_may_set_the_bound() {
        assert_eq!((bound("0"), bound(" 1000000 ")), (0, 1_000_000));
        for nothing in ["", "a lot", "-1", "1e9", "99999999999999999999999"] {
            assert_eq!(bound(nothing), DEFAULT_CACHE_BYTES);
        }
    }

    #[test]
    fn the_bound_holds_whatever_comes() {
        let mut store = Store::new(1000);
        let mut random = 12345_u64;
        for _ in 0..2000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            visit(&mut store, u128::from(random >> 59), (random >> 40) as usize % 400);
        }
        assert!(store.in_use().stills > 1);
    }
}
