//! `#[derive(Keys)]`: descriptions of the keys of a settings struct, for `onset keys` and the pages.
//!
//! The description of a key is the doc comment of its field, so that there is one text for those who read the code and for those
//! who write a spec. Bounds and units are given beside the field:
//!
//! ```ignore
//! #[derive(Keys)]
//! struct Settings {
//!     /// Width of the embeddings.
//!     #[key(from = 1, to = 1048576)]
//!     embedding: usize,
//!     /// Steps over which the learning rate rises from 0.
//!     #[key(unit = "steps")]
//!     warmup: u64,
//!     /// The built-in keyword task.
//!     #[key(table)]
//!     keyword: KeywordTask,
//! }
//! ```
//!
//! `from` and `to` belong to the possible values; `above` and `below` do not. `except = "value"` is a choice that a spec cannot
//! make. The crate `onset` tests that the keys are those that are read, that each has a description, and that the bounds are
//! those that are checked.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Field, Fields, Lit, LitStr, Meta, Path};

/// Implements `onset::settings::Described` for a struct with named fields.
#[proc_macro_derive(Keys, attributes(key))]
pub fn keys(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    described(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn described(input: &DeriveInput) -> Result<TokenStream, Error> {
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        _ => return Err(Error::new_spanned(&input.ident, "settings are a struct")),
    };
    let Fields::Named(fields) = fields else {
        return Err(Error::new_spanned(&input.ident, "settings have named fields"));
    };
    let keys = fields.named.iter().map(description).collect::<Result<Vec<_>, _>>()?;
    let values = fields.named.iter().map(value);
    let (name, about) = (&input.ident, doc_of(&input.attrs));
    Ok(quote! {
        impl crate::settings::Described for #name {
            const ABOUT: &'static str = #about;
            const KEYS: &'static [crate::settings::Description] = &[#(#keys),*];

            fn values(&self) -> Vec<(String, Option<String>)> {
                let mut values = Vec::new();
                #(#values)*
                values
            }
        }
    })
}

/// The description of one key.
fn description(field: &Field) -> Result<TokenStream, Error> {
    let name = field.ident.as_ref().expect("the fields are named").to_string();
    let about = doc_of(&field.attrs);
    let mut given = Vec::new();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("key")) {
        attribute.parse_nested_meta(|meta| {
            let property = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            given.push(match property.as_str() {
                "from" | "to" | "above" | "below" => {
                    let (value, property): (Expr, _) = (meta.value()?.parse()?, &meta.path);
                    quote! { #property: Some((#value) as f64) }
                }
                "unit" | "except" => {
                    let (text, property): (LitStr, _) = (meta.value()?.parse()?, &meta.path);
                    quote! { #property: Some(#text) }
                }
                "table" => {
                    let table = &field.ty;
                    quote! { table: Some(<#table as crate::settings::Described>::KEYS) }
                }
                _ => return Err(meta.error("expected from, to, above, below, unit, except or table")),
            });
            Ok(())
        })?;
    }
    Ok(quote! {
        crate::settings::Description {
            name: #name, about: #about, #(#given,)* ..crate::settings::Description::NONE
        }
    })
}

/// The statement that puts the value of one key, or of a table's keys, on the list.
fn value(field: &Field) -> TokenStream {
    let ident = field.ident.as_ref().expect("the fields are named");
    let name = ident.to_string();
    let is_table = |attribute: &Attribute| {
        attribute.path().is_ident("key")
            && attribute.parse_args::<Path>().is_ok_and(|path| path.is_ident("table"))
    };
    if field.attrs.iter().any(is_table) {
        quote! {
            let inner = crate::settings::Described::values(&self.#ident);
            values.extend(inner.into_iter().map(|(key, value)| (format!("{}.{key}", #name), value)));
        }
    } else {
        quote! { values.push((#name.to_owned(), crate::settings::written(&self.#ident))); }
    }
}

/// The first paragraph of a doc comment, in one line.
fn doc_of(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
