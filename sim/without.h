#pragma once

// Without: what a generator is to do without, so that it can be measured what that is worth.

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::sim {

enum class Feature : uint8_t {
  kSwarm,       // Families of trouble that a run is spared, and choices of different weight. Rare modes, as hopeless
                // timers or tables too small for the clients, stay rare.
  kByteCuts,    // Deaths and stalls at a byte: without, they come by age or at a time.
  kAdversary,   // Who changes, repeats and makes up what is on the way.
  kCorrelated,  // What strikes all at once or one for ever: slow peers, bursts, outages, restarts, crowds, clock steps
                // in mid-run, scarce memory.
  kHeal,        // The moment from which the network is good.
};
inline constexpr std::array<std::string_view, 5> kFeatureNames = {"swarm", "byte-cuts", "adversary", "correlated",
                                                                  "heal"};

class Without {
 public:
  bool Has(Feature feature) const { return set_[static_cast<size_t>(feature)]; }
  void Add(Feature feature) { set_.set(static_cast<size_t>(feature)); }
  bool empty() const { return set_.none(); }
  bool operator==(const Without&) const = default;

  // "swarm,heal"; nothing if a name is unknown, or there is none.
  static std::optional<Without> Named(std::string_view names) {
    Without without;
    while (true) {
      const size_t end = std::min(names.find(','), names.size());
      size_t i = 0;
      while (i < kFeatureNames.size() && kFeatureNames[i] != names.substr(0, end)) ++i;
      if (i == kFeatureNames.size()) return std::nullopt;
      without.set_.set(i);
      if (end == names.size()) return without;
      names.remove_prefix(end + 1);
    }
  }

  // As Named reads it; empty if nothing is left out.
  std::string Text() const {
    std::string text;
    for (size_t i = 0; i < kFeatureNames.size(); ++i) {
      if (!set_[i]) continue;
      if (!text.empty()) text += ',';
      text += kFeatureNames[i];
    }
    return text;
  }

 private:
  std::bitset<kFeatureNames.size()> set_;
};

}  // namespace holdfast::sim
