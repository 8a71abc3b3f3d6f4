// SPDX-License-Identifier: MIT OR Apache-2.0
//! Light on what was found: sun, shadow, ambient light, lamps, haze, water.

use glam::Vec3;

use crate::{
    class::Class,
    material::Material,
    noise::{fbm, smoothstep, value, vector},
    raster::{Pixel, Shadows, Thing, View},
    scene::{Scene, Water},
};

/// A picture with what is known of it.
pub struct Frame {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Linear colours.
    pub colour: Vec<Vec3>,
    /// Inverse depth, one over metres along the camera's axis; 0 for the sky.
    pub nearness: Vec<f32>,
    /// Classes.
    pub class: Vec<Class>,
}

/// A surface at a pixel, before light.
struct Surface {
    at: Vec3,
    normal: Vec3,
    colour: Vec3,
    glow: f32,
    gloss: f32,
    sheer: f32,
    class: Class,
}

/// Renders a scene at this size; both sides are even.
pub fn render(scene: &Scene, width: usize, height: usize) -> Frame {
    let view = View::new(scene.camera, width, height);
    let pixels = view.raster(scene);
    let shadows = Shadows::new(scene);
    let mut frame = Frame {
        width,
        height,
        colour: Vec::with_capacity(pixels.len()),
        nearness: pixels.iter().map(|p| if p.t.is_finite() { 1.0 / p.t } else { 0.0 }).collect(),
        class: Vec::with_capacity(pixels.len()),
    };
    for i in 0..pixels.len() {
        // Two by two pixels make one of the picture: where they show one thing, light is reckoned
        // once for all four.
        let corner = ((i / width) & !1) * width + ((i % width) & !1);
        let four = [corner, corner + 1, corner + width, corner + width + 1];
        let one = four.iter().all(|&j| pixels[j].thing == pixels[corner].thing);
        if one && i != corner {
            frame.colour.push(frame.colour[corner]);
            frame.class.push(frame.class[corner]);
            continue;
        }
        let ray = view.ray(i % width, i / width);
        let (colour, class) = if pixels[i].thing == Thing::Sky {
            scene.sky.look(ray.normalize())
        } else {
            shade(scene, &shadows, &view, &pixels[i], ray)
        };
        frame.colour.push(colour);
        frame.class.push(class);
    }
    if let Some(water) = &scene.water {
        mirror(scene, water, &view, &pixels, &mut frame);
    }
    frame
}

fn shade(scene: &Scene, shadows: &Shadows, view: &View, pixel: &Pixel, ray: Vec3) -> (Vec3, Class) {
    let metres = pixel.t * view.step();
    let surface = match pixel.thing {
        Thing::Water => return (Vec3::ZERO, Class::Water),
        Thing::Floor => {
            let material = scene.floor.as_ref().map(|(_, m)| m);
            on_ground(material, pixel, metres, ray)
        }
        Thing::Terrain => {
            let chance = fbm(pixel.local * 0.15, 3);
            let material =
                scene.terrain.as_ref().map(|t| t.material(pixel.local, pixel.normal, chance));
            on_ground(material, pixel, metres, ray)
        }
        Thing::Solid(index) => Some(on_solid(scene, index as usize, pixel, metres, ray)),
        Thing::Sky => None,
    };
    let Some(surface) = surface else { return (Vec3::ZERO, Class::Other) };
    let lit = light(scene, shadows, &surface, ray);
    let distance = pixel.t * ray.length();
    let clear = (-distance * scene.haze).exp();
    let haze = scene.sky.haze(ray.normalize());
    (haze.lerp(lit, clear), surface.class)
}

fn on_ground(
    material: Option<&Material>,
    pixel: &Pixel,
    metres: f32,
    ray: Vec3,
) -> Option<Surface> {
    let material = material?;
    // A pixel reaches far where ground is seen at a low angle.
    let slant = ray.normalize().dot(pixel.normal).abs().max(0.02);
    let blur = metres * material.scale / slant.sqrt();
    let (colour, glow) = material.look(pixel.local, pixel.normal, 0.0, blur);
    let wide = 0.75 + 0.5 * fbm(pixel.local * 0.11, 3);
    Some(Surface {
        at: pixel.local,
        normal: material.bumped(pixel.normal, pixel.local, 0.0, blur),
        colour: colour * wide,
        glow,
        gloss: material.gloss,
        sheer: 0.0,
        class: material.class,
    })
}

