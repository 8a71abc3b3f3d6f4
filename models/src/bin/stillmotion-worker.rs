// SPDX-License-Identifier: MIT OR Apache-2.0
//! The process that runs models for the elements: see `stillmotion_models::serve`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(stillmotion_models::serve::main())
}
