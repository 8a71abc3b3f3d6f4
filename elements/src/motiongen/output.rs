// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is agreed on with downstream: caps, and a pool of buffers.

use std::sync::Arc;

use gst::prelude::*;
use gst_video::VideoInfo;
use stillmotion_engine::image::Image;

use super::state::{Still, Stop};
use crate::{output::Agreed, settings::FitMode, timing::FrameGrid};

/// An agreed output.
pub struct Output {
    pub caps: gst::Caps,
    pub info: VideoInfo,
    pub grid: FrameGrid,
    /// The still that the output is for.
    pub still: Arc<Still>,
    /// That still in the size of the output.
    pub image: Arc<Image>,
    /// An empty buffer with the metas that still hold in that size.
    metas: gst::Buffer,
    pool: Pool,
}

impl Output {
    /// Asks downstream what it wants and picks from that. Blocks on queries: hold no lock.
    pub fn negotiate(pad: &gst::Pad, still: &Arc<Still>, mode: FitMode) -> Result<Self, Stop> {
        let input = (&still.input.caps, &still.input.info);
        let Agreed { caps, info, grid, image } =
            Agreed::negotiate(pad, &still.image, input, mode).map_err(Stop::Error)?;
        let same_size =
            (info.width(), info.height()) == (still.image.width(), still.image.height());
        let pool = Pool::negotiate(pad, &caps, &info)?;
        let metas = metas_for(still, same_size);
        Ok(Self { caps, info, grid, still: Arc::clone(still), image, metas, pool })
    }

    /// Width and height of the still as it came.
    pub fn source(&self) -> (u32, u32) {
        (self.still.image.width(), self.still.image.height())
    }

    /// A buffer with the metas of the still, and with nothing in it yet.
    pub fn acquire(&self) -> Result<gst::Buffer, gst::FlowError> {
        let mut buffer = self.pool.0.acquire_buffer(None)?;
        let target = buffer.make_mut();
        // A meta that cannot be copied is left out, as everywhere in GStreamer.
        let _ = self.metas.copy_into(target, gst::BufferCopyFlags::META, ..);
        Ok(buffer)
    }

    /// Lets go of a task that waits for a buffer, or lets it wait again.
    pub fn set_flushing(&self, flushing: bool) {
        self.pool.0.set_flushing(flushing);
    }
}

/// The metas of the still, without those that speak of a place in a picture of another size.
fn metas_for(still: &Still, same_size: bool) -> gst::Buffer {
    let mut metas = still.metas.clone();
    if !same_size {
        metas.make_mut().foreach_meta_mut(|meta| {
            use gst::buffer::BufferMetaForeachAction::{Keep, Remove};
            let sized = meta.has_tag::<gst_video::video_meta::tags::Size>();
            std::ops::ControlFlow::Continue(if sized { Remove } else { Keep })
        });
    }
    metas
}

/// A pool that is active, and inactive again when it is dropped.
struct Pool(gst::BufferPool);

impl Drop for Pool {
    fn drop(&mut self) {
        // Only a pool that is being torn down already can refuse.
        let _ = self.0.set_active(false);
    }
}

impl Pool {
    /// The pool of downstream where it offers one, otherwise our own: memory that is used again
    /// costs no page faults.
    fn negotiate(pad: &gst::Pad, caps: &gst::Caps, info: &VideoInfo) -> Result<Self, Stop> {
        let mut query = gst::query::Allocation::new(Some(caps), true);
        if pad.peer_query(&mut query)
            && let Some((Some(pool), size, min, max)) = query.allocation_pools().next()
            && let Ok(pool) = Self::activate(pool, &query, caps, (size, min, max), info)
        {
            return Ok(pool);
        }
        let pool = gst_video::VideoBufferPool::new().upcast();
        Self::activate(pool, &query, caps, (0, 0, 0), info).map_err(|e| {
            let message = gst::error_msg!(gst::ResourceError::NoSpaceLeft, ("No buffers: {e}"));
            Stop::Error(message)
        })
    }

    fn activate(
        pool: gst::BufferPool,
        query: &gst::query::Allocation,
        caps: &gst::Caps,
        (size, min, max): (u32, u32, u32),
        info: &VideoInfo,
    ) -> Result<Self, glib::BoolError> {
        let needed = u32::try_from(info.size())
            .map_err(|_| glib::bool_error!("a frame of {} bytes is too large", info.size()))?;
        let size = size.max(needed);
        let mut config = pool.config();
        config.set_params(Some(caps), size, min, max);
        if let Some((allocator, params)) = query.allocation_params().next() {
            config.set_allocator(allocator.as_ref(), Some(&params));
        }
        if query.find_allocation_meta::<gst_video::VideoMeta>().is_some() {
            config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
        }
        if pool.set_config(config).is_err() {
            // The pool changed the configuration to what it can do: fine if that is enough.
            let config = pool.config();
            config.validate_params(Some(caps), size, min, max)?;
            pool.set_config(config)?;
        }
        pool.set_active(true)?;
        Ok(Self(pool))
    }
}
