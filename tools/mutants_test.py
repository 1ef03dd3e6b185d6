"""Every planted bug still applies and says what it must; all rows of docs/failures.md have one, or a reason; and the
numbers of tools/mutants are right."""

import os
import sys
import tempfile
import unittest

from tools import mutant_patches, mutant_report, mutant_runs
from tools.mutant_patches import BadMutant
from tools.mutant_runs import Found

# Behind the links of the sandbox lies the tree that people edit.
ROOT = os.path.dirname(os.path.realpath(sys.argv.pop()))

MUTANTS_MIN = 60

DIFF = """diff --git a/core/session/streams.cc b/core/session/streams.cc
--- a/core/session/streams.cc
+++ b/core/session/streams.cc
@@ -1,2 +1,2 @@
 one
-two
+MUTANT_TRIGGERED_IF(true);
"""
HEAD = "What: it is wrong.\nClass: 12, M1\nOracle: acknowledged, crash\nLane: small\n"
GOOD = HEAD + "\n" + DIFF


class Tree(unittest.TestCase):
    """What stands in testdata/mutants."""

    def test_every_patch_applies_and_names_what_exists(self):
        wrong = []
        for name in mutant_patches.names(ROOT):
            try:
                mutant_patches.check_applies(ROOT, mutant_patches.load(ROOT, name))
            except BadMutant as error:
                wrong.append(str(error))
        self.assertEqual(wrong, [])

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(mutant_patches.names(ROOT)), MUTANTS_MIN)

    def test_every_row_has_a_mutant_or_a_reason(self):
        rows = mutant_patches.rows(ROOT)
        wanted = [str(n) for n in range(1, 43)] + [f"M{n}" for n in range(1, 38)]
        self.assertLessEqual(set(wanted), set(rows))
        planted = {row for mutant in mutant_patches.load_all(ROOT) for row in mutant.classes}
        reasons = mutant_patches.not_planted(ROOT)
        self.assertEqual([row for row in wanted if row not in planted and row not in reasons], [], "have neither")
        self.assertEqual([row for row in reasons if row in planted], [], "have both")
        self.assertLessEqual(set(reasons), set(rows))

    def test_no_two_plant_the_same(self):
        seen = {}
        for mutant in mutant_patches.load_all(ROOT):
            self.assertNotIn(mutant.diff, seen, f"{mutant.name} and {seen.get(mutant.diff)}")
            seen[mutant.diff] = mutant.name


class Patches(unittest.TestCase):
    """How one is read."""

    def test_say_what_they_plant(self):
        mutant = mutant_patches.parse("it_is_wrong", GOOD)
        self.assertEqual(mutant.what, "it is wrong.")
        self.assertEqual(mutant.classes, ("12", "M1"))
        self.assertEqual(mutant.oracles, ("acknowledged", "crash"))
        self.assertEqual((mutant.lane, mutant.file), ("small", "core/session/streams.cc"))
        self.assertEqual(mutant_patches.changed_lines(mutant), 2)

    def test_are_found_in_the_default_worlds_unless_they_say_otherwise(self):
        self.assertEqual(mutant_patches.parse("it_is", GOOD.replace("Lane: small\n", "")).lane, "default")

    def test_may_go_on_in_a_second_line(self):
        mutant = mutant_patches.parse("it_is", GOOD.replace("wrong.\n", "wrong\n  in two lines.\n"))
        self.assertEqual(mutant.what, "it is wrong in two lines.")

    def test_that_are_wrong_are_refused(self):
        second = DIFF.replace("streams", "link")
        for bad in (GOOD.replace("Oracle: acknowledged, crash\n", ""), GOOD.replace("Class", "Klass"),
                    GOOD.replace("small", "large"), GOOD.replace("core/session", "sim"), GOOD + second,
                    GOOD.replace("core/session/streams.cc", "core/crypto/fast_provider.cc"),
                    GOOD.replace("streams.cc", "streams_test.cc"), GOOD.replace("MUTANT_TRIGGERED_IF(true)", "three()"),
                    GOOD + "+more\n" * (mutant_patches.LINES_MAX - 1), HEAD, DIFF, "",
                    GOOD.replace("+++ b/core/session", "+++ b/core/pool")):
            with self.assertRaises(BadMutant, msg=bad):
                mutant_patches.parse("it_is_wrong", bad)
        with self.assertRaises(BadMutant):
            mutant_patches.parse("Wrong", GOOD)

    def test_that_name_what_does_not_exist_are_refused(self):
        for bad in (GOOD.replace("acknowledged", "acknowledge"), GOOD.replace("M1", "M99")):
            with tempfile.TemporaryDirectory() as root:
                for folder in (mutant_patches.FOLDER, mutant_patches.ORACLES, "docs"):
                    os.makedirs(os.path.join(root, folder))
                write(root, mutant_patches.FAILURES, "| 12 | a |\n| M1 | b |\n")
                write(root, "sim/oracles/acknowledged.cc", "")
                write(root, mutant_patches.FOLDER + "/it_is_wrong.patch", GOOD)
                mutant_patches.load(root, "it_is_wrong")
                write(root, mutant_patches.FOLDER + "/it_is_wrong.patch", bad)
                with self.assertRaises(BadMutant):
                    mutant_patches.load(root, "it_is_wrong")

    def test_that_are_stale_are_refused(self):
        mutant = mutant_patches.parse("it_is_wrong", GOOD)
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "core/session"))
            for text, good in (("one\ntwo\n", True), ("more\none\ntwo\n", True), ("one\n2\n", False), ("", False)):
                write(root, mutant.file, text)
                if good:
                    mutant_patches.check_applies(root, mutant)
                    mutant_patches.patch(root, mutant)
                    self.assertIn("MUTANT", read(root, mutant.file))
                else:
                    with self.assertRaisesRegex(BadMutant, "stale"):
                        mutant_patches.check_applies(root, mutant)
                    self.assertEqual(read(root, mutant.file), text)


