#!/usr/bin/env python3
"""Style that a machine can check, over every file of the project.

usage: tools/tidy.py [ROOT]

Prints one line for each complaint. Exit status: 0 tidy (warnings may remain), 1 not, 2 bad arguments.
"""

import ast
import os
import re
import subprocess
import sys
from typing import NamedTuple

COLUMNS_MAX = 120
LINES_WARNED = 600


class Ban(NamedTuple):
    """What some rooms do without, and what they use instead."""
    name: str
    rooms: tuple  # Path prefixes; () is everywhere.
    pattern: str
    instead: str
    tests: bool = True  # Whether tests do without it too.


CORE = ("core/",)
DETERMINISTIC = ("core/", "sim/")

BANS = [
    Ban("std-format", (), r"\bstd::(format|print|println|vformat)\b|<(format|print)>",
        "fmt: the reference compilers' library has none"),
    Ban("assert", (), r"(?<!\w)assert\s*\(|<cassert>|<assert\.h>",
        "HOLDFAST_CHECK of core/base/check.h: it is on in every build"),
    Ban("using-namespace-std", (), r"\busing\s+namespace\s+std\s*;", "the names themselves"),
    Ban("clock", DETERMINISTIC, r"\b\w+_clock::now\b|\bstd::time\b|(?<![\w.>])time\s*\(\s*(nullptr|NULL|0|&)|"
        r"\b(clock_gettime|gettimeofday|localtime|gmtime)(_r)?\b|\bstd::clock\b",
        "the Time that the caller passes"),
    Ban("sleep", DETERMINISTIC, r"\bsleep_(for|until)\b|(?<![\w.>])(usleep|nanosleep|sleep)\s*\(",
        "virtual time"),
    Ban("random", DETERMINISTIC, r"\bstd::(random_device|mt19937\w*|minstd_rand0?|default_random_engine)\b|"
        r"\bstd::\w+_distribution\b|\bstd::(shuffle|sample)\b|<random>|"
        r"(?<![\w.>])(s?rand|s?random|[dlm]rand48)\s*\(\s*\)",
        "core/base/random.h: the same on every machine"),
    Ban("unordered", DETERMINISTIC, r"<unordered_(map|set)>|\bstd::unordered_\w+",
        "std::map, std::set or a sorted vector: the order of an unordered one is the library's"),
    Ban("environment", DETERMINISTIC, r"\b(secure_)?getenv\s*\(", "an option that the caller passes"),
    Ban("mutable-static", DETERMINISTIC,
        r"^\s*(inline\s+)?(static|thread_local)\s+(?!.*\b(const|constexpr)\b)"
        r"[\w:<>,*&\s]+?\s\w+(\[\w*\])?\s*(=|;|\{)",
        "a member: two worlds live in one process"),
    Ban("print", CORE, r"\bv?[fds]?n?printf\s*\(|(?<![\w.>])(puts|fputs|putchar|fputc|perror|fwrite)\s*\(|"
        r"\bstd::(cout|cerr|clog)\b|<(iostream|ostream|fstream|sstream|iomanip|cstdio|stdio\.h)>",
        "an event or an Error: core hands out data, not text", tests=False),
    Ban("file", CORE, r"(?<![\w.>])(fopen|freopen|tmpfile)\s*\(|\bstd::(i|o)?fstream\b|<filesystem>",
        "bytes that the caller passes", tests=False),
    Ban("system", DETERMINISTIC,
        r"<(unistd\.h|fcntl\.h|poll\.h|sys/\w+\.h|netinet/\w+\.h|arpa/\w+\.h|pthread\.h|signal\.h)>",
        "the room net/, which alone makes system calls"),
    Ban("thread", CORE, r"<(thread|mutex|shared_mutex|atomic|future|condition_variable|stop_token)>|\bthread_local\b",
        "nothing: core runs on its caller's thread"),
    Ban("throw", CORE, r"\bthrow\b", "std::expected with an Error: no exception crosses core", tests=False),
    Ban("new", DETERMINISTIC, r"(?<!operator )\bnew\s+[\w:]|(?<!operator )\bdelete(\s*\[\])?\s+\w|"
        r"(?<![\w.>])(malloc|calloc|realloc|free)\s*\(",
        "std::make_unique or a container", tests=False),
]

