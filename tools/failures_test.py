"""Every test, oracle and file that docs/failures.md names exists, and the rows that wait are exactly these; the
table of rules in docs/protocol.md has all of them, and its sections, ids and names exist."""

import os
import re
import sys
import unittest

# Behind the links of the sandbox lies the tree that people edit.
os.chdir(os.path.dirname(os.path.realpath(sys.argv.pop())))

# Row (its number, or how it begins) and the room that it waits for. Shrinks, and ends empty.
WAITING = {
    "32": "net",
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


def tests_of(path):
    with open(path, encoding="utf-8") as file:
        return {".".join(part for part in found.groups() if part) for found in TEST.finditer(file.read())}


def tests_of_the_tree():
    names = set()
    for folder, _, files in os.walk("."):
        names.update(*(tests_of(os.path.join(folder, name)) for name in files if name.endswith("_test.cc")))
    return names


def sections():
    """The title of each section, and the cells of the rows of its table."""
    with open("docs/failures.md", encoding="utf-8") as file:
        for title, text in re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", file.read(), re.MULTILINE):
            table = [line for line in text.splitlines() if line.startswith("|")]
            yield title, [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in table[2:]]


def rules():
    with open("docs/protocol.md", encoding="utf-8") as file:
        text = file.read()
    table = re.search(r"^### 14\.2 .*\n((?:(?!#).*\n)*)", text, re.MULTILINE).group(1)
    ids = set(re.findall(r"^\*\*\[(HF-[A-Z]+-[0-9]+)\]\*\*", text, re.MULTILINE))
    sections = set(re.findall(r"^##+ ([0-9.]+?)\.? ", text, re.MULTILINE))
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines], ids, sections


def rows():
    for _, table in sections():
        yield from table


def unknown(cells, tests):
    """What a row names, in its last cell, and does not exist; or that it names nothing."""
    names = re.findall(r"`([^`]+)`", cells[-1])
    if not names and "later:" not in cells[-1]:
        yield f"row {cells[0]} names nothing"
    for name in names:
        if name.startswith("sim/oracles/"):
            known = os.path.exists(name + ".cc")
        elif "/" in name:
            known = os.path.exists(name)
        elif name.endswith(".*"):
            known = any(test.startswith(name[:-1]) for test in tests)
        else:
            known = name in tests
        if not known:
            yield f"row {cells[0]}: {name}"


class Failures(unittest.TestCase):
    def test_every_name_exists(self):
        tests = tests_of_the_tree()
        self.assertGreater(len(tests), 50)
        self.assertEqual([name for cells in rows() for name in unknown(cells, tests)], [])

    def test_what_does_not_exist_is_found(self):
        tests = {"Suite.Claims"}
        for good in ("`Suite.Claims`", "`Suite.*`", "`sim/oracles/honest`", "`tools/tidy.py`", "later: a room"):
            self.assertEqual(list(unknown(["1", good], tests)), [])
        for bad in ("`Suite.Claim`", "`Suit.*`", "`sim/oracles/none`", "`tools/none.py`", "words", "`X.Y`; later: x"):
            self.assertEqual(len(list(unknown(["1", bad], tests))), 1, bad)

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


class Areas(unittest.TestCase):
    def test_names_exist_and_are_in_the_file_that_is_named(self):
        with open("docs/protocol.md", encoding="utf-8") as file:
            table = re.search(r"^### 14\.1 .*\n((?:(?!#).*\n)*)", file.read(), re.MULTILINE).group(1)
        lines = [line for line in table.splitlines() if line.startswith("|")][2:]
        self.assertGreater(len(lines), 50)
        for line in lines:
            names, path = [cell.strip() for cell in line[1:-1].split("|")][2:]
            tests = tests_of(path)
            self.assertEqual(list(unknown([path, names], tests)), [])


class Rules(unittest.TestCase):
    def test_all_have_a_row_whose_sections_ids_and_names_exist(self):
        table, ids, sections = rules()
        tests = tests_of_the_tree()
        self.assertEqual([cells[0] for cells in table], [str(n) for n in range(1, 37)])
        for cells in table:
            self.assertEqual(len(cells), 5, cells)
            self.assertTrue(all(cells), cells)
            self.assertLessEqual(set(cells[2].split(", ")), sections, cells)
            self.assertLessEqual(set(re.split(", | to ", cells[3])), ids, cells)
            self.assertEqual(list(unknown(cells, tests)), [])
            self.assertNotIn("later:", cells[4])


if __name__ == "__main__":
    unittest.main()
