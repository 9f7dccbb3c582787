#!/usr/bin/env python3
"""Check the licences and sources of all dependencies against deny.toml, without a network and without cargo-deny.

Licences are SPDX expressions. `cargo deny check` checks the same, and known vulnerabilities too; scripts/check calls it where it is
installed. Needs Python 3.11 or later.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def allowed(expression, licences):
    """Whether an SPDX expression can be met with `licences`."""
    tokens = re.findall(r"\(|\)|[^\s()]+", re.sub(r"\s*/\s*", " OR ", expression))

    def alternative():
        met = conjunction()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            other = conjunction()
            met = met or other
        return met

    def conjunction():
        met = term()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            other = term()
            met = met and other
        return met

    def term():
        if tokens[0] == "(":
            tokens.pop(0)
            met = alternative()
            tokens.pop(0)
            return met
        name = tokens.pop(0)
        if tokens and tokens[0] == "WITH":
            tokens.pop(0)
            name = f"{name} WITH {tokens.pop(0)}"
        return name in licences

    return alternative()


def problems(packages, rules):
    """What is not as the rules say, a sentence each."""
    licences = set(rules["licenses"]["allow"])
    exceptions = {entry["crate"]: set(entry["allow"]) for entry in rules["licenses"].get("exceptions", [])}
    registries = {f"registry+{place}" for place in rules["sources"]["allow-registry"]}
    banned = {entry["crate"] for entry in rules["bans"].get("deny", [])}
    for package in packages:
        name, source = f"{package['name']} {package['version']}", package["source"]
        if source is not None and source not in registries:
            yield f"{name} comes from {source}; deny.toml allows {', '.join(sorted(registries))}"
        if not package["license"]:
            yield f"{name} names no licence"
        elif not allowed(package["license"], licences | exceptions.get(package["name"], set())):
            yield f"{name} has the licence {package['license']}, which deny.toml does not allow"
        if package["name"] in banned:
            yield f"{name} is banned in deny.toml"


def main():
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    found = list(problems(metadata["packages"], rules))
    for problem in found:
        print(f"error: {problem}", file=sys.stderr)
    print(f"{len(metadata['packages'])} packages, {len(found)} problems")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
