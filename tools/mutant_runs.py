"""What tools/mutants does to a tree: a scratch copy of it, in which one mutant after the other is built, and the lanes
that the programs run."""

import hashlib
import json
import os
import queue
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tools import mutant_patches
from tools.mutant_patches import BadMutant

TARGET = "//sim:holdfast_fast_plain"
PROGRAM = "bazel/bin/sim/holdfast_fast_plain"
CLEAN = "clean"

# How the program is asked for a lane. Those of SEED_LANES are tried over ranges of seeds, the others once, as a whole.
LANES = {
    "default": ["sim"],
    "small": ["sim", "--worlds", "small"],
    "explore": ["explore", "--depth", "1"],
    "storm": ["sim", "--worlds", "storm"],
}
SEED_LANES = ("default", "small", "storm")
# What the ablation takes away.
WITHOUT = ("swarm", "byte-cuts", "adversary", "correlated", "heal")

# A lane is given up early: after so many ranges without the expected oracle, if they are more than half.
GIVES_UP_AFTER = 3


class Failed(Exception):
    """A step did not work; in a line or more."""


# --- The scratch copy ------------------------------------------------------------------------------------------------


def default_scratch():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "holdfast", "mutants")


class Scratch:
    """A copy of the project's files, with what Bazel made of them, kept from run to run."""

    def __init__(self, root, folder, bazel):
        self.root = root
        self.folder = folder
        self.tree = os.path.join(folder, "tree")
        self.programs = os.path.join(folder, "programs")
        self.bazel = shlex.split(bazel)
        for path in (self.tree, self.programs):
            os.makedirs(path, exist_ok=True)

    def sync(self):
        """Makes the copy equal to the tree, uncommitted changes and all. Touches only files that differ."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root,
                                check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
        wanted = {path for path in listed if path and os.path.isfile(os.path.join(self.root, path))}
        if os.path.exists(os.path.join(self.root, "user.bazelrc")):
            wanted.add("user.bazelrc")
        for folder, folders, files in os.walk(self.tree):
            folders[:] = [name for name in folders if not os.path.islink(os.path.join(folder, name))]
            if folder == self.tree and "bazel" in folders:  # Its links to what it made.
                folders.remove("bazel")
            for name in files:
                path = os.path.join(folder, name)
                if os.path.relpath(path, self.tree) not in wanted:
                    os.remove(path)
        for path in wanted:
            write_if_other(os.path.join(self.tree, path), read_bytes(os.path.join(self.root, path)),
                           os.stat(os.path.join(self.root, path)).st_mode)

    def build(self, name):
        """Builds what is in the copy now, and keeps the program under that name."""
        command = [*self.bazel, "build", "--noshow_progress", "--ui_event_filters=-info", TARGET]
        result = subprocess.run(command, cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                check=False)
        if result.returncode != 0:
            raise Failed(f"{name} does not build:\n{result.stdout}")
        program = os.path.join(self.programs, name)
        if os.path.exists(program):
            os.remove(program)
        shutil.copyfile(os.path.join(self.tree, PROGRAM), program)
        os.chmod(program, 0o755)
        return program

    def build_mutant(self, mutant):
        path = os.path.join(self.tree, mutant.file)
        if not os.path.exists(path):
            raise BadMutant(f"{mutant.name}: the patch is stale, there is no {mutant.file}")
        right = read_bytes(path)
        try:
            mutant_patches.patch(self.tree, mutant)
            patched = mutant_patches.with_marks(self.root, read_bytes(path).decode(), mutant.file)
            write_if_other(path, patched.encode())
            return self.build(mutant.name)
        finally:
            write_if_other(path, right)


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def write_if_other(path, content, mode=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.isfile(path) or read_bytes(path) != content:
        with open(path, "wb") as file:
            file.write(content)
    if mode is not None and os.stat(path).st_mode & 0o111 != mode & 0o111:
        os.chmod(path, mode)


def digest_of(data):
    return hashlib.sha256(data).hexdigest()[:16]


# --- One process -----------------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """What became of one range of seeds."""
    way: str  # "oracle", "nothing", "crash", "timeout".
    oracle: str = ""
    seeds: int = 0  # Until it was found, that one included; of "nothing": all.
    seed: int = 0
    reached: int = 0
    triggered: int = 0
    seconds: float = 0.0

    def is_detected_by(self, oracles):
        return (self.oracle if self.way == "oracle" else self.way) in oracles


class Limits(NamedTuple):
    ranges: int = 30
    seeds_max: int = 20000
    timeout: int = 900  # Seconds, for one range.


def marks_in(text):
    found = re.findall(r"^mutant: reached (\d+) triggered (\d+)$", text, re.MULTILINE)
    return tuple(int(number) for number in found[-1]) if found else (0, 0)


def run_quietly(command, timeout):
    """Returns (exit status or None if time was up, its report or None, stderr)."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        try:
            result = subprocess.run(["nice", *command, "--json", report], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, text=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            return None, None, ""
        try:
            content = json.loads(read_bytes(report))
        except (OSError, ValueError):
            content = None
        return result.returncode, content, result.stderr


def check_lane(program, lane, options=()):
    """Whether the program, which is the clean one, knows what is to be asked of every mutant; or Failed."""
    # One seed is soon run; of the others only the help is asked for.
    rest = ["--jobs", "1", "--seeds", "1..1"] if lane in SEED_LANES else ["--help"]
    command = [program, *LANES[lane], *options, *rest]
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode == 2:
        line = result.stderr.strip().splitlines()[-1] if result.stderr.strip() else "it does not say why"
        raise Failed(f"holdfast_fast cannot do '{' '.join(command[1:])}': {line}")


def run_seeds(program, lane, options, first, last, timeout):
    """Looks for the first violation in [first, last]."""
    began = time.monotonic()

    def run(begin, end):
        command = [program, *LANES[lane], *options, "--jobs", "1", "--stop-at-first", "--seeds", f"{begin}..{end}"]
        return run_quietly(command, timeout)

    status, report, stderr = run(first, last)
    reached, triggered = marks_in(stderr)
    if status is None:
        return Found("timeout", seconds=time.monotonic() - began)
    if status == 0:
        return Found("nothing", "", last - first + 1, 0, reached, triggered, time.monotonic() - began)
    if status == 1 and report:
        violation = report["violations"][0]
        return Found("oracle", violation["oracle"], violation["seed"] - first + 1, violation["seed"], reached,
                     triggered, time.monotonic() - began)
    # It died, and says not of which seed. Seeds know nothing of each other, so the others need not run again.
    good, bad, step = first - 1, last, 1
    while good + step < bad:
        if run(good + 1, good + step)[0] in (0, 1):
            good += step
            step *= 2
        else:
            bad = good + step
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if run(good + 1, middle)[0] in (0, 1) else (good, middle)
    return Found("crash", "", bad - first + 1, bad, 1, 1, time.monotonic() - began)


def run_whole(program, lane, timeout):
    """A lane without seeds: `seeds` is how many cells it has."""
    begin = time.monotonic()
    status, report, stderr = run_quietly([program, *LANES[lane]], timeout)
    reached, triggered = marks_in(stderr)
    seconds = time.monotonic() - begin
    if status is None:
        return Found("timeout", seconds=seconds)
    if status not in (0, 1) or report is None:
        return Found("crash", "", 1, 0, 1, 1, seconds)
    cells, violations = sum(report["cells"]), report["violations"]
    if not violations:
        return Found("nothing", "", cells, 0, reached, triggered, seconds)
    return Found("oracle", violations[0]["oracle"], cells, 0, reached, triggered, seconds)


# --- A lane ----------------------------------------------------------------------------------------------------------


def gives_up(found, oracles):
    missed = sum(1 for one in found if not one.is_detected_by(oracles))
    return missed >= GIVES_UP_AFTER and 2 * missed > len(found)


def run_lane(pool, program, mutant, lane, options, limits):
    """All ranges of a lane, or as many as it takes to see that most find nothing."""
    if lane not in SEED_LANES:
        return [run_whole(program, lane, limits.timeout)]
    found = []
    while len(found) < limits.ranges and not gives_up(found, mutant.oracles):
        # Whether to go on is asked after the same ranges whatever the number of jobs.
        count = min(GIVES_UP_AFTER if len(found) < 2 * GIVES_UP_AFTER else 4 * GIVES_UP_AFTER,
                    limits.ranges - len(found))
        firsts = [1 + (len(found) + i) * limits.seeds_max for i in range(count)]
        found += pool.map(
            lambda first: run_seeds(program, lane, options, first, first + limits.seeds_max - 1, limits.timeout),
            firsts)
    return found


def run_clean(pool, program, lane, seeds):
    """The clean build over so many seeds: (alarms, seeds of them, seconds of all processes)."""
    block = 10000
    begins = range(1, seeds + 1, block)

    def run(first):
        begin = time.monotonic()
        last = min(first + block - 1, seeds)
        command = [program, *LANES[lane], "--jobs", "1", "--seeds", f"{first}..{last}"]
        status, report, stderr = run_quietly(command, None)
        if report is None:
            raise Failed(f"the clean build dies in {lane} seeds {first}..{last}: {stderr.strip()}")
        return report["violation_count"], [one["seed"] for one in report["violations"]], time.monotonic() - begin

    results = list(pool.map(run, begins))
    return (sum(result[0] for result in results), [seed for result in results for seed in result[1]],
            sum(result[2] for result in results))


def check_shrink(program):
    result = subprocess.run([program, "shrink", "--help"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            check=False)
    if result.returncode != 0:
        raise Failed("holdfast_fast has no 'shrink'")


def run_shrink(program, lane, seed, timeout):
    """What `shrink` leaves of a failing seed: (faults, bytes), or None."""
    command = [program, "shrink", *LANES[lane][1:], "--seed", str(seed)]
    _, report, _ = run_quietly(command, timeout)
    if report is None:
        return None
    return report["faults_after"], report["bytes_after"]


# --- All of them -----------------------------------------------------------------------------------------------------


class Task(NamedTuple):
    """A program, and what is to be run with it: (lane, without) pairs."""
    mutant: object
    program: str
    runs: list


def build_and_run(build, wanted, jobs, limits_of, on_built, on_found, on_error):
    """Builds the mutants of `wanted`, (mutant, [(lane, without), ...]) pairs, one after the other, and runs each while
    the next is being built.

    build(mutant) gives the program. on_built(mutant, seconds); on_found(mutant, lane, without, found). A mutant that
    does not apply, build or run goes to on_error(mutant, exception), and the others go on. limits_of(without) are the
    Limits of a run.
    """
    tasks = queue.Queue(maxsize=2)

    def work():
        with ThreadPoolExecutor(jobs) as pool:
            while (task := tasks.get()) is not None:
                for lane, without in task.runs:
                    try:
                        options = ["--without", without] if without else []
                        on_found(task.mutant, lane, without,
                                 run_lane(pool, task.program, task.mutant, lane, options, limits_of(without)))
                    except Failed as error:
                        on_error(task.mutant, error)

    runner = threading.Thread(target=work, daemon=True)
    runner.start()
    for mutant, runs in wanted:
        begin = time.monotonic()
        try:
            program = build(mutant)
        except (BadMutant, Failed) as error:
            on_error(mutant, error)
            continue
        on_built(mutant, time.monotonic() - begin)
        tasks.put(Task(mutant, program, runs))
    tasks.put(None)
    runner.join()
