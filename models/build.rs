// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lets the worker and the tests find the libtorch that they were linked with.

use std::{env, path::Path};

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    if env::var_os("CARGO_FEATURE_TORCH").is_none() {
        return;
    }
    let libtorch = env::var("LIBTORCH").unwrap_or_default();
    let lib = Path::new(&libtorch).join("lib");
    assert!(
        lib.join("libtorch_cpu.so").is_file(),
        "there is no libtorch at LIBTORCH={libtorch:?}: run `make libtorch` once, or see \
         docs/src/libtorch.md"
    );
    // Not RUNPATH: libtorch finds its own parts through it too.
    println!("cargo::rustc-link-arg=-Wl,--disable-new-dtags");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
}
