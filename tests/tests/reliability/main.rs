// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nothing that a host does, in whatever order, may hang, crash or spoil the pictures.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

mod ends;
mod odd;
mod properties;
mod same_bytes;
mod states;
mod storms;

use std::sync::OnceLock;

use stillmotion_tests::photos;

/// A small photo as a file, for elements that read one.
fn photo() -> &'static str {
    static FOLDER: OnceLock<(tempfile::TempDir, String)> = OnceLock::new();
    let (_, path) = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("still.png");
        let pixels = photos::rgb("coffee", 160, 90).planes()[0].data.clone();
        image::RgbImage::from_raw(160, 90, pixels).unwrap().save(&path).unwrap();
        let path = path.display().to_string();
        (folder, path)
    });
    path
}
