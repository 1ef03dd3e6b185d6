"""Another workspace that depends on this one, testdata/consumer, is built and its tests are run.

usage: consumer_test.py WORKSPACE

Bazel is started once more, with an output of its own, so everything that the consumer needs is compiled anew.
"""

import os
import subprocess
import sys
import unittest

# Behind the links of the sandbox lies the tree itself.
CONSUMER = os.path.join(os.path.dirname(os.path.realpath(sys.argv.pop())), "testdata/consumer")


class Consumer(unittest.TestCase):

    def setUp(self):
        self.root = os.path.join(os.environ["TEST_TMPDIR"], "consumer")
        self.addCleanup(self.bazel, "shutdown")

    def bazel(self, *words):
        command = ["bazel", "--output_user_root=" + self.root, *words]
        environment = {"PATH": os.environ["PATH"], "HOME": self.root, "USER": os.environ.get("USER", "nobody")}
        run = subprocess.run(command, cwd=CONSUMER, env=environment, text=True, check=False, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        self.assertEqual(run.returncode, 0, run.stdout[-8000:])
        return run.stdout

    def test_finds_everything_in_the_other_workspace(self):
        told = self.bazel("test", "--noshow_progress", "--color=no", "//...")
        for test in ("courier_test", "courier_fuzz_test", "one_world_test"):
            self.assertRegex(told, rf"//:{test} +PASSED")
        self.assertIn("2000 seeds, no violation", self.bazel("run", "--noshow_progress", "//:courier_worlds"))


if __name__ == "__main__":
    unittest.main()
