//! Values of Arrow arrays as text.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

/// Whether values of a type can be read as text.
pub(super) fn is_readable(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean | DataType::Null => {
            true
        }
        DataType::Dictionary(_, values) => is_readable(values),
        kind => kind.is_integer() || kind.is_floating(),
    }
}

/// Writes the value of `array` at `row` to `out`, which is cleared; a value that is not there is empty. The type must be
/// [readable](is_readable).
pub(super) fn write(array: &ArrayRef, row: usize, out: &mut String) {
    out.clear();
    append(array, row, out);
}

fn append(array: &ArrayRef, row: usize, out: &mut String) {
    if array.is_null(row) {
        return;
    }
    match array.data_type() {
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => out.push_str(array.as_string::<i64>().value(row)),
        DataType::Utf8View => out.push_str(array.as_string_view().value(row)),
        DataType::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        DataType::Int8 => number::<Int8Type>(array, row, out),
        DataType::Int16 => number::<Int16Type>(array, row, out),
        DataType::Int32 => number::<Int32Type>(array, row, out),
        DataType::Int64 => number::<Int64Type>(array, row, out),
        DataType::UInt8 => number::<UInt8Type>(array, row, out),
        DataType::UInt16 => number::<UInt16Type>(array, row, out),
        DataType::UInt32 => number::<UInt32Type>(array, row, out),
        DataType::UInt64 => number::<UInt64Type>(array, row, out),
        DataType::Float16 => number::<Float16Type>(array, row, out),
        DataType::Float32 => number::<Float32Type>(array, row, out),
        DataType::Float64 => number::<Float64Type>(array, row, out),
        DataType::Dictionary(key, _) => match **key {
            DataType::Int8 => entry::<Int8Type>(array, row, out),
            DataType::Int16 => entry::<Int16Type>(array, row, out),
            DataType::Int32 => entry::<Int32Type>(array, row, out),
            DataType::Int64 => entry::<Int64Type>(array, row, out),
            DataType::UInt8 => entry::<UInt8Type>(array, row, out),
            DataType::UInt16 => entry::<UInt16Type>(array, row, out),
            DataType::UInt32 => entry::<UInt32Type>(array, row, out),
            DataType::UInt64 => entry::<UInt64Type>(array, row, out),
            _ => {}
        },
        _ => {}
    }
}

fn number<T: ArrowPrimitiveType>(array: &ArrayRef, row: usize, out: &mut String)
where
    T::Native: std::fmt::Display,
{
    use std::fmt::Write;
    let _ = write!(out, "{}", array.as_primitive::<T>().value(row));
}

fn entry<K: ArrowDictionaryKeyType>(array: &ArrayRef, row: usize, out: &mut String) {
    let entries = array.as_dictionary::<K>();
    if let Some(key) = entries.key(row) {
        append(entries.values(), key, out);
    }
}