# The exceptions, each with its reason: (path prefix, ban).
ALLOWED = {
    # The one file that names the C library's reporter of failed checks.
    ("core/base/check.cc", "assert"),
    # A key pair may be shared between the threads of a campaign; who finds its scratch memory taken makes his own.
    ("core/crypto/openssl_dh.cc", "thread"),
    # What a thread's allocator refuses, while it runs one host of one world: no verb of core's could be handed it.
    ("sim/scarcity.cc", "mutable-static"),
    # It is C, which has nothing else.
    ("sim/examples/nghttp2_plugin.c", "new"),
    # Planted to be found by core/purity_test.
    ("core/impure.cc", "clock"),
    ("core/impure.cc", "environment"),
    ("core/impure.cc", "mutable-static"),
    ("core/impure.cc", "print"),
    ("core/impure.cc", "random"),
    ("core/impure.cc", "system"),
    ("core/impure.cc", "thread"),
}

# Libraries of the system, whose headers are written in quotes or not.
SYSTEM_INCLUDES = ("CLI/", "asio/", "benchmark/", "fmt/", "gmock/", "gtest/", "nghttp2/", "nlohmann/", "openssl/",
                   "sodium")
# Ours, but by the names that programs for stable-connection know.
SYSTEM_INCLUDES += ("connectionclient.h", "connectionenv.h", "connectionserver.h")

# A workspace of its own, whose include paths begin there.
CONSUMER = "testdata/consumer/"

# What these rooms may not lean on. Visibility cannot say it of what other workspaces may use.
BELOW = {"core": ("sim", "net", "fuzz", "bench", "tools"), "net": ("sim", "fuzz", "bench", "tools")}

# Data is as it is: byte for byte what others made, or what a fuzzer found.
DATA = re.compile(r"(^|/)(testdata|\w*corpus)/")
CPP = (".h", ".cc", ".c")
# Files that a BUILD file has to mention, beside all data.
BUILT = CPP + (".py", ".txt")

UNFINISHED = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|XX" + r"X)\b")
MACHINE_PATH = re.compile(r"(?<![\w.}/])/(home|root|Users|mnt|media|srv|work|workspace|builds)/\w")

# Comments, raw strings, strings and characters of C++.
LITERALS = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\[^'\n]+|[^'\\\n])'""", re.DOTALL)

# What a header defines in a namespace, outside everything else.
DEFINITION = re.compile(r"inline constexpr [^=({]*?\b(\w+) ?[={\[]|(?:class|struct|enum class) (\w+)\b(?!::)[^;]*\{")


