// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is in the air: flakes, drops, leaves, sparks, and veils of fog and smoke.
//!
//! Every particle has a place in space, not in the picture: what is near moves more when the
//! camera does, is larger, and stands before what is farther away ([`swarm`]). How it looks is a
//! row of numbers for each kind ([`breed`]), and in the end a spot of colour ([`sprite`],
//! [`draw`]).
//! A veil is so smooth that light carries it ([`super::light`]).

mod breed;
mod burst;
mod draw;
mod sprite;
mod swarm;
mod veil;

pub(super) use breed::{BUBBLES, Breed, DUST, EMBERS, FIREFLIES, LEAVES, PETALS, RAIN, SNOW};
pub(super) use burst::Fireworks;
pub(super) use draw::Airborne;
#[cfg(test)]
pub(super) use sprite::Sprite;
pub(super) use swarm::{Lens, Swarm};
pub(super) use veil::{Draught, Fog, Plume};
