// SPDX-License-Identifier: MIT OR Apache-2.0
//! The parameters of a `motion:` URI: the properties of the element as text.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use glib::{ParamSpec, prelude::*};
use stillmotion_engine::request::Check;

use super::uri::shown;

/// The properties of `element` that a URI may set: all that it has itself and that text can hold,
/// without the path, and `num-buffers`.
pub fn specs(element: &super::MotionSrc) -> Vec<ParamSpec> {
    let own = |spec: &ParamSpec| spec.owner_type() == element.type_() && spec.name() != "location";
    let properties = element.list_properties().to_vec();
    let writable = |spec: &ParamSpec| spec.flags().contains(glib::ParamFlags::READWRITE);
    properties
        .into_iter()
        .filter(|spec| own(spec) || spec.name() == "num-buffers")
        .filter(|spec| writable(spec) && Kind::of(spec).is_some())
        .collect()
}

/// The values that `parameters` give, by name of the property. Notes in `check` what is wrong.
pub fn values(
    parameters: &[(String, String)],
    specs: &[ParamSpec],
    check: &mut Check,
) -> BTreeMap<&'static str, glib::Value> {
    let mut values = BTreeMap::new();
    for spec in specs {
        let given = parameters.iter().filter(|(name, _)| name == spec.name());
        let given: Vec<&str> = given.map(|(_, value)| value.as_str()).collect();
        let (Some(text), Some(kind)) = (given.first(), Kind::of(spec)) else { continue };
        if given.len() > 1 {
            let all: Vec<String> = given.iter().map(|text| shown(text.as_bytes())).collect();
            check.problem(spec.name(), all.join(" and "), format!("one value: {}", kind.allowed()));
        } else if let Some(value) = kind.read(text) {
            values.insert(spec.name(), value);
        } else {
            check.problem(spec.name(), quoted(text), kind.allowed());
        }
    }
    let known = |name: &str| specs.iter().any(|spec| spec.name() == name);
    let unknown = parameters.iter().filter(|(name, _)| !known(name));
    let unknown: Vec<String> = unknown
        .map(|(name, value)| format!("{}={}", shown(name.as_bytes()), shown(value.as_bytes())))
        .collect();
    if !unknown.is_empty() {
        let names: Vec<&str> = specs.iter().map(ParamSpec::name).collect();
        check.problem("parameter", unknown.join(" and "), names.join(", "));
    }
    values
}

/// `value` of the property `spec` as text, which [`values`] reads as the same value.
pub fn text(spec: &ParamSpec, value: &glib::Value) -> Option<String> {
    Kind::of(spec)?.write(value)
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "empty".to_owned() } else { shown(text.as_bytes()) }
}

/// What the text of a property looks like.
enum Kind {
    /// The length of a clip: a property in nanoseconds, a parameter in seconds.
    Seconds {
        most: u64,
    },
    Text,
    Flag,
    Choice(glib::EnumClass),
    Double(f64, f64),
    Int(i32, i32),
    UInt(u32, u32),
    UInt64(u64, u64),
}

impl Kind {
    fn of(spec: &ParamSpec) -> Option<Self> {
        let kind = if let Some(spec) = spec.downcast_ref::<glib::ParamSpecUInt64>() {
            match spec.name() {
                "duration" => Self::Seconds { most: spec.maximum() },
                _ => Self::UInt64(spec.minimum(), spec.maximum()),
            }
        } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecUInt>() {
            Self::UInt(spec.minimum(), spec.maximum())
        } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecInt>() {
            Self::Int(spec.minimum(), spec.maximum())
        } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecDouble>() {
            Self::Double(spec.minimum(), spec.maximum())
        } else if spec.is::<glib::ParamSpecString>() {
            Self::Text
        } else if spec.is::<glib::ParamSpecBoolean>() {
            Self::Flag
        } else {
            Self::Choice(glib::EnumClass::with_type(spec.value_type())?)
        };
        Some(kind)
    }

    fn read(&self, text: &str) -> Option<glib::Value> {
        match self {
            Self::Seconds { most } => {
                let seconds = text.parse().ok()?;
                let duration = Duration::try_from_secs_f64(seconds).ok()?;
                let nanoseconds = u64::try_from(duration.as_nanos()).ok()?;
                (1..=*most).contains(&nanoseconds).then(|| nanoseconds.to_value())
            }
            Self::Text => Some(text.to_value()),
            Self::Flag => text.parse::<bool>().ok().map(|flag| flag.to_value()),
            Self::Choice(class) => class.to_value_by_nick(text),
            Self::Double(low, high) => number(text, *low, *high),
            Self::Int(low, high) => number(text, *low, *high),
            Self::UInt(low, high) => number(text, *low, *high),
            Self::UInt64(low, high) => number(text, *low, *high),
        }
    }

    fn write(&self, value: &glib::Value) -> Option<String> {
        match self {
            Self::Seconds { .. } => {
                let nanoseconds = value.get::<u64>().ok()?;
                Some(Duration::from_nanos(nanoseconds).as_secs_f64().to_string())
            }
            Self::Text => value.get::<String>().ok(),
            Self::Flag => value.get::<bool>().ok().map(|flag| flag.to_string()),
            Self::Choice(_) => {
                let (_, chosen) = glib::EnumValue::from_value(value)?;
                Some(chosen.nick().to_owned())
            }
            Self::Double(..) => value.get::<f64>().ok().map(|number| number.to_string()),
            Self::Int(..) => value.get::<i32>().ok().map(|number| number.to_string()),
            Self::UInt(..) => value.get::<u32>().ok().map(|number| number.to_string()),
            Self::UInt64(..) => value.get::<u64>().ok().map(|number| number.to_string()),
        }
    }

    /// What the text may be, for a message.
    fn allowed(&self) -> String {
        match self {
            Self::Seconds { most } => {
                format!("above 0, up to {} seconds", Duration::from_nanos(*most).as_secs())
            }
            Self::Text => "any text".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Choice(class) => {
                let nicks: Vec<&str> = class.values().iter().map(|value| value.nick()).collect();
                nicks.join(", ")
            }
            Self::Double(low, high) => format!("{low} to {high}"),
            Self::Int(low, high) => format!("a whole number, {low} to {high}"),
            Self::UInt(low, high) => format!("a whole number, {low} to {high}"),
            Self::UInt64(low, high) => format!("a whole number, {low} to {high}"),
        }
    }
}

fn number<T: FromStr + PartialOrd + ToValue>(text: &str, low: T, high: T) -> Option<glib::Value> {
    let number = text.parse::<T>().ok()?;
    (low..=high).contains(&number).then(|| number.to_value())
}
