// SPDX-License-Identifier: MIT OR Apache-2.0
//! The index of a model in several files: no shard lies elsewhere.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_models::weights::Index;

fuzz_target!(|json: &[u8]| {
    if let Ok(index) = Index::parse(json) {
        assert!(index.shards().iter().all(|shard| !shard.contains(['/', '\\', '\0'])));
    }
});
