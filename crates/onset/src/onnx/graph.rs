//! A graph of operators and its bytes (onnx.proto of ONNX 1.12).

use super::protobuf::Message;

/// The version of the file format, and of the operators.
const FORMAT: i64 = 8;
const OPERATORS: i64 = 17;

/// The type of a tensor's entries, by ONNX's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// 32-bit floating point.
    Float = 1,
    /// 32-bit whole numbers.
    Int32 = 6,
    /// 64-bit whole numbers.
    Int64 = 7,
}

/// The size of a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Always the same.
    Fixed(usize),
    /// Given by the input; sizes of one name are equal.
    Free(&'static str),
}

/// What an operator is given beside its inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// A whole number.
    Int(i64),
    /// Several.
    Ints(Vec<i64>),
    /// A text.
    Text(&'static str),
}

/// A tensor on its way from one operator to others, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge(String);

impl Edge {
    /// In place of an input that is left out.
    pub fn absent() -> Self {
        Self(String::new())
    }
}

#[derive(Debug, Clone)]
struct Node {
    operator: &'static str,
    inputs: Vec<Edge>,
    outputs: Vec<Edge>,
    attributes: Vec<(&'static str, Attribute)>,
}

#[derive(Debug, Clone)]
struct Tensor {
    name: String,
    element: Element,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// An input or output of the whole graph.
#[derive(Debug, Clone)]
struct Port {
    name: &'static str,
    element: Element,
    shape: Vec<Size>,
}

/// Operators, each reading what those before it made.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    tensors: Vec<Tensor>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl Graph {
    /// Declares an input of whole numbers.
    pub fn input(&mut self, name: &'static str, shape: &[Size]) -> Edge {
        self.inputs.push(Port { name, element: Element::Int64, shape: shape.to_vec() });
        Edge(name.into())
    }

    /// Declares an output of floating-point numbers, which are those of `edge`.
    pub fn output(&mut self, name: &'static str, edge: &Edge, shape: &[Size]) {
        let outputs = vec![Edge(name.into())];
        self.nodes.push(Node {
            operator: "Identity",
            inputs: vec![edge.clone()],
            outputs,
            attributes: Vec::new(),
        });
        self.outputs.push(Port { name, element: Element::Float, shape: shape.to_vec() });
    }

    /// Adds an operator with one output.
    pub fn apply(&mut self, operator: &'static str, inputs: &[&Edge]) -> Edge {
        self.apply_with(operator, inputs, &[])
    }

    /// Adds an operator with attributes and one output.
    pub fn apply_with(
        &mut self,
        operator: &'static str,
        inputs: &[&Edge],
        attributes: &[(&'static str, Attribute)],
    ) -> Edge {
        let [output] = self.apply_to_many(operator, inputs, attributes);
        output
    }

    /// Adds an operator with several outputs.
    pub fn apply_to_many<const N: usize>(
        &mut self,
        operator: &'static str,
        inputs: &[&Edge],
        attributes: &[(&'static str, Attribute)],
    ) -> [Edge; N] {
        let number = self.nodes.len();
        let outputs = std::array::from_fn(|place| Edge(format!("{operator}_{number}_{place}")));
        self.nodes.push(Node {
            operator,
            inputs: inputs.iter().copied().cloned().collect(),
            outputs: outputs.to_vec(),
            attributes: attributes.to_vec(),
        });
        outputs
    }

    /// Adds numbers of a model under a name; the second time, they are those of the first.
    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Edge {
        let bytes = || values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.tensor(name.to_owned(), Element::Float, shape, bytes)
    }

    /// A floating-point number.
    pub fn float(&mut self, value: f32) -> Edge {
        self.floats(&format!("float_{value}"), &[], &[value])
    }

    /// A list of whole numbers.
    pub fn ints(&mut self, values: &[i64]) -> Edge {
        let name = format!("ints_{}", values.iter().map(i64::to_string).collect::<Vec<_>>().join("_"));
        let bytes = || values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.tensor(name, Element::Int64, &[values.len()], bytes)
    }

    /// A whole number.
    pub fn int(&mut self, value: i64) -> Edge {
        self.tensor(format!("int_{value}"), Element::Int64, &[], || value.to_le_bytes().to_vec())
    }

    fn tensor(
        &mut self,
        name: String,
        element: Element,
        shape: &[usize],
        bytes: impl FnOnce() -> Vec<u8>,
    ) -> Edge {
        if self.tensors.iter().all(|tensor| tensor.name != name) {
            let bytes = bytes();
            self.tensors.push(Tensor { name: name.clone(), element, shape: shape.to_vec(), bytes });
        }
        Edge(name)
    }

    /// The operators, in order.
    pub fn operators(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.nodes.iter().map(|node| node.operator)
    }

    /// The contents of its file. The same graph gives the same bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        let graph = Message::default()
            .each(self.nodes.iter().enumerate(), |graph, (number, node)| {
                graph.message(1, &node.message(number))
            })
            .text(2, "onset")
            .each(&self.tensors, |graph, tensor| graph.message(5, &tensor.message()))
            .each(&self.inputs, |graph, port| graph.message(11, &port.message()))
            .each(&self.outputs, |graph, port| graph.message(12, &port.message()));
        Message::default()
            .int(1, FORMAT)
            .text(2, "onset")
            .text(3, env!("CARGO_PKG_VERSION"))
            .message(7, &graph)
            .message(8, &Message::default().text(1, "").int(2, OPERATORS))
            .into_bytes()
    }
}

impl Node {
    fn message(&self, number: usize) -> Message {
        Message::default()
            .each(&self.inputs, |node, edge| node.text(1, &edge.0))
            .each(&self.outputs, |node, edge| node.text(2, &edge.0))
            .text(3, &format!("{}_{number}", self.operator))
            .text(4, self.operator)
            .each(&self.attributes, |node, (name, value)| node.message(5, &value.message(name)))
    }
}

impl Attribute {
    fn message(&self, name: &str) -> Message {
        let message = Message::default().text(1, name);
        match self {
            Self::Int(value) => message.int(3, *value).int(20, 2),
            Self::Text(text) => message.text(4, text).int(20, 3),
            Self::Ints(values) => message.each(values, |message, value| message.int(8, *value)).int(20, 7),
        }
    }
}

impl Tensor {
    fn message(&self) -> Message {
        Message::default()
            .each(&self.shape, |tensor, &size| tensor.int(1, size as i64))
            .int(2, self.element as i64)
            .text(8, &self.name)
            .bytes(9, &self.bytes)
    }
}

impl Port {
    fn message(&self) -> Message {
        let shape = Message::default().each(&self.shape, |shape, size| {
            let size = match size {
                Size::Fixed(size) => Message::default().int(1, *size as i64),
                Size::Free(name) => Message::default().text(2, name),
            };
            shape.message(1, &size)
        });
        let tensor = Message::default().int(1, self.element as i64).message(2, &shape);
        Message::default().text(1, self.name).message(2, &Message::default().message(1, &tensor))
    }
}
