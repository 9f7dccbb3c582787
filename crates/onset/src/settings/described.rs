//! What settings say of themselves: each key with a sentence, its bounds and its default.

use serde::Serialize;

/// Settings whose keys are described by the doc comments of their fields; `#[derive(Keys)]` implements it.
pub trait Described {
    /// What the settings are of, in a sentence.
    const ABOUT: &'static str;

    /// The keys, in the order of the fields.
    const KEYS: &'static [Description];

    /// The present values by key, written as TOML; none where nothing is set. Keys of tables within are `table.key`.
    fn values(&self) -> Vec<(String, Option<String>)>;
}

/// Settings as they describe themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedSettings {
    /// What the settings are of, in a sentence.
    pub about: &'static str,
    /// The keys.
    pub keys: &'static [Description],
    /// The values of [`Described::values`].
    pub values: Vec<(String, Option<String>)>,
}

impl DescribedSettings {
    /// What `settings` say of themselves, with their present values.
    pub fn of<T: Described>(settings: &T) -> Self {
        Self { about: T::ABOUT, keys: T::KEYS, values: settings.values() }
    }
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Description {
    /// The key, without its table.
    pub name: &'static str,
    /// What it decides, in a sentence.
    pub about: &'static str,
    /// The least value that is possible.
    pub from: Option<f64>,
    /// The greatest value that is possible.
    pub to: Option<f64>,
    /// What the value must be above.
    pub above: Option<f64>,
    /// What the value must be below.
    pub below: Option<f64>,
    /// What is counted.
    pub unit: Option<&'static str>,
    /// Choices that a spec cannot make, with commas between them.
    pub except: Option<&'static str>,
    /// The keys within, if the key is a table.
    pub table: Option<&'static [Description]>,
}

impl Description {
    /// Nothing is said.
    pub const NONE: Self = Self {
        name: "",
        about: "",
        from: None,
        to: None,
        above: None,
        below: None,
        unit: None,
        except: None,
        table: None,
    };

    /// The bounds of the value in words, to be put behind its kind: ` from 1 to 256`; empty if there are none.
    pub fn bounds(&self) -> String {
        match *self {
            Self { from: Some(from), to: Some(to), .. } => {
                format!(" from {} to {}", number(from), number(to))
            }
            Self { above: Some(above), below: Some(below), .. } => {
                format!(" above {} and below {}", number(above), number(below))
            }
            Self { from: Some(from), below: Some(below), .. } => {
                format!(" of at least {} and below {}", number(from), number(below))
            }
            Self { above: Some(above), to: Some(to), .. } => {
                format!(" above {} and at most {}", number(above), number(to))
            }
            Self { from: Some(from), .. } => format!(" of at least {}", number(from)),
            Self { above: Some(above), .. } => format!(" above {}", number(above)),
            Self { to: Some(to), .. } => format!(" of at most {}", number(to)),
            Self { below: Some(below), .. } => format!(" below {}", number(below)),
            _ => String::new(),
        }
    }
}

/// A number with commas between thousands.
fn number(value: f64) -> String {
    let text = value.to_string();
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), ""), |(whole, _)| (whole, &text[whole.len()..]));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && digit.is_ascii_digit() {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// A value as TOML; none if there is none.
pub(crate) fn written<T: Serialize>(value: &T) -> Option<String> {
    let mut text = String::new();
    value.serialize(toml::ser::ValueSerializer::new(&mut text)).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_said_in_words() {
        let none = Description::NONE;
        for (given, words) in [
            (Description { from: Some(1.0), to: Some(1_048_576.0), ..none }, " from 1 to 1,048,576"),
            (Description { above: Some(0.0), below: Some(1.0), ..none }, " above 0 and below 1"),
            (Description { from: Some(0.0), below: Some(0.5), ..none }, " of at least 0 and below 0.5"),
            (Description { from: Some(100.0), ..none }, " of at least 100"),
            (none, ""),
        ] {
            assert_eq!(given.bounds(), words);
        }
    }
}
