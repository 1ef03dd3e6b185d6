"""Proves that objects are pure: they import only what a list allows, and hold nothing writable.

usage: purity.py ALLOWED MANIFEST

ALLOWED is core/allowed_symbols.txt, which explains its own format; MANIFEST has one line "room archive" for each
archive. What one of these archives defines, the others may import. Exit status: 0 pure, 1 not, 2 bad arguments.
"""

import re
import subprocess
import sys
from typing import NamedTuple

# Where a compiler puts what a program may write to. (.data.rel.ro is written by the loader alone.)
WRITABLE_SECTION = re.compile(r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)|\*COM\*")

# What instrumented objects import and keep; such objects are checked for everything else.
INSTRUMENTATION = re.compile(r"__((start|stop)_+)?(asan|lsan|ubsan|msan|tsan|sanitizer|sancov|llvm_prof|prof)")


class Symbol(NamedTuple):
    name: str
    section: str  # "*UND*": imported from elsewhere.


class Rules:
    """The list of what is allowed: patterns by room, in which * alone is special."""

    def __init__(self, text):
        self.allowed = []  # (room, kind, regular expression)
        self.denied = []
        room = None
        for number, line in enumerate(text.splitlines(), 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("[") and line.endswith("]"):
                room = line[1:-1]
                continue
            if room is None:
                raise ValueError(f"line {number}: a pattern before the first [room]")
            kind = "import"
            rules = self.allowed
            if line.startswith("!"):
                rules, line = self.denied, line[1:].strip()
            elif line.startswith("writable "):
                kind, line = "writable", line[len("writable "):].strip()
            pattern = re.compile(".*".join(map(re.escape, line.split("*"))) + r"\Z")
            rules.append((room, kind, pattern))

    def allow(self, room, kind, name):

        def matches(rules):
            return any((room + "/").startswith(rule_room + "/") and rule_kind == kind and pattern.match(name)
                       for rule_room, rule_kind, pattern in rules)

        return matches(self.allowed) and not matches(self.denied)


def parse(nm_output):
    """Symbols in the System V format of nm: name|value|class|type|size|line|section."""
    for line in nm_output.splitlines():
        # A demangled name may hold a | of its own (operator|).
        fields = line.rsplit("|", 6)
        if len(fields) == 7:
            yield Symbol(fields[0].strip(), fields[6].strip())


def symbols(archive):
    command = ["nm", "--demangle", "--format=sysv", archive]
    return list(parse(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def complaints(rules, archives):
    """What is impure, one sentence each. `archives`: (room, name, symbols)."""
    defined = {symbol.name for _, _, contents in archives for symbol in contents if symbol.section != "*UND*"}
    for room, name, contents in archives:
        instrumented = any(INSTRUMENTATION.match(symbol.name) for symbol in contents)
        for symbol in sorted(set(contents)):
            if INSTRUMENTATION.match(symbol.name):
                continue
            if symbol.section == "*UND*":
                if symbol.name not in defined and not rules.allow(room, "import", symbol.name):
                    yield f"{room}: {name} imports {symbol.name}"
            elif WRITABLE_SECTION.match(symbol.section) and not instrumented:
                # Sanitizers keep descriptions of their own in .data; the plain build tells.
                if not rules.allow(room, "writable", symbol.name):
                    yield f"{room}: {name} holds the writable {symbol.name} ({symbol.section})"


def main(arguments):
    if len(arguments) != 2:
        print("purity: two arguments are needed; usage: purity.py ALLOWED MANIFEST", file=sys.stderr)
        return 2
    try:
        with open(arguments[0]) as allowed, open(arguments[1]) as manifest:
            rules = Rules(allowed.read())
            lines = [line.split() for line in manifest]
            archives = [(room, path, symbols(path)) for room, path in lines]
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"purity: {error}", file=sys.stderr)
        return 2
    found = list(complaints(rules, archives))
    for sentence in found:
        print(sentence)
    print(f"purity: {len(archives)} archives, {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
