// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the elements say of themselves: as data for a golden file, and as pages for people.

use std::{collections::BTreeMap, fmt::Write};

use gst::prelude::*;
use serde_json::{Map, Value, json};
use stillmotion_elements::presets::BUILT_IN;

use crate::factories;

/// Every factory with its pads, properties and presets: what must not change unnoticed, because
/// project files and scripts rely on it.
///
/// # Panics
/// When a factory is missing.
pub fn cache() -> Value {
    let elements: Map<_, _> =
        factories().into_iter().map(|name| (name.clone(), element(&name))).collect();
    json!({ "elements": elements, "enums": enums() })
}

fn make(name: &str) -> gst::Element {
    gst::ElementFactory::make(name).build().expect(name)
}

/// The properties that the element itself has, in the order in which it lists them.
fn properties_of(element: &gst::Element) -> Vec<glib::ParamSpec> {
    let all = element.list_properties().to_vec();
    all.into_iter().filter(|spec| spec.owner_type() == element.type_()).collect()
}

fn element(name: &str) -> Value {
    let element = make(name);
    let factory = element.factory().expect("made by a factory");
    let said = |key| factory.metadata(key).unwrap_or_default();
    let pads: Map<_, _> = factory
        .static_pad_templates()
        .iter()
        .map(|pad| {
            let described = json!({
                "caps": pad.caps().to_string(),
                "direction": format!("{:?}", pad.direction()),
                "presence": format!("{:?}", pad.presence()),
            });
            (pad.name_template().to_owned(), described)
        })
        .collect();
    let properties: Map<_, _> = properties_of(&element)
        .iter()
        .map(|spec| (spec.name().to_owned(), property(spec)))
        .collect();
    let mut described = json!({
        "long-name": said("long-name"),
        "klass": said("klass"),
        "description": said("description"),
        "author": said("author"),
        "rank": i32::from(factory.rank()),
        "type": element.type_().name(),
        "parent": element.type_().parent().map_or("", |parent| parent.name()),
        "pads": pads,
        "properties": properties,
        "presets": presets(&element),
    });
    let protocols: Vec<String> =
        factory.uri_protocols().iter().map(|protocol| protocol.to_string()).collect();
    if !protocols.is_empty() {
        described["uri-protocols"] = json!(protocols);
    }
    described
}

/// Those that come with the element, without what a user has saved.
fn presets(element: &gst::Element) -> BTreeMap<String, String> {
    let Some(element) = element.dynamic_cast_ref::<gst::Preset>() else {
        return BTreeMap::new();
    };
    let comment = |name: &str| element.meta(name, "comment").unwrap_or_default().to_string();
    let names = element.preset_names();
    let shipped = names.iter().filter(|name| BUILT_IN.iter().any(|preset| preset.name == *name));
    shipped.map(|name| (name.to_string(), comment(name))).collect()
}

fn property(spec: &glib::ParamSpec) -> Value {
    let flags = spec.flags();
    let gst_flag = |flag: glib::ParamFlags| flags.contains(flag);
    let changeable = if !gst_flag(glib::ParamFlags::WRITABLE) {
        "never"
    } else if gst_flag(gst::PARAM_FLAG_MUTABLE_PLAYING) {
        "playing"
    } else if gst_flag(gst::PARAM_FLAG_MUTABLE_PAUSED) {
        "paused"
    } else {
        "ready"
    };
    let mut described = json!({
        "nick": spec.nick(),
        "blurb": spec.blurb().unwrap_or_default(),
        "type": spec.value_type().name(),
        "default": text(spec.default_value()),
        "changeable-in": changeable,
        "controllable": gst_flag(gst::PARAM_FLAG_CONTROLLABLE),
    });
    if let Some((least, most)) = range(spec) {
        described["range"] = json!([least, most]);
    }
    described
}

fn text(value: &glib::Value) -> String {
    if value.is_type(gst::Structure::static_type()) {
        return String::new();
    }
    match value.get::<Option<String>>() {
        Ok(string) => string.unwrap_or_default(),
        Err(_) => value.serialize().expect("a simple type").to_string(),
    }
}

