"""holdfast proxy as users have it: alone between sockets, with programs, and with all that is wrong to say to it.

usage: proxy_test.py HOLDFAST PIPE_TCP
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

HOLDFAST, PIPE = [os.path.abspath(path) for path in sys.argv[1:]]
del sys.argv[1:]

PLAN = """plan seed=1 heal=300ms
client id=0
stream client=0 of=c>s bytes=5000
stream client=0 of=s>c bytes=3000
"""
PATIENT = ["--patience", "120"]


def run(*words, timeout=300):
    return subprocess.run([HOLDFAST, "proxy", *words], capture_output=True, text=True, timeout=timeout, check=False)


def pipe(flaw=""):
    return ["--server", f"python3 {PIPE} serve {{host}} {{port}}",
            "--client", f"python3 {PIPE} dial {{host}} {{port}} {flaw}", "--does-not-survive", *PATIENT]


class Proxy(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def plan(self, more=""):
        path = os.path.join(self.folder, "my.plan")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PLAN + more)
        return path

    # --- Alone ---

    def start_alone(self, server, *words):
        """The process, and the port on which it says that it listens."""
        process = subprocess.Popen([HOLDFAST, "proxy", "--listen", "127.0.0.1:0",
                                    "--to", f"127.0.0.1:{server.getsockname()[1]}", *words],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process, int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", process.stdout.readline()).group(1))

    def carry(self, server, port):
        with socket.create_connection(("127.0.0.1", port)) as client, server.accept()[0] as accepted:
            client.sendall(b"there")
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(b"".join(iter(lambda: accepted.recv(100), b"")), b"there")
            accepted.sendall(b"back")
            accepted.shutdown(socket.SHUT_WR)
            self.assertEqual(b"".join(iter(lambda: client.recv(100), b"")), b"back")

    def test_alone_it_carries_until_it_is_interrupted(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            process, port = self.start_alone(server, "--plan", self.plan("probe client=0 at=1s\n"), "--trace")
            self.carry(server, port)
            process.send_signal(signal.SIGINT)
            out, err = process.stdout.read(), process.stderr.read()
            process.wait(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn("ignored, for a proxy cannot do it: probe client=0 at=1s: only a client itself", out)
        self.assertIn("not deterministic", out)
        self.assertRegex(out, r"client0 +Opened +client=0 transport=0")
        self.assertRegex(out, r"server +Receive +client=0 transport=0 dir=c>s offset=0 size=5")
        self.assertRegex(out, r"transports +1\n")

    def test_alone_it_ends_when_it_is_told_to_and_says_all_as_json(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            path = os.path.join(self.folder, "all.json")
            process, port = self.start_alone(server, "--seed", "3", "--for", "2", "--json", path)
            process.wait(timeout=60)
        self.assertGreater(port, 0)
        self.assertEqual(process.returncode, 0)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        self.assertIs(report["deterministic"], False)
        self.assertEqual(report["subject"], "seed 3 of small worlds")

    # --- With programs ---

    def test_programs_that_do_what_they_should(self):
        result = run(*pipe(), "--plan", self.plan(), "--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        report = json.loads(result.stdout)
        self.assertIs(report["deterministic"], False)
        self.assertEqual((report["runs"], report["undecided"], report["violations"]), (1, 0, []))
        self.assertEqual(report["counters"]["bytes_delivered"], 8000)
        self.assertIn("not deterministic", result.stderr)

    def test_a_failure_is_told_with_all_that_it_takes_to_see_it_again(self):
        result = run(*pipe("repeat"), "--plan", self.plan("slow client=0 dial=0 lasting=1ms\n"), "--shrink",
                     "--steps-max", "8")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("VIOLATION of exact_delivery in plan", result.stdout)
        self.assertIn("# the plan\nplan seed=1", result.stdout)
        self.assertRegex(result.stdout, r"# the last events\n.* Start ")
        self.assertRegex(result.stdout, r"# all of it again\n.*holdfast proxy --server '.*--plan .*--trace\n")
        self.assertRegex(result.stdout, r"# shrunk: \d+ steps tried, [1-8] taken")
        self.assertIn("not deterministic", result.stdout)

    def test_seeds_are_run_one_by_one(self):
        result = run(*pipe("fail"), "--seeds", "1..2", "--stop-at-first", "--jobs", "1")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("VIOLATION of same_end in seed 1 of small worlds: the client's program exited with status 1",
                      result.stdout)
        self.assertRegex(result.stdout, r"runs +1\n")

    def test_what_was_not_decided_is_not_good(self):
        words = pipe()
        words[words.index("--patience") + 1] = "3"  # One of them waits for ever.
        result = run(*words, "--plan", self.plan("reset client=0 transport=0 of=c>s byte=100\n"))
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertRegex(result.stdout, r"undecided +1 ")

    # --- What is wrong ---

    def test_bad_arguments_are_one_line_that_says_which(self):
        programs = ["--server", "x {port}", "--client", "y {port}"]
        alone = ["--listen", "127.0.0.1:0", "--to", "127.0.0.1:1"]
        for words, says in [
            ([], "it needs --listen and --to, or --server and --client"),
            (["--listen", "127.0.0.1:0"], "--listen and --to go together"),
            (["--server", "x {port}"], "--server and --client go together"),
            ([*alone, *programs], "--listen and --to go without --server and --client"),
            (alone, "it needs --seed N or --plan FILE"),
            ([*alone, "--seeds", "1..2"], "a proxy alone has one plan"),
            ([*alone, "--seed", "1", "--shrink"], "--memory-max, --shrink and --stop-at-first go with --server"),
            (["--listen", "here", "--to", "127.0.0.1:1", "--seed", "1"], "--listen: 'here' is no address"),
            (["--listen", "127.0.0.1:0", "--to", "localhost:1", "--seed", "1"], "'localhost:1' is no address"),
            ([*alone, "--listen", "127.0.0.1:0", "--seed", "1"], "--listen is given 2 times, and seed 1"),
            (["--server", "x", "--client", "y {port}"], "--server: 'x' does not say where the port goes: {port}"),
            ([*programs, "--seeds", "1..2", "--trace"], "--trace goes with one plan, or one seed"),
            ([*programs, "--plan", "p", "--seed", "1"], "--plan excludes --seed and --seeds"),
            ([*programs, "--plan", "/no/such.plan"], "/no/such.plan"),
            ([*programs, "--worlds", "storm"], "a storm needs thousands of clients"),
            ([*programs, "--speed", "0"], "'0' should be a number from 1 to 1,000"),
            ([*programs, "--memory-max", "1G"], "'1G' should be a number from 1"),
            ([*programs, "--for", "3"], "--for goes with --listen and --to"),
            (["--server", "no_such_program {port}", "--client", "no_such_program {port}", "--seed", "1"],
             "command cannot be run"),
        ]:
            with self.subTest(" ".join(words)):
                result = run(*words)
                self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertIn(says, result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_an_address_that_is_taken_is_a_complaint(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            result = run("--listen", address, "--to", address, "--seed", "1")
        self.assertEqual(result.returncode, 2)
        self.assertIn(f"cannot listen on {address}: Address already in use", result.stderr)

    def test_interrupted_it_says_what_was_done_and_leaves_nobody_behind(self):
        marker = os.path.join(self.folder, "holds")
        os.mkfifo(marker)
        server = f"exec 4>{marker}; echo {{port}} >&4; exec sleep 1000"
        process = subprocess.Popen([HOLDFAST, "proxy", "--server", server, "--client", "sleep 1000; : {port}",
                                    "--seed", "1", *PATIENT],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        with open(marker, encoding="utf-8") as held:
            self.assertTrue(held.readline())  # The server runs.
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
            self.assertEqual(held.read(), "")  # It is gone.
        self.assertEqual(process.returncode, 130)
        self.assertIn("interrupted", out)


if __name__ == "__main__":
    unittest.main()
