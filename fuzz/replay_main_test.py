"""The replay program runs the whole corpus, whatever the number of shards, and refuses an empty one."""

import os
import subprocess
import sys
import tempfile
import unittest

PROBE = os.path.abspath(sys.argv.pop())


class Replay(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def corpus(self, count):
        paths = [self.write(f"{i:02}", f"text{i:02}") for i in range(count)]
        return self.write("list", "".join(path + "\n" for path in paths))

    def run_probe(self, *arguments, shard=None):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TEST_")}
        environment["PROBE_PRINTS"] = "1"
        if shard:
            environment["TEST_SHARD_INDEX"], environment["TEST_TOTAL_SHARDS"] = map(str, shard)
            environment["TEST_SHARD_STATUS_FILE"] = os.path.join(self.folder, f"status{shard[0]}")
        return subprocess.run([PROBE, *arguments], env=environment, capture_output=True, text=True)

    def inputs(self, *arguments, shard=None):
        result = self.run_probe(*arguments, shard=shard)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [line[6:] for line in result.stdout.splitlines() if line.startswith("input ")]

    def test_shards_together_run_everything_once(self):
        listing = "--list=" + self.corpus(23)
        everything = self.inputs(listing)
        self.assertEqual(len(set(everything)), 23)
        for count in (1, 2, 3, 7, 40):
            shares = [self.inputs(listing, shard=(index, count)) for index in range(count)]
            self.assertEqual(sorted(sum(shares, [])), sorted(everything))

    def test_each_shard_tells_bazel_that_it_shards(self):
        self.inputs("--list=" + self.corpus(2), shard=(1, 3))
        self.assertTrue(os.path.exists(os.path.join(self.folder, "status1")))

    def test_prefixes_are_run_up_to_the_bound(self):
        path = self.write("word", "abcd")
        self.assertEqual(self.inputs(path), ["abcd"])
        self.assertEqual(self.inputs("--prefix-bytes-max=3", path), ["abcd", "", "a", "ab"])
        self.assertEqual(self.inputs("--prefix-bytes-max=99", path), ["abcd", "", "a", "ab", "abc"])

    def test_an_empty_corpus_fails(self):
        for arguments in ([], ["--list=" + self.corpus(0)]):
            result = self.run_probe(*arguments)
            self.assertEqual(result.returncode, 1)
            self.assertIn("corpus is empty", result.stderr)

    def test_a_missing_file_fails(self):
        self.assertEqual(self.run_probe(self.folder + "/none").returncode, 1)
        self.assertEqual(self.run_probe("--list=" + self.folder + "/none").returncode, 1)

    def test_a_crash_names_its_input(self):
        path = self.write("bad", "crashing")
        result = self.run_probe("--prefix-bytes-max=9", path)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(f"the first 8 bytes of {path}", result.stderr)

    def test_bad_arguments_exit_with_2(self):
        for arguments in (["--what"], ["--prefix-bytes-max=x"], ["--prefix-bytes-max=-1"], ["-"]):
            result = self.run_probe(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(len(result.stderr.splitlines()), 1)
        self.assertEqual(self.run_probe("x", shard=(3, 3)).returncode, 2)


if __name__ == "__main__":
    unittest.main()
