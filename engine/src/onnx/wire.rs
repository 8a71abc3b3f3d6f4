// SPDX-License-Identifier: MIT OR Apache-2.0
//! Protocol Buffers, as far as an outline needs them: fields one after the other, nothing copied.
//! The format: <https://protobuf.dev/programming-guides/encoding>.

/// The bytes are no Protocol Buffers message, or end before one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A whole number, of any of the kinds that the format has.
    Number(u64),
    /// Text, bytes, packed numbers or another message.
    Bytes(&'a [u8]),
}

/// The fields of a message: number and value, or the end of all if the bytes are broken.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], Broken> {
        let count = usize::try_from(count).map_err(|_| Broken)?;
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of 7 bits a byte, the lowest first; all bytes but the last have the top bit set.
    fn number(&mut self) -> Result<u64, Broken> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Broken)
    }

    fn field(&mut self) -> Result<(u64, Value<'a>), Broken> {
        let tag = self.number()?;
        let little_endian =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b));
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => Value::Number(little_endian(self.take(8)?)),
            2 => {
                let length = self.number()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Number(little_endian(self.take(4)?)),
            _ => return Err(Broken),
        };
        Ok((tag >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// Numbers of a field that is repeated: packed into one value, or one value each.
pub(super) fn numbers(value: Value<'_>) -> Result<Vec<u64>, Broken> {
    match value {
        Value::Number(number) => Ok(vec![number]),
        Value::Bytes(bytes) => {
            let mut packed = Fields(bytes);
            let mut out = Vec::new();
            while !packed.0.is_empty() {
                out.push(packed.number()?);
            }
            Ok(out)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_of_field_is_read() {
        let message = [
            &[0x08, 0x96, 0x01][..],
            &[0x12, 0x02, b'h', b'i'],
            &[0x1D, 1, 0, 0, 0],
            &[0x21, 0, 1, 0, 0, 0, 0, 0, 0],
        ];
        let message = message.concat();
        let fields: Vec<_> = Fields::new(&message).map(Result::unwrap).collect();
        let want = [
            (1, Value::Number(150)),
            (2, Value::Bytes(b"hi")),
            (3, Value::Number(1)),
            (4, Value::Number(256)),
        ];
        assert_eq!(fields, want);
        assert_eq!(numbers(Value::Bytes(&[0x96, 0x01, 7])), Ok(vec![150, 7]));
    }

    #[test]
    fn what_is_broken_ends_with_an_error() {
        for broken in [&[0x12, 9, b'h'][..], &[0x08], &[0x0B], &[0xFF; 11], &[0x21, 1, 2, 3]] {
            let fields: Vec<_> = Fields::new(broken).collect();
            assert_eq!(fields.last(), Some(&Err(Broken)), "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes: Vec<u8>) {
            let fields = Fields::new(&bytes).count();
            prop_assert!(fields <= bytes.len());
            let _ = numbers(Value::Bytes(&bytes));
        }
    }
}
