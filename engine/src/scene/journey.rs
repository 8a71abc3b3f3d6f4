// SPDX-License-Identifier: MIT OR Apache-2.0
//! A clip that travels from one still to another.
//!
//! Each still is a scene of its own, with its own depth, and one camera moves through both. Where
//! both show the same scene, the move between them is known ([`super::align`]): the camera
//! flies it, and things fly to their place. Where they have nothing in common, the camera goes on
//! its way over the first still and comes from as far over the second, with the subject of the one
//! at the place of that of the other. On the way one picture becomes the other
//! ([`super::dissolve`]).

use std::{
    sync::{Arc, OnceLock},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    align::{self, Alignment, View},
    depth::features::Colours,
    dissolve::Dissolve,
    glide::Shot,
    raster::Map,
    render::{self, Picture},
    stage::Stage,
    still::Still,
    thumbnail::thumbnail,
    way::{Numbers, Starts, Way},
};
use crate::{
    camera::{Aim, Path},
    generator::GeneratorError,
    image::{FrameMut, Image, PlaneMut},
    request::{Controls, Request},
};

/// How much of the difference between the places of two subjects the camera makes up for.
const MATCH: f64 = 0.7;
/// The most that it turns for that, in picture widths.
const MOST_MATCH: f64 = 0.07;
/// A flight as large as this, in picture widths, is all that the camera does; beside a smaller one
/// it also does what the prompt says.
const FLIGHT: f64 = 0.12;
/// How often is looked whether the stills are known.
const LOOK: Duration = Duration::from_millis(2);

/// How two stills lie to each other.
#[derive(Debug)]
pub(super) struct Link {
    /// The pose of the second camera seen from the first, and the other way round.
    there: Numbers,
    back: Numbers,
    /// Both show the same scene.
    pub same_scene: bool,
    /// How much each place of the second still differs from the first, 0..1.
    pub differences: Map,
    /// How much the light of the one differs from that of the other, 0..1.
    pub relit: f64,
}

impl Link {
    fn between(first: &Still, second: &Still) -> Self {
        let view = |still: &Still| {
            let colours = Colours::of(&thumbnail(&still.image));
            View::new(&colours, &still.analysis().nearness)
        };
        let (first_view, second_view) = (view(first), view(second));
        let (there, back, same_scene) = match align::align(&first_view, &second_view) {
            Some(Alignment { there, back, .. }) => (there, back, true),
            None => {
                let turn = matched(&first.analysis().aim, &second.analysis().aim);
                (turn, turn.map(|v| -v), false)
            }
        };
        let differences = align::differences(&first_view, &second_view, &back);
        let relit = align::relit(&first_view, &second_view, &back);
        Self { there, back, same_scene, differences, relit }
    }
}

/// The turn that brings the subject of one still to the place of that of another.
fn matched(first: &Aim, second: &Aim) -> Numbers {
    let axis = |axis: usize| {
        let apart = MATCH * (first.subject[axis] - second.subject[axis]);
        MOST_MATCH * (apart / MOST_MATCH).tanh()
    };
    [0.0, 0.0, 0.0, axis(0), axis(1), 0.0, 0.0]
}

/// What a clip needs to travel to another still.
pub(super) struct Journey {
    pub end: Stage,
    link: Arc<OnceLock<Link>>,
    /// Finds the link ahead.
    thread: JoinHandle<()>,
    /// The path that ends where it began, for a flight that knows where it goes.
    round: Path,
}

impl Journey {
    /// The journey of a clip from `start` to `end`, whose path would be `round` if it came back.
    ///
    /// # Errors
    /// [`GeneratorError::Failed`] when the system gives no thread.
    pub fn open(start: &Arc<Still>, end: Stage, round: Path) -> Result<Self, GeneratorError> {
        let link = Arc::new(OnceLock::new());
        let ahead = (Arc::clone(start), Arc::clone(&end.still), Arc::clone(&link));
        let thread = std::thread::Builder::new().name("stillmotion-alignment".to_owned());
        let thread = thread.spawn(move || {
            let (start, end, link) = ahead;
            link.get_or_init(|| Link::between(&start, &end));
        });
        let failed = |e| GeneratorError::Failed(format!("no thread to work on: {e}"));
        Ok(Self { end, link, thread: thread.map_err(failed)?, round })
    }

    /// Waits at most `patience` until both stills and how they lie to each other are known.
    pub fn wait(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while !self.thread.is_finished() {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(LOOK.min(patience));
        }
        true
    }

    /// How the stills lie to each other. Whoever asks first finds out.
    pub fn link(&self, start: &Still) -> &Link {
        self.link.get_or_init(|| Link::between(start, &self.end.still))
    }

