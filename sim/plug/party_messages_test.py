"""A type that lacks a verb does not compile, and the compiler names the verb.

usage: party_messages_test.py WORKSPACE
"""

import os
import subprocess
import sys
import unittest

# Behind the links of the sandbox lies the tree with all its headers.
ROOT = os.path.dirname(os.path.realpath(sys.argv.pop()))

VERBS = {
    "TransportOpened": "void TransportOpened(Time, TransportId) {}",
    "TransportClosed": "void TransportClosed(Time, TransportId) {}",
    "Receive": "void Receive(Time, TransportId, ByteSpan) {}",
    "Send": "size_t Send(Time, ByteSpan bytes) { return bytes.size(); }",
    "Finish": "void Finish(Time) {}",
    "Poll": "std::optional<Output> Poll(Time) { return {}; }",
    "Deadline": "Time Deadline() const { return kNever; }",
    "Tick": "void Tick(Time) {}",
}
OF_CLIENTS = {"DialFailed": "void DialFailed(Time) {}"}

COMPILERS = ("g++", "clang++-19")


def protocol(name, server, client):
    """The source of a protocol of these verbs."""
    return (f"struct Server{name} {{ {' '.join(server.values())} }};\n"
            f"struct Client{name} {{ {' '.join(client.values())} }};\n"
            f"PartyProtocol<Client{name}, Server{name}> protocol{name}({{.name = \"mine\"}});\n")


def errors(compiler, *protocols):
    """The lines of the compiler's output that tell an error; none if they compile."""
    program = ['#include "sim/plug/party_protocol.h"\nnamespace holdfast::sim {\n', *protocols, "}\n"]
    command = [compiler, "-std=c++23", "-fsyntax-only", "-I", ROOT, "-x", "c++", "-"]
    run = subprocess.run(command, input="".join(program), capture_output=True, text=True, check=False)
    return [line for line in run.stderr.splitlines() if "error" in line]


class Messages(unittest.TestCase):

    def test_a_type_that_has_all_verbs_compiles(self):
        self.assertEqual(errors("g++", protocol("", VERBS, VERBS | OF_CLIENTS)), [])

    def test_every_verb_that_is_missing_is_named(self):
        lacking = [protocol(verb, {name: text for name, text in VERBS.items() if name != verb}, VERBS | OF_CLIENTS)
                   for verb in VERBS]
        for compiler in COMPILERS:
            told = "\n".join(errors(compiler, *lacking))
            for verb in VERBS:
                self.assertRegex(told, rf"the type lacks: .*\b{verb}\(", compiler)

    def test_it_is_the_first_error_that_names_the_verb(self):
        for compiler in COMPILERS:
            self.assertRegex(errors(compiler, protocol("", VERBS, VERBS))[0], r"the type lacks: .*\bDialFailed\(")

    def test_a_verb_of_another_shape_is_named_too(self):
        odd = VERBS | {"Deadline": "Time Deadline() { return kNever; }"}
        told = errors("g++", protocol("", odd, VERBS | OF_CLIENTS))
        self.assertRegex(told[0], r"the type lacks: Time Deadline\(\) const")


if __name__ == "__main__":
    unittest.main()
