// SPDX-License-Identifier: MIT OR Apache-2.0
//! A spot of colour of one particle in one frame.

/// How much a sprite covers between its middle and its rim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::scene) enum Profile {
    /// Fades all the way, with no rim that could be seen.
    Soft,
    /// Covers fully but for a rim, which is `1 / sharpness` of the radius wide.
    Disc(f32),
    /// Likewise, pointed at both ends of its longer axis.
    Leaf(f32),
    /// A rim alone.
    Ring,
}

/// A spot of colour, anti-aliased.
#[derive(Debug, Clone, Copy)]
pub(in crate::scene) struct Sprite {
    /// Its middle, in pixels of the frame from the top left corner; whole at the middles of pixels.
    pub at: [f32; 2],
    /// What turns a way from the middle, in pixels, into one in its own axes, where it ends at 1.
    pub axes: [[f32; 2]; 2],
    pub profile: Profile,
    /// sRGB, 0..1.
    pub colour: [f32; 3],
    /// How much it covers, 0..1.
    pub alpha: f32,
    /// Hidden behind all that is nearer.
    pub nearness: f32,
    /// Adds light instead of covering.
    pub adds: bool,
}

/// The least radius in pixels: what is smaller is drawn so large, and fainter for it.
const LEAST_RADIUS: f32 = 0.9;

impl Sprite {
    /// A sprite whose `radii` in pixels lie along `way`, a unit vector, and across it.
    pub fn turned(mut self, radii: [f32; 2], way: [f32; 2]) -> Self {
        let [along, across] = radii.map(|r| r.max(LEAST_RADIUS));
        self.alpha *= (radii[0] / along).max(0.0) * (radii[1] / across).max(0.0);
        self.axes = [[way[0] / along, way[1] / along], [-way[1] / across, way[0] / across]];
        self
    }

    /// A round one.
    pub fn round(self, radius: f32) -> Self {
        self.turned([radius; 2], [1.0, 0.0])
    }

    /// How much it covers `dx`, `dy` pixels from its middle, 0..1.
    #[inline(always)]
    pub fn cover(&self, dx: f32, dy: f32) -> f32 {
        let [u, v] = self.axes.map(|axis| axis[0] * dx + axis[1] * dy);
        let inside = (1.0 - u * u - v * v).max(0.0);
        match self.profile {
            Profile::Soft => inside * inside,
            Profile::Disc(sharpness) => (0.5 * sharpness * inside).min(1.0),
            Profile::Leaf(sharpness) => {
                let inside = (1.0 - u * u - v.abs()).max(0.0);
                // The halves lie in the light differently.
                (sharpness * inside).min(1.0) * if v > 0.0 { 1.0 } else { 0.82 }
            }
            Profile::Ring => {
                let inner = (1.0 - 1.45 * (u * u + v * v)).max(0.0);
                inside.sqrt().min(1.0) * (1.0 - inner).powi(2)
            }
        }
    }

    /// Half its height in pixels.
    pub fn reach(&self) -> f32 {
        let [a, b, c] = self.form();
        (a / (a * c - b * b).max(1e-12)).sqrt()
    }

    /// Its left and its right end, in pixels of the frame.
    pub fn sides(&self) -> [f32; 2] {
        let [a, b, c] = self.form();
        let half = (c / (a * c - b * b).max(1e-12)).sqrt();
        [self.at[0] - half, self.at[0] + half]
    }

    /// The squared length of `dx`, `dy` in its own axes is `a dx² + 2 b dx dy + c dy²`.
    fn form(&self) -> [f32; 3] {
        let [[p, q], [r, s]] = self.axes;
        [p * p + r * r, p * q + r * s, q * q + s * s]
    }

    /// Between which `dx` it covers anything at `dy`.
    pub fn span(&self, dy: f32) -> Option<[f32; 2]> {
        let [a, b, c] = self.form();
        let rest = b * b * dy * dy - a * (c * dy * dy - 1.0);
        (rest > 0.0).then(|| [-1.0, 1.0].map(|sign| (-b * dy + sign * rest.sqrt()) / a))
    }
}
