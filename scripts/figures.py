#!/usr/bin/env python3
"""Keeps every measured figure in one place.

A page quotes a figure between two comments, <!-- figure: KEY -->VALUE<!-- /figure -->. docs/figures.toml says for each
key where the value stands: in the cell of a table (`page`, `section`, `row`, `column`), which a command printed, or as
a `value` in that file. `--write` fills the markers and `--check` (the default) fails where one differs, where a key is
unknown or unused, and where a page listed under `strict` has a number outside a marker that looks measured.

Needs Python 3.11 or later and nothing else.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

SOURCE = "docs/figures.toml"
MARKER = re.compile(r"<!-- figure: (?P<key>[\w.-]+) -->(?P<value>[^\n]*?)<!-- /figure -->")
OPENING = re.compile(r"<!--\s*/?figure")
COUNT = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty)"
# A percentage that belongs to the name of a measure is no figure.
NAMES = r"top 5 %|\d+ % (?:prediction|confidence) interval"
MEASURED = re.compile(
    rf"\d[\d,]*\.\d+|\d+(?:\.\d+)? ?(?:%|percent|ms|s|min|minutes?|hours?|[MG]B)(?!\w)"
    rf"|\b{COUNT} (?:times|of {COUNT}|out of {COUNT})\b|\b(?:half|third|quarter|fifth|tenth)s?\b",
    re.IGNORECASE,
)


def flatten(tables, prefix=""):
    """Nested tables of figures as one dictionary from dotted key to entry."""
    entries = {}
    for name, entry in tables.items():
        key = f"{prefix}{name}"
        if not isinstance(entry, dict):
            raise ValueError(f"{SOURCE}: `{key}` is no table; a figure is a table such as [forecast.auc]")
        if "value" in entry or "page" in entry:
            entries[key] = entry
        else:
            entries.update(flatten(entry, f"{key}."))
    return entries


def cells(line):
    """The cells of a table row, without emphasis and white space."""
    return [cell.strip().strip("*").strip() for cell in line.strip().strip("|").split("|")]


def section_lines(text, section):
    """The lines below the heading `section`, up to the next heading of the same or a higher level."""
    lines, level = [], None
    for line in text.splitlines():
        heading = re.match(r"(#+) (.*)", line)
        if heading and level and len(heading[1]) <= level:
            return lines
        if heading and heading[2].strip() == section:
            level = len(heading[1])
        elif level:
            lines.append(line)
    return lines


def from_table(key, entry, text):
    """The cell that `entry` describes: the one row that starts with `row`, below the header `column`."""
    place = f"{SOURCE}: {key}: {entry['page']}, section `{entry['section']}`"
    found, header = [], None
    for line in section_lines(text, entry["section"]):
        if not line.startswith("|"):
            header = None
        elif header is None:
            header = cells(line)
        elif cells(line)[0].startswith(entry["row"]):
            found.append((header, cells(line)))
    if len(found) != 1:
        raise ValueError(f"{place}: {len(found)} rows start with `{entry['row']}`; exactly one must")
    header, row = found[0]
    if header.count(entry["column"]) != 1:
        raise ValueError(f"{place}: the table's header has {header}, not one `{entry['column']}`")
    return row[header.index(entry["column"])]


def value_of(key, entry, root):
    """The value of a figure as it is shown."""
    if "value" in entry:
        return entry["value"]
    cell = from_table(key, entry, (root / entry["page"]).read_text(encoding="utf-8"))
    if "take" not in entry:
        return cell
    taken = re.search(entry["take"], cell)
    if not taken:
        raise ValueError(f"{SOURCE}: {key}: `{entry['take']}` does not match the cell `{cell}`")
    return taken[1] if taken.groups() else taken[0]


def prose(text):
    """The text with code, markers, comments, link targets and names of measures blanked out, line for line."""
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])
    code, links = (r"(?ms)^```.*?^```[^\n]*$", r"`[^`\n]*`"), r"\]\([^)\n]*\)"
    for pattern in (*code, MARKER.pattern, r"(?s)<!--.*?-->", links, NAMES):
        text = re.sub(pattern, blank, text)
    return text


def check_page(page, text, values, strict):
    """Problems of one page, each as `page:line: what is wrong`."""
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{page}:{number}"
        if len(OPENING.findall(line)) != 2 * len(MARKER.findall(line)):
            problems.append(f"{place}: a figure marker that is not closed on its line or is misspelt")
        if line.lstrip().startswith("<!-- figure:"):
            problems.append(f"{place}: a marker begins the line, so Markdown takes the line for HTML; move it")
        for marker in MARKER.finditer(line):
            key, shown = marker["key"], marker["value"]
            if key not in values:
                problems.append(f"{place}: no figure `{key}` in {SOURCE}")
            elif shown != values[key]:
                problems.append(f"{place}: {key} is shown as `{shown}` but is `{values[key]}`; run {Path(__file__).name} --write")
    for number, line in enumerate(prose(text).splitlines() if strict else [], 1):
        for match in MEASURED.finditer(line):
            problems.append(f"{page}:{number}: `{match[0]}` looks measured; quote it by a marker, see {SOURCE}")
    return problems


def filled(text, values):
    """The text with the present value in each marker."""
    fill = lambda m: f"<!-- figure: {m['key']} -->{values.get(m['key'], m['value'])}<!-- /figure -->"
    return MARKER.sub(fill, text)


def pages_of(root):
    """README, CHANGELOG and everything under docs/."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def run(root, write):
    """Fills the markers if asked to and returns the problems that are left."""
    source = tomllib.loads((root / SOURCE).read_text(encoding="utf-8"))
    strict = source.pop("strict", [])
    values = {key: value_of(key, entry, root) for key, entry in flatten(source).items()}
    problems, used = [], set()
    for path in pages_of(root):
        text = path.read_text(encoding="utf-8")
        if write and filled(text, values) != text:
            text = filled(text, values)
            path.write_text(text, encoding="utf-8")
        page = path.relative_to(root).as_posix()
        problems += check_page(page, text, values, page in strict)
        used.update(marker["key"] for marker in MARKER.finditer(text))
    problems += [f"{SOURCE}: no page quotes `{key}`; remove it" for key in values if key not in used]
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="fill the markers from their sources")
    parser.add_argument("--check", action="store_true", help="only check (the default)")
    arguments = parser.parse_args()
    try:
        problems = run(Path(__file__).resolve().parent.parent, arguments.write)
    except (ValueError, OSError) as error:
        problems = [str(error)]
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
