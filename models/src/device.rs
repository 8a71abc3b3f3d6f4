// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where tensors live.

use tch::{Cuda, Device};

use crate::error::ModelError;

/// Loads the CUDA half of libtorch if it is there, so that one program serves machines with and
/// without a GPU. Call it before anything else of libtorch.
pub fn open_cuda() {
    // SAFETY: the name ends with a zero; the library's constructors register kernels and need
    // nothing of ours. It is never closed.
    let opened =
        unsafe { libc::dlopen(c"libtorch_cuda.so".as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    if opened.is_null() {
        // A machine without a GPU; `auto` takes the CPU.
        eprintln!("there is no libtorch_cuda.so here: the CPU is used");
    }
}

/// The device of that name: `auto` is the first GPU, or the CPU where there is none.
///
/// # Errors
/// [`ModelError::NoDevice`] names those that there are.
pub fn named(name: &str) -> Result<Device, ModelError> {
    let gpus = usize::try_from(Cuda::device_count()).unwrap_or_default();
    let number = name.strip_prefix("cuda:").and_then(|number| number.parse().ok());
    match (name, number) {
        ("auto", _) => Ok(Device::cuda_if_available()),
        ("cpu", _) => Ok(Device::Cpu),
        (_, Some(number)) if number < gpus => Ok(Device::Cuda(number)),
        _ => {
            let allowed = match gpus {
                0 => "auto or cpu".to_owned(),
                _ => format!("auto, cpu or cuda:0 to cuda:{}", gpus - 1),
            };
            Err(ModelError::NoDevice { device: name.to_owned(), allowed })
        }
    }
}

/// What this worker runs on, in a line.
#[must_use]
pub fn about() -> String {
    let gpu = match Cuda::is_available() {
        true => format!("{} GPUs", Cuda::device_count()),
        false => "no GPU".to_owned(),
    };
    format!("libtorch for tch 0.24, {} threads, {gpu}", tch::get_num_threads())
}
