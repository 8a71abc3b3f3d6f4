// SPDX-License-Identifier: MIT OR Apache-2.0
//! No bytes make the decoder panic, hang or take more memory than the limits say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_engine::image::decode::{Limits, decode};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_side: 2048, max_bytes: 64 << 20 };
    let _ = decode(bytes, "fuzz", &limits);
});
