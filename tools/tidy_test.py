"""The tree is tidy, and tidy.py notices each kind of untidiness."""

import contextlib
import io
import os
import sys
import tempfile
import unittest

from tools import tidy

# Behind the links of the sandbox lies the tree that people edit.
ROOT = os.path.dirname(os.path.realpath(sys.argv.pop()))

# Path, text, and a part of the one complaint about it.
PLANTED = [
    ("core/a.cc", "auto t = std::chrono::steady_clock::now();\n", "(clock)"),
    ("sim/a.cc", "auto t = time(nullptr);\n", "(clock)"),
    ("sim/a_test.cc", "auto t = ::time(0);\n", "(clock)"),
    ("core/a_test.cc", "std::this_thread::sleep_for(1ms);\n", "(sleep)"),
    ("core/a.cc", "int x = rand();\n", "(random)"),
    ("sim/a.cc", "std::random_device device;\n", "(random)"),
    ("sim/a.cc", "std::shuffle(a, b, c);\n", "(random)"),
    ("sim/a.cc", "std::uniform_int_distribution<int> d;\n", "(random)"),
    ("core/a.cc", "#include <random>\n", "(random)"),
    ("core/a.cc", "#include <unordered_map>\n", "(unordered)"),
    ("sim/a.h", "#pragma once\n#include <unordered_set>\n", "(unordered)"),
    ("core/a.cc", "const char* p = getenv(n);\n", "(environment)"),
    ("core/a.cc", "static int count = 0;\n", "(mutable-static)"),
    ("sim/a.cc", "  static std::map<int, int> seen;\n", "(mutable-static)"),
    ("sim/a.cc", "static uint8_t buffer[16];\n", "(mutable-static)"),
    ("core/a.cc", "printf(x);\n", "(print)"),
    ("core/a.cc", "std::snprintf(x);\n", "(print)"),
    ("core/a.cc", "#include <iostream>\n", "(print)"),
    ("core/a.cc", "FILE* f = fopen(n, m);\n", "(file)"),
    ("core/a.cc", "#include <sys/socket.h>\n", "(system)"),
    ("sim/a.cc", "#include <unistd.h>\n", "(system)"),
    ("core/a.cc", "#include <mutex>\n", "(thread)"),
    ("core/a.cc", "  throw 1;\n", "(throw)"),
    ("core/a.cc", "auto p = new Thing;\n", "(new)"),
    ("sim/a.cc", "  delete thing;\n", "(new)"),
    ("core/a.cc", "void* p = malloc(4);\n", "(new)"),
    ("tools/a.cc", "auto s = std::format(x);\n", "(std-format)"),
    ("net/a.cc", "#include <print>\n", "(std-format)"),
    ("tools/a_test.cc", "assert(true);\n", "(assert)"),
    ("net/a.cc", "#include <cassert>\n", "(assert)"),
    ("net/a.cc", "using namespace std;\n", "(using-namespace-std)"),
    ("core/a.cc", "int a; \n", "space at the end"),
    ("core/a.cc", "\tint a;\n", "tab"),
    ("core/a.cc", "int a;", "no newline"),
    ("core/a.cc", "int a;\n\n", "empty line at the end"),
    ("docs/a.md", "x" * 121 + "\n", "121 columns"),
    ("docs/a.md", "TO" + "DO: more\n", "unfinished"),
    ("docs/a.md", "see /ho" + "me/me/file\n", "path of one machine"),
    ("core/a.h", "#ifndef A\n#define A\n#endif\n", "#pragma once"),
    ("core/a.cc", '#include "a.h"\n', "no file of the project"),
    ("core/a.cc", '#include <core/b.h>\n', "write it in quotes"),
    ("core/unused.cc", "int a;\n", "does not mention"),
    ("testdata/unused.bin", "\t", "does not mention"),
    ("core/unused.bzl", "A = 1\n", "nothing loads"),
]

CLEAN = [
    ("core/a.cc", '// printf("x"); a new one\nconst char* text = "rand() throw new assert(x)";\n'),
    ("core/a.cc", "/* static int count = 0;\n   std::cout */\nint a;\n"),
    ("core/a.cc", 'const char* text = R"(static int\ncount = rand();)";\n'),
    ("core/a.cc", "A(const A&) = delete;\nstatic constexpr int kA = 1;\nstatic int F(int a);\nstatic_assert(true);\n"),
    ("core/a.cc", "static const std::map<int, int> kTable = Make();\nstatic Time Never() { return Time{}; }\n"),
    ("core/a.cc", "Time time = world.time(); Clock clock() const; int big = 1'000; char c = 'x';\n"),
    ("core/a_test.cc", "std::cout << 1;\n"),
    ("tools/a.cc", '#include <iostream>\n#include "core/b.h"\n#include "gtest/gtest.h"\nint a = rand();\n'),
    ("docs/a.md", "See http://example.org/" + "x" * 200 + " and /usr/bin/env.\n"),
    ("testdata/used.bin", "\t no newline"),
]


