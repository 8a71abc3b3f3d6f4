// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion explain`: how a prompt is understood.

use std::io::{Read, stdin};

use stillmotion_engine::{prompt, request::MAX_PROMPT_BYTES};

use crate::{args::ExplainArgs, failure::Failure, write};

/// Prints the script of a prompt as JSON.
pub fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let text =
        if args.prompt == "-" { read_stdin()? } else { args.prompt.to_string_lossy().into_owned() };
    let script = prompt::parse(&text);
    let json = serde_json::to_string_pretty(&script)
        .map_err(|e| Failure::Failed(format!("the prompt cannot be shown as JSON: {e}")))?;
    write::result(&json)
}

/// A prompt from stdin; what lies behind the longest prompt is not read.
fn read_stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    stdin()
        .take(MAX_PROMPT_BYTES as u64)
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::Failed(format!("stdin: cannot be read: {e}")))?;
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}
