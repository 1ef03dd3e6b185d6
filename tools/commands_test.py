"""The commands for people answer bad arguments with one clear line and exit status 2."""

import os
import subprocess
import sys
import unittest

COMMANDS = [os.path.abspath(path) for path in sys.argv[1:]]
del sys.argv[1:]


class Commands(unittest.TestCase):

    def test_bad_arguments_get_one_line_and_exit_with_2(self):
        self.assertGreaterEqual(len(COMMANDS), 5)
        for command in COMMANDS:
            for arguments in (["--what"], ["--check", "--what"], [""], ["--min", "many"]):
                with self.subTest(command=command, arguments=arguments):
                    result = subprocess.run([command, *arguments], capture_output=True, text=True)
                    self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
                    self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                    self.assertIn("usage: ", result.stderr)
                    self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    unittest.main()
