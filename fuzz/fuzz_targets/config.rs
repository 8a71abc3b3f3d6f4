// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration of a GAN: what is read is within its ranges.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_models::gan::config::GanConfig;

fuzz_target!(|json: &[u8]| {
    if let Ok(config) = GanConfig::parse(json) {
        assert!((64..=256).contains(&config.size) && config.batch_size >= 2);
    }
});
