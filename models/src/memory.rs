// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether there is room for a network, before it is read: a machine that swaps for minutes, or
//! whose system ends a process, is worse than a sentence.

use std::{fs, path::Path};

use stillmotion_engine::worker::protocol::Precision;
use tch::{Device, Kind};

use crate::{
    error::ModelError,
    nn::{Count, Numbers},
};

/// Makes sure that the network in the file `weights` has room on `device`. Of the memory of a GPU
/// nothing is known here; what it lacks is found when it is read.
///
/// # Errors
/// [`ModelError::NoRoom`] says how much it needs, how much there is, and what would make it fit.
pub fn check(
    weights: &Path,
    count: Count,
    device: Device,
    numbers: Numbers,
) -> Result<(), ModelError> {
    if device != Device::Cpu {
        return Ok(());
    }
    let Some(free) = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text))
    else {
        return Ok(());
    };
    room(weights, count, numbers, free)
}

fn room(weights: &Path, count: Count, numbers: Numbers, free: u64) -> Result<(), ModelError> {
    let need = count.bytes(numbers);
    if need <= free {
        return Ok(());
    }
    let smaller = [Precision::Int8, Precision::Bf16]
        .map(|precision| (precision.name(), count.bytes(Numbers::of(precision, Kind::Float))));
    let way_out = smaller.into_iter().find(|(_, need)| *need <= free);
    Err(ModelError::NoRoom { path: weights.to_owned(), need, free, way_out })
}

/// Gives the system what was freed: the allocator keeps it otherwise, and in pieces of one size
/// what comes next may find no room.
pub fn give_back() {
    // SAFETY: it takes a number, and frees only what nobody has.
    unsafe { libc::malloc_trim(0) };
}

/// Bytes that `/proc/meminfo` calls available.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Linear;

    #[test]
    fn too_little_is_told_with_what_would_make_it_fit() {
        let count = Count::of(|at| {
            Ok((Linear::large(&at.at("a"), 1000, 1000)?, Linear::new(&at.at("b"), 100, 1000)?))
        });
        let (count, exact) = (count.unwrap(), Kind::Float.into());
        let path = Path::new("/models/m.safetensors");
        let numbers = 1_000_000 + 1000 + 100_000 + 1000;
        assert_eq!(count.bytes(exact), 4 * numbers);
        assert_eq!(count.bytes(Numbers::of(Precision::Int8, Kind::Float)), 1_000_000 + 408_000);
        assert!(room(path, count, exact, 4 * numbers).is_ok());
        assert!(room(path, count, Kind::BFloat16.into(), 2 * numbers).is_ok());
        let said = |free| room(path, count, exact, free).unwrap_err().to_string();
        let text = said(4 * numbers - 1);
        for part in ["/models/m.safetensors", "needs 4.4 MB", "precision=int8 needs 1.4 MB"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(said(1_407_999).contains("not fit in any precision"), "{}", said(1_407_999));
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
