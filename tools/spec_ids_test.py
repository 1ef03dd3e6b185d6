"""The ids of docs/protocol.md, against code and tests: what is cited exists; what MUST be is shown by a test or an
oracle; and every requirement is cited where it is implemented."""

import os
import re
import sys
import unittest

# Behind the links of the sandbox lies the tree that people edit.
os.chdir(os.path.dirname(os.path.realpath(sys.argv.pop())))

# Requirements that no test shows, or no source of core implements, and why. Shrinks: what need not wait is an error.
WAITING = {
    "HF-RES-12": "two resumes with one locator need one hash of two different handshakes",
    "HF-SEC-1": "of what an application passes as Entropy",
    "HF-SEC-4": "time is not visible to a test; the comparison is that of the crypto library",
    "HF-SEC-6": "of who runs a server",
}

ROOMS = ("core", "sim", "tools", "fuzz", "bench", "docs")
SPEC = "docs/protocol.md"
ID = re.compile(r"\bHF-[A-Z]+-[0-9]+\b")
DEFINITION = re.compile(r"^\*\*\[(HF-[A-Z]+-[0-9]+)\]\*\*(.*?)(?=^#|^\*\*\[|\Z)", re.MULTILINE | re.DOTALL)


def requirements(spec):
    """Every id, and whether its own paragraph says MUST."""
    return {name: bool(re.search(r"\bMUST\b", text.split("\n\n")[0])) for name, text in DEFINITION.findall(spec)}


def is_test(path):
    """Tests of core, and oracles, which watch every seed of every campaign."""
    return path.startswith("core/") and path.endswith("_test.cc") or re.match(r"sim/oracles/\w+\.h$", path) is not None


def is_source(path):
    return path.startswith("core/") and path.endswith((".h", ".cc")) and not path.endswith("_test.cc")


def cited(files, wanted=lambda path: True):
    return {name for path, text in files.items() if wanted(path) for name in ID.findall(text)}


def unknown(known, files):
    """Ids that are cited and do not exist, with the files that do it."""
    return sorted(f"{path}: {name}" for path in files for name in set(ID.findall(files[path])) if name not in known)


def unshown(known, files):
    """What MUST be and is in no test and no oracle."""
    return {name for name, must in known.items() if must} - cited(files, is_test)


def homeless(known, files):
    """What no source of core cites."""
    return set(known) - cited(files, is_source)


def complaints(known, files, waiting):
    tests, sources = unshown(known, files), homeless(known, files)
    yield from (f"{line} is no requirement" for line in unknown(known, files))
    yield from (f"{name} is waited for, and is no requirement" for name in sorted(set(waiting) - set(known)))
    yield from (f"{name} is shown by no test and no oracle" for name in sorted(tests - set(waiting)))
    yield from (f"{name} is cited by no source of core" for name in sorted(sources - set(waiting)))
    for name in sorted(set(waiting) & set(known) - tests - sources):
        yield f"{name} is waited for, and there"


def tree():
    files = {}
    for room in ROOMS:
        for folder, _, names in os.walk(room):
            for name in names:
                path = os.path.join(folder, name)
                if name.endswith((".h", ".cc", ".py", ".md", ".bzl", "BUILD")):
                    with open(path, encoding="utf-8") as file:
                        files[path] = file.read()
    return files


class SpecIds(unittest.TestCase):
    def test_spec_code_and_tests_agree(self):
        files = tree()
        known = requirements(files[SPEC])
        self.assertGreater(len(known), 100)
        self.assertGreater(len(cited(files, is_test)), 100)
        self.assertEqual(list(complaints(known, files, WAITING)), [])


# Planted: names that this file itself does not cite.
def planted(number):
    return f"HF-{'PLA'}-{number}"


class Planted(unittest.TestCase):
    def setUp(self):
        self.known = requirements(
            f"# Spec\n\n**[{planted(1)}]** A thing MUST be\nso.\n\n**[{planted(2)}]** A thing is so.\n\nAnother MUST.\n"
            f"\n**[{planted(3)}]** Whatever\nMUST NOT be.\n\n## MUST\n")
        self.files = {
            "core/a/a.cc": f"// {planted(1)}, {planted(2)}.\n// {planted(3)}.\n",
            "core/a/a_test.cc": f"// {planted(1)}.\n",
            "sim/oracles/o.h": f"// o: this ({planted(3)}).\n",
        }

    def complain(self, waiting=()):
        return list(complaints(self.known, self.files, dict.fromkeys(waiting, "why")))

    def test_what_must_be_is_said_in_the_paragraph_itself(self):
        self.assertEqual(self.known, {planted(1): True, planted(2): False, planted(3): True})

    def test_nothing_is_wrong_with_it(self):
        self.assertEqual(self.complain(), [])

    def test_an_id_that_does_not_exist_is_found_in_every_room(self):
        for path in ("sim/a.cc", "tools/a.py", "fuzz/BUILD", "bench/a.h", "docs/a.md", "core/b/b_test.cc"):
            for name in (planted(4), planted(10), f"HF-{'PLAN'}-1"):
                self.files[path] = f"as {name} says"
                self.assertEqual(self.complain(), [f"{path}: {name} is no requirement"])
            del self.files[path]

    def test_what_must_be_and_is_not_tested_is_found(self):
        for path, name in (("core/a/a_test.cc", planted(1)), ("sim/oracles/o.h", planted(3))):
            text = self.files.pop(path)
            self.files["sim/plan.h"] = text  # Not a test.
            self.assertEqual(self.complain(), [f"{name} is shown by no test and no oracle"])
            self.assertEqual(self.complain([name]), [])
            self.files[path] = text

    def test_what_no_source_cites_is_found(self):
        self.files["core/a/a.cc"] = f"// {planted(1)}\n"
        self.files["core/a/a_test.cc"] += f"// {planted(2)}\n"
        self.assertEqual(self.complain(), [f"{planted(n)} is cited by no source of core" for n in (2, 3)])
        self.assertEqual(self.complain([planted(2), planted(3)]), [])

    def test_what_need_not_wait_must_not(self):
        for number in (1, 2, 3):
            self.assertEqual(self.complain([planted(number)]), [f"{planted(number)} is waited for, and there"])
        self.assertEqual(self.complain([planted(4)]), [f"{planted(4)} is waited for, and is no requirement"])


if __name__ == "__main__":
    unittest.main()
