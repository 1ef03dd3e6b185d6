"""The program as its users meet it: what it accepts, prints, writes and returns.

usage: holdfast_test.py HOLDFAST HOLDFAST_FAST NOISE_VECTORS...
"""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HOLDFAST, FAST, *VECTOR_FILES = [os.path.abspath(path) for path in sys.argv[1:]]
NOISE_VECTORS, *_ = [path for path in VECTOR_FILES if path.endswith(".json")]
del sys.argv[1:]

SMALL = ("sim", "--worlds", "small")


class Case(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def run_program(self, *arguments, program=HOLDFAST, status=0, **options):
        result = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=self.folder, timeout=60,
                                **options)
        self.assertEqual(result.returncode, status, f"{arguments}\n{result.stdout}{result.stderr}")
        return result

    def run_json(self, *arguments, **options):
        return json.loads(self.run_program(*arguments, "--json", "-", **options).stdout)

    def assert_refused(self, *arguments, **options):
        """One clear line, and exit status 2."""
        with self.subTest(arguments=arguments):
            result = self.run_program(*arguments, status=2, **options)
            self.assertEqual(result.stdout, "")
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertTrue(result.stderr.startswith("holdfast"), result.stderr)
            self.assertTrue(result.stderr.isprintable() or result.stderr.endswith("\n"), result.stderr)
            return result.stderr


class Help(Case):

    def test_the_program_and_each_command_show_examples(self):
        for arguments in ([], ["sim"], ["replay"], ["explore"], ["shrink"], ["blame"], ["diff-runs"],
                          ["proxy"], ["noise-vectors"]):
            result = self.run_program(*arguments, "--help")
            self.assertIn("Examples:", result.stdout)
            self.assertEqual(result.stderr, "")
            self.assertLessEqual(max(map(len, result.stdout.splitlines())), 120)

    def test_the_version_tells_the_provider(self):
        self.assertIn("crypto provider openssl", self.run_program("--version").stdout)
        self.assertIn("crypto provider fast", self.run_program("--version", program=FAST).stdout)
        self.assertRegex(self.run_program("--version").stdout, r"^holdfast \d+\.\d+\.\d+\nprotocol version 1\n")


