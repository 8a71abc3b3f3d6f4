// SPDX-License-Identifier: MIT OR Apache-2.0
//! What several test files share.

pub mod flow;
pub mod photos;
