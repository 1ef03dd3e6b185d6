#pragma once

// OwnSymbols: the functions of this program and where they lie in memory, as its own symbol table tells.

#include <cstdint>
#include <string>
#include <vector>

#include "tools/outcome.h"

namespace holdfast::tools {

struct OwnSymbol {
  uintptr_t begin = 0;  // As the program is loaded now.
  uintptr_t end = 0;    // The first address behind it.
  std::string name;     // Demangled: "holdfast::Aead::Seal(unsigned long, ...)".
  std::string file;     // "host.cc", of functions that only their file can see; empty of others.
};

// All functions by address, none of which overlap. Complains if the program was stripped of its symbols.
Parsed<std::vector<OwnSymbol>> ReadOwnSymbols();

}  // namespace holdfast::tools
