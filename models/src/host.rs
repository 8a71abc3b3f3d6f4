// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a model sees of whoever gave the order.

use stillmotion_engine::worker::protocol::{Phase, Progress, Report};

use crate::error::ModelError;

/// Takes reports, and says whether to go on.
pub trait Host {
    /// Sends a report with its pixels.
    ///
    /// # Errors
    /// [`ModelError::Host`] when nobody is there to take it.
    fn report(&mut self, report: Report, pixels: &[u8]) -> Result<(), ModelError>;

    /// Whether the order was cancelled.
    fn is_cancelled(&self) -> bool;

    /// Whether a training is to be saved and ended.
    fn is_stopped(&self) -> bool;

    /// Says how far a phase is.
    ///
    /// # Errors
    /// [`ModelError::Cancelled`] when the order was, and as [`Host::report`].
    fn progress(&mut self, phase: Phase, done: u64, total: u64) -> Result<(), ModelError> {
        if self.is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        self.report(Report::Progress(Progress { phase, done, total }), &[])
    }
}
