// SPDX-License-Identifier: MIT OR Apache-2.0
//! The markers of a JPEG: whether the file is whole, and how it is coded.

/// What the markers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Markers {
    /// The end-of-image marker is there.
    pub ended: bool,
    /// The picture comes in several scans, so that all its coefficients are kept in memory.
    pub progressive: bool,
}

const TEMPORARY: u8 = 0x01;
const START_OF_FRAME_PROGRESSIVE: u8 = 0xC2;
const RESTART_0: u8 = 0xD0;
const START_OF_IMAGE: u8 = 0xD8;
const END_OF_IMAGE: u8 = 0xD9;

/// Walks from marker to marker. Bytes between markers, such as entropy-coded data, are skipped:
/// there a marker's first byte is always followed by a zero or a restart marker.
///
/// Segments are jumped over, so the end of a thumbnail in the metadata does not count.
pub(super) fn read_markers(bytes: &[u8]) -> Markers {
    let mut found = Markers::default();
    let mut rest = bytes;
    while let Some((marker, behind)) = next_marker(rest) {
        rest = behind;
        match marker {
            END_OF_IMAGE => {
                found.ended = true;
                return found;
            }
            TEMPORARY | RESTART_0..=START_OF_IMAGE => {}
            _ => {
                found.progressive |= marker == START_OF_FRAME_PROGRESSIVE;
                let Some(behind) = skip_segment(rest) else { return found };
                rest = behind;
            }
        }
    }
    found
}

/// The next marker and what lies behind it.
fn next_marker(mut bytes: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let start = bytes.iter().position(|b| *b == 0xFF)?;
        let fill = bytes[start..].iter().take_while(|b| **b == 0xFF).count();
        let (marker, behind) = bytes[start + fill..].split_first()?;
        if *marker != 0 {
            return Some((*marker, behind));
        }
        bytes = behind;
    }
}

/// What lies behind a segment whose first two bytes are its length.
fn skip_segment(bytes: &[u8]) -> Option<&[u8]> {
    let length = u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]);
    bytes.get(usize::from(length).max(2)..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end() {
        let whole = [0xFF, 0xD8, 0xFF, 0xE1, 0, 4, 0xFF, 0xD9, 0xFF, 0xDA, 0, 2, 7, 0xFF, 0, 7];
        assert!(!read_markers(&whole).ended);
        let ended = [&whole[..], &[0xFF, 0xD3, 7, 0xFF, 0xFF, 0xD9, 1, 2]].concat();
        assert!(read_markers(&ended).ended);
    }

    #[test]
    fn a_progressive_frame_is_seen() {
        let progressive = [0xFF, 0xD8, 0xFF, 0xC2, 0, 2, 0xFF, 0xD9];
        assert_eq!(read_markers(&progressive), Markers { ended: true, progressive: true });
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(bytes: Vec<u8>) {
            let found = read_markers(&bytes);
            prop_assert!(!found.ended || bytes.windows(2).any(|w| w == [0xFF, 0xD9]));
        }
    }
}
