// SPDX-License-Identifier: MIT OR Apache-2.0
//! Networks in ONNX files, run on the CPU.
//!
//! A file is looked through before the runtime sees it (`outline`), so that what is wrong with it
//! can be said in a sentence. The runtime is rten. It works on one thread, so the same input gives
//! the same bits on any number of cores, and what panics in it comes back as an error. What it does
//! not bound is the time and the memory that a network takes.

mod error;
mod kind;
mod outline;
mod wire;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

pub use error::OnnxError;
use kind::OtherKind;
use outline::Unclear;
pub(crate) use outline::{Outline, Port};
use rten::{NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::Layout as _;

use crate::file::{self, FileName, one_line};

/// A network of one input and one output.
pub(crate) struct Network {
    name: FileName,
    outline: Outline,
    model: rten::Model,
    input: NodeId,
    output: NodeId,
}

/// Numbers in an array of any number of axes, the last one running fastest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl Network {
    /// Reads a network from a file of at most `max_bytes`.
    ///
    /// # Errors
    /// [`OnnxError`] names the file and what is wrong with it.
    pub fn open(path: &Path, max_bytes: u64) -> Result<Self, OnnxError> {
        let name = FileName::from(path);
        let bytes = file::read(path, max_bytes)
            .map_err(|e| OnnxError::unread(e, name.clone(), max_bytes))?;
        Self::load(bytes, name)
    }

    /// As [`Network::open`], from the bytes of a file. `name` is what an error calls them.
    pub fn load(bytes: Vec<u8>, name: FileName) -> Result<Self, OnnxError> {
        let outline = checked_outline(&bytes, &name)?;
        let unusable = |reason: &dyn std::fmt::Display| OnnxError::Unusable {
            name: name.clone(),
            reason: one_line(&reason.to_string()),
        };
        let load = || {
            let model = rten::Model::load(bytes);
            let model = model.map_err(|e| unusable(&e))?;
            let [input] = *model.input_ids() else { return Err(unusable(&"it has no input")) };
            let [output] = *model.output_ids() else { return Err(unusable(&"it has no output")) };
            Ok((model, input, output))
        };
        let loaded = catch_unwind(AssertUnwindSafe(load));
        let (model, input, output) =
            loaded.unwrap_or_else(|_| Err(unusable(&"the runtime gave up")))?;
        Ok(Self { name, outline, model, input, output })
    }

    /// What an error calls the file.
    pub fn name(&self) -> &FileName {
        &self.name
    }

    /// What the file says of itself.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The input.
    pub fn input(&self) -> &Port {
        &self.outline.inputs[0]
    }

    /// Runs it on one picture of `[1, channels, height, width]`.
    ///
    /// # Errors
    /// [`OnnxError::Failed`] with what the runtime says.
    pub fn run(&self, picture: Tensor) -> Result<Tensor, OnnxError> {
        let [.., height, width] = *picture.shape else {
            return Err(self.failed(0, 0, "no picture"));
        };
        let run = || {
            // A pool of its own: nobody waits for another clip's picture.
            let one_thread = Arc::new(ThreadPool::with_num_threads(1));
            let options = RunOptions::default().with_thread_pool(Some(one_thread));
            let input =
                Value::from_shape(&picture.shape, picture.values).map_err(|e| e.to_string())?;
            let out =
                self.model.run_n(vec![(self.input, input.into())], [self.output], Some(options));
            let [out] = out.map_err(|e| e.to_string())?;
            let out = out.into_tensor::<f32>().ok_or("its output is not float")?;
            Ok(Tensor { shape: out.shape().to_vec(), values: out.into_data() })
        };
        let out = catch_unwind(AssertUnwindSafe(run));
        let out = out.unwrap_or_else(|_| Err("the runtime gave up".to_owned()));
        out.map_err(|reason| self.failed(width, height, &reason))
    }

    fn failed(&self, width: usize, height: usize, reason: &str) -> OnnxError {
        let (name, reason) = (self.name.clone(), one_line(reason));
        OnnxError::Failed { name, width, height, reason }
    }
}

/// The outline of a file that may be given to the runtime.
fn checked_outline(bytes: &[u8], name: &FileName) -> Result<Outline, OnnxError> {
    let name = || name.clone();
    if bytes.is_empty() {
        return Err(OnnxError::Empty { name: name() });
    }
    if let Some(OtherKind { what, advice }) = kind::other_kind(bytes) {
        return Err(OnnxError::OtherKind { name: name(), what, advice });
    }
    let outline = Outline::of(bytes).map_err(|unclear| match unclear {
        Unclear::Broken => OnnxError::NotOnnx { name: name() },
        Unclear::Nested => OnnxError::Nested { name: name() },
    })?;
    if let Some(place) = &outline.outside {
        return Err(OnnxError::OutsideWeights { name: name(), place: one_line(place) });
    }
    let (inputs, outputs) = (outline.inputs.len(), outline.outputs.len());
    match (inputs, outputs) {
        (0, 0) => Err(OnnxError::NotOnnx { name: name() }),
        (1, 1) => Ok(outline),
        _ => {
            let list = |ports: &[Port]| {
                let shown: Vec<String> = ports.iter().map(Port::to_string).collect();
                one_line(&shown.join(", "))
            };
            let (ins, outs) = (list(&outline.inputs), list(&outline.outputs));
            let got = format!("{inputs} inputs ({ins}) and {outputs} outputs ({outs})");
            Err(OnnxError::Ports { name: name(), got })
        }
    }
}

#[cfg(test)]
mod tests;
