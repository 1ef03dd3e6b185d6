#pragma once

// Waiting: what strangers make a server hold until they have shown who they are: transports before message 1, sessions
// before their first record. Ordered by age, by source and in all, with the bytes that each holds. Each step costs the
// logarithm of the number of things, whoever brought them. HF-LIM-1, HF-LIM-2, HF-LIM-7.

#include <cstddef>
#include <map>
#include <optional>
#include <set>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/pool/source_key.h"

namespace holdfast {

// Ids are given out in the order of age.
template <typename Id>
class Waiting {
 public:
  void Add(Id id, SourceKey source) {
    HOLDFAST_CHECK(things_.emplace(id, Thing{source, 0}).second);
    sources_[source].things.insert(id);
  }

  // Does nothing if it is not there.
  void Remove(Id id) {
    auto found = things_.find(id);
    if (found == things_.end()) return;
    Hold(id, 0);
    auto source = sources_.find(found->second.source);
    source->second.things.erase(id);
    if (source->second.things.empty()) sources_.erase(source);
    things_.erase(found);
  }

  // How many bytes a thing that is here holds from now on. None at first.
  void Hold(Id id, size_t bytes) {
    Thing& thing = things_.at(id);
    if (thing.bytes == bytes) return;
    Source& source = sources_.at(thing.source);
    if (thing.bytes == 0) {
      source.holders.insert(id);
      holders_.insert(id);
    } else if (bytes == 0) {
      source.holders.erase(id);
      holders_.erase(id);
    }
    bytes_ += bytes - thing.bytes;
    thing.bytes = bytes;
  }

  bool Has(Id id) const { return things_.contains(id); }
  size_t size() const { return things_.size(); }
  size_t bytes() const { return bytes_; }
  size_t SizeOf(SourceKey source) const {
    auto found = sources_.find(source);
    return found == sources_.end() ? 0 : found->second.things.size();
  }

  // The one that makes room for one more of `source`: the oldest of that source if there is any, else the oldest of
  // all. Something must be here.
  Id OldestFor(SourceKey source) const {
    auto found = sources_.find(source);
    return found == sources_.end() ? things_.begin()->first : *found->second.things.begin();
  }

  // The one that makes room for bytes of `id`, which holds some: the oldest other holder of the same source, else the
  // oldest other holder of all, else `id` itself.
  Id OldestHolderFor(Id id) const {
    for (const std::set<Id>* holders : {&sources_.at(things_.at(id).source).holders, &holders_}) {
      for (Id holder : *holders) {  // At most two steps.
        if (holder != id) return holder;
      }
    }
    return id;
  }

  // Without the bytes, which depend on how the input was split.
  void DigestInto(Digest& digest) const {
    digest.Add(things_.size());
    for (const auto& [id, thing] : things_) digest.Add(id).Add(thing.source);
  }

 private:
  struct Thing {
    SourceKey source;
    size_t bytes;
  };
  struct Source {
    std::set<Id> things;
    std::set<Id> holders;  // Of bytes.
  };

  std::map<Id, Thing> things_;
  std::map<SourceKey, Source> sources_;  // Those that have something here.
  std::set<Id> holders_;
  size_t bytes_ = 0;
};

}  // namespace holdfast
