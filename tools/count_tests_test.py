"""count_tests.py counts a test as passed only if it ran and passed."""

import contextlib
import io
import json
import os
import tempfile
import unittest

from tools import count_tests


def configured(label):
    return {"id": {"targetConfigured": {"label": label}}, "configured": {"testSize": "SMALL"}}


def built(label, runs=True):
    children = [{"testSummary": {"label": label}}] if runs else []
    return {"id": {"targetCompleted": {"label": label}}, "completed": {"success": True}, "children": children}


def summary(label, status):
    return {"id": {"testSummary": {"label": label}}, "testSummary": {"overallStatus": status}}


def finished(name):
    return {"id": {"buildFinished": {}}, "finished": {"exitCode": {"name": name}}}


PASSED = [configured("//a"), built("//a"), summary("//a", "PASSED")]
LAST = [{"id": {"buildMetrics": {}}, "lastMessage": True}]


class CountTests(unittest.TestCase):

    def run_main(self, *runs):
        with tempfile.TemporaryDirectory() as folder:
            arguments = []
            for number, events in enumerate(runs):
                path = os.path.join(folder, str(number))
                with open(path, "w") as file:
                    file.write("".join(json.dumps(event) + "\n" for event in events))
                arguments.append(f"run{number}={path}")
            with contextlib.redirect_stdout(io.StringIO()) as text:
                status = count_tests.main(arguments)
        return status, text.getvalue().splitlines()[-1]

    def test_adds_up_runs_that_passed(self):
        run = PASSED + [finished("SUCCESS")] + LAST
        self.assertEqual(self.run_main(run, run), (0, "2 passed, 0 failed"))

    def test_counts_every_verdict_but_passed_as_failed(self):
        for status in ("FAILED", "TIMEOUT", "NO_STATUS", "INCOMPLETE", "REMOTE_FAILURE"):
            run = PASSED + [configured("//b"), built("//b"), summary("//b", status), finished("TESTS_FAILED")] + LAST
            self.assertEqual(self.run_main(run), (1, "1 passed, 1 failed"), status)

    def test_a_test_that_does_not_build_has_failed(self):
        broken = {"id": {"targetCompleted": {"label": "//b"}}, "completed": {}}
        run = PASSED + [configured("//b"), broken, finished("BUILD_FAILURE")] + LAST
        self.assertEqual(self.run_main(run), (1, "1 passed, 1 failed"))

    def test_a_test_that_its_tags_keep_out_is_not_counted(self):
        run = PASSED + [configured("//slow"), built("//slow", runs=False), finished("SUCCESS")] + LAST
        self.assertEqual(self.run_main(run), (0, "1 passed, 0 failed"))

    def test_a_run_that_fails_without_a_failed_test_counts_as_one(self):
        self.assertEqual(self.run_main(PASSED + [finished("PARSING_FAILURE")] + LAST), (1, "1 passed, 1 failed"))

    def test_a_run_that_is_cut_off_counts_as_failed(self):
        self.assertEqual(self.run_main(PASSED), (1, "1 passed, 1 failed"))
        self.assertEqual(self.run_main(PASSED + [finished("SUCCESS")]), (1, "1 passed, 1 failed"))
        self.assertEqual(self.run_main([]), (1, "0 passed, 1 failed"))

    def test_running_nothing_is_no_success(self):
        self.assertEqual(self.run_main([finished("SUCCESS")] + LAST), (1, "0 passed, 0 failed"))

    def test_a_missing_file_counts_as_failed(self):
        with contextlib.redirect_stdout(io.StringIO()) as text:
            self.assertEqual(count_tests.main(["setup=/nowhere"]), 1)
        self.assertEqual(text.getvalue().splitlines()[-1], "0 passed, 1 failed")


if __name__ == "__main__":
    unittest.main()
