// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ctrl-C.

use std::sync::{Arc, atomic::AtomicBool};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

use crate::failure::Failure;

/// A flag that the first Ctrl-C sets. The second one ends the process.
pub fn watch() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag unset and sets it.
        flag::register_conditional_shutdown(signal, 130, stop.clone())
            .and_then(|_| flag::register(signal, stop.clone()))
            .map_err(|e| Failure::Failed(format!("signals cannot be watched: {e}")))?;
    }
    Ok(stop)
}
