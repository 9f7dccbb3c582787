//! Random names that cannot be guessed.

use subtle::ConstantTimeEq;

/// 128 random bits in hexadecimal. It is compared in a time that depends on lengths alone, and is not shown by `Debug`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one. Errors if the system provides no random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(onset::store::hex(&bytes)))
    }

    /// One that was chosen by a person.
    pub fn chosen(text: &str) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `given` is it.
    pub fn matches(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_another_and_only_it_matches_itself() {
        let [one, two] = [0, 1].map(|_| Secret::generate().unwrap());
        assert_ne!(one.as_str(), two.as_str());
        assert_eq!(one.as_str().len(), 32);
        assert!(one.matches(one.as_str()) && !one.matches(two.as_str()) && !one.matches(""));
        assert!(!format!("{one:?}").contains(one.as_str()));
    }
}