class Refusals(Case):

    def test_commands(self):
        self.assertIn("needs a command", self.assert_refused())
        self.assertIn("unknown command 'sail'", self.assert_refused("sail"))
        for arguments in (["--what"], [""], ["-"], ["--"], ["sim", "replay"], ["-V"]):
            self.assert_refused(*arguments)

    def test_unknown_arguments(self):
        for command in ("sim", "replay", "shrink", "blame", "diff-runs", "proxy", "noise-vectors"):
            self.assertIn("unknown argument '--what'", self.assert_refused(command, "--what"))
        self.assertIn("unknown argument 'more'", self.assert_refused("noise-vectors", NOISE_VECTORS, "more"))

    def test_seeds(self):
        self.assertIn("ends before it begins", self.assert_refused("sim", "--seeds", "5..2"))
        self.assertIn("needs a value", self.assert_refused("sim", "--seeds"))
        self.assertIn("too large", self.assert_refused("sim", "--seeds", "0..99999999999999999999"))
        self.assertIn("may be given once", self.assert_refused("sim", "--seeds", "1", "--seeds", "2"))
        for seeds in ("x", "1..", "..5", "-1", "-5..-2", "1...5", "", "1..2..3", "1.5", "99999999999999999999",
                      "0..18446744073709551615"):
            self.assertIn(f"'{seeds}'", self.assert_refused("sim", "--seeds", seeds))

    def test_jobs_worlds_and_budgets(self):
        for jobs in ("0", "-1", "x", "", "99999999999999999999", "1e3"):
            self.assert_refused("sim", "--jobs", jobs)
        for budget in ("0", "-1", "x", "", "inf", "nan", "1e999"):
            self.assert_refused("sim", "--time-budget", budget)
        self.assert_refused("sim", "--worlds", "tiny")
        self.assert_refused("replay", "--seed", "1", "--worlds", "tiny")
        for names in ("", "swarms", "swarm,", "swarm heal"):
            self.assertIn("separated by commas", self.assert_refused("sim", "--without", names))

    def test_other_protocols(self):
        self.assertIn("should be one of relay, legacy,", self.assert_refused("sim", "--protocol", "none"))
        self.assertIn("goes with no other", self.assert_refused("sim", "--protocol", "legacy", "--child", "true"))
        self.assertIn("goes with --plugin", self.assert_refused("sim", "--server-plugin", "x.so"))
        self.assertIn("exclude each other", self.assert_refused("sim", "--plugin", "x.so", "--child", "true"))
        for path in (self.path("none.so"), self.folder, self.write("text.so", "text")):
            self.assertIn("plug-in", self.assert_refused("sim", "--plugin", path))

    def test_files_that_cannot_be_read(self):
        for command in (["sim"], ["replay", "--seed", "1"]):
            for path in (self.path("none"), self.folder, ""):
                self.assertIn("cannot read", self.assert_refused(*command, "--file", path))
            self.assert_refused(*command, "--file")
        for path in (self.path("none"), self.folder):
            self.assertIn("cannot read", self.assert_refused("replay", "--plan", path))
        self.assert_refused("sim", "--file", "two\nlines")

    def test_outputs_that_cannot_be_written_are_told_before_the_work(self):
        begin = time.monotonic()
        for path in (self.folder, self.path("none/file"), ""):
            self.assert_refused("sim", "--seeds", "0..9999999", "--json", path)
            self.assert_refused("replay", "--seed", "1", "--json", path)
        self.assert_refused("sim", "--seeds", "0..9999999", "--plans", self.write("file", "x"))
        self.assertLess(time.monotonic() - begin, 20)

    def test_a_full_disk(self):
        with open("/dev/full", "w") as full:
            for arguments in ([*SMALL, "--seeds", "1"], ["replay", "--seed", "1"]):
                result = subprocess.run([HOLDFAST, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
                self.assertEqual(result.returncode, 2)
                self.assertIn("cannot write", result.stderr)

    def test_what_to_replay(self):
        for command in ("replay", "shrink", "blame", "diff-runs"):
            self.assertIn("--seed", self.assert_refused(command))
            self.assertIn("exclude", self.assert_refused(command, "--seed", "1", "--plan", "x"))
            self.assertIn("'1..2'", self.assert_refused(command, "--seed", "1..2"))
            self.assert_refused(command, "--plan", "x", "--worlds", "small")
            self.assert_refused(command, "--plan", "x", "--without", "heal")
            self.assertIn("cannot read", self.assert_refused(command, "--plan", self.path("none")))
        self.assert_refused("replay", "--seed", "1", "--print-plan", "--trace")

    def test_plans_that_cannot_be_understood(self):
        plan = self.run_program("replay", "--seed", "1", "--print-plan").stdout
        bad = plan + "reset client=0 transport=zero\n"
        number = len(bad.splitlines())
        self.assertIn(f"line {number}: ", self.assert_refused("replay", "--plan", self.write("bad", bad)))
        self.assertIn(f"line {number}: ", self.assert_refused("replay", "--plan", "-", input=bad))
        for content in ("", "#\n", "\0", b"\xff\xfe", "plan\nplan plan", "x" * 100000):
            self.assert_refused("replay", "--plan", self.write("bad", content))

    def test_a_plan_that_sends_more_than_the_file_has(self):
        plan = self.write("plan", "plan seed=1\nclient id=0\nstream client=0 of=c>s bytes=5\n")
        self.assertIn("only 4", self.assert_refused("replay", "--plan", plan, "--file", self.write("file", "1234")))
        self.run_program("replay", "--plan", plan, "--file", self.write("file", "12345"))

    def test_noise_vectors(self):
        for arguments in ([], [""], [NOISE_VECTORS, "--json", ""]):
            self.assert_refused("noise-vectors", *arguments)
        for path in (self.folder, self.path("none"), self.write("empty", ""), self.write("list", "[]")):
            result = self.run_program("noise-vectors", path, status=2)
            self.assertEqual((result.stdout, len(result.stderr.splitlines())), ("", 1))


class Campaign(Case):

    def test_the_table_tells_what_happened(self):
        out = self.run_program(*SMALL, "--seeds", "1..50").stdout
        for name in ("seeds", "of them run twice", "sessions", "handshakes", "resumes", "faults", "bytes delivered",
                     "bytes replayed", "simulated time", "worst time to heal", "seeds per second",
                     "seeds that resumed", "finished", "campaign hash", "violations"):
            self.assertRegex(out, rf"(?m)^ *{name}  +[\da-f,]")
        self.assertRegex(out, r"(?m)^  seeds +50$")
        self.assertRegex(out, r"(?m)^violations +0$")
        self.assertNotIn("X25519", out)

    def test_the_json_has_everything(self):
        report = self.run_json(*SMALL, "--seeds", "1..50")
        self.assertEqual(report["seeds"], 50)
        self.assertEqual(report["options"]["worlds"], "small")
        self.assertEqual((report["violation_count"], report["violations"]), (0, []))
        self.assertGreater(report["counters"]["resumes"], 0)
        self.assertGreater(report["counters"]["faults"]["reset"], 0)
        self.assertGreaterEqual(report["counters"]["bytes_sent"], report["counters"]["bytes_delivered"])
        self.assertRegex(report["hash"], r"^[0-9a-f]{16}$")

    def test_the_legacy_profile_survives_and_the_originals_server_does_not(self):
        out = self.run_program(*SMALL, "--seeds", "1..300", "--protocol", "legacy").stdout
        self.assertRegex(out, r"(?m)^violations +0$")
        out = self.run_program(*SMALL, "--seeds", "1..300", "--protocol", "legacy-original-server", "--stop-at-first",
                               status=1).stdout
        self.assertIn("--protocol legacy-original-server", out)

    def test_the_options_of_seeds_are_listed_with_their_counts(self):
        out = self.run_program("sim", "--seeds", "1..100", "--list-options", program=FAST).stdout
        self.assertRegex(out, r"(?m)^campaign hash ")
        self.assertRegex(out, r"(?m)^how transports die +seeds$")
        report = self.run_json("sim", "--seeds", "1..100", program=FAST)
        options = report["seed_options"]
        self.assertGreater(len(options), 60)
        for option in options:
            row = rf"(?m)^  {re.escape(option['name'])} +{option['seeds']} +[\d.]+ %  {re.escape(option['meaning'])}$"
            self.assertRegex(out, row)
        by_name = {option["name"]: option["seeds"] for option in options}
        self.assertGreater(by_name["AES-256-GCM"], 20)
        self.assertLessEqual(max(by_name.values()), 100)
        self.assertNotIn("how transports die", self.run_program(*SMALL, "--seeds", "1..3").stdout)

    def test_the_profile_tells_what_the_time_went_into(self):
        profile = self.run_json("sim", "--seeds", "1..60", "--profile")["profile"]
        parts = profile["parts"]
        self.assertEqual(sum(parts.values()), profile["samples"])
        crypto = [parts[name] for name in ("x25519", "aead", "hash", "other_crypto")]
        self.assertEqual(sum(crypto), profile["cryptography"])
        self.assertGreater(parts["x25519"], 0)
        self.assertGreater(parts["core"], 0)
        self.assertIsNone(self.run_json(*SMALL, "--seeds", "1..3")["profile"])

        out = self.run_program("sim", "--seeds", "1..60", "--profile").stdout
        rows = out.split("\nprocessor time\n")[1].split("\n\n")[0].splitlines()
        self.assertIn("all cryptography", rows[-1])
        shares = [float(share) for row in rows[:-1] for share in re.findall(r" ([\d.]+) %", row)]
        self.assertEqual(len(shares), len(parts))
        self.assertAlmostEqual(sum(shares), 100, delta=0.1 * len(parts))
        self.assertNotIn("processor time\n", self.run_program(*SMALL, "--seeds", "1..3").stdout)
        self.assert_refused("sim", "--profile", "small")

    def test_the_marks_of_seeds_are_listed_with_their_counts(self):
        out = self.run_program("sim", "--seeds", "1..100", "--list-marks", program=FAST).stdout
        met = re.search(r"(?m)^marks met +(\d+) of (\d+)", out)
        report = self.run_json("sim", "--seeds", "1..100", program=FAST)
        marks = report["marks"]
        self.assertEqual(int(met[2]), len(marks))
        self.assertEqual(int(met[1]), sum(mark["seeds"] > 0 for mark in marks))
        for mark in marks:
            row = rf"(?m)^  {re.escape(mark['name'])} +{mark['seeds']} +[\d.]+ %  {re.escape(mark['meaning'])}$"
            self.assertRegex(out, row)
        self.assertNotIn("where a cut strikes", self.run_program(*SMALL, "--seeds", "1..3").stdout)

    def test_json_to_a_file_leaves_the_table_where_it_was(self):
        self.write("report", "what stood there before, and is longer than it should be" * 1000)
        out = self.run_program(*SMALL, "--seeds", "1..3", "--json", self.path("report")).stdout
        with open(self.path("report")) as file:
            self.assertIn(json.load(file)["hash"], out)

    def test_equal_campaigns_have_equal_reports_whatever_the_number_of_jobs(self):
        reports = [self.run_json(*SMALL, "--seeds", "1..200", "--jobs", jobs) for jobs in ("1", "1", "2", "7")]
        for report in reports:
            del report["speed"], report["options"]["jobs"]
            self.assertEqual(report, reports[0])

    def test_other_seeds_worlds_and_providers_have_other_hashes(self):
        hashes = {self.run_json(*arguments, program=program)["hash"]
                  for program in (HOLDFAST, FAST)
                  for arguments in ([*SMALL, "--seeds", "1"], [*SMALL, "--seeds", "2"], ["sim", "--seeds", "1"])}
        self.assertEqual(len(hashes), 6)

    def test_files_are_carried_both_ways(self):
        with open(HOLDFAST, "rb") as file:
            large = file.read(200000)
        files = [self.write("program", large), self.write("empty", ""), self.write("two words", "x")]
        report = self.run_json("sim", "--seeds", "1..30", "--file", *files[:2], "--file", files[2])
        self.assertEqual([(file["path"], file["bytes"]) for file in report["options"]["files"]],
                         [(files[0], 200000), (files[1], 0), (files[2], 1)])
        self.assertEqual(report["violation_count"], 0)
        # Ten of the seeds carry the large one up and down, but for those whose applications give up.
        self.assertGreater(report["counters"]["bytes_delivered"], 5 * 2 * 200000)

    def test_speed_is_scaled_by_x25519(self):
        for program in (HOLDFAST, FAST):
            speed = self.run_json(*SMALL, "--seeds", "1..50", "--speed", program=program)["speed"]
            self.assertGreater(speed["x25519_per_second_and_core"], 100)
            self.assertAlmostEqual(speed["seeds_per_second_and_core_scaled"] / speed["seeds_per_second_and_core"],
                                   31000 / speed["x25519_per_second_and_core"])

    def test_a_time_budget_ends_it_in_order(self):
        report = self.run_json("sim", "--seeds", "0..9999999", "--time-budget", "0.3")
        self.assertGreater(report["seeds"], 0)
        self.assertLess(report["speed"]["elapsed_ns"], 30e9)

    def test_a_campaign_in_which_nothing_ran_is_no_success(self):
        result = self.run_program(*SMALL, "--time-budget", "0.000000001", status=1)
        self.assertIn("before a seed ran", result.stderr)

    def test_interrupted_it_still_tells_what_was_done(self):
        with subprocess.Popen([HOLDFAST, "sim", "--seeds", "0..9999999", "--json", self.path("report")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=50)
        self.assertEqual(process.returncode, 130)
        self.assertIn("of 10,000,000: interrupted", out)
        with open(self.path("report")) as file:
            self.assertTrue(json.load(file)["interrupted"])

    def test_plans_of_no_violation_are_no_files(self):
        self.run_program(*SMALL, "--seeds", "1..3", "--plans", self.path("deep/plans"))
        self.assertEqual(os.listdir(self.path("deep/plans")), [])

    def test_on_a_terminal_a_line_shows_how_far_it_is_and_goes_away(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        with subprocess.Popen([HOLDFAST, "sim", "--seeds", "0..9999999", "--time-budget", "1"],
                              stdout=subprocess.DEVNULL, stderr=slave) as process:
            os.close(slave)
            shown = b""
            while select.select([master], [], [], 30)[0]:
                try:
                    shown += os.read(master, 65536)
                except OSError:  # The other end is closed.
                    break
            self.assertEqual(process.wait(timeout=50), 0)
        self.assertRegex(shown.decode(), r"\r[\d,]+ of 10,000,000 seeds  .* seeds/s  0 violations")
        self.assertNotIn(b"\n", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown[-200:])

    def test_elsewhere_a_short_campaign_is_silent(self):
        self.assertEqual(self.run_program(*SMALL, "--seeds", "1..3").stderr, "")


class Replay(Case):

    def test_two_processes_have_the_same_trace_and_hash(self):
        first, second = [self.run_program("replay", "--seed", "3", "--trace").stdout for _ in range(2)]
        self.assertEqual(first, second)
        self.assertRegex(first, r"(?m)^ +0\.000000001 network  Start ")
        self.assertRegex(first, r"(?m)^hash +[0-9a-f]{16}$")

    def test_the_printed_plan_is_the_seeds_run(self):
        for options in ([], ["--worlds", "small"]):
            plan = self.run_program("replay", "--seed", "5", *options, "--print-plan").stdout
            of_seed = self.run_json("replay", "--seed", "5", *options)
            self.assertEqual(of_seed["plan"], plan)
            for arguments in (["--plan", self.write("plan", plan)], ["--plan", "-"]):
                of_plan = self.run_json("replay", *arguments, input=plan)
                for part in ("hash", "counters", "plan", "verdict", "seed"):
                    self.assertEqual(of_plan[part], of_seed[part])

    def test_one_seeds_counters_are_those_of_its_campaign(self):
        files = ["--file", self.write("a", "a" * 5000), self.write("b", "b" * 70000)]
        for options in ([], ["--worlds", "small"], files):
            campaign = self.run_json("sim", "--seeds", "9", *options)
            replay = self.run_json("replay", "--seed", "9", *options)
            self.assertEqual(campaign["counters"], replay["counters"])
            self.assertEqual(campaign["extremes"]["time_to_heal_ns"]["max"], replay["time_to_heal_ns"])

    def test_a_seed_with_its_file_is_its_plan_with_that_file(self):
        files = ["--file", self.write("a", "a" * 5000), self.write("b", "b" * 70000)]
        plan = self.run_program("replay", "--seed", "9", *files, "--print-plan").stdout
        hashes = {self.run_json("replay", *subject, *files)["hash"]
                  for subject in (["--seed", "9"], ["--plan", self.write("plan", plan)])}
        self.assertEqual(len(hashes), 1)

    def test_the_trace_changes_nothing(self):
        quiet, traced = self.run_json("replay", "--seed", "4"), self.run_json("replay", "--seed", "4", "--trace")
        self.assertIsNone(quiet["trace"])
        self.assertEqual(len(traced["trace"].splitlines()), traced["counters"]["events"])
        self.assertEqual(quiet["hash"], traced["hash"])


class Explore(Case):

    def test_the_table_tells_what_was_spanned_and_what_came_of_it(self):
        out = self.run_program("explore", "--sample", "40", program=FAST).stdout
        self.assertRegex(out, r"(?m)^  transport 0 c>s +0\.\.61  preamble, message 1: 62 bytes$")
        self.assertRegex(out, r"(?m)^  transport 1 s>c +0\.\.93  message 2: 94 bytes$")
        for name in ("cells with one death", "reset, client first, kept", "one byte", "runs", "that resumed",
                     "hash of all hashes", "violations"):
            self.assertRegex(out, rf"(?m)^ *{name}  +[\da-f,]")
        self.assertRegex(out, r"(?m)^violations +0$")

    def test_the_json_is_the_same_for_any_number_of_jobs(self):
        reports = [self.run_json("explore", "--sample", "40", "--jobs", jobs) for jobs in ("1", "2", "7")]
        for report in reports:
            del report["speed"], report["options"]["jobs"]
            self.assertEqual(report, reports[0])
        self.assertTrue(reports[0]["complete"])
        self.assertEqual(sum(way["cells_first"] for way in reports[0]["ways"]), reports[0]["cells"][0])
        self.assertEqual(sum(span["end"] - span["begin"] for span in reports[0]["wire"]), reports[0]["wire_bytes"])

    def test_there_are_sessions_of_each_pattern_and_suite(self):
        hashes = {self.run_json("explore", "--sample", "200", *options)["hash"]
                  for options in ([], ["--pattern", "xx"], ["--pattern", "nxpsk0"], ["--pattern", "xxpsk0"],
                                  ["--suite", "aes-gcm"])}
        self.assertEqual(len(hashes), 5)

    def test_a_second_death_follows_the_first(self):
        report = self.run_json("explore", "--depth", "2", "--sample", "1000", program=FAST)
        self.assertGreater(report["cells"][1], 1000)
        self.assertEqual(sum(way["cells_second"] for way in report["ways"]), report["cells"][1])
        self.assertEqual(report["violation_count"], 0)

    def test_what_it_refuses(self):
        for depth in ("0", "3", "x", "-1", ""):
            self.assertIn("should be 1 or 2", self.assert_refused("explore", "--depth", depth))
        for arguments in (["--jobs", "0"], ["--sample", "0"], ["--sample", "x"], ["--pattern", "nn"],
                          ["--suite", "rot13"], ["--json", ""], ["more"], ["--server-plugin", "no.so"]):
            self.assert_refused("explore", *arguments)

    def test_what_it_refuses_of_guests(self):
        for child in (["--child", "cat"], ["--plugin", "no.so", "--server-child", "cat"]):
            self.assertIn("a child cannot be forked; use holdfast sim --child", self.assert_refused("explore", *child))
        for own in (["--pattern", "nx"], ["--suite", "chacha-poly"]):
            self.assertIn("does not go with --plugin", self.assert_refused("explore", "--plugin", "no.so", *own))
        self.assertIn("goes with --plugin", self.assert_refused("explore", "--processes"))
        self.assertIn("no.so", self.assert_refused("explore", "--plugin", "no.so"))

    def test_interrupted_it_still_tells_what_was_done(self):
        with subprocess.Popen([FAST, "explore", "--depth", "2", "--json", self.path("report")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=50)
        self.assertEqual(process.returncode, 130)
        self.assertIn("interrupted", out)
        with open(self.path("report")) as file:
            self.assertFalse(json.load(file)["complete"])


class Shrink(Case):

    def test_a_seed_that_does_not_fail_is_a_bad_argument(self):
        self.assertIn("does not fail", self.assert_refused("shrink", "--seed", "1"))
        self.assertIn("does not fail", self.assert_refused("blame", "--seed", "1", "--worlds", "small"))

    def test_bounds(self):
        for bound in ("0", "-1", "x", ""):
            self.assert_refused("shrink", "--seed", "1", "--steps-max", bound)
            self.assert_refused("blame", "--seed", "1", "--samples", bound)


class DiffRuns(Case):

    def test_one_seed_twice_is_equal_and_has_the_hash_of_its_replay(self):
        hash_of_replay = self.run_json("replay", "--seed", "3")["hash"]
        self.assertIn(hash_of_replay, self.run_program("diff-runs", "--seed", "3").stdout)
        report = self.run_json("diff-runs", "--seed", "3")
        self.assertTrue(report["equal"])
        self.assertEqual((report["first"]["hash"], report["second"]["hash"]), (hash_of_replay, hash_of_replay))

    def test_two_plans_part_at_an_event(self):
        plan = "plan seed=1\nclient id=0\nstream client=0 of=c>s bytes=5000\nreset client=0 of=c>s byte={}\n"
        one, other = [self.write(str(byte), plan.format(byte)) for byte in (2000, 2100)]
        report = self.run_json("diff-runs", "--plan", one, "--with", other, status=1)
        self.assertFalse(report["equal"])
        self.assertIn("Death", report["first"]["lines"][0])
        text = self.run_program("diff-runs", "--plan", one, "--with", other, status=1).stdout
        self.assertIn(f"event {report['event']} is the first that differs", text)
        self.assertIn("< " + report["first"]["lines"][0], text)
        self.assertIn("> " + report["second"]["lines"][0], text)


class NoiseVectors(Case):

    def test_vectors_of_others_pass(self):
        result = self.run_program("noise-vectors", NOISE_VECTORS)
        self.assertRegex(result.stdout, r"[1-9]\d* passed, 0 failed")

    def test_json_goes_to_the_standard_output(self):
        report = self.run_json("noise-vectors", NOISE_VECTORS)
        self.assertGreater(report["passed"], 0)
        self.assertEqual(report["failed"], 0)

    def test_a_changed_byte_fails(self):
        with open(NOISE_VECTORS) as file:
            vectors = json.load(file)
        message = vectors["vectors"][0]["messages"][-1]
        message["ciphertext"] = re.sub("^.", lambda digit: "1" if digit.group() == "0" else "0", message["ciphertext"])
        self.run_program("noise-vectors", self.write("changed", json.dumps(vectors)), status=1)

    def test_nothing_that_can_be_run_fails(self):
        self.run_program("noise-vectors", self.write("none", '{"vectors": []}'), status=1)


if __name__ == "__main__":
    unittest.main()
