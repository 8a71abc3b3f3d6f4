// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any text is a place or an error, and a place gives its text back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_engine::scene::Place;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(place) = text.parse::<Place>() {
        assert!(place.to_string() == text.trim());
    }
});
