// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a file is that a user takes for an ONNX model.

/// A kind of file that is no ONNX model, and what to do about it.
pub(super) struct OtherKind {
    pub what: &'static str,
    pub advice: &'static str,
}

const EXPORT: &str =
    "export the model, in Python with torch.onnx.export or optimum-cli export onnx";

/// Looks at the first bytes.
pub(super) fn other_kind(bytes: &[u8]) -> Option<OtherKind> {
    let other = |what, advice| Some(OtherKind { what, advice });
    match bytes {
        [b'P', b'K', 3 | 5 | 7, ..] => {
            other("a zip archive, as PyTorch writes .pt and .pth files", EXPORT)
        }
        // The protocols of pickle that people still have.
        [0x80, 2..=5, ..] => other("a Python pickle, as old .pt and .pth files are", EXPORT),
        [b'G', b'G', b'U', b'F', ..] => other("a GGUF file", EXPORT),
        [0x89, b'H', b'D', b'F', ..] => other("an HDF5 file, as Keras writes them", EXPORT),
        [_, _, _, _, b'T', b'F', b'L', b'3', ..] => other("a TensorFlow Lite file", EXPORT),
        // The length of a header and the header, which is JSON.
        [_, _, _, _, 0, 0, 0, 0, b'{', ..] => {
            other("a safetensors file, which has weights and no network", EXPORT)
        }
        _ if bytes.starts_with(b"version https://git-lfs") => {
            other("a pointer of Git LFS", "download the file that it stands for, with git lfs pull")
        }
        _ if image::guess_format(bytes).is_ok() => other("a picture", "give it as depth picture"),
        [b'{' | b'<' | b'#', ..] => other("a text", EXPORT),
        _ => None,
    }
}
