#pragma once

// LockstepReply: what the other side of a LineExchange may answer (docs/lockstep.md), from JSON to values. Nothing that
// it says is trusted: what is missing, wrong or unknown is named.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "sim/plug/party.h"

namespace holdfast::sim {

inline constexpr uint64_t kLockstepVersion = 1;
inline constexpr size_t kReplyBytesMax = size_t{16} << 20;

// To `hello`.
struct LockstepGreeting {
  std::string name;
  bool survives = true;
  uint64_t memory_max = 0;  // kAll: no bound.
  bool operator==(const LockstepGreeting&) const = default;
};

// An output, and the bytes that it will show once it is handed out.
struct LockstepWish {
  Output output;
  Bytes bytes;
};

// To everything else.
struct LockstepReply {
  std::vector<LockstepWish> wishes;
  Time deadline = kNever;
  std::optional<uint64_t> taken;  // Of a `send`, which must have it.
  std::optional<uint64_t> memory;
  std::optional<uint64_t> digest;
};

// What is wrong with an answer.
struct LockstepFault {
  std::string what;      // In words that follow "the endpoint of client0".
  bool in_step = false;  // It was an answer all the same: the next line answers the next one.
};

// `verb`: what it is the answer to, for the words. Exceptions never leave them.
std::expected<LockstepGreeting, LockstepFault> ParseGreeting(const std::string& line);
std::expected<LockstepReply, LockstepFault> ParseReply(std::string_view verb, const std::string& line);
// To `destroy`: any object.
std::expected<void, LockstepFault> ParseFarewell(const std::string& line);

}  // namespace holdfast::sim
