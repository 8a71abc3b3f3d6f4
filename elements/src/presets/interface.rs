// SPDX-License-Identifier: MIT OR Apache-2.0
//! GStreamer's preset interface, with presets that are compiled in.
//!
//! The bindings offer the interface only as it is, with presets read from files. Here three of
//! its functions also know those, and leave the rest to GStreamer's own.

use std::{
    ffi::{CStr, c_char},
    sync::OnceLock,
};

use glib::{
    ffi::{GFALSE, GTRUE, gboolean},
    prelude::*,
    subclass::prelude::*,
    translate::{FromGlibPtrContainer, ToGlibPtr, from_glib_borrow},
};
use gst::ffi::{GstPreset, GstPresetInterface};

use super::{BUILT_IN, built_in};

glib::wrapper! {
    /// The interface `GstPreset`, for elements that have the shared properties.
    pub struct Presets(Interface<GstPreset, GstPresetInterface>);

    match fn {
        type_ => || gst::ffi::gst_preset_get_type(),
    }
}

type GetNames = unsafe extern "C" fn(*mut GstPreset) -> *mut *mut c_char;
type Load = unsafe extern "C" fn(*mut GstPreset, *const c_char) -> gboolean;
type GetMeta = unsafe extern "C" fn(
    *mut GstPreset,
    *const c_char,
    *const c_char,
    *mut *mut c_char,
) -> gboolean;

/// GStreamer's own functions, which read files.
struct Files {
    get_preset_names: Option<GetNames>,
    load_preset: Option<Load>,
    get_meta: Option<GetMeta>,
}

static FILES: OnceLock<Files> = OnceLock::new();

// SAFETY: the functions that are put in have the signatures that the interface asks for, and keep
// its rules of ownership: names and metas are given away whole.
unsafe impl<T: ObjectSubclass<Type: IsA<gst::Preset>>> IsImplementable<T> for Presets {
    fn interface_init(interface: &mut glib::Interface<Self>) {
        let functions = interface.as_mut();
        FILES.get_or_init(|| Files {
            get_preset_names: functions.get_preset_names,
            load_preset: functions.load_preset,
            get_meta: functions.get_meta,
        });
        functions.get_preset_names = Some(get_preset_names);
        functions.load_preset = Some(load_preset);
        functions.get_meta = Some(get_meta);
    }
}

/// Names in the files of the user and of the system.
///
/// # Safety
/// `preset` must point to an object with this interface.
unsafe fn names_in_files(preset: *mut GstPreset) -> Vec<glib::GString> {
    let Some(names) = FILES.get().and_then(|files| files.get_preset_names) else {
        return Vec::new();
    };
    // SAFETY: GStreamer's own function, with the object it was called for; it gives the list away.
    unsafe { FromGlibPtrContainer::from_glib_full(names(preset)) }
}

unsafe extern "C" fn get_preset_names(preset: *mut GstPreset) -> *mut *mut c_char {
    // SAFETY: called for an object that has this interface.
    let mut names = unsafe { names_in_files(preset) };
    for built_in in BUILT_IN {
        if !names.iter().any(|name| name == built_in.name) {
            names.push(built_in.name.into());
        }
    }
    names.to_glib_full()
}

unsafe extern "C" fn load_preset(preset: *mut GstPreset, name: *const c_char) -> gboolean {
    // SAFETY: called for an object that has this interface.
    let in_files = unsafe { names_in_files(preset) };
    // SAFETY: GStreamer has checked that the name is not NULL.
    let wanted = unsafe { CStr::from_ptr(name) };
    let own = wanted.to_str().ok().and_then(built_in);
    match own {
        Some(own) if !in_files.iter().any(|name| name == own.name) => {
            // Borrowed: who parses a pipeline holds the element by a floating reference, which a
            // reference of ours would sink and then drop.
            // SAFETY: only elements have this interface, and it is alive during the call.
            let element = unsafe { from_glib_borrow(preset.cast::<gst::ffi::GstObject>()) };
            own.apply(&element);
            GTRUE
        }
        _ => match FILES.get().and_then(|files| files.load_preset) {
            // SAFETY: GStreamer's own function, with the arguments that it expects.
            Some(load) => unsafe { load(preset, name) },
            None => GFALSE,
        },
    }
}

unsafe extern "C" fn get_meta(
    preset: *mut GstPreset,
    name: *const c_char,
    tag: *const c_char,
    value: *mut *mut c_char,
) -> gboolean {
    if let Some(in_file) = FILES.get().and_then(|files| files.get_meta) {
        // SAFETY: GStreamer's own function, with the arguments that it expects. It says yes also
        // where it finds nothing, and then leaves NULL.
        if unsafe { in_file(preset, name, tag, value) != GFALSE && !(*value).is_null() } {
            return GTRUE;
        }
    }
    // SAFETY: GStreamer has checked that neither is NULL.
    let (name, tag) = unsafe { (CStr::from_ptr(name), CStr::from_ptr(tag)) };
    let own = name.to_str().ok().and_then(built_in).filter(|_| tag == c"comment");
    let Some(own) = own else { return GFALSE };
    let comment: *mut c_char = own.comment.to_glib_full();
    // SAFETY: GStreamer has checked the place; the caller frees what is put there.
    unsafe { *value = comment };
    GTRUE
}
