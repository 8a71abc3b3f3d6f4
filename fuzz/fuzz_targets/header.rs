// SPDX-License-Identifier: MIT OR Apache-2.0
//! The header of a file of weights: anything may come, in front of any amount of data.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_models::weights::Header;

fuzz_target!(|input: (u32, &[u8])| {
    let (data_bytes, json) = input;
    if let Ok(header) = Header::parse(json, data_bytes.into()) {
        let all: u64 = header.tensors.values().map(|info| info.bytes()).sum();
        assert_eq!(all, u64::from(data_bytes));
    }
});
