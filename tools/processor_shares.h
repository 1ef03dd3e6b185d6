#pragma once

// Processor shares: what a campaign's processor time goes into. A sample is a place in the program at which a tick of
// that time found it; it counts for the part of the program that the place belongs to.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::tools {

enum class Part : uint8_t {
  kX25519,
  kAead,
  kHash,
  kOtherCrypto,
  kCore,
  kSimulator,
  kOracles,
  kTrace,
  kGenerator,
  kMemory,
  kOther,
};

struct PartInfo {
  std::string_view key;   // In JSON.
  std::string_view name;  // In tables.
  std::string_view meaning;
};

inline constexpr auto kParts = std::to_array<PartInfo>({
    {"x25519", "X25519", "keys made and agreed on"},
    {"aead", "AEAD", "records and messages sealed and opened"},
    {"hash", "hash and HKDF", "SHA-256, HMAC, HKDF"},
    {"other_crypto", "other cryptography", "what of it could not be told apart"},
    {"core", "core", "noise, session, pool, wire"},
    {"simulator", "simulator", "world, network, hosts, applications, campaign"},
    {"oracles", "oracles", "and marks"},
    {"trace", "trace", "the log's hash"},
    {"generator", "generator", "plans from seeds"},
    {"memory", "memory", "malloc, free, memcpy; not those within cryptography"},
    {"other", "other", "the rest of the program"},
});

struct ProcessorShares {
  std::array<uint64_t, kParts.size()> samples = {};

  uint64_t of(Part part) const { return samples[static_cast<size_t>(part)]; }
  uint64_t total() const;
  uint64_t cryptography() const;  // Of all its rows.
};

// The part that a function belongs to, by its demangled name and, if only its file can see it, that file's name.
// Nothing: to the part that calls it, as templates of the standard library do.
std::optional<Part> PartOf(std::string_view function, std::string_view file);

}  // namespace holdfast::tools
