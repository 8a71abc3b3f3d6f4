// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of `tests/fixtures/onnx`: those that work give what onnxruntime gives.

use std::{fs, path::PathBuf};

use proptest::prelude::*;

use super::*;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/onnx").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).unwrap()
}

fn load(name: &str) -> Result<Network, OnnxError> {
    Network::load(bytes(name), FileName::from(name))
}

/// The input of which `NAME.expected` is the output.
fn probe() -> Tensor {
    let values = (0..3 * 28 * 42).map(|i| (i * 37 % 256) as f32 / 255.0).collect();
    Tensor { shape: vec![1, 3, 28, 42], values }
}

#[test]
fn outputs_are_those_of_onnxruntime() {
    for name in ["fixed", "patches_14", "any_size", "normalises_itself", "half_weights"] {
        let network = load(&format!("{name}.onnx")).unwrap();
        let out = network.run(probe()).unwrap();
        let expected = bytes(&format!("{name}.expected"));
        let expected = expected.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        assert_eq!(out.values.len(), expected.len(), "{name}");
        assert_eq!(out.shape[out.shape.len() - 2..], [28, 42], "{name}");
        for (got, want) in out.values.iter().zip(expected) {
            assert!((got - want).abs() <= 2e-6 * want.abs().max(1.0), "{name}: {got}, not {want}");
        }
        assert_eq!(network.run(probe()).unwrap(), out, "{name}: other bits when run again");
    }
}

#[test]
fn the_outline_says_what_is_in_a_file() {
    let outline = |name: &str| Outline::of(&bytes(name)).unwrap();
    let fixed = outline("fixed.onnx");
    assert_eq!(fixed.inputs[0].to_string(), "pixel_values float [1, 3, 28, 42]");
    assert_eq!(fixed.outputs[0].to_string(), "predicted_depth float [1, 1, 28, 42]");
    assert_eq!((fixed.first_stride(), fixed.scales_its_input()), (Some(1), false));
    let patches = outline("patches_14.onnx");
    assert_eq!(patches.inputs[0].to_string(), "pixel_values float [any, 3, any, any]");
    assert_eq!(patches.first_stride(), Some(14));
    let own = outline("normalises_itself.onnx");
    assert_eq!((own.first_stride(), own.scales_its_input()), (Some(1), true));
    assert_eq!(outline("two_inputs.onnx").inputs.len(), 2);
    assert_eq!(outline("outside.onnx").outside.as_deref(), Some("outside.weights"));
}

/// A field that holds bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(bytes);
    out
}

#[test]
fn what_is_nested_without_end_is_refused_before_the_stack_ends() {
    // Graphs in attributes of nodes of graphs, and sequences of sequences.
    let in_graph = |inner: &[u8]| field(1, &field(5, &field(6, inner)));
    let in_type = |inner: &[u8]| field(4, &field(1, inner));
    let nest =
        |wrap: &dyn Fn(&[u8]) -> Vec<u8>, times| (0..times).fold(Vec::new(), |v, _| wrap(&v));
    for (times, refused) in [(3, false), (2000, true)] {
        let graphs = field(7, &nest(&in_graph, times));
        let types = field(7, &field(11, &field(2, &nest(&in_type, times))));
        for model in [graphs, types] {
            assert_eq!(Outline::of(&model).is_err(), refused, "{times}");
            if refused {
                let error = Network::load(model, FileName::from("deep")).err().unwrap();
                assert!(matches!(error, OnnxError::Nested { .. }), "{error}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_have_an_outline_or_none(bytes: Vec<u8>) {
        let _ = Outline::of(&bytes);
    }

    #[test]
    fn a_file_with_changed_bytes_has_an_outline_or_none(
        name in prop::sample::select(vec!["fixed.onnx", "patches_14.onnx", "normalises_itself.onnx"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = bytes(name);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(outline) = Outline::of(&bytes) {
            let _ = (outline.first_stride(), outline.scales_its_input());
        }
    }
}
