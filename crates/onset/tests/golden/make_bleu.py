"""Write `bleu.json`: what sacreBLEU gives for awkward corpora, with the words that its tokenizer 13a makes.

    python crates/onset/tests/golden/make_bleu.py
"""

import json
import random
from pathlib import Path

import sacrebleu
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

AWKWARD = {
    "equal": (["the cat sat on the mat ."], ["the cat sat on the mat ."]),
    "empty hypothesis among others": (["", "a dog runs over the grass"], ["a cat", "a dog runs over the grass"]),
    "all hypotheses empty": (["", ""], ["a cat sits", "a dog runs"]),
    "empty reference": (["a dog runs over there now", "so it is"], ["a dog runs over there now", ""]),
    "repeated n-grams are clipped": (["the the the the the the the"], ["the cat is on the mat today"]),
    "no match at all": (["alpha beta gamma delta"], ["one two three four"]),
    "no match of four": (["a man is in the big house now"], ["a man was in this big house today"]),
    "shorter": (["a man walks"], ["a man walks along the road with his dog"]),
    "longer": (["a man walks along the long road with his small dog today"], ["a man walks along the road"]),
    "one word": (["yes", "no"], ["yes", "yes"]),
    "numbers": (["It cost 3,000.50 dollars, i.e. 2,9 or 1.5-2.5%."], ["It cost 3,000.50 dollars (i.e. 2,9) or 1.5 - 2.5 %."]),
    "entities": (["&quot;R&amp;D&quot; &lt;b&gt; &amp;quot; x"], ["\"R&D\" <b> &quot; x"]),
    "unicode": (["„Größe“ – naïve café 日本語 😀 e\u0301a\u00a0b", "Ünïcödé … ’s"], ["„Größe“ – naïve cafe 日本語 😀 éa b", "Ünïcödé … 's"]),
    "spaces": (["  a  dog\truns \n fast ", "-\nhyphen", "x\u2003y\u001cz"], ["a dog runs fast", "hyphen", "x y z"]),
    "punctuation": (["Well...no,really?! (a/b) [c] {d} e_f ~g^h `i` it's", "a.b,c;d:e", "..,, .5 5. ,5 5,"],
                    ["Well ... no , really ? ! (a/b) [c] {d} e_f ~ g ^ h `i` it's", "a . b , c ; d : e", ". . , , .5 5. ,5 5,"]),
    "skipped": (["<skipped>a dog runs over the hill"], ["a dog runs over the hill"]),
}


def main():
    cases = [case(name, *sides) for name, sides in AWKWARD.items()]
    cases.append(case("a grammar", *grammar()))
    data = {"sacrebleu": sacrebleu.__version__, "cases": cases}
    path = Path(__file__).resolve().parent / "bleu.json"
    path.write_text(json.dumps(data, ensure_ascii=True, indent=1) + "\n")
    print(f"{len(cases)} cases, sacreBLEU {sacrebleu.__version__}")


def case(name, hypotheses, references):
    bleu = sacrebleu.corpus_bleu(hypotheses, [references])
    words = Tokenizer13a()
    return {
        "name": name,
        "hypotheses": hypotheses,
        "references": references,
        "words": [words(line.rstrip()) for line in hypotheses],
        "score": bleu.score,
        "precisions": bleu.precisions,
        "brevity_penalty": bleu.bp,
        "hypothesis_words": bleu.sys_len,
        "reference_words": bleu.ref_len,
        "text": str(bleu),
    }


def grammar():
    """Fifty sentences, and what is left of them with words dropped and neighbours swapped."""
    draw = random.Random(5)
    pick = lambda *words: draw.choice(words)  # noqa: E731
    references, hypotheses = [], []
    for _ in range(50):
        words = ["A", pick("young", "tall", "small"), pick("man", "woman", "dog"), pick("runs", "sits", "jumps")]
        words += [pick("over", "on", "near"), "the", pick("grass", "bench", "3.5 m wall"), pick(".", "!", ", too.")]
        references.append(" ".join(words))
        kept = [word for word in words if draw.random() > 0.12] or words
        at = draw.randrange(len(kept))
        kept[at : at + 2] = reversed(kept[at : at + 2])
        hypotheses.append(" ".join(kept))
    return hypotheses, references


if __name__ == "__main__":
    main()