    /// The way over the first still, of a clip with this `path`.
    pub fn departure<'a>(
        &'a self,
        start: &'a Still,
        path: &'a Path,
        controls: &Controls,
        size: [u32; 2],
    ) -> Way<'a> {
        let flight = self.flight(start, path, controls);
        let beside = Box::new(move |share| flight.flown(path.done(share)));
        self.way(start, path, &flight, Starts::Here, beside, size)
    }

    /// The way over the second still, which ends where that was taken.
    pub fn arrival<'a>(
        &'a self,
        start: &'a Still,
        path: &'a Path,
        controls: &'a Controls,
        size: [u32; 2],
    ) -> Way<'a> {
        let (flight, aim) = (self.flight(start, path, controls), start.analysis().aim);
        let beside = move |share| {
            let left = flight.left(path.done(share));
            if flight.same_scene {
                return left;
            }
            let goal = path.pose(1.0, controls, &aim).numbers();
            std::array::from_fn(|i| left[i] - goal[i])
        };
        self.way(start, path, &flight, Starts::There, Box::new(beside), size)
    }

    fn way<'a>(
        &'a self,
        start: &'a Still,
        path: &'a Path,
        flight: &Flight,
        starts: Starts,
        beside: Box<dyn Fn(f64) -> Numbers + 'a>,
        size: [u32; 2],
    ) -> Way<'a> {
        let aim = start.analysis().aim;
        if flight.same_scene {
            let weight = flight.calm();
            return Way { path: &self.round, aim, weight, beside, starts: Starts::Flight, size };
        }
        Way { path, aim, weight: 1.0, beside, starts, size }
    }

    /// What the camera flies beside the `path`. One that has to stand still does not.
    fn flight(&self, start: &Still, path: &Path, controls: &Controls) -> Flight {
        let &Link { there, back, same_scene, .. } = self.link(start);
        if controls.static_camera || path.is_still() && !same_scene {
            return Flight { there: [0.0; 7], back: [0.0; 7], same_scene };
        }
        Flight { there, back, same_scene }
    }

    /// How the one picture becomes the other, `arrival`, at `share` of the clip, where both are seen
    /// like this.
    ///
    /// # Errors
    /// None that can be: the frame of the second still has the size of that still.
    pub fn dissolve<'a>(
        &'a self,
        start: &'a Still,
        share: f64,
        shots: [&Shot; 2],
        arrival: &Picture<'_>,
    ) -> Result<Dissolve<'a>, GeneratorError> {
        let image = &self.end.still.image;
        let mut frame: Vec<Vec<u8>> =
            image.planes().iter().map(|plane| vec![0; plane.data.len()]).collect();
        let planes = frame.iter_mut().zip(image.format().layout(image.width(), image.height()));
        let planes = planes.map(|(data, layout)| PlaneMut { data, stride: layout.row_bytes() });
        let mut out =
            FrameMut::new(image.format(), image.width(), image.height(), planes.collect())?;
        render::render(arrival, &mut out);
        let nearness = [start, &*self.end.still].map(|still| &still.analysis().nearness);
        let size = [image.width(), image.height()];
        Ok(Dissolve::new(self.link(start), share, shots, nearness, size, frame))
    }
}

/// A way from one camera to the other.
#[derive(Debug, Clone, Copy)]
struct Flight {
    /// The pose of the second camera seen from the first, and the other way round.
    there: Numbers,
    back: Numbers,
    same_scene: bool,
}

impl Flight {
    /// How much of the prompt's own way there is beside it.
    fn calm(&self) -> f64 {
        let [x, y, dolly, pan, tilt, roll, zoom] = self.there;
        let scale = 0.4 * (dolly.abs() + roll.abs() + zoom.abs());
        let size = x.hypot(y) + pan.hypot(tilt) + scale;
        0.6 * (1.0 - size / FLIGHT).max(0.0)
    }

    /// The pose over the first still when `done` of it is done, 0..1.
    fn flown(&self, done: f64) -> Numbers {
        let sideways = self.sideways(done);
        std::array::from_fn(|i| self.there[i] * if is_scale(i) { done } else { sideways })
    }

    /// The pose over the second still then.
    fn left(&self, done: f64) -> Numbers {
        let sideways = self.sideways(done);
        std::array::from_fn(|i| self.back[i] * (1.0 - if is_scale(i) { done } else { sideways }))
    }

    /// The share of the sideways way that is done when `done` of the magnification is, so that the
    /// camera goes straight for the place that stays where it is.
    fn sideways(&self, done: f64) -> f64 {
        let growth = self.there[6] + 0.5 * self.there[2];
        if growth.abs() < 1e-3 {
            return done;
        }
        (1.0 - (-growth * done).exp()) / (1.0 - (-growth).exp())
    }
}

/// Whether one of the numbers of a pose is that of the dolly, the roll or the lens.
fn is_scale(number: usize) -> bool {
    matches!(number, 2 | 5 | 6)
}

/// Whether a request asks for a journey, and where to.
pub(super) fn goal(request: &Request) -> Option<Arc<Image>> {
    request.end.clone().filter(|_| request.frames() > 1)
}
