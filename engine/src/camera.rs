// SPDX-License-Identifier: MIT OR Apache-2.0
//! The path of the camera through a clip.