fn range(spec: &glib::ParamSpec) -> Option<(String, String)> {
    fn of<T: ToString>(least: T, most: T) -> Option<(String, String)> {
        Some((least.to_string(), most.to_string()))
    }
    if let Some(spec) = spec.downcast_ref::<glib::ParamSpecDouble>() {
        of(spec.minimum(), spec.maximum())
    } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecUInt64>() {
        of(spec.minimum(), spec.maximum())
    } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecUInt>() {
        of(spec.minimum(), spec.maximum())
    } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecInt>() {
        of(spec.minimum(), spec.maximum())
    } else {
        None
    }
}

/// The enumerations of all properties: nick and meaning of each value.
fn enums() -> Map<String, Value> {
    let mut enums = Map::new();
    for name in factories() {
        for spec in properties_of(&make(&name)) {
            if let Some(class) = glib::EnumClass::with_type(spec.value_type()) {
                let values: Map<_, _> = class
                    .values()
                    .iter()
                    .map(|value| (value.nick().to_owned(), json!(value.name())))
                    .collect();
                enums.insert(spec.value_type().name().to_owned(), values.into());
            }
        }
    }
    enums
}

/// The page of one element in Markdown: what its docs in the source say, and what it says of
/// itself.
///
/// # Panics
/// When `cache` is not what [`cache`] gives, or `docs` has no text.
pub fn page(name: &str, cache: &Value, docs: &str) -> String {
    let element = &cache["elements"][name];
    let said = |key: &str| element[key].as_str().expect("text").to_owned();
    let prose: Vec<&str> =
        docs.lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim_end).collect();
    let prose: Vec<&str> =
        prose.into_iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let prose = prose.join("\n").replace("\n# ", "\n## ");
    let mut page = format!("# {name}\n\n{prose}\n\n");
    let _ = writeln!(page, "`{}`, klass `{}`.\n", said("type"), said("klass"));
    pads(&mut page, &element["pads"]);
    properties(&mut page, name, &element["properties"], &cache["enums"]);
    let presets = element["presets"].as_object().expect("presets");
    if !presets.is_empty() {
        let _ = writeln!(page, "## Presets\n\n| preset | for |\n|---|---|");
        for (name, comment) in presets {
            let _ =
                writeln!(page, "| `@preset=\"{name}\"` | {} |", comment.as_str().expect("text"));
        }
    }
    page.trim_end().to_owned() + "\n"
}

fn pads(page: &mut String, pads: &Value) {
    let _ = writeln!(page, "## Pads\n\n| pad | direction | presence | caps |\n|---|---|---|---|");
    for (name, pad) in pads.as_object().expect("pads") {
        let said = |key: &str| pad[key].as_str().expect("text").to_lowercase();
        let caps = pad["caps"].as_str().expect("text").replace("; ", "<br>");
        let _ = writeln!(
            page,
            "| `{name}` | {} | {} | `{caps}` |",
            said("direction"),
            said("presence")
        );
    }
    page.push('\n');
}

fn properties(page: &mut String, name: &str, properties: &Value, enums: &Value) {
    let _ = writeln!(page, "## Properties\n");
    let _ = writeln!(page, "| property | type | default | range | may change in | what it does |");
    let _ = writeln!(page, "|---|---|---|---|---|---|");
    // In the order in which the element lists them: what matters most comes first.
    for spec in properties_of(&make(name)) {
        let property = &properties[spec.name()];
        let said = |key: &str| property[key].as_str().expect("text");
        let range = match (&property["range"], enums.get(said("type"))) {
            (Value::Array(ends), _) => {
                format!(
                    "{} to {}",
                    ends[0].as_str().expect("text"),
                    ends[1].as_str().expect("text")
                )
            }
            (_, Some(Value::Object(values))) => {
                values.keys().map(|nick| format!("`{nick}`")).collect::<Vec<_>>().join(", ")
            }
            _ => String::new(),
        };
        let key = if property["controllable"] == true { ", keyframes" } else { "" };
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {range} | {}{key} | {} |",
            spec.name(),
            said("type").trim_start_matches("gst").trim_start_matches("Gst"),
            if said("default").is_empty() {
                String::new()
            } else {
                format!("`{}`", said("default"))
            },
            said("changeable-in"),
            said("blurb"),
        );
    }
    page.push('\n');
}
