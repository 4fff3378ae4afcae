//! `fill!`: puts values into a dict of Python under names that are known here.

/// Fills a dict and returns it. `name` alone stands for a variable of this name.
macro_rules! fill {
    (@ $name:ident) => { $name };
    (@ $name:ident $value:expr) => { $value };
    ($dict:expr; $($name:ident $(= $value:expr)?),+) => {{
        let dict = $dict;
        $(dict.set_item(stringify!($name), $crate::fill::fill!(@ $name $($value)?))?;)+
        Ok(dict)
    }};
}

pub(crate) use fill;
