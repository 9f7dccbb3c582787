//! A choice among kinds of settings, read from and written as a TOML table with the key `kind`.

use std::any::Any;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Described;

/// One kind of settings: of a task, or of a model.
pub trait Settings: Any + Serialize + DeserializeOwned + Default + Described {
    /// The value of `kind`.
    const KIND: &'static str;
}

/// Declares an enum of the given kinds of settings, a line each: the registry. `$as` is the trait that all of them
/// implement, by which everything else sees them.
macro_rules! choices {
    (
        $(#[$doc:meta])*
        $name:ident: dyn $as:path {
            $($(#[$variant_doc:meta])* $variant:ident($settings:ty)),+ $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant($settings)),+
        }

        $(impl From<$settings> for $name {
            fn from(settings: $settings) -> Self {
                Self::$variant(settings)
            }
        })+

        impl $name {
            /// Every kind there is.
            pub const KINDS: &'static [&'static str] =
                &[$(<$settings as $crate::settings::Settings>::KIND),+];

            /// Its kind.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$settings as $crate::settings::Settings>::KIND),+
                }
            }

            /// The settings as everything that does not know their kind sees them.
            pub fn settings(&self) -> &dyn $as {
                match self {
                    $(Self::$variant(settings) => settings),+
                }
            }

            /// As [`Self::settings`], to change them.
            pub fn settings_mut(&mut self) -> &mut dyn $as {
                match self {
                    $(Self::$variant(settings) => settings),+
                }
            }

            /// The settings, if they are of the type `T`.
            pub fn get<T: 'static>(&self) -> Option<&T> {
                match self {
                    $(Self::$variant(settings) => (settings as &dyn std::any::Any).downcast_ref()),+
                }
            }

            /// The default settings of `kind`; none if there is no such kind.
            pub fn default_of(kind: &str) -> Option<Self> {
                match kind {
                    $(<$settings as $crate::settings::Settings>::KIND => {
                        Some(Self::$variant(<$settings>::default()))
                    })+
                    _ => None,
                }
            }

            /// What there is to know of the settings of `kind`; none if there is no such kind.
            pub fn described(kind: &str) -> Option<$crate::settings::DescribedSettings> {
                match kind {
                    $(<$settings as $crate::settings::Settings>::KIND => {
                        Some($crate::settings::DescribedSettings::of(&<$settings>::default()))
                    })+
                    _ => None,
                }
            }

            /// These settings with what `table` gives laid over them.
            pub fn with(&self, table: toml::Table) -> Result<Self, $crate::settings::Fault> {
                match self {
                    $(Self::$variant(settings) => {
                        $crate::settings::overlay(settings, table).map(Self::$variant)
                    })+
                }
            }
        }

        /// A table with `kind` and the settings.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(serde::Serialize)]
                struct Tagged<'a, T> {
                    kind: &'static str,
                    #[serde(flatten)]
                    settings: &'a T,
                }
                match self {
                    $(Self::$variant(settings) => Tagged { kind: self.kind(), settings }.serialize(serializer)),+
                }
            }
        }
    };
}

pub(crate) use choices;

/// `settings` with what `table` gives laid over them.
pub(crate) fn overlay<T: Settings>(settings: &T, table: toml::Table) -> Result<T, super::Fault> {
    let Ok(toml::Value::Table(mut merged)) = toml::Value::try_from(settings) else {
        unreachable!("settings are a table");
    };
    merge(&mut merged, table);
    super::from_table(merged)
}

/// Lays `over` on `under`, table by table.
pub(crate) fn merge(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}
