#!/usr/bin/env python3
"""Checks what the pages of the repository point to: files, headings for anchors, and source files named in code spans.

Needs Python 3 and nothing else; looks at no address outside the repository.
"""

import re
import subprocess
import sys
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
SOURCE = re.compile(r"`(?P<path>[\w.-]+(?:/[\w.-]+)*\.(?:rs|py))`")
FENCE = re.compile(r"(?ms)^```.*?^```[^\n]*$")


def blank(match):
    """A match as white space of the same shape, so that offsets and lines stay."""
    return re.sub(r"[^\n]", " ", match[0])


def without_code(text):
    """The text with fenced and inline code blanked out."""
    return re.sub(r"`[^`\n]*`", blank, FENCE.sub(blank, text))


def anchors(text):
    """The anchors that GitHub gives to a page's headings, and those set by hand."""
    found, seen = set(re.findall(r'<a (?:id|name)="([^"]+)"', text)), {}
    for heading in re.findall(r"(?m)^#+ (.*)$", FENCE.sub("", text)):
        plain = re.sub(r"<!--.*?-->", "", heading).replace("`", "").strip().lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def broken_links(path, text):
    """Links whose file or heading does not exist, as (offset in the text, what is wrong)."""
    for match in LINK.finditer(without_code(text)):
        name, _, anchor = match["target"].partition("#")
        file = (path.parent / name).resolve() if name else path
        if re.match(r"[a-z]+:", match["target"]):
            continue
        if not file.exists():
            yield match.start(), f"{match['target']}: there is no such file"
        elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield match.start(), f"{match['target']}: the page has no such heading"


def missing_sources(text, files):
    """Source files named in code spans, such as `theory/toy.rs`, that no file of the repository ends with."""
    for match in SOURCE.finditer(FENCE.sub(blank, text)):
        if not any(f"/{file}".endswith(f"/{match['path']}") for file in files):
            yield match.start(), f"{match['path']}: no file of the repository has this path"


def main():
    root = Path(__file__).resolve().parent.parent
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()
    problems = []
    for page in sorted(file for file in files if file.endswith(".md") and (root / file).exists()):
        text = (root / page).read_text(encoding="utf-8")
        for offset, problem in [*broken_links(root / page, text), *missing_sources(text, files)]:
            problems.append(f"{page}:{text.count(chr(10), 0, offset) + 1}: {problem}")
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
