// SPDX-License-Identifier: MIT OR Apache-2.0
//! The progress bar. It is not drawn where stderr is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Frames done, of how many.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for `total` frames.
    pub fn new(total: u64) -> Self {
        let bar = ProgressBar::new(total);
        let template = "{bar:40} {pos}/{len} frames  {per_sec}  {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Moves the bar.
    pub fn show(&self, frames: u64) {
        self.0.set_position(frames);
    }

    /// Says what a model is busy with, where that is not frames.
    pub fn say(&self, said: &gst::StructureRef) {
        let Ok(phase) = said.get::<&str>("phase") else { return };
        let [done, total] = ["done", "total"].map(|name| said.get::<u64>(name).unwrap_or_default());
        let busy = phase != "generating" && done < total;
        self.0.set_message(if busy { format!("{phase} {done}/{total}") } else { String::new() });
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
