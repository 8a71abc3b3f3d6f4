// SPDX-License-Identifier: MIT OR Apache-2.0
//! Properties: the ends of their ranges, and from another thread while frames are made.

use std::sync::atomic::{AtomicBool, Ordering};

use gst::{ClockTime, prelude::*};
use stillmotion_tests::{factories, pictures, rig::Rig, stress::Chance};

/// The properties of the element itself that can be set.
fn settable(element: &gst::Element) -> Vec<glib::ParamSpec> {
    let properties = element.list_properties().to_vec();
    let own = |spec: &glib::ParamSpec| {
        spec.owner_type() == element.type_() && spec.flags().contains(glib::ParamFlags::WRITABLE)
    };
    properties.into_iter().filter(own).collect()
}

/// GObject refuses what lies outside a range, with a warning that gst-launch-1.0 passes on.
#[test]
fn the_ends_of_every_range_are_kept() {
    let mut seen = 0;
    for factory in factories() {
        let element = gst::ElementFactory::make(&factory).build().unwrap();
        for spec in settable(&element) {
            let ends = if let Some(spec) = spec.downcast_ref::<glib::ParamSpecDouble>() {
                [spec.minimum().to_value(), spec.maximum().to_value()]
            } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecUInt64>() {
                [spec.minimum().to_value(), spec.maximum().to_value()]
            } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecUInt>() {
                [spec.minimum().to_value(), spec.maximum().to_value()]
            } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecInt>() {
                [spec.minimum().to_value(), spec.maximum().to_value()]
            } else {
                continue;
            };
            for value in ends {
                element.set_property_from_value(spec.name(), &value);
                let kept = element.property_value(spec.name());
                let what = format!("{factory}::{}", spec.name());
                assert_eq!(format!("{kept:?}"), format!("{value:?}"), "{what}");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "only {seen} values were tried");
}

#[test]
fn the_documented_moment_of_change_is_in_the_flags() {
    for factory in factories() {
        let element = gst::ElementFactory::make(&factory).build().unwrap();
        for spec in settable(&element) {
            let moments = glib::ParamFlags::from_bits_retain(
                (gst::PARAM_FLAG_MUTABLE_READY
                    | gst::PARAM_FLAG_MUTABLE_PAUSED
                    | gst::PARAM_FLAG_MUTABLE_PLAYING)
                    .bits(),
            );
            let said = spec.flags().intersects(moments);
            assert!(said, "{factory}::{}: when may it change?", spec.name());
        }
    }
}

/// Sets a property to something that it can hold.
fn set_at_random(element: &gst::Element, spec: &glib::ParamSpec, chance: &mut Chance) {
    let name = spec.name();
    let share = chance.below(1001) as f64 / 1000.0;
    if let Some(spec) = spec.downcast_ref::<glib::ParamSpecDouble>() {
        let value = spec.minimum() + share * (spec.maximum() - spec.minimum());
        element.set_property(name, value);
    } else if spec.downcast_ref::<glib::ParamSpecBoolean>().is_some() {
        element.set_property(name, chance.once_in(2));
    } else if spec.downcast_ref::<glib::ParamSpecUInt64>().is_some() {
        // As a duration, up to four seconds.
        element.set_property(name, 1 + chance.below(4_000_000_000));
    } else if name == "at-end" {
        // Without the choice that ends the stream.
        element.set_property_from_str(name, chance.pick(&["hold", "loop", "ping-pong"]));
    } else if name == "prompt" {
        element.set_property(name, chance.pick(&["", "orbit", "crash zoom", "fog, [Tilt up]"]));
    }
}

#[test]
fn a_storm_of_settings_from_another_thread_spoils_no_frame() {
    for factory in ["motiongen", "motionfilter"] {
        let rig = Rig::new(factory, &[("at-end", "loop")]);
        let mut caps = pictures::caps("I420", 64, 48);
        caps.make_mut().set("framerate", gst::Fraction::new(24, 1));
        rig.play();
        assert!(rig.announce(&caps));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut chance = Chance::new(3);
                let playing = |spec: &glib::ParamSpec| {
                    spec.flags().bits() & gst::PARAM_FLAG_MUTABLE_PLAYING.bits() != 0
                };
                let specs: Vec<_> =
                    settable(&rig.element).into_iter().filter(|spec| playing(spec)).collect();
                while !done.load(Ordering::Relaxed) {
                    let spec = &specs[chance.below(specs.len() as u64) as usize];
                    set_at_random(&rig.element, spec, &mut chance);
                    let _ = rig.element.property::<gst::Structure>("stats");
                }
            });
            rig.allow(600);
            for i in 0..600 {
                let mut frame = pictures::frame(&caps, 5);
                frame.make_mut().set_pts(ClockTime::from_mseconds(1000 * i / 24));
                if rig.push(frame).is_err() {
                    break;
                }
            }
            rig.wait("600 frames", |out| out.buffers.len() >= 600);
            done.store(true, Ordering::Relaxed);
        });
        let size = gst_video::VideoInfo::from_caps(&caps).unwrap().size();
        assert!(rig.out().buffers.iter().all(|buffer| buffer.size() >= size));
        assert!(rig.errors().is_empty());
    }
}
