// SPDX-License-Identifier: MIT OR Apache-2.0
//! No bytes make the reader of URIs panic, and what it takes it writes as it will read it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_elements::motionsrc::uri::MotionUri;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(uri) = MotionUri::parse(bytes) {
        assert!(uri.path.is_absolute());
        assert_eq!(MotionUri::parse(uri.to_string().as_bytes()), Ok(uri));
    }
});
