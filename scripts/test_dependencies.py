#!/usr/bin/env python3
"""Tests of dependencies.py: `python3 scripts/test_dependencies.py`."""

import unittest

import dependencies

RULES = {
    "licenses": {"allow": ["MIT", "Apache-2.0"], "exceptions": [{"allow": ["MPL-2.0"], "crate": "driver"}]},
    "sources": {"allow-registry": ["https://registry"]},
    "bans": {"deny": [{"crate": "blas"}]},
}


def problems(**package):
    whole = {"name": "a", "version": "1", "license": "MIT", "source": "registry+https://registry", **package}
    return list(dependencies.problems([whole], RULES))


class Dependencies(unittest.TestCase):
    def test_an_expression_is_met_by_one_alternative_and_by_all_that_are_joined(self):
        for expression in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(GPL-3.0 OR MIT) AND Apache-2.0"]:
            self.assertEqual(problems(license=expression), [], expression)
        for expression in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0", "MIT WITH x-exception", None]:
            self.assertEqual(len(problems(license=expression)), 1, expression)

    def test_exceptions_are_for_one_crate(self):
        self.assertEqual(problems(name="driver", license="MPL-2.0"), [])
        self.assertEqual(len(problems(license="MPL-2.0")), 1)

    def test_other_sources_and_banned_crates_are_named(self):
        self.assertIn("git+https://x", problems(source="git+https://x")[0])
        self.assertEqual(problems(source=None), [])
        self.assertIn("banned", problems(name="blas")[0])


if __name__ == "__main__":
    unittest.main()
