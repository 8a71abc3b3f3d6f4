// SPDX-License-Identifier: MIT OR Apache-2.0
//! The header of a safetensors file: JSON that says where each tensor lies.
//!
//! Stricter than the format asks for: no name twice, no byte unused, no tensor without elements.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use super::error::Problem;

/// The longest header, in bytes.
pub const MAX_HEADER: u64 = 8 << 20;
/// The most tensors in a file, and in a sharded model.
pub const MAX_TENSORS: usize = 65_536;
/// The longest name, in bytes.
const MAX_NAME: usize = 512;
/// The most dimensions.
const MAX_RANK: usize = 8;

/// The type of the elements of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the format")]
#[serde(rename_all = "UPPERCASE")]
pub enum Dtype {
    Bool,
    U8,
    I8,
    #[serde(rename = "F8_E4M3")]
    F8E4M3,
    #[serde(rename = "F8_E5M2")]
    F8E5M2,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

impl Dtype {
    /// Bytes of one element.
    #[must_use]
    pub fn bytes(self) -> u64 {
        match self {
            Self::Bool | Self::U8 | Self::I8 | Self::F8E4M3 | Self::F8E5M2 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::BF16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }
}

/// Where a tensor lies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    /// The type of its elements.
    pub dtype: Dtype,
    /// Its dimensions, the slowest first.
    pub shape: Vec<u64>,
    /// Its first byte, and the one behind its last, counted from the end of the header.
    data_offsets: (u64, u64),
}

impl Info {
    /// Its first byte, counted from the end of the header.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.data_offsets.0
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.data_offsets.1.saturating_sub(self.data_offsets.0)
    }
}

/// A header that is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The tensors by name.
    pub tensors: BTreeMap<String, Info>,
    /// Texts beside them.
    pub metadata: BTreeMap<String, String>,
}

impl Header {
    /// Reads the JSON of a header in front of `data_bytes` bytes of tensors.
    ///
    /// # Errors
    /// Every [`Problem`] that can be seen without the data.
    pub fn parse(json: &[u8], data_bytes: u64) -> Result<Self, Problem> {
        let not_json = |reason: String| Problem::NotJson { what: "header", reason };
        if json.first() != Some(&b'{') {
            return Err(not_json("it does not start with {".to_owned()));
        }
        let raw: Raw = serde_json::from_slice(json).map_err(|error| not_json(error.to_string()))?;
        for (name, info) in &raw.tensors {
            let reason = check_name(name).or_else(|| check_info(info));
            if let Some(reason) = reason {
                return Err(Problem::Tensor { name: shown(name), reason });
            }
        }
        check_layout(&raw.tensors, data_bytes)?;
        Ok(Self { tensors: raw.tensors, metadata: raw.metadata })
    }
}

fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

/// What is wrong with a name.
pub(super) fn check_name(name: &str) -> Option<String> {
    match name {
        "" => Some("a name must not be empty".to_owned()),
        _ if name.len() > MAX_NAME => {
            Some(format!("the name has {} bytes, at most {MAX_NAME} are allowed", name.len()))
        }
        _ if name.chars().any(char::is_control) => {
            Some("a name must not have control characters".to_owned())
        }
        _ => None,
    }
}

fn check_info(info: &Info) -> Option<String> {
    if info.shape.len() > MAX_RANK {
        let got = info.shape.len();
        return Some(format!("{got} dimensions, at most {MAX_RANK} are allowed"));
    }
    let Info { dtype, shape, data_offsets: (start, end) } = info;
    if shape.contains(&0) {
        return Some(format!("the shape {shape:?} has no elements"));
    }
    let bytes = shape.iter().try_fold(dtype.bytes(), |bytes, side| bytes.checked_mul(*side));
    let Some(bytes) = bytes else {
        return Some(format!("the shape {shape:?} is too large"));
    };
    match end.checked_sub(*start) {
        Some(got) if got == bytes => None,
        Some(got) => Some(format!("{got} bytes, {dtype:?} {shape:?} has {bytes}")),
        None => Some(format!("it ends at {end}, before its start at {start}")),
    }
}

fn check_layout(tensors: &BTreeMap<String, Info>, data_bytes: u64) -> Result<(), Problem> {
    let mut places: Vec<_> = tensors.iter().map(|(name, info)| (info.data_offsets, name)).collect();
    places.sort_unstable();
    let mut end = 0;
    for ((start, next), name) in places {
        if start != end {
            let what = if start < end { "overlaps the one before it" } else { "leaves a hole" };
            let name = shown(name);
            return Err(Problem::Tensor {
                name,
                reason: format!("it starts at {start} and {what}"),
            });
        }
        end = next;
    }
    match end {
        _ if end > data_bytes => Err(Problem::Truncated { got: data_bytes, want: end }),
        _ if end < data_bytes => {
            let more = data_bytes - end;
            Err(Problem::Layout(format!("{more} bytes behind the last tensor belong to none")))
        }
        _ => Ok(()),
    }
}

#[derive(Default)]
struct Raw {
    tensors: BTreeMap<String, Info>,
    metadata: BTreeMap<String, String>,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Raw, M::Error> {
                let mut raw = Raw::default();
                let mut has_metadata = false;
                while let Some(name) = map.next_key::<String>()? {
                    let again = if name == "__metadata__" {
                        raw.metadata = map.next_value::<Unique<String>>()?.0;
                        std::mem::replace(&mut has_metadata, true)
                    } else {
                        raw.tensors.insert(name.clone(), map.next_value()?).is_some()
                    };
                    entry(&name, again, raw.tensors.len())?;
                }
                Ok(raw)
            }
        }

        from.deserialize_map(Entries)
    }
}

/// An object in which no key comes twice, as most parsers would let pass, and that has no more
/// entries than there may be tensors.
pub(super) struct Unique<T>(pub BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Unique<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = BTreeMap<String, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    let again = entries.insert(name.clone(), map.next_value()?).is_some();
                    entry(&name, again, entries.len())?;
                }
                Ok(entries)
            }
        }

        from.deserialize_map(Entries(std::marker::PhantomData)).map(Self)
    }
}

fn entry<E: serde::de::Error>(name: &str, again: bool, count: usize) -> Result<(), E> {
    if again {
        return Err(E::custom(format!("{:?} comes twice", shown(name))));
    }
    if count > MAX_TENSORS {
        return Err(E::custom(format!("more than {MAX_TENSORS} entries")));
    }
    Ok(())
}
