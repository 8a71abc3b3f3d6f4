// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any text is a prompt: its parts tile the clip and each has a camera.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_engine::prompt::parse;

fuzz_target!(|bytes: &[u8]| {
    let script = parse(&String::from_utf8_lossy(bytes));
    let mut end = 0.0;
    for segment in &script.segments {
        assert!(segment.from == end && segment.to > segment.from && !segment.camera.is_empty());
        end = segment.to;
    }
    assert!(end == 1.0);
});
