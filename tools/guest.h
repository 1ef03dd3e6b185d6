#pragma once

// Guest: another protocol that a command is about, in place of Holdfast: a shared library (--plugin), a program
// (--child), or one of ours by its name (--protocol); and if the server is another implementation than the client, that
// one too.

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/endpoint.h"
#include "tools/outcome.h"

namespace holdfast::tools {

struct GuestOptions {
  struct Made {
    std::optional<std::string> plugin = {};  // A shared library.
    std::optional<std::string> child = {};   // A command for the shell.
    bool any() const { return plugin || child; }
  };
  Made both = {};                            // Of both ends...
  Made server = {};                          // ...but the server's, if it is said.
  std::optional<std::string> protocol = {};  // Or the name of one that is linked in.

  // That name the guest to a command of this program.
  std::vector<std::string> Words() const;
};

// The options must live as long as the command line.
void AddGuest(CLI::App& line, GuestOptions& options);

// Null: there is none, and the protocol is Holdfast. Libraries stay loaded, and children alive, as long as the protocol
// lives. A complaint also if the options contradict each other.
Parsed<std::shared_ptr<const sim::Protocol>> GuestOf(const GuestOptions& options);

}  // namespace holdfast::tools
