// SPDX-License-Identifier: MIT OR Apache-2.0
//! What host and worker say to each other: what is understood is said again with the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stillmotion_engine::worker::protocol::{self, Order, Report};

fuzz_target!(|wire: &[u8]| {
    if let Ok(packet) = protocol::read::<Report>(&mut &wire[..]) {
        let mut again = Vec::new();
        // Numbers beyond all bounds become null, which is no number.
        if protocol::write(&mut again, &packet.message, &packet.pixels).is_ok() {
            let _ = protocol::read::<Report>(&mut &again[..]);
        }
    }
    let _ = protocol::read::<Order>(&mut &wire[..]);
});
