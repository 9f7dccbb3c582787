//! Which instructions the engine uses: the best that the processor has, or those that `ONSET_KERNEL` names.
//!
//! The matrix product rounds differently with different instructions. Everything else gives the same bits with all of them.

use std::sync::LazyLock;

/// The environment variable that chooses the instructions.
pub const VARIABLE: &str = "ONSET_KERNEL";

/// Instructions that the engine has code for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512 (F, BW, CD, DQ and VL).
    Avx512,
    /// AVX2 with FMA.
    Avx2,
    /// What every processor has.
    Plain,
}

/// Why instructions cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstructionsError {
    /// There are none of that name.
    Unknown {
        /// What was given.
        found: String,
    },
    /// This processor has not got them.
    Unavailable {
        /// What was given.
        chosen: InstructionSet,
    },
}

impl std::fmt::Display for InstructionsError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |sets: &mut dyn Iterator<Item = InstructionSet>| {
            sets.map(InstructionSet::name).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Unknown { found } => {
                let known = names(&mut InstructionSet::ALL.into_iter());
                write!(formatter, "{VARIABLE}={found}: expected one of {known}; or unset it for the fastest")
            }
            Self::Unavailable { chosen } => {
                let here = names(&mut InstructionSet::available());
                write!(
                    formatter,
                    "{VARIABLE}={}: this processor has no such instructions, but {here}; choose one of them, or unset it \
                     for the fastest",
                    chosen.name()
                )
            }
        }
    }
}

impl std::error::Error for InstructionsError {}

static CURRENT: LazyLock<InstructionSet> =
    LazyLock::new(|| InstructionSet::chosen().unwrap_or_else(|error| panic!("{error}")));

impl InstructionSet {
    /// All there are, the fastest first.
    pub const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Plain];

    /// The name by which it is chosen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Plain => "plain",
        }
    }

    /// Those that this processor has, the fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|set| set.is_available())
    }

    /// What the engine uses in this process. Panics if [`InstructionSet::chosen`] is an error; programs that let their
    /// users set the variable ask that first.
    pub fn current() -> Self {
        *CURRENT
    }

    /// What `ONSET_KERNEL` chooses; the fastest where it is not set. Errors if there is no such name, or if this processor has
    /// no such instructions.
    pub fn chosen() -> Result<Self, InstructionsError> {
        match std::env::var_os(VARIABLE) {
            None => Ok(Self::fastest()),
            Some(name) => Self::named(&name.to_string_lossy()),
        }
    }

    fn named(name: &str) -> Result<Self, InstructionsError> {
        let chosen = Self::ALL.into_iter().find(|set| set.name() == name);
        let chosen = chosen.ok_or_else(|| InstructionsError::Unknown { found: name.into() })?;
        if chosen.is_available() { Ok(chosen) } else { Err(InstructionsError::Unavailable { chosen }) }
    }

    fn fastest() -> Self {
        Self::available().next().unwrap_or(Self::Plain)
    }

    #[cfg(target_arch = "x86_64")]
    fn is_available(self) -> bool {
        match self {
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512cd")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Self::Plain => true,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_available(self) -> bool {
        self == Self::Plain
    }
}

/// Compiles a function for every instruction set; the one that is used is chosen when it is called.
macro_rules! for_each_instruction_set {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $output:ty)? $body:block
    )+) => {$(
        $(#[$attribute])*
        $visibility fn $name($($argument: $type),*) $(-> $output)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn plain($($argument: $type),*) $(-> $output)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
                #[allow(clippy::too_many_arguments)]
                fn avx512($($argument: $type),*) $(-> $output)? {
                    plain($($argument),*)
                }

                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx2($($argument: $type),*) $(-> $output)? {
                    plain($($argument),*)
                }

                match $crate::instructions::InstructionSet::current() {
                    // SAFETY: what is current is available on this processor.
                    $crate::instructions::InstructionSet::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    $crate::instructions::InstructionSet::Avx2 => return unsafe { avx2($($argument),*) },
                    $crate::instructions::InstructionSet::Plain => {}
                }
            }
            plain($($argument),*)
        }
    )+};
}

pub(crate) use for_each_instruction_set;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_that_is_available_is_the_default_and_plain_always_is() {
        assert_eq!(InstructionSet::available().last(), Some(InstructionSet::Plain));
        assert_eq!(InstructionSet::fastest(), InstructionSet::available().next().unwrap());
    }

    #[test]
    fn a_name_that_is_unknown_or_unavailable_is_refused_with_those_that_are_possible() {
        assert_eq!(InstructionSet::named("plain"), Ok(InstructionSet::Plain));
        let message = InstructionSet::named("sse").unwrap_err().to_string();
        assert!(message.contains("ONSET_KERNEL=sse: expected one of avx512, avx2, plain"), "{message}");
        let error = InstructionsError::Unavailable { chosen: InstructionSet::Avx512 };
        assert!(error.to_string().contains("plain"), "{error}");
    }
}
