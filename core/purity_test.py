"""Core is pure, and the proof can fail: each impurity planted in core/impure.cc is noticed."""

import sys
import unittest

from core import purity

IMPURE = sys.argv.pop()
PURE = sys.argv.pop()
ALLOWED = sys.argv.pop()


def read(path):
    with open(path) as file:
        return file.read()


def archives(manifest):
    lines = [line.split() for line in read(manifest).splitlines()]
    return [(room, path, purity.symbols(path)) for room, path in lines]


class Purity(unittest.TestCase):

    def test_core_is_pure(self):
        found = list(purity.complaints(purity.Rules(read(ALLOWED)), archives(PURE)))
        self.assertEqual(found, [], "\n".join(["core is not pure:", *found]))

    def test_each_planted_impurity_is_noticed(self):
        planted = archives(IMPURE)
        found = "\n".join(purity.complaints(purity.Rules(read(ALLOWED)), planted)) + "\n"
        for name in ("time", "getenv", "open", "std::cout"):
            self.assertRegex(found, rf"imports {name}\n")
        self.assertIn("imports std::random_device::", found)
        instrumented = any(purity.INSTRUMENTATION.match(symbol.name) for symbol in planted[0][2])
        if not instrumented:
            for name in ("planted_global", "planted_thread_local", "PlantedStatic()::planted_static"):
                self.assertIn(f"holds the writable holdfast::{name} (", found)

    def test_a_room_may_not_use_what_another_may(self):
        rules = purity.Rules(read(ALLOWED))
        contents = [purity.Symbol("EVP_sha256", "*UND*")]
        self.assertEqual(list(purity.complaints(rules, [("core/crypto", "a", contents)])), [])
        self.assertEqual(list(purity.complaints(rules, [("core/crypto/more", "a", contents)])), [])
        for room in ("core/session", "core/cryptography", "core"):
            self.assertEqual(list(purity.complaints(rules, [(room, "a", contents)])), [f"{room}: a imports EVP_sha256"])

    def test_openssl_gives_no_entropy(self):
        rules = purity.Rules(read(ALLOWED))
        for name in ("RAND_bytes", "EVP_RAND_generate", "EVP_PKEY_keygen", "EVP_PKEY_Q_keygen", "EVP_PKEY_keygen_init"):
            contents = [purity.Symbol(name, "*UND*")]
            self.assertEqual(len(list(purity.complaints(rules, [("core/crypto", "a", contents)]))), 1, name)

    def test_what_core_defines_it_may_import(self):
        rules = purity.Rules("[core]\n")
        uses = ("core/b", "b", [purity.Symbol("F()", "*UND*")])
        defines = ("core/a", "a", [purity.Symbol("F()", ".text")])
        self.assertEqual(list(purity.complaints(rules, [uses, defines])), [])
        self.assertEqual(list(purity.complaints(rules, [uses])), ["core/b: b imports F()"])

    def test_read_only_data_is_no_variable(self):
        rules = purity.Rules("[core]\nwritable Allowed\n")
        for section, writable in ((".rodata", False), (".data.rel.ro", False), (".data.rel.ro.local.x", False),
                                  (".text", False), (".data", True), (".data.x", True), (".bss.x", True),
                                  (".tbss", True), ("*COM*", True)):
            found = list(purity.complaints(rules, [("core", "a", [purity.Symbol("X", section)])]))
            self.assertEqual(bool(found), writable, section)
        self.assertEqual(list(purity.complaints(rules, [("core", "a", [purity.Symbol("Allowed", ".bss")])])), [])

    def test_bad_arguments_exit_with_2(self):
        self.assertEqual(purity.main([]), 2)
        self.assertEqual(purity.main(["/nowhere", "/nowhere"]), 2)


if __name__ == "__main__":
    unittest.main()
