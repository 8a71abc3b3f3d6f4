// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an ONNX file holds, found before anything is made of it: inputs, outputs, and what would
//! do harm. Field numbers are those of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3>.

use std::fmt;

use super::wire::{Broken, Fields, Value, numbers};

/// Graphs in graphs, and types in types, that are followed at most. No depth model has three;
/// without a bound a small file could nest until the stack ends.
const MAX_NESTING: u32 = 16;

/// An input or an output.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Port {
    pub name: String,
    /// The type of its elements as ONNX counts them; [`Port::FLOAT`] is f32.
    pub element: u64,
    /// The length of each axis; none where any will do.
    pub axes: Vec<Option<usize>>,
}

impl Port {
    pub const FLOAT: u64 = 1;
    /// It is read as f32.
    pub const HALF: u64 = 10;
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = match self.element {
            Self::FLOAT => "float",
            Self::HALF => "float16",
            2..=7 | 12 | 13 => "integer",
            _ => "other",
        };
        write!(f, "{} {element} [", crate::file::one_line(&self.name))?;
        for (i, axis) in self.axes.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            match axis {
                Some(length) => write!(f, "{length}")?,
                None => f.write_str("any")?,
            }
        }
        f.write_str("]")
    }
}

/// Why there is no outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclear {
    /// The bytes are no message, or end before it does.
    Broken,
    /// Deeper than [`MAX_NESTING`].
    Nested,
}

impl From<Broken> for Unclear {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

/// An operator of the main graph.
#[derive(Debug, Clone, Default)]
struct Node {
    operator: String,
    inputs: Vec<String>,
    output: String,
    /// Steps of a convolution, down and across.
    strides: Vec<u64>,
}

/// What an ONNX file holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outline {
    /// What has to be given: not what has a value in the file.
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    /// A file beside this one that holds some of the weights.
    pub(super) outside: Option<String>,
    nodes: Vec<Node>,
    constants: Vec<String>,
}

impl Outline {
    pub(super) fn of(model: &[u8]) -> Result<Self, Unclear> {
        const GRAPH: u64 = 7;
        let mut outline = Self::default();
        for field in Fields::new(model) {
            if let (GRAPH, Value::Bytes(graph)) = field? {
                outline.graph(graph, 0)?;
            }
        }
        // Old files list their weights among the inputs.
        let Self { inputs, constants, .. } = &mut outline;
        constants.sort_unstable();
        inputs.retain(|port| constants.binary_search(&port.name).is_err());
        Ok(outline)
    }

    /// Whether the first thing that is done to the input is arithmetic: such a model takes plain
    /// colours and scales them itself.
    pub fn scales_its_input(&self) -> bool {
        let first = self.behind_the_input();
        first.is_some_and(|node| matches!(&*node.operator, "Sub" | "Div" | "Mul" | "Add"))
    }

    /// The steps of the first convolution: the side of a patch where a transformer looks at
    /// patches.
    pub fn first_stride(&self) -> Option<u64> {
        let mut node = self.behind_the_input()?;
        // Behind it may lie the scaling of the input, of few steps.
        for _ in 0..8 {
            if node.operator == "Conv" {
                return node.strides.first().copied();
            }
            node = self.nodes.iter().find(|next| next.inputs.contains(&node.output))?;
        }
        None
    }

    /// The first operator that does more than change the type of the input.
    fn behind_the_input(&self) -> Option<&Node> {
        let mut value = &self.inputs.first()?.name;
        for _ in 0..8 {
            let node = self.nodes.iter().find(|node| node.inputs.contains(value))?;
            if !matches!(&*node.operator, "Cast" | "Identity") {
                return Some(node);
            }
            value = &node.output;
        }
        None
    }

