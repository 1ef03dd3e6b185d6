"""The planted bugs: testdata/mutants/*.patch, what their headers say, and whether it can be so.

The format is described in testdata/mutants/README.md."""

import os
import re
import subprocess
from typing import NamedTuple

FOLDER = "testdata/mutants"
MARKS = FOLDER + "/marks.h"
NOT_PLANTED = FOLDER + "/not_planted.txt"
ORACLES = "sim/oracles"
FAILURES = "docs/failures.md"

LINES_MAX = 10
LANES = ("default", "small", "explore", "storm")
WAYS = ("contract", "crash", "timeout")  # Of being found, beside the oracles.
FIELDS = ("What", "Class", "Oracle", "Lane")


class BadMutant(Exception):
    """What is wrong with a patch, in a line."""


class Mutant(NamedTuple):
    name: str
    what: str
    classes: tuple  # Rows of docs/failures.md, the main one first.
    oracles: tuple  # Any of them is right.
    lane: str
    file: str  # That the diff is of.
    diff: str
    text: str  # All of the patch.

    def is_header(self):
        return self.file.endswith(".h")


def split_list(text):
    return tuple(part.strip() for part in text.split(",") if part.strip())


def parse_header(name, head):
    fields = {}
    last = None
    for line in head.splitlines():
        found = re.fullmatch(r"(\w+): +(\S.*)", line)
        if found and found.group(1) in FIELDS and found.group(1) not in fields:
            last = found.group(1)
            fields[last] = found.group(2).strip()
        elif line[:1].isspace() and last:
            fields[last] += " " + line.strip()
        else:
            raise BadMutant(f"{name}: '{line}' is no line of a header")
    missing = [field for field in FIELDS[:3] if field not in fields]
    if missing:
        raise BadMutant(f"{name}: there is no line '{missing[0]}:'")
    return fields


def parse(name, text):
    """A Mutant; or BadMutant."""
    head, _, diff = text.partition("\n\n")
    fields = parse_header(name, head)
    files = re.findall(r"^diff --git a/(\S+) b/(\S+)$", diff, re.MULTILINE)
    if len(files) != 1 or files[0][0] != files[0][1] or not diff.startswith("diff --git "):
        raise BadMutant(f"{name}: not a diff of one file")
    file = files[0][0]
    if f"\n--- a/{file}\n+++ b/{file}\n@@ " not in diff:
        raise BadMutant(f"{name}: not a unified diff of {file}")
    mutant = Mutant(name, fields["What"], split_list(fields["Class"]), split_list(fields["Oracle"]),
                    fields.get("Lane", "default"), file, diff, text)
    if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", name):
        raise BadMutant(f"{name}: the name is not a claim in snake_case")
    if not file.startswith("core/") or file.startswith("core/crypto/") or not file.endswith((".cc", ".h")):
        raise BadMutant(f"{name}: {file} is not a source file of core/, or one of core/crypto/")
    if file.endswith("_test.cc"):
        raise BadMutant(f"{name}: {file} is a test")
    if not 1 <= changed_lines(mutant) <= LINES_MAX:
        raise BadMutant(f"{name}: changes {changed_lines(mutant)} lines; at most {LINES_MAX}")
    if mutant.lane not in LANES:
        raise BadMutant(f"{name}: there is no lane '{mutant.lane}'")
    if not mutant.oracles or not mutant.classes:
        raise BadMutant(f"{name}: names no oracle, or no class")
    if "MUTANT_" not in diff:
        raise BadMutant(f"{name}: marks nothing")
    return mutant


def changed_lines(mutant):
    body = mutant.diff.split("\n@@ ", 1)[1].splitlines()[1:]
    return sum(1 for line in body if line.startswith(("+", "-")))


def names(root):
    folder = os.path.join(root, FOLDER)
    return sorted(entry[:-len(".patch")] for entry in os.listdir(folder) if entry.endswith(".patch"))


def load(root, name):
    """Reads one, and compares it with what there is; or BadMutant."""
    with open(os.path.join(root, FOLDER, name + ".patch"), encoding="utf-8") as file:
        mutant = parse(name, file.read())
    known = oracles(root)
    for oracle in mutant.oracles:
        if oracle not in known and oracle not in WAYS:
            raise BadMutant(f"{name}: there is no oracle '{oracle}'")
    known = rows(root)
    for row in mutant.classes:
        if row not in known:
            raise BadMutant(f"{name}: {FAILURES} has no row {row}")
    return mutant


def load_all(root):
    return [load(root, name) for name in names(root)]


def oracles(root):
    """Each is a file; beside them are only what all share."""
    return {entry[:-len(".cc")] for entry in os.listdir(os.path.join(root, ORACLES))
            if entry.endswith(".cc") and not entry.endswith("_test.cc")}


def rows(root):
    """Of the tables of docs/failures.md, by number, with what goes wrong."""
    with open(os.path.join(root, FAILURES), encoding="utf-8") as file:
        return dict(re.findall(r"^\| ((?:M|T)?\d+) \| (.*?) \|", file.read(), re.MULTILINE))


def not_planted(root):
    """The rows that no mutant covers, and why."""
    reasons = {}
    with open(os.path.join(root, NOT_PLANTED), encoding="utf-8") as file:
        for line in file.read().splitlines():
            if not line or line.startswith("#"):
                continue
            found = re.fullmatch(r"([MT]?\d+): (\S.*)", line)
            if not found or found.group(1) in reasons:
                raise BadMutant(f"{NOT_PLANTED}: '{line}' is not 'row: reason', or the second of its row")
            reasons[found.group(1)] = found.group(2)
    return reasons


def patch(folder, mutant, *options):
    """Runs `patch`, which must find every line that it expects; or BadMutant."""
    command = ["patch", "-p1", "-F0", "-N", "-s", "--batch", "--no-backup-if-mismatch", "-r", "-", *options]
    result = subprocess.run(command, cwd=folder, input=mutant.diff, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        raise BadMutant(f"{mutant.name}: the patch is stale, it does not apply to {mutant.file}: "
                        + " ".join(result.stdout.split()))


def check_applies(root, mutant):
    patch(root, mutant, "--dry-run")


def with_marks(root, text, file):
    """The patched text of a file, as it is compiled."""
    with open(os.path.join(root, MARKS), encoding="utf-8") as marks:
        return marks.read() + f'#line 1 "{file}"\n' + text
