// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any bytes are a cue: one line that is a prompt.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_engine::{prompt::cue, request::MAX_PROMPT_BYTES};

fuzz_target!(|bytes: &[u8]| {
    for markup in [false, true] {
        let text = cue::text(bytes, markup);
        assert!(text.len() <= MAX_PROMPT_BYTES && !text.contains(char::is_control));
        assert!(text.trim() == text);
    }
});
