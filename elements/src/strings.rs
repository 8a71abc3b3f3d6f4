// SPDX-License-Identifier: MIT OR Apache-2.0
//! Strings that hosts put into properties. They come as raw bytes: gst-launch passes on what the
//! shell gave it, and `glib::Value::get::<String>()` panics on bytes that are not UTF-8.

use std::{
    ffi::{CStr, OsString},
    os::unix::ffi::OsStringExt,
    path::PathBuf,
};

use glib::{gobject_ffi, translate::ToGlibPtr};

/// The bytes of a string value, without the NUL. `None` for NULL and for other types.
pub fn bytes(value: &glib::Value) -> Option<Vec<u8>> {
    if !value.type_().is_a(glib::Type::STRING) {
        return None;
    }
    // SAFETY: the value holds a string, so the call gives NULL or a NUL-terminated string that
    // the value owns. The value is borrowed until the bytes are copied.
    unsafe {
        let text = gobject_ffi::g_value_get_string(value.to_glib_none().0);
        if text.is_null() { None } else { Some(CStr::from_ptr(text).to_bytes().to_vec()) }
    }
}

/// The path that a string value is. File names are bytes, and those that are not UTF-8 are opened all
/// the same.
pub fn path(value: &glib::Value) -> PathBuf {
    OsString::from_vec(bytes(value).unwrap_or_default()).into()
}

/// The text of a string value. Bytes that are not UTF-8 become U+FFFD, NULL becomes "".
pub fn lossy(value: &glib::Value) -> String {
    let bytes = bytes(value).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use glib::value::ToValue;

    fn raw_value(text: &CStr) -> glib::Value {
        let mut value = glib::Value::from_type(glib::Type::STRING);
        // SAFETY: the value holds a string, and `text` is NUL-terminated; GLib copies it.
        unsafe {
            gobject_ffi::g_value_set_string(
                glib::translate::ToGlibPtrMut::to_glib_none_mut(&mut value).0,
                text.as_ptr(),
            );
        }
        value
    }

    #[test]
    fn bytes_that_are_not_utf8_survive() {
        let value = raw_value(c"a\xff\xfeb");
        assert_eq!(bytes(&value).unwrap(), b"a\xff\xfeb");
        assert_eq!(lossy(&value), "a\u{FFFD}\u{FFFD}b");
    }

    #[test]
    fn null_and_other_types_are_empty() {
        assert_eq!(bytes(&None::<&str>.to_value()), None);
        assert_eq!(lossy(&None::<&str>.to_value()), "");
        assert_eq!(bytes(&1_i32.to_value()), None);
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(lossy(&"Gebäude".to_value()), "Gebäude");
    }
}
