// SPDX-License-Identifier: MIT OR Apache-2.0
//! Asks a worker what the folder of a model holds, without loading it.

use std::path::Path;

use super::{
    process::{TICK, Worker, WorkerError},
    protocol::{Checked, Order, ProtocolError, Report},
};

/// What the folder holds; `None` where `go_on` said no before that was known.
///
/// # Errors
/// When there is no worker. What is wrong with the folder is no error but part of the answer.
pub fn check(
    folder: &Path,
    mut go_on: impl FnMut() -> bool,
) -> Result<Option<Checked>, WorkerError> {
    let Some(mut worker) = Worker::start(&mut go_on)? else { return Ok(None) };
    worker.send(&Order::Check { model: folder.to_owned() }, &[])?;
    while go_on() {
        match worker.receive(TICK)?.map(|packet| packet.message) {
            Some(Report::Checked(checked)) => return Ok(Some(checked)),
            Some(Report::Progress(_)) | None => (),
            Some(_) => return Err(ProtocolError::OutOfTurn("a check has one answer").into()),
        }
    }
    Ok(None)
}
