#pragma once

// KnownHosts: which key each server is known by, under its *name*: what a person typed or a configuration says, never
// an address. Decides the client's verdict on a server's key (HF-NEW-12). One key serves one name (HF-SEC-5): the name
// is not part of a handshake, so a path could swap two names that share a key.
//
// A value without files: whoever keeps one reads and writes its entries.

#include <map>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/crypto/crypto.h"

namespace holdfast {

class KnownHosts {
 public:
  enum class Standing : uint8_t {
    kKnown,          // This name has this key.
    kUnknown,        // Neither the name nor the key was seen before.
    kChanged,        // The name has another key: an attack, or a new installation that somebody must vouch for.
    kOfAnotherName,  // The key belongs to another name.
  };

  // What to do about a name that is met for the first time.
  enum class Policy : uint8_t {
    kStrict,      // Only keys that are known.
    kTrustFirst,  // Trust on first use: Learn it, and accept.
  };

  Standing StandingOf(std::string_view name, const PublicKey& key) const;

  // Whether the policy accepts a key of that standing.
  static bool Accepts(Policy policy, Standing standing) {
    return standing == Standing::kKnown || (policy == Policy::kTrustFirst && standing == Standing::kUnknown);
  }

  // From here on the name is known by that key. Nothing changes on failure: kServerKeyRefused if the standing is
  // kChanged or kOfAnotherName. Forget the old entry first, if that is meant.
  Status Learn(std::string_view name, const PublicKey& key);

  // Whether there was one.
  bool Forget(std::string_view name);

  // In order of names.
  const std::map<std::string, PublicKey, std::less<>>& entries() const { return keys_; }

 private:
  std::map<std::string, PublicKey, std::less<>> keys_;
  std::map<PublicKey, std::string> names_;
};

}  // namespace holdfast
