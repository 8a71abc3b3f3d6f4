// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that runs out in a worker. A file of its own: here every worker is limited.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{fs, os::unix::fs::PermissionsExt};

use stillmotion_tests::{
    clip::photo,
    launch,
    pipeline::{fail, play},
};

#[test]
fn memory_that_runs_out_is_no_space_left_and_a_smaller_job_works() {
    let worker = launch::build(&["stillmotion-models"]).join("stillmotion-worker");
    let folder = tempfile::tempdir().unwrap();
    let limited = folder.path().join("stillmotion-worker");
    let limit = "STILLMOTION_WORKER_MEMORY=2500000000";
    fs::write(&limited, format!("#!/bin/sh\n{limit} exec {}\n", worker.display())).unwrap();
    fs::set_permissions(&limited, fs::Permissions::from_mode(0o755)).unwrap();
    stillmotion_engine::worker::look_in(folder.path());
    let train = |name: &str, more: &str| {
        format!(
            "stillsrc location={} num-buffers=2 ! video/x-raw,framerate=1/1 ! \
             motiontrain name=out checkpoint={}/{name} steps=2 {more}",
            photo(),
            folder.path().display()
        )
    };
    let error = fail(&train("large", "size=256 batch-size=1024")).remove(0);
    assert!(error.matches(gst::ResourceError::NoSpaceLeft), "{error}");
    play(&train("small", "batch-size=2"));
    play(&format!("stillsrc model={}/small ! fakesink name=out", folder.path().display()));
}
