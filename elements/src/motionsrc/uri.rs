// SPDX-License-Identifier: MIT OR Apache-2.0
//! The form of a `motion:` URI: a path, and parameters as text.

use std::{
    ffi::OsString,
    fmt,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use stillmotion_engine::request::{Check, InvalidSettings};

/// The scheme of these URIs.
pub const SCHEME: &str = "motion";

/// What need not be escaped anywhere in a URI (RFC 3986, 2.3).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &VALUE.remove(b'/');

/// How much of a wrong value a message shows, in characters.
const SHOWN: usize = 60;

/// A picture and how it is to move, as in `motion:///home/me/cabin.jpg?prompt=slow%20orbit`.
///
/// [`Display`](fmt::Display) writes the URI, with everything escaped that could mean something
/// else; reading that gives the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MotionUri {
    /// Where the picture is: an absolute path. A file name need not be text.
    pub path: PathBuf,
    /// Names and values, without escapes, in their order.
    pub parameters: Vec<(String, String)>,
}

impl MotionUri {
    /// Reads a URI. Only the form is looked at here, not which parameters there are.
    ///
    /// A plus sign is a plus sign: RFC 3986 knows no other meaning, and a space is `%20`.
    ///
    /// # Errors
    /// [`InvalidSettings`] lists everything that is wrong: another scheme, a host, a fragment, a
    /// path that is not absolute, escapes that are none, text that is not UTF-8.
    ///
    /// ```
    /// use stillmotion_elements::motionsrc::uri::MotionUri;
    ///
    /// let uri = MotionUri::parse(b"motion:///home/me/my%20cabin.jpg?motion=7").unwrap();
    /// assert_eq!(uri.path.to_str(), Some("/home/me/my cabin.jpg"));
    /// assert_eq!(uri.to_string(), "motion:///home/me/my%20cabin.jpg?motion=7");
    /// ```
    pub fn parse(uri: &[u8]) -> Result<Self, InvalidSettings> {
        let mut check = Check::default();
        let uri = Self::read(uri, &mut check);
        check.finish().map(|()| uri)
    }

    /// As [`Self::parse`], with the problems noted in `check`. What is wrong is left out.
    pub(super) fn read(uri: &[u8], check: &mut Check) -> Self {
        let (scheme, rest) = split(uri, b':');
        let Some(rest) = rest.filter(|_| scheme.eq_ignore_ascii_case(SCHEME.as_bytes())) else {
            check.problem("scheme", shown(scheme), format!("{SCHEME}:"));
            return Self::default();
        };
        let (rest, fragment) = split(rest, b'#');
        if let Some(fragment) = fragment {
            let allowed = "none: # is written %23".to_owned();
            check.problem("fragment", format_args!("#{}", shown(fragment)), allowed);
        }
        let (place, query) = split(rest, b'?');
        let path = read_path(place, check);
        let pieces = query.unwrap_or_default().split(|&byte| byte == b'&');
        let pieces = pieces.filter(|piece| !piece.is_empty());
        let parameters = pieces.filter_map(|piece| read_parameter(piece, check)).collect();
        Self { path, parameters }
    }
}

impl fmt::Display for MotionUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_os_str().as_bytes();
        write!(f, "{SCHEME}://{}", percent_encode(path, PATH))?;
        for (i, (name, value)) in self.parameters.iter().enumerate() {
            let separator = if i == 0 { '?' } else { '&' };
            let (name, value) = (name.as_bytes(), value.as_bytes());
            let (name, value) = (percent_encode(name, VALUE), percent_encode(value, VALUE));
            write!(f, "{separator}{name}={value}")?;
        }
        Ok(())
    }
}

/// The path behind an authority that is empty or names this machine.
fn read_path(place: &[u8], check: &mut Check) -> PathBuf {
    let path = match place.strip_prefix(b"//") {
        None => place,
        Some(rest) => {
            let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            if !host.is_empty() && !host.eq_ignore_ascii_case(b"localhost") {
                let allowed = "none or localhost: three slashes lead to a file, as in \
                               motion:///home/me/photo.jpg";
                check.problem("host", shown(host), allowed.to_owned());
                return PathBuf::new();
            }
            path
        }
    };
    let decoded = decode(path).filter(|path| path.first() == Some(&b'/') && path.len() > 1);
    let Some(decoded) = decoded else {
        let allowed = "an absolute path in which % is written %25".to_owned();
        check.problem("path", shown(path), allowed);
        return PathBuf::new();
    };
    OsString::from_vec(decoded).into()
}

fn read_parameter(piece: &[u8], check: &mut Check) -> Option<(String, String)> {
    let (name, value) = split(piece, b'=');
    let text = |bytes| decode(bytes).and_then(|bytes| String::from_utf8(bytes).ok());
    let read = text(name).zip(text(value.unwrap_or_default()));
    if read.is_none() {
        let allowed = "name=value in UTF-8, in which % is written %25".to_owned();
        check.problem("parameter", shown(piece), allowed);
    }
    read
}

/// What is before the first `mark`, and what is behind it if there is one.
fn split(bytes: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match bytes.iter().position(|&byte| byte == mark) {
        Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
        None => (bytes, None),
    }
}

/// `text` without escapes. `None` where a `%` starts no escape, and for NUL, which neither a path
/// nor a property can hold.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digits = |escape: &[u8]| escape.iter().take(2).filter(|b| b.is_ascii_hexdigit()).count();
    let whole = text.split(|&byte| byte == b'%').skip(1).all(|escape| digits(escape) == 2);
    let decoded: Vec<u8> = percent_decode(text).collect();
    (whole && !decoded.contains(&0)).then_some(decoded)
}

/// `text` as a message shows it: cut where it is long, and on one line.
pub(super) fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let visible = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    let mut shown: String = text.chars().take(SHOWN).map(visible).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
