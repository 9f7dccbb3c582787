//! A reader of protocol buffers, as far as tests of ONNX files need one.

/// A field: its number and what it holds.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    pub number: u64,
    pub value: u64,
    pub bytes: &'a [u8],
}

/// The fields of a message, in order.
pub fn fields(mut bytes: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = varint(&mut bytes);
        let length = match key & 7 {
            0 => 0,
            2 => value as usize,
            wire => panic!("no field of wire type {wire}"),
        };
        let (own, rest) = bytes.split_at(length);
        fields.push(Field { number: key >> 3, value, bytes: own });
        bytes = rest;
    }
    fields
}

/// The contents of all fields of this number.
pub fn all(message: &[u8], number: u64) -> Vec<&[u8]> {
    fields(message).into_iter().filter(|field| field.number == number).map(|field| field.bytes).collect()
}

/// The texts of all fields of this number.
pub fn texts(message: &[u8], number: u64) -> Vec<String> {
    all(message, number).into_iter().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect()
}

/// The whole numbers of all fields of this number.
pub fn ints(message: &[u8], number: u64) -> Vec<u64> {
    fields(message).into_iter().filter(|field| field.number == number).map(|field| field.value).collect()
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (&byte, rest) = bytes.split_first().expect("a whole message");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
        shift += 7;
    }
}
