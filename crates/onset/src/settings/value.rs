//! From a TOML table to settings, with errors as data: where, what was found, what was expected.

use std::fmt::Display;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use toml::{Table, Value};

/// What is wrong with a value, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Keys from the table inwards.
    pub path: Vec<String>,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// A key that nothing reads.
    Unknown {
        /// The key.
        key: String,
        /// The keys that would be read.
        known: Vec<&'static str>,
    },
    /// None of the names that a value can have.
    Choice {
        /// The value.
        found: String,
        /// The names that there are.
        known: &'static [&'static str],
    },
    /// A value of the wrong kind, or one that is not possible.
    Value(String),
}

/// Reads settings from `table`.
pub fn from_table<T: DeserializeOwned>(table: Table) -> Result<T, Fault> {
    T::deserialize(Reader(Value::Table(table)))
}

impl Fault {
    fn value(message: String) -> Self {
        Self { path: Vec::new(), kind: FaultKind::Value(message) }
    }

    fn within(mut self, key: &str) -> Self {
        self.path.insert(0, key.into());
        self
    }
}

impl Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            FaultKind::Unknown { key, .. } => write!(formatter, "unknown key `{key}`"),
            FaultKind::Choice { found, known } => {
                let list: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
                write!(formatter, "found \"{found}\", expected one of {}", list.join(", "))
            }
            FaultKind::Value(message) => formatter.write_str(message),
        }
    }
}

impl std::error::Error for Fault {}

/// Rust's names of types in a user's words.
fn plain(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number of at least 0".into(),
        "i64" | "i32" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "path string" => "a path in quotation marks".into(),
        "a string" | "string" => "a string".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "map" | "a map" => "a table".into(),
        other => match (other.strip_prefix("an array of length "), other.strip_prefix("struct ")) {
            (Some(length), _) => format!("a list of {length}"),
            (_, Some(_)) => "a table".into(),
            _ => other.into(),
        },
    }
}

/// The value found, as it is written in TOML.
fn written(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(yes) => yes.to_string(),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Str(text) => format!("\"{text}\""),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a table".into(),
        other => other.to_string(),
    }
}

impl Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::value(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::value(format!("found {}, expected {}", written(found), plain(expected)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::value(format!("found {length} values, expected {}", plain(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self { path: Vec::new(), kind: FaultKind::Unknown { key: field.into(), known: expected.to_vec() } }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self { path: Vec::new(), kind: FaultKind::Choice { found: variant.into(), known: expected } }
    }
}

struct Reader(Value);

impl<'de> Deserializer<'de> for Reader {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            Value::Integer(number) => match u64::try_from(number) {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => visitor.visit_i64(number),
            },
            Value::Float(number) => visitor.visit_f64(number),
            Value::Boolean(yes) => visitor.visit_bool(yes),
            Value::Datetime(time) => visitor.visit_string(time.to_string()),
            Value::Array(values) => visitor.visit_seq(Items { values: values.into_iter(), place: 0 }),
            Value::Table(table) => visitor.visit_map(Entries { entries: table.into_iter(), next: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Value::String(variant) => visitor.visit_enum(variant.into_deserializer()),
            other => Reader(other).deserialize_str(visitor).map_err(|_| {
                Fault::value(format!(
                    "expected the {} as one of {}",
                    name.to_lowercase(),
                    variants.join(", ")
                ))
            }),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items {
    values: std::vec::IntoIter<Value>,
    place: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(value) = self.values.next() else { return Ok(None) };
        self.place += 1;
        seed.deserialize(Reader(value)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

struct Entries {
    entries: toml::map::IntoIter<String, Value>,
    next: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.next = self.entries.next();
        let Some((key, _)) = &self.next else { return Ok(None) };
        let deserializer: serde::de::value::StrDeserializer<'_, Fault> = key.as_str().into_deserializer();
        seed.deserialize(deserializer).map(Some).map_err(|fault| fault.within(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let (key, value) = self.next.take().expect("a value follows its key");
        seed.deserialize(Reader(value)).map_err(|fault| fault.within(&key))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        width: usize,
        rate: f32,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        inner: Inner,
        seeds: Option<Vec<u64>>,
    }

    fn read(text: &str) -> Result<Outer, Fault> {
        from_table(text.parse().unwrap())
    }

    #[test]
    fn values_are_read_whatever_their_kind_of_number() {
        let outer = read("seeds = [1, 2]\n[inner]\nwidth = 3\nrate = 1").unwrap();
        assert_eq!(outer, Outer { inner: Inner { width: 3, rate: 1.0 }, seeds: Some(vec![1, 2]) });
    }

    #[test]
    fn faults_carry_their_path_and_what_was_expected() {
        let fault = read("[inner]\nwidth = 'a'\nrate = 1").unwrap_err();
        assert_eq!(fault.path, ["inner", "width"]);
        assert_eq!(fault.to_string(), "found \"a\", expected a whole number of at least 0");
        assert!(
            read("[inner]\nwidth = -1\nrate = 1").unwrap_err().to_string().contains("found -1, expected")
        );
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(message("inner = 1"), "found 1, expected a table");
        assert_eq!(message("seeds = 1\n[inner]\nwidth = 1\nrate = 1"), "found 1, expected a list");
        assert_eq!(
            message("[inner]\nwidth = [1, 2]\nrate = 1"),
            "found a list, expected a whole number of at least 0"
        );
        let fault = read("[inner]\nwidht = 1").unwrap_err();
        assert_eq!(fault.path, ["inner", "widht"]);
        assert!(matches!(fault.kind, FaultKind::Unknown { known, .. } if known == ["width", "rate"]));
    }
}
