// SPDX-License-Identifier: MIT OR Apache-2.0
//! Text for the user. Neither a closed stdout nor a closed stderr may become a panic.

use std::io::{ErrorKind, Write, stderr, stdout};

use crate::failure::Failure;

/// A line on stderr.
pub fn note(line: &str) {
    // There is nowhere left to complain to.
    let _ = writeln!(stderr(), "{line}");
}

/// A text on stdout, with a line end. A reader that has seen enough is no failure.
pub fn result(text: &str) -> Result<(), Failure> {
    match writeln!(stdout(), "{text}").and_then(|()| stdout().flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("stdout: cannot be written: {e}")))
        }
        _ => Ok(()),
    }
}