class Tidy:
    """The complaints about one tree."""

    def __init__(self, root, paths):
        self.root = root
        self.paths = sorted(paths)
        self.known = set(paths)
        self.complaints = []
        self.warnings = []
        self.defined = {}  # Where headers define which names of which namespace.

    def run(self):
        for path in self.paths:
            with open(os.path.join(self.root, path), "rb") as file:
                content = file.read()
            if is_data(path):
                continue
            try:
                text = content.decode()
            except UnicodeDecodeError:
                self.complain(path, 1, "is not UTF-8; binary files belong in testdata/")
                continue
            self.check_text(path, text)
            if path.endswith(CPP):
                self.check_cpp(path, text)
        self.check_build_files()

    def complain(self, path, line, sentence):
        self.complaints.append(f"{path}:{line}: {sentence}")

    def check_text(self, path, text):
        if text and not text.endswith("\n"):
            self.complain(path, text.count("\n") + 1, "no newline at the end")
        if text.endswith("\n\n"):
            self.complain(path, text.count("\n"), "empty line at the end")
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                self.complain(path, number, "space at the end of the line")
            if "\t" in line:
                self.complain(path, number, "tab")
            table = path.endswith(".md") and line.startswith("|")
            if len(line) > COLUMNS_MAX and "://" not in line and not table:
                self.complain(path, number, f"{len(line)} columns, more than {COLUMNS_MAX}")
            if UNFINISHED.search(line):
                self.complain(path, number, "unfinished: do it, or write down elsewhere that it is to be done")
            if MACHINE_PATH.search(line):
                self.complain(path, number, "a path of one machine")

    def check_cpp(self, path, text):
        is_test = bool(re.search(r"_(test|fuzz|bench)\.cc$", path))
        code = LITERALS.sub(lambda match: "\n" * match.group().count("\n"), text)
        lines = code.split("\n")
        for number, line in enumerate(text.split("\n"), 1):
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if include:
                lines[number - 1] = f"<{include.group(2)}>"
                self.check_include(path, number, *include.groups())
        for ban in BANS:
            if ban.rooms and not path.startswith(ban.rooms) or is_test and not ban.tests:
                continue
            if any(path.startswith(prefix) and name == ban.name for prefix, name in ALLOWED):
                continue
            for number, line in enumerate(lines, 1):
                found = re.search(ban.pattern, line)
                if found:
                    what = found.group().strip()
                    self.complain(path, number, f"'{what}' is banned here ({ban.name}): use {ban.instead}")
        if path.endswith(".h"):
            first = next((line for line in lines if line.strip()), "")
            if first.strip() != "#pragma once":
                self.complain(path, 1, "a header begins with #pragma once")
            self.check_definitions(path, text)
        if len(lines) - 1 > LINES_WARNED:
            self.warnings.append(f"{path}: {len(lines) - 1} lines; think about two files from {LINES_WARNED} on")

    def check_definitions(self, path, text):
        """Two of one name link without a word, and one of them is taken for the other."""
        namespaces = []
        for number, line in enumerate(text.split("\n"), 1):
            opened = re.match(r"namespace ([\w:]+) \{$", line)
            defined = DEFINITION.match(line)
            if opened:
                namespaces.append(opened.group(1))
            elif line.startswith("}  // namespace"):
                namespaces.pop()
            elif defined:
                name = "::".join([*namespaces, defined.group(1) or defined.group(2)])
                other = self.defined.setdefault(name, path)
                if other != path:
                    self.complain(path, number, f"{name} is defined in {other} too")

    def check_include(self, path, number, bracket, name):
        if name.startswith(SYSTEM_INCLUDES):
            return
        base = CONSUMER if path.startswith(CONSUMER) else ""
        if bracket == '"' and name not in self.known and base + name not in self.known:
            self.complain(path, number, f'"{name}" is no file of the project: include paths begin at its root')
        if bracket == "<" and name in self.known:
            self.complain(path, number, f"<{name}> is ours: write it in quotes")

    def check_build_files(self):
        """Files that nothing builds, and libraries of core that the purity test does not know."""
        packages = {}
        loaded = set()
        for path in self.paths:
            if os.path.basename(path) == "BUILD" or path.endswith(".bzl") or path == "WORKSPACE":
                build = BuildFile(self.root, path)
                loaded |= build.loaded()
                if os.path.basename(path) == "BUILD":
                    packages[os.path.dirname(path)] = build
        for path in self.paths:
            if path.endswith(".bzl"):
                if path not in loaded and not path.startswith("third_party/"):
                    self.complain(path, 1, "nothing loads this file")
            elif path.endswith(BUILT) or is_data(path):
                package = os.path.dirname(path)
                while package and package not in packages:
                    package = os.path.dirname(package)
                if os.path.basename(path) == "BUILD":
                    continue
                if package not in packages or not packages[package].mentions(os.path.relpath(path, package or ".")):
                    self.complain(path, 1, f"//{package}'s BUILD does not mention this file")
        self.check_directions(packages)
        self.check_rooms(packages)

    def check_directions(self, packages):
        for package, build in packages.items():
            above = BELOW.get(package.split("/")[0], ())
            for label in build.dependencies():
                room = re.split("[/:]", label.lstrip("/"))[0]
                if label.startswith("//") and room in above:
                    self.complain(f"{package}/BUILD", 1, f"{label} is above this room")

    def check_rooms(self, packages):
        rooms = "core/rooms.bzl"
        if rooms not in self.known:
            return
        libraries = {}  # Label: the labels below it.
        released = []
        for package, build in packages.items():
            for name, deps, testonly in build.libraries():
                libraries[f"//{package}:{name}"] = {canonical(label, package) for label in deps}
                if package.startswith("core/") and not testonly:
                    released.append(f"//{package}:{name}")
        proved = set()
        waiting = [canonical(label, "core") for label in BuildFile(self.root, rooms).strings()]
        while waiting:
            label = waiting.pop()
            if label not in proved:
                proved.add(label)
                waiting += libraries.get(label, ())
        for label in released:
            if label not in proved:
                self.complain(rooms, 1, f"{label} is missing")


