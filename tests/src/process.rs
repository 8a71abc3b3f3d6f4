// SPDX-License-Identifier: MIT OR Apache-2.0
//! What this process takes from the system.

/// A number of `/proc/self/status`, such as `VmRSS` (in KiB) or `Threads`.
///
/// # Panics
/// When the system has no such file or no such line.
pub fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a number")
}

/// Resident memory in MiB.
///
/// # Panics
/// As [`status`].
pub fn resident_mib() -> f64 {
    status("VmRSS") as f64 / 1024.0
}
