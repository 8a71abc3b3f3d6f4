// SPDX-License-Identifier: MIT OR Apache-2.0
//! How fast a leg of a path goes at each moment.
//!
//! The speed of a leg is a smooth curve, and the way that is done is its integral, so neither the
//! place nor the speed ever jumps. Where one leg follows another, one gets slower while the other
//! gets faster, and the camera turns the corner without a stop.

use crate::prompt::Easing;

/// Pieces in which the speed is integrated.
const PIECES: usize = 128;
/// The share of a clip over which it sets off and comes to its end.
const RAMP: f64 = 0.15;
/// The speed at its very start and end: from rest the second frame would be the first again.
const EDGE_SPEED: f64 = 0.5;
/// The least speed of a leg that eases.
const LEAST_SPEED: f64 = 0.06;

/// Where a leg starts or ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    /// At an end of the clip.
    Clip,
    /// At another leg, with which it shares so much time on both sides, as a share of the clip.
    Leg(f64),
}

/// How far a leg has come at each moment.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    /// Where its leg lies, and how much of its neighbours it shares.
    span: [f64; 2],
    shared: [f64; 2],
    /// When it moves, in shares of the clip.
    start: f64,
    end: f64,
    /// The share of its way that is done, and its speed, at each of [`PIECES`] + 1 moments.
    done: Vec<f64>,
    speed: Vec<f64>,
}

impl Pace {
    /// The pace of a leg that lies `from..to`.
    pub fn new([from, to]: [f64; 2], [first, last]: [End; 2], easing: Easing) -> Self {
        let shared = |end: End| match end {
            End::Clip => 0.0,
            End::Leg(shared) => shared,
        };
        let (span, shared) = ([from, to], [shared(first), shared(last)]);
        let (start, end) = (from - shared[0], to + shared[1]);
        let speed_at = |share: f64| {
            let inside = ((share - from) / (to - from)).clamp(0.0, 1.0);
            eased(easing, inside, first == End::Clip, last == End::Clip)
                * presence(span, shared, share)
        };
        let step = (end - start) / PIECES as f64;
        let moment = |i: f64| start + i * step;
        let mut done = vec![0.0];
        let mut sum = 0.0;
        for i in 0..PIECES {
            let i = i as f64;
            // Simpson's rule.
            let middle = 4.0 * speed_at(moment(i + 0.5));
            sum += (speed_at(moment(i)) + middle + speed_at(moment(i + 1.0))) * step / 6.0;
            done.push(sum);
        }
        done.iter_mut().for_each(|done| *done /= sum);
        let speed = (0..=PIECES).map(|i| speed_at(moment(i as f64)) / sum).collect();
        Self { span, shared, start, end, done, speed }
    }

    /// How far the leg is the one that holds at `share` of the clip, 0..1.
    pub fn presence(&self, share: f64) -> f64 {
        presence(self.span, self.shared, share)
    }

    /// The share of the way that is done at `share` of the clip.
    pub fn done(&self, share: f64) -> f64 {
        let step = (self.end - self.start) / PIECES as f64;
        let place = (share - self.start) / step;
        if place <= 0.0 {
            return 0.0;
        }
        if place >= PIECES as f64 {
            return 1.0;
        }
        let i = place as usize;
        let t = place - i as f64;
        // A cubic Hermite curve has the right place and speed at both ends of a piece.
        let (a, b) = (self.done[i], self.done[i + 1]);
        let (va, vb) = (self.speed[i] * step, self.speed[i + 1] * step);
        let (t2, t3) = (t * t, t * t * t);
        a + (b - a) * (3.0 * t2 - 2.0 * t3) + va * (t3 - 2.0 * t2 + t) + vb * (t3 - t2)
    }
}

fn presence([from, to]: [f64; 2], [before, after]: [f64; 2], share: f64) -> f64 {
    let set_in = |since: f64, shared: f64| {
        if shared > 0.0 { smoothstep((since + shared) / (2.0 * shared)) } else { 1.0 }
    };
    set_in(share - from, before) * set_in(to - share, after)
}

/// 0 up to 0, 1 from 1 on, smooth between.
pub(super) fn smoothstep(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The speed at `inside` of a leg, 0..1, which may start and end with the clip.
fn eased(easing: Easing, inside: f64, is_first: bool, is_last: bool) -> f64 {
    let edge = |away: f64| EDGE_SPEED + (1.0 - EDGE_SPEED) * smoothstep(away / RAMP);
    let rising = |t: f64| LEAST_SPEED + (1.0 - LEAST_SPEED) * t;
    match easing {
        Easing::Gentle => {
            let first = if is_first { edge(inside) } else { 1.0 };
            let last = if is_last { edge(1.0 - inside) } else { 1.0 };
            first * last
        }
        Easing::Linear => 1.0,
        Easing::In => rising(inside),
        Easing::Out => rising(1.0 - inside),
        Easing::InOut => rising(4.0 * inside * (1.0 - inside)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EASINGS: [Easing; 5] =
        [Easing::Gentle, Easing::Linear, Easing::In, Easing::Out, Easing::InOut];

    fn whole(easing: Easing) -> Pace {
        Pace::new([0.0, 1.0], [End::Clip, End::Clip], easing)
    }

    fn speed(pace: &Pace, share: f64) -> f64 {
        const STEP: f64 = 1e-5;
        (pace.done(share + STEP) - pace.done(share - STEP)) / (2.0 * STEP)
    }

    #[test]
    fn a_leg_goes_all_the_way_and_never_back() {
        for easing in EASINGS {
            let pace = whole(easing);
            assert_eq!((pace.done(0.0), pace.done(1.0)), (0.0, 1.0));
            let done: Vec<f64> = (0..=2000).map(|i| pace.done(f64::from(i) / 2000.0)).collect();
            assert!(done.windows(2).all(|pair| pair[1] > pair[0]), "{easing:?}");
        }
    }

    #[test]
    fn easings_are_what_they_are_called() {
        let at = |easing, share| speed(&whole(easing), share);
        for share in [0.1, 0.5, 0.9] {
            assert!((at(Easing::Linear, share) - 1.0).abs() < 1e-3);
        }
        assert!(at(Easing::In, 0.1) < 0.4 && at(Easing::In, 0.9) > 1.6);
        assert!(at(Easing::Out, 0.1) > 1.6 && at(Easing::Out, 0.9) < 0.4);
        assert!(at(Easing::InOut, 0.02) < 0.3 && at(Easing::InOut, 0.5) > 1.3);
        let gentle = |share| at(Easing::Gentle, share);
        assert!(gentle(0.005) > 0.4 && gentle(0.005) < 0.7 && gentle(0.5) > 1.0);
    }

    #[test]
    fn legs_share_a_corner_without_a_stop_or_a_jump() {
        let shared = 0.1;
        let first = Pace::new([0.0, 0.5], [End::Clip, End::Leg(shared)], Easing::Gentle);
        let second = Pace::new([0.5, 1.0], [End::Leg(shared), End::Clip], Easing::Gentle);
        let speeds: Vec<[f64; 2]> = (1..999)
            .map(|i| [&first, &second].map(|pace| speed(pace, f64::from(i) / 1000.0)))
            .collect();
        for pair in speeds.windows(2) {
            for leg in 0..2 {
                assert!((pair[1][leg] - pair[0][leg]).abs() < 0.05, "{pair:?}");
            }
        }
        let corner = &speeds[400..600];
        assert!(corner.iter().all(|[a, b]| a + b > 1.5), "{corner:?}");
        assert_eq!((first.done(0.61), second.done(0.39)), (1.0, 0.0));
    }
}
