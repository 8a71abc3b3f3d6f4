// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers that look random and are the same for the same seed, on every machine.

/// SplitMix64: well spread numbers from any seed (Steele, Lea and Flood 2014, figure 15).
pub(crate) struct SplitMix(pub u64);

impl SplitMix {
    /// The next 64 bits.
    fn next_bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next number, 0..1.
    pub fn next_unit(&mut self) -> f64 {
        (self.next_bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The next number, -1..1.
    pub fn next_signed(&mut self) -> f64 {
        2.0 * self.next_unit() - 1.0
    }

    /// The next whole number below `bound`, which is at most 2^32; 0 for a bound of 0.
    pub fn next_below(&mut self, bound: usize) -> usize {
        (((self.next_bits() >> 32) * bound as u64) >> 32) as usize
    }
}
