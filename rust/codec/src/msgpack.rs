//! msgpack by the specification of msgpack.org: written ([`write`]), read with bounds ([`read`]), and looked
//! at without being read ([`peek`]).

mod peek;
mod read;
mod write;

pub use peek::{DOUBLE_BYTES, all_doubles, all_leaves, check_well_formed, is_map, longest_path};
pub(crate) use peek::{Form, form_of, split_bytes};
pub use read::{Reader, ValueRef};
pub use write::{
    write_array_len, write_bin, write_bool, write_ext, write_f64, write_int, write_map_len, write_nil, write_str, write_value,
};

use stepwell_model::limits;
use stepwell_model::value::Value;

/// Bytes that are not the msgpack that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MsgpackError {
    /// The bytes end inside a value.
    #[error("ends inside a value")]
    Truncated,
    /// The first byte of a value has no meaning in msgpack (0xc1).
    #[error("has a byte that begins no value")]
    Unknown,
    /// A value of another type stands where one was expected.
    #[error("has a value of another type than expected")]
    Type,
    /// Text that is not UTF-8.
    #[error("has text that is not UTF-8")]
    Utf8,
    /// Nested deeper than [`limits::VALUE_DEPTH`].
    #[error("is nested deeper than {} levels", limits::VALUE_DEPTH)]
    Depth,
}

/// Encodes one value.
pub fn to_bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(&mut out, value);
    out
}

/// Decodes one value that fills `bytes`.
pub fn from_bytes(bytes: &[u8]) -> Result<Value, MsgpackError> {
    let mut reader = Reader::new(bytes);
    let value = reader.value()?;
    if reader.is_empty() { Ok(value) } else { Err(MsgpackError::Type) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Nil),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (-300i64..70_000).prop_map(Value::Int),
            any::<f64>().prop_filter("NaN is not equal to itself", |f| !f.is_nan()).prop_map(Value::Float),
            "\\PC{0,40}".prop_map(Value::Str),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bin),
            (any::<i8>(), proptest::collection::vec(any::<u8>(), 0..20)).prop_map(|(kind, bytes)| Value::Ext(kind, bytes)),
        ];
        leaf.prop_recursive(4, 64, 20, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..20).prop_map(Value::List),
                proptest::collection::vec(("[a-z]{0,5}", inner), 0..20).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_reads_back(value in any_value()) {
            let bytes = to_bytes(&value);
            prop_assert_eq!(from_bytes(&bytes), Ok(value));
            let mut reader = Reader::new(&bytes);
            reader.skip().unwrap();
            prop_assert!(reader.is_empty());
            for cut in 0..bytes.len() {
                prop_assert!(from_bytes(&bytes[..cut]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_bytes(&bytes);
            let _ = Reader::new(&bytes).skip();
            let _ = Reader::new(&bytes).value_ref();
        }
    }

    #[test]
    fn a_nan_keeps_its_bits() {
        let bits = 0x7ff8_0000_dead_beef;
        let Ok(Value::Float(value)) = from_bytes(&to_bytes(&Value::Float(f64::from_bits(bits)))) else { panic!() };
        assert_eq!(value.to_bits(), bits);
    }

    #[test]
    fn deep_nesting_is_refused_not_recursed_into() {
        let bytes = vec![0x91; 1 << 20];
        assert_eq!(from_bytes(&bytes), Err(MsgpackError::Depth));
        assert_eq!(Reader::new(&bytes).skip(), Err(MsgpackError::Depth));
    }

    #[test]
    fn a_lying_length_allocates_nothing() {
        assert_eq!(from_bytes(&[0xdd, 0xff, 0xff, 0xff, 0xff]), Err(MsgpackError::Truncated));
        assert_eq!(from_bytes(&[0xdb, 0xff, 0xff, 0xff, 0xff, b'a']), Err(MsgpackError::Truncated));
    }
}
