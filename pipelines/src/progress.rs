// SPDX-License-Identifier: MIT OR Apache-2.0
//! The progress bar. It is not drawn where stderr is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// How many are done, of how many.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for `total` of `what`.
    pub fn new(total: u64, what: &str) -> Self {
        let bar = ProgressBar::new(total);
        let template =
            format!("{{bar:40}} {{pos}}/{{len}} {what}  {{per_sec}}  {{eta}} left  {{msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Moves the bar.
    pub fn show(&self, done: u64) {
        self.0.set_position(done);
    }

    /// Says what it is busy with.
    pub fn say(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
