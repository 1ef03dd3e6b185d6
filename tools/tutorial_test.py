"""Every command of docs/tutorial.md does what the page says of it.

usage: tutorial_test.py TUTORIAL HOLDFAST (PLUGIN | SCRIPT)...
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

TUTORIAL, HOLDFAST, *OTHERS = [os.path.abspath(path) for path in sys.argv[1:]]
del sys.argv[1:]


def commands():
    """(words, exit status) of every line of the blocks that are for a shell."""
    with open(TUTORIAL, encoding="utf-8") as page:
        blocks = re.findall(r"```sh\n(.*?)```", page.read(), re.DOTALL)
    for line in "".join(blocks).replace("\\\n", " ").splitlines():
        command, _, comment = line.partition("  # ")
        status = re.fullmatch(r"exit status (\d)", comment.strip())
        yield shlex.split(command), int(status.group(1)) if status else 0


class Tutorial(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.makedirs(os.path.join(self.folder, "bazel/bin/sim"))
        os.makedirs(os.path.join(self.folder, "bazel/bin/tools"))
        os.symlink(HOLDFAST, os.path.join(self.folder, "bazel/bin/tools/holdfast"))
        os.makedirs(os.path.join(self.folder, "sim/examples"))
        for path in OTHERS:
            room = "sim/examples" if path.endswith(".py") else "bazel/bin/sim"
            os.symlink(path, os.path.join(self.folder, room, os.path.basename(path)))

    def test_each_command_does_what_the_page_says(self):
        ran, built, outputs = 0, 0, {}
        for words, status in commands():
            with self.subTest(" ".join(words)):
                if words[0] == "bazel":
                    self.assertEqual(words[1], "build")
                    built += len(words) - 2
                    continue
                result = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=120,
                                        check=False)
                self.assertEqual(result.returncode, status, result.stdout + result.stderr)
                outputs.setdefault(words[1], []).append(result.stdout)
                ran += 1
        self.assertGreaterEqual(ran, 9)
        self.assertEqual(built, 1 + len([path for path in OTHERS if path.endswith(".so")]))
        self.assertIn("VIOLATION of exact_delivery", outputs["sim"][0])
        self.assertIn("VIOLATION of exact_delivery", outputs["replay"][0])
        self.assertIn("it was decided", outputs["blame"][0])
        self.assertIn("VIOLATION of exact_delivery in a cell with 1 death", outputs["explore"][0])
        self.assertRegex(outputs["explore"][1], r"(?m)^violations +0$")
        self.assertRegex(outputs["explore"][2], r"(?m)^  stall, that direction +\d")

    def test_what_is_shrunk_is_as_small_as_the_page_says(self):
        command = [HOLDFAST, "shrink", "--plugin", self.plugin("ferry_plugin.so"), "--seed", "17", "-o", "ferry.plan"]
        subprocess.run(command, cwd=self.folder, capture_output=True, timeout=120, check=True)
        with open(os.path.join(self.folder, "ferry.plan"), encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith("#")]
        self.assertEqual(len(lines), 4, lines)
        self.assertTrue(any(line.startswith("probe") for line in lines), lines)

    def test_what_explore_finds_is_seen_again_by_the_words_that_it_tells(self):
        out = self.explore("ferry_plugin.so").stdout
        plan, command = re.search(r"# the plan\n(.*?)\n\n.*?# all of it again\n(.*?)\n", out, re.DOTALL).groups()
        with open(os.path.join(self.folder, "FILE"), "w", encoding="utf-8") as file:
            file.write(plan)
        again = subprocess.run(shlex.split(command), cwd=self.folder, capture_output=True, text=True, timeout=120,
                               check=False)
        self.assertEqual(again.returncode, 1, again.stderr)
        self.assertEqual(re.findall("VIOLATION of (\\w+)", again.stdout)[0], re.findall("VIOLATION of (\\w+)", out)[0])

    def test_threads_and_processes_explore_the_same(self):
        reports = [json.loads(self.explore("ferry_plugin.so", "--sample", "20", "--json", "-", *words).stdout)
                   for words in ([], ["--processes", "--jobs", "1"], ["--processes", "--jobs", "3"])]
        for report in reports:
            del report["speed"], report["options"]
            self.assertEqual(report, reports[0])
        self.assertGreater(reports[0]["violation_count"], 0)

    def test_a_server_may_be_another_implementation(self):
        self.assertEqual(self.explore("ferry_fixed_plugin.so", "--server-plugin",
                                      self.plugin("ferry_plugin.so")).returncode, 1)
        self.assertEqual(self.explore("ferry_plugin.so", "--server-plugin",
                                      self.plugin("ferry_fixed_plugin.so")).returncode, 0)

    def explore(self, plugin, *words):
        command = [HOLDFAST, "explore", "--plugin", self.plugin(plugin), *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)

    def plugin(self, name):
        return next(path for path in OTHERS if os.path.basename(path) == name)


if __name__ == "__main__":
    unittest.main()
