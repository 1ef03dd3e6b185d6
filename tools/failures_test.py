"""Every test, oracle and file that docs/failures.md names exists; and the rows that wait are exactly these."""

import os
import re
import sys
import unittest

# Behind the links of the sandbox lies the tree that people edit.
os.chdir(os.path.dirname(os.path.realpath(sys.argv.pop())))

# Row (its number, or how it begins) and the room that it waits for. Shrinks, and ends empty.
WAITING = {
    "32": "net",
    "feeds one session's": "the simulator's adversary",
    "splices records": "the simulator's adversary",
}

# The sections, and the rows that each must have: by number where they have one, else by how many.
CLASSES = "Classes of bugs in resumable sessions"
MISTAKES = "Mistakes that are easily made"
ADVERSARY = "An adversary on the path"
RULES = "What the protocol would lose without its rules"
ROWS = {
    CLASSES: [str(n) for n in range(1, 43)],
    MISTAKES: [f"M{n}" for n in range(1, 38)],
    RULES: [f"T{n}" for n in range(1, 20)],
}
ADVERSARY_ROWS_MIN = 8
COLUMNS = {CLASSES: 5, MISTAKES: 4, ADVERSARY: 3, RULES: 4}

TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)|\bTYPED_TEST\(\s*(\w+)\s*,\s*(\w+)\s*\)")


def tests_of_the_tree():
    names = set()
    for folder, _, files in os.walk("."):
        for name in files:
            if name.endswith("_test.cc"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    for found in TEST.finditer(file.read()):
                        names.add(".".join(part for part in found.groups() if part))
    return names


def sections():
    """The title of each section, and the cells of the rows of its table."""
    with open("docs/failures.md", encoding="utf-8") as file:
        for title, text in re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", file.read(), re.MULTILINE):
            table = [line for line in text.splitlines() if line.startswith("|")]
            yield title, [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in table[2:]]


def rows():
    for _, table in sections():
        yield from table


class Failures(unittest.TestCase):
    def test_every_name_exists(self):
        tests = tests_of_the_tree()
        self.assertGreater(len(tests), 50)
        for cells in rows():
            names = re.findall(r"`([^`]+)`", cells[-1])
            if "later:" not in cells[-1]:
                self.assertTrue(names, f"row {cells[0]} names nothing")
            for name in names:
                if name.startswith("sim/oracles/"):
                    self.assertTrue(os.path.exists(name + ".cc"), name)
                elif "/" in name:
                    self.assertTrue(os.path.exists(name), name)
                elif name.endswith(".*"):
                    self.assertTrue(any(test.startswith(name[:-1]) for test in tests), name)
                else:
                    self.assertIn(name, tests)

    def test_the_rows_that_wait_are_listed(self):
        waiting = {}
        for cells in rows():
            found = re.search(r"later: (.*)$", cells[-1])
            if found:
                key = next((key for key in WAITING if cells[0].startswith(key)), cells[0])
                waiting[key] = found.group(1)
        self.assertEqual(waiting, WAITING)

    def test_every_section_is_complete(self):
        found = dict(sections())
        self.assertEqual(set(found), set(COLUMNS))
        for title, numbers in ROWS.items():
            self.assertEqual([cells[0] for cells in found[title]], numbers, title)
        self.assertGreaterEqual(len(found[ADVERSARY]), ADVERSARY_ROWS_MIN)
        for title, table in found.items():
            for cells in table:
                self.assertEqual(len(cells), COLUMNS[title], cells)
                self.assertTrue(all(cells), cells)


if __name__ == "__main__":
    unittest.main()
