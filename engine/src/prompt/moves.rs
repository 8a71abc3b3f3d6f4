// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a family of verbs does in each direction.

use super::{
    Move::{self, *},
    sense::{Dir, Family},
};

/// The move of `family` towards `dir`, if it has one.
pub(super) fn toward(family: Family, dir: Dir) -> Option<Move> {
    let [left, right, up, down, near, far] = match family {
        Family::Pan | Family::Sweep | Family::Look => [PanL, PanR, TiltU, TiltD, Default, Default],
        Family::Tilt => [RollCcw, RollCw, TiltU, TiltD, Default, Default],
        Family::Dolly
        | Family::Push
        | Family::Truck
        | Family::Slide
        | Family::Go
        | Family::Travel
        | Family::Track
        | Family::Approach
        | Family::Retreat => [TruckL, TruckR, PedestalU, PedestalD, DollyIn, DollyOut],
        Family::Rise => [TruckL, TruckR, PedestalU, Default, Default, Default],
        Family::Sink => [TruckL, TruckR, Default, PedestalD, Default, Default],
        Family::Pull => [TruckL, TruckR, Default, Default, DollyIn, DollyOut],
        Family::Zoom => [Default, Default, Default, Default, DollyIn, DollyOut],
        Family::LensZoom => [Default, Default, Default, Default, ZoomIn, ZoomOut],
        Family::Pedestal => [Default, Default, PedestalU, PedestalD, Default, Default],
        Family::Crane => [Default, Default, CraneU, CraneD, DollyIn, DollyOut],
        Family::Roll => [RollCcw, RollCw, Default, Default, DollyIn, DollyOut],
        Family::Rotate => [PanL, PanR, TiltU, TiltD, Default, Default],
        Family::Walk => [TruckL, TruckR, Walk, Walk, Walk, DollyOut],
        Family::Fly => [TruckL, TruckR, PedestalU, PedestalD, Fly, DollyOut],
        Family::Orbit | Family::Dive | Family::Follow | Family::DollyZoom | Family::Handheld => {
            [Default; 6]
        }
    };
    let mv = match dir {
        Dir::Left => left,
        Dir::Right => right,
        Dir::Up => up,
        Dir::Down => down,
        Dir::Near | Dir::Toward => near,
        Dir::Far => far,
        Dir::In => inward(family, near),
        Dir::Out => outward(family, far),
        Dir::Sideways => sideways(family, right),
        Dir::Over => over(family),
        Dir::Around => around(family),
        Dir::Clockwise | Dir::Counter => turning(family, dir),
    };
    (mv != Default).then_some(mv)
}

/// People say "pan in" for a zoom.
fn inward(family: Family, near: Move) -> Move {
    if family == Family::Pan { DollyIn } else { near }
}

/// People say "pan out" for a zoom; who walks out still walks forward.
fn outward(family: Family, far: Move) -> Move {
    match family {
        Family::Pan => DollyOut,
        Family::Walk => Walk,
        Family::Fly => Fly,
        _ => far,
    }
}

fn sideways(family: Family, right: Move) -> Move {
    // Alongside somebody is still behind them for a camera that follows.
    if family == Family::Track || right != TruckR { Default } else { right }
}

fn over(family: Family) -> Move {
    if matches!(family, Family::Go | Family::Travel | Family::Sweep | Family::Dive) {
        Fly
    } else {
        Default
    }
}

fn around(family: Family) -> Move {
    match family {
        Family::Pan | Family::Sweep | Family::Look => PanR,
        Family::Tilt
        | Family::Zoom
        | Family::LensZoom
        | Family::Pedestal
        | Family::Crane
        | Family::Roll
        | Family::Approach
        | Family::Retreat
        | Family::DollyZoom
        | Family::Handheld => Default,
        _ => Orbit,
    }
}

fn turning(family: Family, dir: Dir) -> Move {
    let clockwise = dir == Dir::Clockwise;
    match family {
        Family::Roll | Family::Rotate | Family::Tilt => {
            if clockwise {
                RollCw
            } else {
                RollCcw
            }
        }
        Family::Pan | Family::Look | Family::Sweep => {
            if clockwise {
                PanR
            } else {
                PanL
            }
        }
        _ => Default,
    }
}

/// The move of `family` when no direction is named, if it has one.
pub(super) fn plain(family: Family) -> Option<Move> {
    Some(match family {
        Family::Pan | Family::Sweep => PanR,
        Family::Tilt => TiltU,
        Family::Slide => TruckR,
        Family::Dolly | Family::Zoom | Family::Travel | Family::Approach => DollyIn,
        Family::LensZoom => ZoomIn,
        Family::Crane => CraneU,
        Family::Roll | Family::Rotate => RollCw,
        Family::Orbit => Orbit,
        Family::Walk => Walk,
        Family::Fly | Family::Dive => Fly,
        Family::Rise => PedestalU,
        Family::Sink => PedestalD,
        Family::Track | Family::Follow => Follow,
        Family::Retreat => DollyOut,
        Family::DollyZoom => DollyZoom,
        Family::Handheld => Handheld,
        Family::Look
        | Family::Push
        | Family::Pull
        | Family::Truck
        | Family::Pedestal
        | Family::Go => return None,
    })
}
