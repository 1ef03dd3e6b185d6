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
    "flips any bit": "private networks",
    "splices records": "the simulator's adversary",
    "drips noise": "private networks",
}

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


def rows():
    with open("docs/failures.md", encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            if line.startswith("|") and not re.fullmatch(r"[|\s-]+", line) and cells[0] not in ("#", "what it does"):
                yield cells


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

    def test_all_forty_two_classes_have_a_row(self):
        numbers = [int(cells[0]) for cells in rows() if cells[0].isdigit()]
        self.assertEqual(numbers, list(range(1, 43)))


if __name__ == "__main__":
    unittest.main()