def write(root, path, text):
    with open(os.path.join(root, path), "w", encoding="utf-8") as file:
        file.write(text)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


class Statistics(unittest.TestCase):

    def test_the_median_is_infinite_when_half_of_all_is(self):
        self.assertEqual(mutant_report.median([1, 2, 4]), 2)
        self.assertEqual(mutant_report.median([1, 2, 4, 5]), 3)
        self.assertEqual(mutant_report.median([1, 2, mutant_report.INFINITE]), 2)
        self.assertEqual(mutant_report.median([1, mutant_report.INFINITE]), mutant_report.INFINITE)
        self.assertEqual(mutant_report.median([]), mutant_report.INFINITE)

    def test_the_interval_is_that_of_the_binomial_distribution(self):
        self.assertEqual(mutant_report.interval(list(range(1, 31))), (10, 21))
        self.assertEqual(mutant_report.interval(list(range(1, 11))), (2, 9))
        self.assertEqual(mutant_report.interval(list(range(1, 7))), (1, 6))
        self.assertIsNone(mutant_report.interval([1, 2, 3, 4, 5]))

    def test_another_oracle_counts_as_nothing(self):
        found = [Found("oracle", "acknowledged", 7), Found("oracle", "liveness", 3), Found("nothing", "", 100),
                 Found("crash", "", 5), Found("timeout")]
        values = mutant_report.seeds_to_detection(found, ("acknowledged", "crash"))
        self.assertEqual(values, [5, 7] + 3 * [mutant_report.INFINITE])

    def test_a_lane_is_left_when_most_ranges_find_nothing(self):
        hit, miss = Found("oracle", "acknowledged", 7), Found("nothing", "", 100)
        for found, leaves in (([miss, miss], False), ([miss] * 3, True), ([hit] * 3 + [miss] * 3, False),
                              ([hit, hit, hit, miss, miss, miss, miss], True)):
            self.assertEqual(mutant_runs.gives_up(found, ("acknowledged",)), leaves)


class Document(unittest.TestCase):

    def test_says_what_was_found_and_what_was_not(self):
        good = mutant_patches.parse("it_is_wrong", GOOD)
        bad = good._replace(name="it_is_worse", classes=("M1",))
        found = [Found("oracle", "acknowledged", seeds, seeds, 1, 1, 1.0)._asdict() for seeds in (3, 5, 40)]
        lost = [Found("oracle", "liveness", 3, 3, 1, 1, 1.0)._asdict() for _ in range(3)]
        results = {(name, "small", ""): {"ranges": 3, "seeds_max": 2000, "found": entry, "build_seconds": 4}
                   for name, entry in (("it_is_wrong", found), ("it_is_worse", lost))}
        results["it_is_wrong", "small", "swarm"] = dict(results["it_is_worse", "small", ""])
        text = mutant_report.render([good, bad, good._replace(name="it_is_new")],
                                    {"12": "a", "M1": "b", "13": "c", "14": "d"}, {"13": "because"},
                                    {"results": results, "clean": {"small": {"seeds": 1000, "alarms": 1,
                                                                             "alarm_seeds": [77], "seconds": 2}}})
        for part in ("1 of 2 mutants are found", "NOT FOUND: `it_is_worse`", "Not run: `it_is_new`", "| 5 |",
                     "> 2,000", "(liveness) 3", "1 alarm in 1,000 seeds (77)", "without swarm", "| 13 | c | because |",
                     "without a reason: 14", "acknowledged 3"):
            self.assertIn(part, text)


class Marks(unittest.TestCase):

    def test_are_read_from_the_last_line_that_has_them(self):
        self.assertEqual(mutant_runs.marks_in("x\nmutant: reached 12 triggered 3\n"), (12, 3))
        self.assertEqual(mutant_runs.marks_in("nothing"), (0, 0))


if __name__ == "__main__":
    unittest.main()
