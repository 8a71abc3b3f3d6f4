// SPDX-License-Identifier: MIT OR Apache-2.0
//! Generators that run in a process of their own: everything that needs libtorch.
//!
//! The program `stillmotion-worker` is started over a socketpair, so nobody else can connect to
//! it, and it is gone when the socket closes, whatever happens to the host. [`protocol`] is what
//! both say, [`process`] holds one worker, [`pool`] keeps those that have a model loaded,
//! [`clip`] makes frames with one, [`train`] trains with one, and [`check`] asks one what a folder
//! holds.

pub mod check;
pub mod clip;
pub mod pool;
pub mod process;
pub mod protocol;
pub mod train;

pub use clip::{FirstFrame, ModelGenerator, ModelSettings, Preview};
pub use process::{WorkerError, look_in, on_log};