    fn graph(&mut self, graph: &[u8], depth: u32) -> Result<(), Unclear> {
        const NODE: u64 = 1;
        const INITIALIZER: u64 = 5;
        const INPUT: u64 = 11;
        const OUTPUT: u64 = 12;
        const VALUE_INFO: u64 = 13;
        if depth > MAX_NESTING {
            return Err(Unclear::Nested);
        }
        for field in Fields::new(graph) {
            match field? {
                (NODE, Value::Bytes(node)) => {
                    let node = self.node(node, depth)?;
                    if depth == 0 {
                        self.nodes.push(node);
                    }
                }
                (INITIALIZER, Value::Bytes(tensor)) => {
                    let name = self.tensor(tensor)?;
                    if depth == 0 {
                        self.constants.push(name);
                    }
                }
                (INPUT, Value::Bytes(input)) if depth == 0 => self.inputs.push(port(input)?),
                (OUTPUT, Value::Bytes(output)) if depth == 0 => self.outputs.push(port(output)?),
                (INPUT | OUTPUT | VALUE_INFO, Value::Bytes(value)) => drop(port(value)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn node(&mut self, node: &[u8], depth: u32) -> Result<Node, Unclear> {
        let mut out = Node::default();
        for field in Fields::new(node) {
            match field? {
                (1, Value::Bytes(name)) => out.inputs.push(text(name)),
                (2, Value::Bytes(name)) if out.output.is_empty() => out.output = text(name),
                (4, Value::Bytes(name)) => out.operator = text(name),
                (5, Value::Bytes(attribute)) => self.attribute(attribute, depth, &mut out)?,
                _ => {}
            }
        }
        Ok(out)
    }

    fn attribute(&mut self, bytes: &[u8], depth: u32, node: &mut Node) -> Result<(), Unclear> {
        let (mut name, mut whole) = (String::new(), Vec::new());
        for field in Fields::new(bytes) {
            match field? {
                (1, Value::Bytes(text_of_name)) => name = text(text_of_name),
                // One tensor or several, one graph or several, one type or several.
                (5 | 10, Value::Bytes(tensor)) => drop(self.tensor(tensor)?),
                (6 | 11, Value::Bytes(graph)) => self.graph(graph, depth + 1)?,
                (14 | 15, Value::Bytes(of)) => drop(type_of(of, 0)?),
                (8, value) => whole.extend(numbers(value)?),
                _ => {}
            }
        }
        if name == "strides" {
            node.strides = whole;
        }
        Ok(())
    }

    /// Notes where the values of a tensor lie, and gives its name.
    fn tensor(&mut self, tensor: &[u8]) -> Result<String, Unclear> {
        const OUTSIDE: u64 = 1;
        let (mut name, mut place, mut outside) = (String::new(), String::new(), false);
        for field in Fields::new(tensor) {
            match field? {
                (8, Value::Bytes(bytes)) => name = text(bytes),
                (13, Value::Bytes(entry)) => {
                    let mut key_and_value = [String::new(), String::new()];
                    for field in Fields::new(entry) {
                        if let (at @ 1..=2, Value::Bytes(bytes)) = field? {
                            key_and_value[usize::from(at == 2)] = text(bytes);
                        }
                    }
                    let [key, value] = key_and_value;
                    if key == "location" {
                        place = value;
                    }
                }
                (14, Value::Number(OUTSIDE)) => outside = true,
                _ => {}
            }
        }
        if outside && self.outside.is_none() {
            self.outside = Some(place);
        }
        Ok(name)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn port(bytes: &[u8]) -> Result<Port, Unclear> {
    let (mut name, mut of) = (String::new(), (0, Vec::new()));
    for field in Fields::new(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => name = text(bytes),
            (2, Value::Bytes(bytes)) => of = type_of(bytes, 0)?,
            _ => {}
        }
    }
    Ok(Port { name, element: of.0, axes: of.1 })
}

/// Type of the elements and axes of a tensor type; nothing for any other type.
fn type_of(bytes: &[u8], depth: u32) -> Result<(u64, Vec<Option<usize>>), Unclear> {
    const TENSOR: u64 = 1;
    // Sequence, map and optional.
    const OTHERS: [u64; 3] = [4, 5, 9];
    if depth > MAX_NESTING {
        return Err(Unclear::Nested);
    }
    let (mut element, mut axes) = (0, Vec::new());
    for field in Fields::new(bytes) {
        match field? {
            (TENSOR, Value::Bytes(tensor)) => {
                for field in Fields::new(tensor) {
                    match field? {
                        (1, Value::Number(kind)) => element = kind,
                        (2, Value::Bytes(shape)) => axes = shape_of(shape)?,
                        _ => {}
                    }
                }
            }
            (other, Value::Bytes(bytes)) if OTHERS.contains(&other) => {
                // What these hold is a type again, in one of their first two fields.
                for field in Fields::new(bytes) {
                    if let (1 | 2, Value::Bytes(inner)) = field? {
                        type_of(inner, depth + 1)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok((element, axes))
}

fn shape_of(bytes: &[u8]) -> Result<Vec<Option<usize>>, Unclear> {
    let mut axes = Vec::new();
    for field in Fields::new(bytes) {
        if let (1, Value::Bytes(axis)) = field? {
            let mut length = None;
            for field in Fields::new(axis) {
                if let (1, Value::Number(number)) = field? {
                    // Some writers say "any" with zero or with minus one.
                    length = u32::try_from(number).ok().filter(|n| *n > 0).map(|n| n as usize);
                }
            }
            axes.push(length);
        }
    }
    Ok(axes)
}
