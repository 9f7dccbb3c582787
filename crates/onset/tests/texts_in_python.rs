//! The exported script makes the same tokens of a text as Onset.

#[path = "support/python.rs"]
mod python;

use std::path::Path;

use onset::task::text::{Tokens, tokens_of};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

const TEXTS: [&str; 16] = [
    "",
    "Hello, world!! don't re-use 3.50, 24/7 £5.",
    "txt rate)T&C's apply 08452810075over18's 'Hello there' rock-'n'-roll",
    "4 &lt;#&gt; &amp; me &quot;tonight&quot;.But &#39;so&#39; &amp;lt;",
    "it 's a charming journey , ca n't we 're -- but ... `` so '' -lrb- yes -RRB- -lSB- 10-year-old",
    "Ärger ÜBER naïve 日本 हिन्दी ΟΔΥΣΣΕΥΣ ὈΔΥΣΣΕΎΣ. ΣΣ İstanbul ẞ ſ",
    "e\u{301}tude שָׁלוֹם မြန်မာ か\u{3099}く ❤\u{fe0f} 👍🏽 👩\u{200d}👩\u{200d}👧 👍👍🏽",
    "盒子 Ok。ร้าน one\u{a0}two\u{3000}three\u{85}four\u{1c}five\u{200b}six\u{2028}seven\u{feff}eight",
    "1.2.3 1,000,000 12:30 1/2 ½.5 ٣.٤ 一.二 ² x² ①.② Ⓐ-ⓑ 🄰🅰 Ⅷ.ⅷ",
    "’s ’S 'em 'Em 'twas ’til 'til' ''s '-s '",
    "a_b __ _ -- - a- -a a-b- ’a’ a’b a''b",
    "$$$ ??! !!?? .. ... .a a. a.b 1. .1 1.a",
    "\u{301}a \u{301}\u{301} !\u{301}! -\u{301}a",
    "WWW.EXAMPLE.COM/x?y=1&z=2 me@example.com #tag @name",
    "\t\n tabs\tand\nlines\r\nhere \u{b}\u{c}",
    "K Å ǅ ǆ Ǆ ŉ ΐ ﬁ Ω",
];

/// Each character of the basic plane and the next between others that it may join or split.
fn around(c: char) -> String {
    format!("a{c}b 1{c}2 1.{c} {c}{c}X '{c} {c}-{c}")
}

const PROGRAM: &str = r#"
import json, sys, unicodedata
sys.path.insert(0, sys.argv[1])
from texts import tokenize
around = lambda c: f"a{c}b 1{c}2 1.{c} {c}{c}X '{c} {c}-{c}"
known = lambda number: not 0xD800 <= number < 0xE000 and unicodedata.category(chr(number)) != "Cn"
texts = json.loads(sys.argv[2])
print(json.dumps([[tokenize(t, k, l) for t in texts] for k in ("words", "characters") for l in (True, False)]))
print(json.dumps([tokenize(around(chr(n))) if known(n) else None for n in range(0x20000)]))
"#;

#[test]
fn texts_become_the_same_tokens_in_python() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pytorch");
    let texts = serde_json::to_string(&TEXTS).unwrap();
    let arguments = ["-c".as_ref(), PROGRAM.as_ref(), folder.as_os_str(), texts.as_ref()];
    let Some(output) = python::python("unicodedata", &arguments) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let [listed, each] = printed.lines().collect::<Vec<_>>()[..] else { panic!("{printed}") };
    let listed: Vec<Vec<Vec<String>>> = serde_json::from_str(listed).unwrap();
    let ways = [Tokens::Words, Tokens::Characters].into_iter().flat_map(|kind| [(kind, true), (kind, false)]);
    for ((kind, lowercase), python) in ways.zip(&listed) {
        for (text, python) in TEXTS.iter().zip(python) {
            assert_eq!(*python, tokens_of(text, kind, lowercase), "{text}");
        }
    }
    let each: Vec<Option<Vec<String>>> = serde_json::from_str(each).unwrap();
    let mut compared = 0;
    for (number, python) in each.iter().enumerate() {
        // Characters that either side's version of Unicode does not have yet are left out.
        let Some((c, python)) = char::from_u32(number as u32).zip(python.as_ref()) else { continue };
        if c.general_category() != GeneralCategory::Unassigned {
            assert_eq!(*python, tokens_of(&around(c), Tokens::Words, true), "U+{number:04X}");
            compared += 1;
        }
    }
    assert!(compared > 60_000, "{compared}");
}
