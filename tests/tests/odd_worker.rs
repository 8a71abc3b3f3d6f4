// SPDX-License-Identifier: MIT OR Apache-2.0
//! A host before programs that are no proper worker: too little memory, garbage, silence, an
//! early death, another version.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::OnceLock,
    time::{Duration, Instant},
};

use stillmotion_engine::worker::{
    self, WorkerError,
    process::Worker,
    protocol::{Fault, ProtocolError, TrainWishes},
};
use stillmotion_tests::{
    launch,
    model::{train, wishes},
};
use tempfile::TempDir;

/// Has every worker be this shell script from now on. Tests of this file run in one function, one
/// after the other, because of it.
fn be(script: &str) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().unwrap());
    let path = folder.path().join("stillmotion-worker");
    fs::remove_file(&path).unwrap_or_default();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    worker::look_in(folder.path());
}

fn start() -> WorkerError {
    Worker::start(|| true).map(drop).unwrap_err()
}

/// A packet with `json`.
fn packet(json: &str) -> String {
    let length = u8::try_from(json.len()).unwrap();
    format!("printf '\\{length:03o}\\0\\0\\0\\0\\0\\0\\0{json}' >&0; sleep 1")
}

#[test]
fn programs_that_are_no_proper_worker() {
    too_little_memory();

    be("head -c 100000 /dev/urandom >&0; sleep 1");
    assert!(matches!(start(), WorkerError::Protocol(_)));
    be("echo 'usage: something else' >&0; sleep 1");
    assert!(matches!(start(), WorkerError::Protocol(ProtocolError::TooLong { .. })));
    be(&packet("{\"done\":1}"));
    assert!(matches!(start(), WorkerError::Protocol(ProtocolError::NotAMessage(_))));
    be(&packet("\"done\""));
    assert!(matches!(start(), WorkerError::Protocol(ProtocolError::OutOfTurn(_))));

    be("echo 'libtorch_cpu.so: cannot open shared object file' >&2; exit 127");
    let text = start().to_string();
    assert!(text.contains("exit status 127") && text.contains("cannot open shared"), "{text}");
    be("kill -KILL $$");
    assert!(start().to_string().contains("signal 9"));

    be(&packet("{\"hello\":{\"version\":99,\"about\":\"\"}}"));
    let text = start().to_string();
    assert!(text.contains("version 99") && text.contains("install"), "{text}");

    be("exec sleep 60");
    let began = Instant::now();
    assert!(matches!(Worker::start(|| began.elapsed() < Duration::from_millis(100)), Ok(None)));
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "it is waited for, for {:?}",
        began.elapsed()
    );

    be(&packet("{\"failed\":{\"fault\":\"memory\",\"message\":\"no room\"}}"));
    assert!(matches!(start(), WorkerError::Refused { fault: Fault::Memory, .. }));
}

/// Memory that runs out is told as that, and a smaller job works behind it.
fn too_little_memory() {
    let program = launch::build(&["stillmotion-models"]).join("stillmotion-worker");
    be(&format!("STILLMOTION_WORKER_MEMORY=2500000000 exec {}", program.display()));
    let folder = tempfile::tempdir().unwrap();
    let large = TrainWishes { size: Some(256), batch_size: Some(1024), ..wishes() };
    match train(&folder.path().join("large"), &large) {
        Err(error @ WorkerError::Refused { fault: Fault::Memory, .. }) => {
            assert!(error.to_string().contains("memory"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    train(&folder.path().join("small"), &wishes()).unwrap();
}
