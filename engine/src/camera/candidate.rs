// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a seed may choose: clips that are equally good and obey the same prompt.

use super::travel::Travel;
use crate::{
    prompt::Move::{self, *},
    random::SplitMix,
};

/// The choices of one seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// 1 or -1: the side to which what has no side goes.
    pub side: f64,
    /// How much stronger than plain, 0.9..1.1.
    pub strength: f64,
    /// How much a straight move bends, 0 for straight, 1 for an arc.
    arc: f64,
    /// How much the camera rises or sinks beside what it does, -1..1.
    rise: f64,
    /// How far from the middle to the subject a push goes, 0.4..1.
    pub aim: f64,
}

impl Candidate {
    /// The choices that `random` makes.
    pub fn new(random: &mut SplitMix) -> Self {
        let side = if random.next_unit() < 0.5 { -1.0 } else { 1.0 };
        let strength = 1.0 + 0.1 * random.next_signed();
        // A third is straight.
        let arc = (1.5 * random.next_unit() - 0.5).max(0.0);
        let rise = random.next_signed();
        let aim = 0.4 + 0.6 * random.next_unit();
        Self { side, strength, arc, rise, aim }
    }

    /// The little that this candidate adds to a plain `camera`. It never turns a move into another:
    /// all of it together stays below a third of the move.
    pub fn flavour(&self, camera: Move) -> Travel {
        let none = Travel::default();
        let (arc, rise) = (self.side * self.arc, self.rise);
        match camera {
            DollyIn | Walk | Fly => Travel { orbit: 0.013 * arc, y: 0.006 * rise, ..none },
            Follow | DollyOut => Travel { orbit: 0.008 * arc, y: 0.004 * rise, ..none },
            Default => Travel { orbit: 0.009 * self.side, y: 0.005 * rise, ..none },
            // An orbit beside a truck keeps an eye on the subject.
            TruckL => Travel { orbit: -0.008 * self.arc, dolly: 0.014 * rise, ..none },
            TruckR => Travel { orbit: 0.008 * self.arc, dolly: 0.014 * rise, ..none },
            PedestalU | PedestalD => {
                Travel { dolly: 0.014 * self.arc, orbit: 0.004 * rise, ..none }
            }
            PanL | PanR | TiltU | TiltD => Travel { dolly: 0.016 * self.arc, ..none },
            RollCw | RollCcw => Travel { dolly: 0.012 * self.arc, ..none },
            ZoomIn | ZoomOut => Travel { roll: 0.002 * arc, ..none },
            DollyZoom => Travel { y: 0.004 * rise, ..none },
            Orbit => Travel { dolly: 0.025 * self.arc, y: 0.008 * rise, ..none },
            CraneU | CraneD => Travel { orbit: 0.01 * arc, dolly: 0.012 * rise, ..none },
            Handheld | Static => none,
        }
    }
}
