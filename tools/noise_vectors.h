#pragma once

// Checks our Noise against test vectors of others, and tells what came of it.

#include <cstdint>
#include <cstdio>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tools/noise_vector_file.h"

namespace holdfast {

enum class NoiseVectorOutcome : uint8_t { kPassed, kFailed, kSkipped };

struct NoiseVectorResult {
  size_t index = 0;  // In the file.
  std::string protocol_name = {};
  NoiseVectorOutcome outcome = NoiseVectorOutcome::kSkipped;
  // Of a failure: side, field, expected and got. Of a skip: what we do not speak or what is missing.
  std::string reason = {};
};

// Runs one vector, each side on its own against the vector's bytes: it writes its messages and reads the other's, first
// of the handshake, then of the transport. The error names a field that no key or message can have.
std::expected<NoiseVectorResult, std::string> CheckNoiseVector(const NoiseVector& vector, size_t index);

// Runs every vector. The error is one sentence about what is malformed, and where.
std::expected<std::vector<NoiseVectorResult>, std::string> CheckNoiseVectors(const std::vector<NoiseVector>& vectors);

// The subcommand: checks the file at `path`; prints a table by protocol name, every failure and the reasons of skips to
// `out`; writes the results to `json_path` if given. Returns the exit status: 0 if something was run and all of it
// passed; 1 on any mismatch, or when nothing was run; 2, with one line to `err`, if the file is malformed or unreadable
// or `json_path` cannot be written.
int NoiseVectorsCommand(const std::string& path, const std::optional<std::string>& json_path, std::FILE* out,
                        std::FILE* err);

}  // namespace holdfast
