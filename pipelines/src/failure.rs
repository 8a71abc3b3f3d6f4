// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a command ends when it does not end well.

use std::{fmt, path::Path, process::ExitCode};

use stillmotion_engine::{
    generator::GeneratorError,
    image::{ImageError, decode::DecodeError},
    request::InvalidSettings,
};

/// Why there is no result, or only a part of one.
#[derive(Debug)]
pub enum Failure {
    /// The user has to change the command line.
    Settings(String),
    /// Something else went wrong.
    Failed(String),
    /// The user ended it; what was done until then is kept.
    Interrupted(String),
}

impl Failure {
    /// What the shell sees.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) => 1,
            Self::Settings(_) => 2,
            Self::Interrupted(_) => 130,
        })
    }

    /// A file that cannot be written, and why.
    pub fn unwritable(path: &Path, reason: impl fmt::Display) -> Self {
        Self::Failed(format!("{}: cannot be written: {reason}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Settings(text) | Self::Failed(text) | Self::Interrupted(text)) = self;
        // File names and messages of plugins may hold anything; this is one line all the same.
        text.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .try_for_each(|c| write!(f, "{c}"))
    }
}

impl From<InvalidSettings> for Failure {
    fn from(error: InvalidSettings) -> Self {
        Self::Settings(error.to_string())
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<GeneratorError> for Failure {
    fn from(error: GeneratorError) -> Self {
        Self::Failed(error.to_string())
    }
}
