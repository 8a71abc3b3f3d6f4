// SPDX-License-Identifier: MIT OR Apache-2.0
//! What several test files share.

pub mod clip;
pub mod docs;
pub mod flow;
pub mod ges;
pub mod inspect;
pub mod launch;
pub mod model;
pub mod obs;
pub mod photos;
pub mod pictures;
pub mod pipeline;
pub mod process;
pub mod rig;
pub mod stress;

use std::{ffi::CString, sync::Once};

use glib::{gobject_ffi, translate::ToGlibPtr, translate::ToGlibPtrMut};
use gst::prelude::*;

/// The elements that make a clip of what comes in.
pub const FILTERS: [&str; 2] = ["motiongen", "motionfilter"];

/// The name of every element of the plugin, as GStreamer knows them: a new one is in all tests.
///
/// # Panics
/// When there is none.
pub fn factories() -> Vec<String> {
    init();
    let features = gst::Registry::get().features(gst::ElementFactory::static_type());
    let factories = features.into_iter().filter_map(|f| f.downcast::<gst::ElementFactory>().ok());
    let ours = |factory: &gst::ElementFactory| {
        factory.metadata("author").is_some_and(|author| author == "The stillmotion developers")
    };
    let mut names: Vec<_> =
        factories.filter(ours).map(|factory| factory.name().to_string()).collect();
    assert!(!names.is_empty(), "the elements are registered");
    names.sort();
    names
}

/// Starts GStreamer and registers the elements. Any critical warning ends the test.
///
/// # Panics
/// When GStreamer does not start.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gst::init().expect("GStreamer starts");
        stillmotion_elements::register(None).expect("the elements register");
        glib::log_set_always_fatal(
            glib::LogLevels::LEVEL_CRITICAL
                | glib::LogLevels::LEVEL_ERROR
                | glib::LogLevels::LEVEL_WARNING,
        );
    });
}

/// Sets a string property to bytes that need not be UTF-8, as C programs can.
///
/// # Panics
/// When `bytes` hold a NUL.
pub fn set_raw(element: &gst::Element, name: &str, bytes: &[u8]) {
    let text = CString::new(bytes).expect("no NUL");
    let name = CString::new(name).expect("no NUL");
    let mut value = glib::Value::from_type(glib::Type::STRING);
    // SAFETY: the value holds a string and copies the text, which is NUL-terminated; GObject
    // copies the value.
    unsafe {
        gobject_ffi::g_value_set_string(value.to_glib_none_mut().0, text.as_ptr());
        gobject_ffi::g_object_set_property(
            element.upcast_ref::<glib::Object>().to_glib_none().0,
            name.as_ptr(),
            value.to_glib_none().0,
        );
    }
}
