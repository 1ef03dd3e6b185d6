#include "core/pool/known_hosts.h"

namespace holdfast {

KnownHosts::Standing KnownHosts::StandingOf(std::string_view name, const PublicKey& key) const {
  const auto known = keys_.find(name);
  if (known != keys_.end()) return known->second == key ? Standing::kKnown : Standing::kChanged;
  return names_.contains(key) ? Standing::kOfAnotherName : Standing::kUnknown;
}

Status KnownHosts::Learn(std::string_view name, const PublicKey& key) {
  switch (StandingOf(name, key)) {
    case Standing::kKnown:
      return {};
    case Standing::kUnknown:
      keys_.emplace(name, key);
      names_.emplace(key, name);
      return {};
    case Standing::kChanged:
    case Standing::kOfAnotherName:
      break;
  }
  return std::unexpected(Error::kServerKeyRefused);
}

bool KnownHosts::Forget(std::string_view name) {
  const auto known = keys_.find(name);
  if (known == keys_.end()) return false;
  names_.erase(known->second);
  keys_.erase(known);
  return true;
}

}  // namespace holdfast