fn on_solid(scene: &Scene, index: usize, pixel: &Pixel, metres: f32, ray: Vec3) -> Surface {
    let solid = &scene.solids[index];
    let material = &scene.materials[solid.material];
    let metric = pixel.local * solid.half;
    let blur = metres * material.scale;
    let side = (solid.to_local.transform_vector3(pixel.normal) * solid.half * solid.half)
        .normalize_or(Vec3::Y);
    let (colour, glow) = material.look(metric, side, solid.seed, blur);
    let normal = if pixel.normal.dot(ray) > 0.0 { -pixel.normal } else { pixel.normal };
    Surface {
        at: scene.camera.at + pixel.t * ray,
        normal: material.bumped(normal, metric, solid.seed, blur),
        colour,
        glow,
        gloss: material.gloss,
        sheer: material.sheer,
        class: if glow > 0.4 { Class::Glow } else { material.class },
    }
}

fn light(scene: &Scene, shadows: &Shadows, surface: &Surface, ray: Vec3) -> Vec3 {
    let Surface { at, normal, colour, glow, gloss, sheer, .. } = *surface;
    let [above, below] = scene.ambient;
    let mut light = below.lerp(above, 0.5 + 0.5 * normal.y);
    let facing = normal.dot(scene.sun);
    let view = ray.normalize();
    let mut shine = Vec3::ZERO;
    if facing > 0.0 || sheer > 0.0 {
        let sun = shadows.light(at) * scene.sunlight;
        light += sun * (facing.max(0.0) + sheer * (-facing).max(0.0));
        let half = (scene.sun - view).normalize_or(normal);
        shine = sun * gloss * normal.dot(half).max(0.0).powf(8.0 + 60.0 * gloss);
    }
    for lamp in &scene.lamps {
        let to = lamp.at - at;
        let distance = to.length_squared().max(0.05);
        light += lamp.light * (normal.dot(to) / distance.sqrt()).max(0.0) / distance;
    }
    if gloss > 0.05 {
        let mirrored = view - 2.0 * view.dot(normal) * normal;
        let edge = (1.0 + view.dot(normal)).clamp(0.0, 1.0).powi(4);
        let around = if mirrored.y > 0.0 { above } else { below };
        shine += around * gloss * (0.08 + 0.6 * edge);
    }
    colour * light + shine + colour * glow * 2.5
}

/// Fills in water: what is above it, upside down, and its own colour.
fn mirror(scene: &Scene, water: &Water, view: &View, pixels: &[Pixel], frame: &mut Frame) {
    let filled: Vec<Vec3> = frame.colour.clone();
    for (i, pixel) in pixels.iter().enumerate() {
        if pixel.thing != Thing::Water {
            continue;
        }
        let corner = ((i / frame.width) & !1) * frame.width + ((i % frame.width) & !1);
        if i != corner && pixels[corner].thing == Thing::Water {
            frame.colour[i] = frame.colour[corner];
            continue;
        }
        let ray = view.ray(i % frame.width, i / frame.width);
        let direction = ray.normalize();
        let blur = pixel.t * view.step() * water.scale / direction.y.abs().max(0.02);
        let calm = 1.0 / (1.0 + 0.5 * blur);
        let at = pixel.local * Vec3::new(1.0, 1.0, 0.6) * water.scale;
        let waves = vector(at) + 0.5 * vector(at * 2.3) + 0.3 * vector(at * 5.1);
        let tilt = water.ripple * calm * Vec3::new(waves.x, 0.0, waves.z);
        let normal = (Vec3::Y + tilt).normalize();
        let mut away = direction - 2.0 * direction.dot(normal) * normal;
        away.y = away.y.abs().max(0.01);
        let shown = view.pixel_of(away).map(|(x, y)| y * frame.width + x);
        let above = shown.filter(|&j| pixels[j].thing != Thing::Water && pixels[j].t > pixel.t);
        let seen = above.map_or_else(|| scene.sky.look(away.normalize()).0, |j| filled[j]);
        let edge = (1.0 - direction.dot(normal).abs()).clamp(0.0, 1.0);
        let share = 0.06 + 0.9 * edge.powi(4);
        let [sky, _] = scene.ambient;
        let body = water.colour * (sky + 0.5 * scene.sunlight) * (0.85 + 0.3 * waves.y);
        let half = (scene.sun - direction).normalize_or(normal);
        let glitter = scene.sunlight * normal.dot(half).max(0.0).powf(180.0) * 2.0;
        let crest = value(at * 0.7) + 0.4 * value(at * 6.0);
        let foam = smoothstep(1.15 - water.foam, 1.25 - water.foam, crest);
        let colour = body.lerp(seen, share) + glitter;
        let colour = colour.lerp(Vec3::splat(0.8) * (sky + 0.5 * scene.sunlight), foam);
        let clear = (-pixel.t * scene.haze).exp();
        frame.colour[i] = scene.sky.haze(direction).lerp(colour, clear);
    }
}
