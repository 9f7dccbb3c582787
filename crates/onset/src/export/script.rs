//! `load.py`: the script of `pytorch/`, with this model's class and sizes.

use crate::model::Twin;
use crate::task::text::TextSource;

const SCRIPT: &str = include_str!("../../pytorch/load.py");

/// How texts become tokens, in Python.
pub(super) const TEXTS: &str = include_str!("../../pytorch/texts.py");

/// The script for a model with this `twin`; it labels texts if it is told how they become tokens.
pub(super) fn script(twin: &Twin, texts: Option<&TextSource>) -> String {
    let Twin { module, class, arguments, .. } = twin;
    let arguments: Vec<String> = arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut script = String::new();
    let mut left_out = false;
    for line in SCRIPT.lines() {
        match line {
            "# <texts>" => left_out = texts.is_none(),
            "# </texts>" => left_out = false,
            _ if left_out => {}
            _ => {
                script += line;
                script.push('\n');
            }
        }
    }
    script = script
        .replace("from classifier import Classifier", &format!("from {module} import {class}"))
        .replace("Classifier()", &format!("{class}({})", arguments.join(", ")));
    match texts {
        Some(source) => script.replace("tokenize(text)[:1000]", &tokenize(source)),
        None => script,
    }
}

/// The call that makes the tokens of a text.
fn tokenize(source: &TextSource) -> String {
    let tokens = source.tokens.name();
    let lowercase = if source.lowercase { "True" } else { "False" };
    format!("tokenize(text, tokens=\"{tokens}\", lowercase={lowercase})[:{}]", source.max_words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Signature;
    use crate::task::text::Tokens;

    fn twin() -> Twin {
        Twin {
            signature: Signature::Sequence { vocabulary: 5, longest: 4 },
            module: "attention_only",
            source: "",
            class: "AttentionOnly",
            arguments: vec![("vocabulary", "5".into()), ("uniform", "False".into())],
        }
    }

    #[test]
    fn the_script_makes_the_model_with_its_sizes() {
        let script = script(&twin(), None);
        assert!(script.contains("from attention_only import AttentionOnly\n"), "{script}");
        assert!(script.contains("model = AttentionOnly(vocabulary=5, uniform=False)\n"), "{script}");
        for word in ["Classifier", "tokenize", "texts>", "json"] {
            assert!(!script.contains(word), "{word}");
        }
    }

    #[test]
    fn the_script_of_a_classifier_of_texts_makes_tokens_as_the_run_did() {
        let source = TextSource {
            tokens: Tokens::Characters,
            lowercase: false,
            max_words: 7,
            ..TextSource::default()
        };
        let script = script(&twin(), Some(&source));
        assert!(script.contains("tokenize(text, tokens=\"characters\", lowercase=False)[:7]"), "{script}");
        assert!(script.contains("from texts import tokenize\n") && !script.contains("texts>"));
    }
}
