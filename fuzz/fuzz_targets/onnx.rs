// SPDX-License-Identifier: MIT OR Apache-2.0
//! No bytes make the loader of depth models panic. Start from `tests/fixtures/onnx/*.onnx`. The
//! time and the memory that a network takes are not bounded: give `-rss_limit_mb=0 -timeout=60`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_engine::scene::depth::{
    Thumbnail,
    model::{DepthModel, Meaning},
};

fuzz_target!(|bytes: &[u8]| {
    let picture =
        Thumbnail { width: 6, height: 4, rgb: (0..72).map(|i| i as f32 / 71.0).collect() };
    if let Ok(model) = DepthModel::load(bytes.to_vec(), "fuzz", Some(Meaning::Nearness)) {
        let _ = model.nearness(&picture);
    }
});
