// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fixed words that [`Segment::ambient`](super::Segment::ambient) and
//! [`Segment::light`](super::Segment::light) are made of.

/// Everything that can move in a picture by itself.
pub const AMBIENT: &[&str] = &[
    AURORA, BUBBLES, CLOTH, CLOUDS, DUST, EMBERS, FIREFLIES, FIREWORKS, FLAME, FOG, FOLIAGE, GRASS,
    HAIR, LAVA, LEAVES, PETALS, RAIN, SMOKE, SNOW, STEAM, SWAY, TWINKLE, WATER, WAVES,
];

/// Everything that the light can do.
pub const LIGHT: &[&str] = &[
    CAUSTICS,
    COOL,
    DAY_DRIFT,
    DAY_TO_NIGHT,
    DIM,
    FLICKER,
    GOD_RAYS,
    LIGHTNING,
    NEON,
    NIGHT_TO_DAY,
    WARM,
];

/// Northern lights.
pub const AURORA: &str = "aurora";
/// Bubbles that rise in water.
pub const BUBBLES: &str = "bubbles";
/// Flags, curtains and clothes in the wind.
pub const CLOTH: &str = "cloth";
/// Clouds that drift.
pub const CLOUDS: &str = "clouds";
/// Motes and sand in the air.
pub const DUST: &str = "dust";
/// Sparks that rise from a fire.
pub const EMBERS: &str = "embers";
/// Small lights that wander.
pub const FIREFLIES: &str = "fireflies";
/// Bursts in the night sky.
pub const FIREWORKS: &str = "fireworks";
/// Fire, candles, torches.
pub const FLAME: &str = "flame";
/// Fog, mist and haze that drift.
pub const FOG: &str = "fog";
/// Trees and bushes in the wind.
pub const FOLIAGE: &str = "foliage";
/// Grass, wheat and reeds in the wind.
pub const GRASS: &str = "grass";
/// Hair in the wind.
pub const HAIR: &str = "hair";
/// Lava that creeps and glows.
pub const LAVA: &str = "lava";
/// Leaves that fall.
pub const LEAVES: &str = "leaves";
/// Petals and blossoms that fall.
pub const PETALS: &str = "petals";
/// Rain that falls.
pub const RAIN: &str = "rain";
/// Smoke that rises.
pub const SMOKE: &str = "smoke";
/// Snow that falls.
pub const SNOW: &str = "snow";
/// Steam that rises.
pub const STEAM: &str = "steam";
/// Plants under water.
pub const SWAY: &str = "sway";
/// Stars and small lights that twinkle.
pub const TWINKLE: &str = "twinkle";
/// Rivers, lakes, falls: water that flows or ripples.
pub const WATER: &str = "water";
/// The sea: water that comes in waves.
pub const WAVES: &str = "waves";

/// Bright nets of light under water.
pub const CAUSTICS: &str = "caustics";
/// Blue: winter, moonlight, the blue hour.
pub const COOL: &str = "cool";
/// Hours pass: the light and the shadows wander.
pub const DAY_DRIFT: &str = "day_drift";
/// Day becomes night.
pub const DAY_TO_NIGHT: &str = "day_to_night";
/// Dark: night, shadow, gloom.
pub const DIM: &str = "dim";
/// Unsteady: candles, torches, broken lamps.
pub const FLICKER: &str = "flicker";
/// Shafts of light in the air.
pub const GOD_RAYS: &str = "god_rays";
/// Flashes of a thunderstorm.
pub const LIGHTNING: &str = "lightning";
/// Coloured tubes that glow and hum.
pub const NEON: &str = "neon";
/// Night becomes day.
pub const NIGHT_TO_DAY: &str = "night_to_day";
/// Gold: sunrise, sunset, lamplight.
pub const WARM: &str = "warm";
