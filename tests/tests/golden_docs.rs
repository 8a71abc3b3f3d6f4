// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the elements say of themselves is a promise, kept as golden files: `make goldens` writes
//! them anew, and the change is seen in review.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{env, fs, path::PathBuf};

use stillmotion_tests::{factories, inspect};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compares `text` with the file at `path` from the root, or writes it when asked to.
#[track_caller]
fn golden(path: &str, text: &str) {
    let file = root().join(path);
    if env::var_os("UPDATE_GOLDENS").is_some() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, text).expect(path);
        return;
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    for (number, (kept, now)) in kept.lines().zip(text.lines()).enumerate() {
        assert_eq!(kept, now, "{path}:{}: run `make goldens` if this is meant", number + 1);
    }
    assert_eq!(kept.len(), text.len(), "{path}: run `make goldens` if this is meant");
}

#[test]
fn factories_caps_properties_and_presets_are_as_promised() {
    let cache = serde_json::to_string_pretty(&inspect::cache()).unwrap() + "\n";
    golden("docs/plugins_cache.json", &cache);
}

#[test]
fn every_element_has_its_page() {
    let cache = inspect::cache();
    let summary = fs::read_to_string(root().join("docs/src/SUMMARY.md")).unwrap();
    for name in factories() {
        let source = root().join(format!("elements/src/{name}/mod.rs"));
        let docs = fs::read_to_string(source).unwrap();
        let page = inspect::page(&name, &cache, &docs);
        golden(&format!("docs/src/elements/{name}.md"), &page);
        assert!(summary.contains(&format!("(elements/{name}.md)")), "{name} is not in the summary");
    }
}
