// SPDX-License-Identifier: MIT OR Apache-2.0
//! A test for each way in which a file of weights can be wrong.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// A file of this header with `data` zeros behind it.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn open_bytes(name: &str, bytes: &[u8]) -> Result<Weights, String> {
    let folder = Folder::new();
    let path = folder.put(name, bytes);
    Weights::open(&path).map_err(|error| {
        let text = error.to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
        text
    })
}

fn open(header: &str, data: usize) -> Result<Weights, String> {
    open_bytes("model.safetensors", &file(header, data))
}

#[track_caller]
fn refused(header: &str, data: usize, why: &str) {
    let text = open(header, data).unwrap_err();
    assert!(text.contains(why), "{text}");
}

const ONE: &str = r#"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#;

#[test]
fn a_file_in_order_is_read() {
    let weights = open(ONE, 24).unwrap();
    assert_eq!(weights.names().collect::<Vec<_>>(), ["a"]);
    let (info, bytes) = weights.read("a").unwrap();
    assert_eq!((info.dtype, &*info.shape, bytes), (Dtype::F32, &[2, 3][..], vec![0; 24]));
    assert!(open("{}", 0).unwrap().names().next().is_none());
    // Writers pad the header so that the data are aligned.
    assert!(open(&format!("{ONE}   "), 24).is_ok());
}

