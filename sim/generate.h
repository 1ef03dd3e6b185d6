#pragma once

// Generate: from choices to a plan. Pure: the same choices give the same plan. Timid plans find nothing, so most of
// what comes out hurts: transports die while they are being set up, while they carry data and while they replay it.

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/choices.h"
#include "sim/plan.h"
#include "sim/without.h"

namespace holdfast::sim {

enum class Profile : uint8_t {
  kDefault,  // 0 B to 4 MiB a direction, log-uniform; up to four clients; a dozen faults.
  kSmall,    // At most 4 KiB in all, one client, at most three faults and about two resumes, and now and then an
             // adversary: thousands a second.
  kStorm,    // Hundreds to thousands of clients with very little to say, all of whom lose the server at once.
};
inline constexpr size_t kProfiles = 3;
std::string_view NameOf(Profile profile);
std::optional<Profile> ProfileNamed(std::string_view name);

struct GenerateOptions {
  Profile profile = Profile::kDefault;
  // If the streams are to carry files, their sizes, for every client. (In storms: the most that is carried of them.)
  std::optional<uint64_t> up_bytes = {};
  std::optional<uint64_t> down_bytes = {};
  Without without = {};
  // For a protocol other than Holdfast, see ProtocolTraits: one client, and what the network can do; without deaths and
  // failed dials if its sessions do not survive them; and no longer streams than it carries.
  bool guest = false;
  bool guest_survives = true;
  uint64_t guest_stream_bytes_max = kAll;
};

// `seed` becomes the plan's seed: it keys the crypto entropy and the pattern of the data.
Plan Generate(Choices& choices, const GenerateOptions& options, uint64_t seed);

}  // namespace holdfast::sim