class Tidy(unittest.TestCase):

    def complaints(self, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w") as file:
                    file.write(text)
            paths = tidy.project_files(root)
            self.assertEqual(sorted(paths), sorted(files))
            checked = tidy.Tidy(root, paths)
            checked.run()
            return checked.complaints

    def tree(self, path, text):
        sources = 'glob(["a*.cc", "a*.h"])'
        files = {f"{room}/BUILD": f"cc_library(name = \"a\", testonly = True, srcs = {sources})\n"
                 for room in ("core", "sim", "net", "tools")}
        files["core/BUILD"] += 'cc_library(name = "b", testonly = True, hdrs = ["b.h"])\n'
        files["core/b.h"] = "// Ours.\n\n#pragma once\n"
        files["testdata/BUILD"] = 'exports_files(["used.bin"])\n'
        files[path] = text
        return files

    def test_the_tree_is_tidy(self):
        paths = tidy.project_files(ROOT)
        self.assertIn("tools/tidy.py", paths)
        checked = tidy.Tidy(ROOT, paths)
        checked.run()
        self.assertEqual(checked.complaints, [], "\n".join(["the tree is not tidy:", *checked.complaints]))

    def test_notices_what_is_planted(self):
        for path, text, part in PLANTED:
            with self.subTest(path=path, text=text):
                found = self.complaints(self.tree(path, text))
                self.assertEqual(len(found), 1, found)
                self.assertIn(part, found[0])
                self.assertTrue(found[0].startswith(path + ":"))

    def test_lets_pass_what_is_clean(self):
        for path, text in CLEAN:
            with self.subTest(path=path, text=text):
                self.assertEqual(self.complaints(self.tree(path, text)), [])

    def test_rooms_outside_may_do_what_core_may_not(self):
        self.assertEqual(self.complaints(self.tree("net/a.cc", "#include <sys/socket.h>\nint a = rand();\n")), [])

    def test_the_purity_test_knows_every_library_of_core(self):
        rooms = 'CORE_LIBRARIES = ["//core/x"]\n'
        files = {
            "core/rooms.bzl": rooms,
            "core/BUILD": 'load(":rooms.bzl", "CORE_LIBRARIES")\n',
            "core/x/BUILD": 'cc_library(name = "x", deps = ["//core/y:low"])\n',
            "core/y/BUILD": 'cc_library(name = "low")\ncc_library(name = "double", testonly = True)\n',
        }
        self.assertEqual(self.complaints(files), [])
        files["core/y/BUILD"] += 'cc_library(name = "forgotten")\n'
        self.assertEqual(self.complaints(files), ["core/rooms.bzl:1: //core/y:forgotten is missing"])

    def test_what_is_below_does_not_lean_on_what_is_above(self):
        files = {"net/BUILD": 'cc_library(name = "a", testonly = True, deps = ["//core/base:bytes", ":b"])\n'}
        self.assertEqual(self.complaints(files), [])
        files["net/BUILD"] += 'cc_test(name = "t", deps = ["//sim:plug"])\n'
        self.assertEqual(self.complaints(files), ["net/BUILD:1: //sim:plug is above this room"])

    def test_no_two_headers_define_one_name(self):
        header = "#pragma once\nnamespace holdfast {\ninline constexpr int kMost = %d;\n}  // namespace holdfast\n"
        files = {"BUILD": 'exports_files(["net/a.h", "net/b.h"])\n', "net/a.h": header % 1, "net/b.h": header % 2}
        self.assertEqual(self.complaints(files), ["net/b.h:3: holdfast::kMost is defined in net/a.h too"])
        files["net/b.h"] = files["net/b.h"].replace("holdfast", "holdfast::net")
        self.assertEqual(self.complaints(files), [])

    def test_the_consumers_workspace_includes_from_its_own_root(self):
        files = {
            "testdata/consumer/BUILD": 'cc_library(name = "a", srcs = ["a.cc"], hdrs = ["a.h"])\n',
            "testdata/consumer/a.h": "#pragma once\n",
            "testdata/consumer/a.cc": '#include "a.h"\n',
        }
        self.assertEqual(self.complaints(files), [])

    def test_warns_of_long_files_without_failing(self):
        with tempfile.TemporaryDirectory() as root:
            with open(os.path.join(root, "BUILD"), "w") as file:
                file.write('exports_files(["a.cc"])\n')
            with open(os.path.join(root, "a.cc"), "w") as file:
                file.write("int a;\n" * 601)
            checked = tidy.Tidy(root, ["BUILD", "a.cc"])
            checked.run()
            self.assertEqual(checked.complaints, [])
            self.assertEqual(len(checked.warnings), 1)

    def test_globs_match_as_bazel_does(self):
        self.assertTrue(tidy.matches("a/**", "a/b/c"))
        self.assertTrue(tidy.matches("**/*.h", "c.h"))
        self.assertFalse(tidy.matches("*", "a/b"))
        self.assertFalse(tidy.matches("a.h", "aXh"))

    def test_bad_arguments_exit_with_2(self):
        for arguments in (["/nowhere"], ["--what"], [".", "."]):
            with contextlib.redirect_stderr(io.StringIO()) as text:
                self.assertEqual(tidy.main(arguments), 2)
            self.assertEqual(len(text.getvalue().splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