#[test]
fn a_header_that_is_too_long_is_refused() {
    let mut bytes = file(ONE, 24);
    bytes[..8].copy_from_slice(&(header::MAX_HEADER + 1).to_le_bytes());
    assert!(open_bytes("m.safetensors", &bytes).unwrap_err().contains("8388608"));
    bytes[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(open_bytes("m.safetensors", &bytes).is_err());
}

#[test]
fn every_prefix_is_refused() {
    let bytes = file(ONE, 24);
    for end in 0..bytes.len() {
        let text = open_bytes("m.safetensors", &bytes[..end]).unwrap_err();
        assert!(text.contains("the file ends after"), "{end}: {text}");
    }
}

#[test]
fn too_many_tensors_are_refused() {
    let entries: Vec<_> = (0..=header::MAX_TENSORS)
        .map(|i| format!(r#""{i}":{{"dtype":"U8","shape":[1],"data_offsets":[{i},{}]}}"#, i + 1))
        .collect();
    refused(&format!("{{{}}}", entries.join(",")), entries.len(), "more than 65536");
}

#[test]
fn a_name_that_comes_twice_is_refused() {
    let twice = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},
        "a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
    refused(twice, 1, "twice");
    refused(r#"{"__metadata__":{"k":"1","k":"2"}}"#, 0, "twice");
    refused(r#"{"__metadata__":{},"__metadata__":{}}"#, 0, "twice");
}

#[test]
fn names_that_are_traps_are_refused() {
    for (name, why) in [
        ("", "empty"),
        ("../../etc/passwd\\u0000", "control"),
        ("a\\nb", "control"),
        (&"x".repeat(513), "513 bytes"),
    ] {
        let header = format!(r#"{{"{name}":{{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}}}"#);
        refused(&header, 1, why);
    }
}

#[test]
fn shapes_that_cannot_be_are_refused() {
    for (shape, offsets, why) in [
        ("[0,9223372036854775807]", "[0,0]", "no elements"),
        ("[4294967296,4294967296]", "[0,0]", "too large"),
        ("[1,1,1,1,1,1,1,1,1]", "[0,4]", "9 dimensions"),
        ("[2]", "[0,4]", "4 bytes, F32 [2] has 8"),
        ("[1]", "[4,0]", "before its start"),
        ("[-1]", "[0,4]", "cannot be understood"),
        ("[1.5]", "[0,4]", "cannot be understood"),
    ] {
        let header =
            format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#);
        refused(&header, 4, why);
    }
}

#[test]
fn sums_that_overflow_are_refused() {
    // Eight tensors of nearly 2^61 bytes: their sum wraps around in other readers.
    let bytes = (1_u64 << 61) - 1;
    let entry = |i: u64| {
        let (start, end) = (i * bytes, (i + 1) * bytes);
        format!(r#""{i}":{{"dtype":"U8","shape":[{bytes}],"data_offsets":[{start},{end}]}}"#)
    };
    let entries: Vec<_> = (0..8).map(entry).collect();
    refused(&format!("{{{}}}", entries.join(",")), 0, "the file ends after 0 bytes");
}

#[test]
fn holes_overlaps_and_rests_are_refused() {
    let two = |second: &str| {
        format!(
            r#"{{"a":{{"dtype":"U8","shape":[4],"data_offsets":[0,4]}},
            "b":{{"dtype":"U8","shape":[4],"data_offsets":{second}}}}}"#
        )
    };
    assert!(open(&two("[4,8]"), 8).is_ok());
    refused(&two("[5,9]"), 9, "leaves a hole");
    refused(&two("[2,6]"), 6, "overlaps");
    refused(&two("[0,4]"), 4, "overlaps");
    refused(&two("[4,8]"), 9, "1 bytes behind the last tensor");
    refused(&two("[4,8]"), 7, "the file ends after 7 bytes");
}

#[test]
fn types_that_nobody_knows_and_other_json_are_refused() {
    refused(r#"{"a":{"dtype":"F128","shape":[1],"data_offsets":[0,16]}}"#, 16, "F128");
    refused(r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, 1, "x");
    refused(r#"{"a":7}"#, 0, "understood");
    refused("[]", 0, "does not start with {");
    refused(" {}", 0, "does not start with {");
    refused("{} {}", 0, "understood");
    refused(&"{\"a\":".repeat(5000), 0, "understood");
    refused("{\"\u{FFFD}", 0, "understood");
}

#[test]
fn files_that_run_code_are_refused_with_the_way_out() {
    for (name, bytes) in [
        ("model.pt", &b"anything"[..]),
        ("model.PTH", b"anything"),
        ("model.bin", b""),
        ("model.ckpt", b"anything at all"),
        ("model.pkl", b"anything at all"),
        ("model.safetensors", b"PK\x03\x04and the rest of an archive"),
        ("model.safetensors", b"\x80\x02}q\x00X\x01\x00\x00\x00a"),
        ("model.safetensors", b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00"),
    ] {
        let text = open_bytes(name, bytes).unwrap_err();
        // The last one is the header length of 135 MB as well: either reason keeps it out.
        let out = text.contains("safetensors.torch.save_file") || text.contains("at most 8388608");
        assert!(out, "{name}: {text}");
    }
    let gguf = open_bytes("model.safetensors", b"GGUF\x03\x00\x00\x00").unwrap_err();
    assert!(gguf.contains("GGUF file; only safetensors"), "{gguf}");
}

#[test]
fn what_is_not_a_file_is_refused_at_once() {
    let folder = Folder::new();
    let missing = folder.0.path().join("none.safetensors");
    assert!(Weights::open(&missing).unwrap_err().to_string().contains("no such file"));
    assert!(Weights::open(folder.0.path()).is_err());
    assert!(Weights::open(Path::new("/dev/zero")).is_err());
    let round = folder.0.path().join("round.safetensors");
    symlink(&round, &round).unwrap();
    assert!(Weights::open(&round).is_err());
}

#[test]
fn a_file_that_is_cut_off_later_is_an_error_and_no_crash() {
    let folder = Folder::new();
    let path = folder.put("m.safetensors", &file(ONE, 24));
    let weights = Weights::open(&path).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(70).unwrap();
    assert!(weights.read("a").unwrap_err().to_string().contains("cut off"));
}

fn wanted(name: &str, shape: &[u64]) -> Wanted {
    Wanted { name: name.to_owned(), shape: shape.to_vec() }
}

#[test]
fn every_difference_is_told_at_once() {
    let header = r#"{"good":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
        "flat":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},
        "turned":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},
        "wieght":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},
        "whole":{"dtype":"I64","shape":[1],"data_offsets":[20,28]},
        "f8":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[28,29]}}"#;
    let weights = open(header, 29).unwrap();
    let text = weights
        .check(
            &[
                wanted("good", &[1]),
                wanted("flat", &[2, 3]),
                wanted("turned", &[1, 2]),
                wanted("weight", &[1]),
                wanted("whole", &[1]),
                wanted("f8", &[1]),
            ],
            |_| false,
        )
        .unwrap_err()
        .to_string();
    for part in [
        "flat is [1], not [2, 3]",
        "turned is [2, 1], not [1, 2]",
        "weight is missing, there is wieght",
        "whole is I64, not F32",
        "f8 is F8E4M3, not F32",
        "wieght is in no part of the model",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("good"), "{text}");
}

#[test]
fn the_first_20_differences_are_listed() {
    let many: Vec<_> = (0..30).map(|i| wanted(&format!("layer.{i}"), &[1])).collect();
    let text = open("{}", 0).unwrap().check(&many, |_| false).unwrap_err().to_string();
    assert_eq!(text.matches("is missing").count(), 20);
    assert!(text.ends_with("and 10 more"), "{text}");
}

/// A sharded model of two files with an index of this map.
fn sharded(map: &str) -> Result<Weights, String> {
    let folder = Folder::new();
    let one =
        |name: &str| format!(r#"{{"{name}":{{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}}}"#);
    folder.put("1.safetensors", &file(&one("a"), 1));
    folder.put("2.safetensors", &file(&one("b"), 1));
    folder.put("again.safetensors", &file(&one("a"), 1));
    let outside = Folder::new();
    let target = outside.put("x.safetensors", &file(&one("c"), 1));
    symlink(target, folder.0.path().join("link.safetensors")).unwrap();
    let index = format!(r#"{{"metadata":{{"total_size":2}},"weight_map":{map}}}"#);
    let path = folder.put("model.safetensors.index.json", index.as_bytes());
    Weights::open(&path).map_err(|error| error.to_string())
}

#[test]
fn shards_are_read_together() {
    let weights = sharded(r#"{"a":"1.safetensors","b":"2.safetensors"}"#).unwrap();
    assert_eq!(weights.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(weights.read("b").unwrap().1, [0]);
}

#[test]
fn an_index_that_is_a_trap_is_refused() {
    for (map, why) in [
        (r#"{"a":"../1.safetensors"}"#, "beside the index"),
        (r#"{"a":"/etc/1.safetensors"}"#, "beside the index"),
        (r#"{"a":"1.safetensors\u0000"}"#, "beside the index"),
        (r#"{"a":"..\\1.safetensors"}"#, "beside the index"),
        (r#"{"a":"model.safetensors.index.json"}"#, "must be a .safetensors"),
        (r#"{"a":"1.bin"}"#, "must be a .safetensors"),
        (r#"{"a":"3.safetensors"}"#, "no such file"),
        (r#"{"c":"link.safetensors"}"#, "outside the folder"),
        (r#"{"a":"1.safetensors","a":"2.safetensors"}"#, "twice"),
        (r#"{"a":"1.safetensors","b":"again.safetensors"}"#, "in two of the files"),
        (r#"{"a":"2.safetensors","b":"1.safetensors"}"#, "a is not in 2.safetensors"),
        (r#"{"a":"1.safetensors"}"#, "none"),
        (r#"{"b":"1.safetensors","":"2.safetensors"}"#, "empty"),
        (r#"{"a":7}"#, "understood"),
        ("[]", "understood"),
    ] {
        match sharded(map) {
            Ok(weights) => assert_eq!((why, weights.names().count()), ("none", 1)),
            Err(text) => assert!(text.contains(why), "{map}: {text}"),
        }
    }
}

#[test]
fn an_index_of_a_million_entries_is_refused() {
    let entries: Vec<_> = (0..1_000_000).map(|i| format!(r#""{i}":"1.safetensors""#)).collect();
    let text = sharded(&format!("{{{}}}", entries.join(","))).unwrap_err();
    assert!(text.contains("at most 16777216") || text.contains("more than 65536"), "{text}");
}

#[test]
fn the_cache_of_hugging_face_links_to_its_blobs() {
    let model = Folder::new();
    let snapshot = model.0.path().join("snapshots/abc");
    fs::create_dir_all(&snapshot).unwrap();
    fs::create_dir(model.0.path().join("blobs")).unwrap();
    model.put("blobs/5f", &file(ONE, 24));
    symlink("../../blobs/5f", snapshot.join("1.safetensors")).unwrap();
    let index = snapshot.join("model.safetensors.index.json");
    fs::write(&index, r#"{"weight_map":{"a":"1.safetensors"}}"#).unwrap();
    assert!(Weights::open(&index).is_ok());
}

#[test]
fn what_is_saved_is_read_and_nothing_is_half_written() {
    let folder = Folder::new();
    let path = folder.0.path().join("m.safetensors");
    let tensor = Tensor { shape: vec![2], bytes: [1.5_f32, -2.0].map(f32::to_le_bytes).concat() };
    let metadata = HashMap::from([("step".to_owned(), "7".to_owned())]);
    save(&path, &[("w".to_owned(), tensor.clone())], metadata.clone()).unwrap();
    let weights = Weights::open(&path).unwrap();
    assert_eq!(weights.metadata("step"), Some("7"));
    assert_eq!(weights.read("w").unwrap().1, tensor.bytes);
    let nowhere = folder.0.path().join("none/m.safetensors");
    assert!(save(&nowhere, &[("w".to_owned(), tensor)], metadata).is_err());
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}

proptest! {
    #[test]
    fn no_header_panics(text in ".{0,300}", data in 0_u64..100) {
        let _ = Header::parse(text.as_bytes(), data);
        let _ = Index::parse(text.as_bytes());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Header::parse(&bytes, 24);
        let _ = Index::parse(&bytes);
    }

    /// What the well known reader takes and ours does too says the same; ours takes no more.
    #[test]
    fn nothing_is_taken_that_safetensors_refuses(
        shapes in proptest::collection::vec(proptest::collection::vec(0_u64..4, 0..3), 0..4),
        shift in 0_u64..3,
        data in 0_usize..64,
    ) {
        let mut start = 0;
        let mut entries = Vec::new();
        for (i, shape) in shapes.iter().enumerate() {
            let end = start + shape.iter().product::<u64>() + if i == 1 { shift / 2 } else { 0 };
            let offsets = format!("[{start},{end}]");
            entries.push(format!(r#""{i}":{{"dtype":"U8","shape":{shape:?},"data_offsets":{offsets}}}"#));
            start = end;
        }
        let bytes = file(&format!("{{{}}}", entries.join(",")), data);
        let ours = open_bytes("m.safetensors", &bytes);
        let theirs = safetensors::SafeTensors::deserialize(&bytes);
        prop_assert!(ours.is_err() || theirs.is_ok());
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            for name in theirs.names() {
                let (_, bytes) = ours.read(name).unwrap();
                prop_assert_eq!(theirs.tensor(name).unwrap().data(), bytes);
            }
        }
    }
}

#[test]
fn rows_are_read_alone() {
    let mut bytes = file(ONE, 0);
    bytes.extend(0..24);
    let folder = Folder::new();
    let weights = Weights::open(&folder.put("model.safetensors", &bytes)).unwrap();
    let (info, rows) = weights.read_rows("a", &[1, 0, 1]).unwrap();
    assert_eq!(info.shape, [2, 3]);
    let want: Vec<u8> = (12..24).chain(0..12).chain(12..24).collect();
    assert_eq!(rows, want);
    assert!(weights.read_rows("a", &[]).unwrap().1.is_empty());
    assert!(weights.read_rows("a", &[2]).unwrap_err().to_string().contains("cut off"));
    assert!(weights.read_rows("b", &[0]).unwrap_err().to_string().contains("b is missing"));
}
