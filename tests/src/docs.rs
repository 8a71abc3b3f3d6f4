// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pages of the docs, so that what they tell people to type is tried.

use std::{fs, path::Path};

/// The lines of code on `page` that start like this.
///
/// # Panics
/// When there is no such page, or no such line on it.
#[track_caller]
pub fn lines(page: &str, start: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src").join(page);
    let text = fs::read_to_string(path).expect(page);
    let code = text.lines().filter_map(|line| line.strip_prefix("    "));
    let lines: Vec<_> = code.filter(|line| line.starts_with(start)).map(str::to_owned).collect();
    assert!(!lines.is_empty(), "{page} has no line that starts with {start}");
    lines
}
