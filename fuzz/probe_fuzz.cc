// A fuzz target with a planted crash, on "crash". With PROBE_PRINTS set it writes down what it is
// given, one line each.

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool prints = getenv("PROBE_PRINTS") != nullptr;
  if (prints) printf("input %.*s\n", static_cast<int>(size), reinterpret_cast<const char*>(data));

  // One byte at a time: each step is a branch, so a fuzzer that sees coverage gets there, and blind
  // luck does not.
  const char* word = "crash";
  for (size_t i = 0; i < size && data[i] == static_cast<uint8_t>(word[i]); ++i) {
    if (word[i + 1] == '\0') abort();
  }
  return 0;
}
