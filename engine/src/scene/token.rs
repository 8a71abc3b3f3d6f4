// SPDX-License-Identifier: MIT OR Apache-2.0
//! A [`Place`] as a short text that gives it back, exactly.
//!
//! `place1.` and a checksum, then the numbers in hexadecimal: the bits of each as an f64, without
//! the zeros at the end, one behind the other with dots between. What is zero is empty, so a camera
//! that only turns has a short text.

use std::{fmt, str::FromStr};

use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use super::glide::{Place, VALUES};

/// What the text of a place starts with; the number is that of the version.
const PREFIX: &str = "place1.";
/// Numbers in a place: where, how fast, when.
const NUMBERS: usize = 2 * VALUES + 1;
/// Hexadecimal digits of an f64.
const DIGITS: usize = 16;
/// The longest text of a place, in bytes; a longer one is none.
pub const MAX_PLACE_BYTES: usize = PREFIX.len() + 8 + NUMBERS * (DIGITS + 1);
/// No camera of ours goes farther, or changes faster in a second.
const FARTHEST: f64 = 100.0;
/// No scene is older: a year.
const OLDEST_SECONDS: f64 = 366.0 * 86400.0;

/// Why a text is not that of a place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlaceError {
    /// It starts otherwise.
    #[error("a place starts with {prefix:?}, this text does not: it may be of another version", prefix = PREFIX)]
    Unknown,
    /// Letters are missing, added or wrong.
    #[error("the place is damaged: it must be given as it was printed, with nothing left out")]
    Damaged,
    /// A number is not one that a camera can have.
    #[error("number {index} of the place is {value}, allowed is {allowed}")]
    OutOfRange {
        /// Which number, from 0.
        index: usize,
        /// What it is.
        value: String,
        /// What would have been right.
        allowed: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = self.values.iter().chain(&self.speed).chain([&self.scene_seconds]);
        let digits = numbers.map(|number| format!("{:016x}", number.to_bits()));
        let shortened: Vec<String> =
            digits.map(|digits| digits.trim_end_matches('0').to_owned()).collect();
        let body = shortened.join(".");
        write!(f, "{PREFIX}{:08x}.{body}", checksum(&body))
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let rest = text.trim().strip_prefix(PREFIX).ok_or(PlaceError::Unknown)?;
        if text.len() > MAX_PLACE_BYTES {
            return Err(PlaceError::Damaged);
        }
        let (sum, body) = rest.split_once('.').ok_or(PlaceError::Damaged)?;
        if sum != format!("{:08x}", checksum(body)) {
            return Err(PlaceError::Damaged);
        }
        let numbers: Vec<f64> = body.split('.').map(number).collect::<Result<_, _>>()?;
        let numbers: [f64; NUMBERS] = numbers.try_into().map_err(|_| PlaceError::Damaged)?;
        for (index, &value) in numbers.iter().enumerate() {
            let (low, high) = match index {
                i if i == NUMBERS - 1 => (0.0, OLDEST_SECONDS),
                _ => (-FARTHEST, FARTHEST),
            };
            if !(low..=high).contains(&value) {
                let (value, allowed) = (value.to_string(), format!("{low} to {high}"));
                return Err(PlaceError::OutOfRange { index, value, allowed });
            }
        }
        Ok(Self {
            values: std::array::from_fn(|i| numbers[i]),
            speed: std::array::from_fn(|i| numbers[VALUES + i]),
            scene_seconds: numbers[NUMBERS - 1],
        })
    }
}

/// Enough to notice a text that was cut short or mistyped.
fn checksum(body: &str) -> u32 {
    xxh3_64(body.as_bytes()) as u32
}

/// The number of which `digits` are left.
fn number(digits: &str) -> Result<f64, PlaceError> {
    let sound = digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    if digits.len() > DIGITS || !sound || digits.ends_with('0') {
        return Err(PlaceError::Damaged);
    }
    let bits = u64::from_str_radix(&format!("{digits:0<DIGITS$}"), 16);
    bits.map(f64::from_bits).map_err(|_| PlaceError::Damaged)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(number: impl Fn(usize) -> f64) -> Place {
        Place {
            values: std::array::from_fn(&number),
            speed: std::array::from_fn(|i| number(VALUES + i)),
            scene_seconds: number(2 * VALUES).abs(),
        }
    }

    #[test]
    fn a_camera_at_rest_has_a_short_text() {
        let text = place(|_| 0.0).to_string();
        assert_eq!(text.len(), PREFIX.len() + 8 + NUMBERS);
        assert_eq!(text.parse(), Ok(place(|_| 0.0)));
        assert!(place(|i| -0.1 / (i + 1) as f64).to_string().len() <= MAX_PLACE_BYTES);
    }

    #[test]
    fn what_is_no_place_says_why() {
        let text = place(|i| i as f64 / 7.0).to_string();
        assert_eq!("".parse::<Place>(), Err(PlaceError::Unknown));
        assert_eq!(text.replace("place1", "place2").parse::<Place>(), Err(PlaceError::Unknown));
        for at in PREFIX.len()..text.len() {
            assert_eq!(text[..at].parse::<Place>(), Err(PlaceError::Damaged), "cut at {at}");
        }
        for (odd, index) in [(f64::NAN, 3), (f64::INFINITY, 0), (1e9, 20)] {
            let text = place(|i| if i == index { odd } else { 0.0 }).to_string();
            let error = text.parse::<Place>().unwrap_err();
            assert!(matches!(error, PlaceError::OutOfRange { index: i, .. } if i == index));
        }
    }

    proptest! {
        #[test]
        fn a_text_gives_back_its_place(numbers in prop::collection::vec(-99.0..99.0_f64, NUMBERS)) {
            let place = place(|i| numbers[i]);
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }

        #[test]
        fn any_text_is_a_place_or_an_error(body in "[0-9a-f.]{0,80}", text in any::<String>()) {
            let sealed = format!("{PREFIX}{:08x}.{body}", checksum(&body));
            for text in [text, format!("{PREFIX}{body}"), sealed] {
                if let Ok(place) = text.parse::<Place>() {
                    prop_assert_eq!(place.to_string(), text.trim());
                }
            }
        }
    }
}
