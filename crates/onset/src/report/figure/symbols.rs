//! Superscripts of our symbols: `β^uf` is written β with a raised uf.

use std::sync::LazyLock;

use regex::Regex;

/// The superscripts that are raised; a name of a user's data with a circumflex is left as it is.
static RAISED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\^(uf|px|lr|co|β|x)(?:$|([^\p{L}\p{N}]))").expect("a pattern of ours"));

/// A text as pieces; those with `true` are raised.
pub(in crate::report) fn pieces(text: &str) -> Vec<(&str, bool)> {
    let (mut all, mut from) = (Vec::new(), 0);
    while let Some(found) = RAISED.captures_at(text, from) {
        let (whole, raised) = (found.get(0).expect("the match"), found.get(1).expect("the first group"));
        all.push((&text[from..whole.start()], false));
        all.push((raised.as_str(), true));
        from = raised.end();
    }
    all.push((&text[from..], false));
    all.retain(|(piece, _)| !piece.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_superscripts_are_raised() {
        assert_eq!(
            pieces("A(α, β^uf), β^px"),
            [("A(α, β", false), ("uf", true), ("), β", false), ("px", true)]
        );
        for left in ["a^b", "β^ufo", "2^x2", "^", ""] {
            assert!(pieces(left).iter().all(|(_, raised)| !raised), "{left}");
        }
    }
}
