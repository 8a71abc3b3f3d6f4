// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether there is room for a network, before it is read: a machine that swaps for minutes, or
//! whose system ends a process, is worse than a sentence.

use std::fs;

use tch::{Device, Kind};

use crate::{error::ModelError, weights::Weights};

/// Makes sure that the network of `weights` has room on `device`. Of the memory of a GPU nothing is
/// known here; what it lacks is found when it is read.
///
/// # Errors
/// [`ModelError::NoRoom`] says how much it needs, and how much there is.
pub fn check(weights: &Weights, device: Device, kind: Kind) -> Result<(), ModelError> {
    if device != Device::Cpu {
        return Ok(());
    }
    let Some(free) = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text))
    else {
        return Ok(());
    };
    room(weights, kind, free)
}

/// Gives the system what was freed: the allocator keeps it otherwise, and in pieces of one size
/// what comes next may find no room.
pub fn give_back() {
    // SAFETY: it takes a number, and frees only what nobody has.
    unsafe { libc::malloc_trim(0) };
}

fn room(weights: &Weights, kind: Kind, free: u64) -> Result<(), ModelError> {
    let (numbers, _) = weights.totals();
    let need = numbers.saturating_mul(kind.elt_size_in_bytes() as u64);
    if need <= free {
        return Ok(());
    }
    Err(ModelError::NoRoom { path: weights.path().to_owned(), need, free })
}

/// Bytes that `/proc/meminfo` calls available.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn too_little_is_told_with_both_numbers() {
        let file = "tests/fixtures/wan/tiny-t2v/vae/diffusion_pytorch_model.safetensors";
        let weights = Weights::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let (numbers, bytes) = weights.totals();
        // They are f16 on disk.
        assert_eq!(bytes, 2 * numbers);
        assert!(room(&weights, Kind::Float, 4 * numbers).is_ok());
        assert!(room(&weights, Kind::BFloat16, 2 * numbers).is_ok());
        let error = room(&weights, Kind::Float, 4 * numbers - 1).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(file) && text.contains("0.2 MB"), "{text}");
    }

    #[test]
    fn the_system_says_how_much_is_available() {
        let text = "MemTotal:  24 kB\nMemAvailable:   12345 kB\nBuffers: 1 kB\n";
        assert_eq!(available(text), Some(12345 * 1024));
        for odd in ["", "MemAvailable: many kB", "MemAvailable: 12", "MemAvailable: -1 kB"] {
            assert_eq!(available(odd), None, "{odd}");
        }
    }
}