def is_data(path):
    return bool(DATA.search(path)) and not path.startswith(CONSUMER)


def canonical(label, package):
    """A label in full: //package:name."""
    if not label.startswith("//"):
        return f"//{package}:{label.lstrip(':')}"
    return label if ":" in label else f"{label}:{label.rsplit('/', 1)[-1]}"


class BuildFile:
    """A BUILD or .bzl file, which Python's own parser reads."""

    def __init__(self, root, path):
        self.package = os.path.dirname(path)
        with open(os.path.join(root, path)) as file:
            self.tree = ast.parse(file.read(), path)

    def calls(self, function):
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
                yield node

    def strings(self, node=None):
        for child in ast.walk(node if node is not None else self.tree):
            if isinstance(child, ast.Constant) and isinstance(child.value, str):
                yield child.value

    def loaded(self):
        """Paths of the .bzl files that this one loads."""
        paths = set()
        for call in self.calls("load"):
            label = next(self.strings(call.args[0]))
            if label.startswith("//"):
                paths.add(label[2:].replace(":", "/").lstrip("/"))
            elif label.startswith(":"):
                paths.add(os.path.join(self.package, label[1:]))
        return paths

    def mentions(self, name):
        if any(string in (name, ":" + name) for string in self.strings()):
            return True
        return any(matches(pattern, name) for call in self.calls("glob") for pattern in self.strings(call))

    def dependencies(self):
        """Labels under any `deps`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.keyword) and node.arg == "deps":
                yield from self.strings(node.value)

    def libraries(self):
        """Name, dependencies and testonly of each cc_library."""
        for call in self.calls("cc_library"):
            options = {keyword.arg: keyword.value for keyword in call.keywords}
            name = next(self.strings(options["name"]))
            deps = list(self.strings(options["deps"])) if "deps" in options else []
            testonly = "testonly" in options and ast.unparse(options["testonly"]) in ("True", "1")
            yield name, deps, testonly


def matches(pattern, name):
    """Whether a pattern of glob() stands for this file."""
    expression = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return re.fullmatch(expression, name) is not None


def project_files(root):
    """The files of the project: what git tracks or would; without git, all but the build's output."""
    if os.path.exists(os.path.join(root, ".git")):
        command = ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"]
        command += ["--cached", "--others", "--exclude-standard"]
        output = subprocess.run(command, check=True, capture_output=True).stdout.decode()
        paths = set(output.split("\0")) - {""}
        return [path for path in paths if os.path.isfile(os.path.join(root, path))]
    paths = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in ("bazel", "__pycache__")]
        paths += [os.path.relpath(os.path.join(folder, name), root) for name in files]
    return paths


def main(arguments):
    if len(arguments) > 1 or arguments and not os.path.isdir(arguments[0]):
        print(f"tidy: bad arguments '{' '.join(arguments)}'; usage: tools/tidy.py [ROOT]", file=sys.stderr)
        return 2
    root = arguments[0] if arguments else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths = project_files(root)
    tidy = Tidy(root, paths)
    tidy.run()
    for warning in tidy.warnings:
        print(f"warning: {warning}")
    for complaint in tidy.complaints:
        print(complaint)
    print(f"tidy: {len(paths)} files, {len(tidy.complaints)} complaints, {len(tidy.warnings)} warnings")
    return 1 if tidy.complaints or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
