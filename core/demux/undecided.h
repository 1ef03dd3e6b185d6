#pragma once

// Undecided: the book of connections for which there is no verdict yet: how long each may take, how many there may be,
// and who makes room. That is the oldest that has said nothing at all (else the oldest) of the source that holds most,
// counted with the newcomer. So a newcomer always gets in, and no source loses a place while another holds more: silent
// clients take places from each other and from nobody else.
//
// Each step costs the logarithm of the number of connections. `Id`s are given out in the order of age; `Source` says
// where a connection comes from (unknown is a source like any other). Both must be ordered.

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <set>

#include "core/base/check.h"
#include "core/base/time.h"
#include "core/wire/limits.h"

namespace holdfast {

struct UndecidedLimits {
  Duration time = limits::kIdentifyTime;
  size_t count_max = limits::kUndecidedMax;  // At least 1.
};

template <typename Id, typename Source>
class Undecided {
 public:
  explicit Undecided(const UndecidedLimits& limits) : limits_(limits) { HOLDFAST_CHECK(limits.count_max > 0); }

  // A connection was accepted. What is returned made room for it: that is no longer here, and is to be closed.
  std::optional<Id> Add(Time now, Id id, Source source) {
    HOLDFAST_CHECK(things_.empty() || things_.rbegin()->first < id);
    std::optional<Id> evicted;
    if (things_.size() == limits_.count_max) {
      const auto own = sources_.find(source);
      const bool holds_most = own != sources_.end() && own->second.all.size() + 1 >= ranks_.rbegin()->count;
      evicted = (holds_most ? own->second.RankOf(source) : *ranks_.rbegin()).first;
      Remove(*evicted);
    }
    things_.emplace(id, Thing{source, After(now, limits_.time)});
    Change(source, [id](Places& places) {
      places.all.insert(id);
      places.silent.insert(id);
    });
    return evicted;
  }

  // A byte of it came. Does nothing if it is not there.
  void Heard(Id id) {
    auto found = things_.find(id);
    if (found == things_.end()) return;
    Change(found->second.source, [id](Places& places) { places.silent.erase(id); });
  }

  // There is a verdict, or it is gone. Does nothing if it is not there.
  void Remove(Id id) {
    auto found = things_.find(id);
    if (found == things_.end()) return;
    Change(found->second.source, [id](Places& places) {
      places.all.erase(id);
      places.silent.erase(id);
    });
    things_.erase(found);
  }

  // Takes the first whose time is over. To be asked until there is none.
  std::optional<Id> TakeDue(Time now) {
    if (things_.empty() || things_.begin()->second.due > now) return std::nullopt;
    const Id id = things_.begin()->first;
    Remove(id);
    return id;
  }

  // When TakeDue has something next. All have the same time, so the oldest is due first.
  Time Deadline() const { return things_.empty() ? kNever : things_.begin()->second.due; }

  bool Has(Id id) const { return things_.contains(id); }
  size_t size() const { return things_.size(); }
  size_t SizeOf(Source source) const {
    auto found = sources_.find(source);
    return found == sources_.end() ? 0 : found->second.all.size();
  }

 private:
  struct Thing {
    Source source;
    Time due;
  };

  // The greater makes room first: who holds more, who has a silent one, whose first one is older.
  struct Rank {
    size_t count;
    bool has_silent;
    Id first;
    Source source;
    std::strong_ordering operator<=>(const Rank& other) const {
      if (auto order = count <=> other.count; order != 0) return order;
      if (auto order = has_silent <=> other.has_silent; order != 0) return order;
      return other.first <=> first;  // No two sources have the same.
    }
  };

  struct Places {
    std::set<Id> all;
    std::set<Id> silent;

    Rank RankOf(Source source) const {
      return {all.size(), !silent.empty(), silent.empty() ? *all.begin() : *silent.begin(), source};
    }
  };

  template <typename Function>
  void Change(Source source, Function change) {
    Places& places = sources_[source];
    if (!places.all.empty()) ranks_.erase(places.RankOf(source));
    change(places);
    if (places.all.empty()) {
      sources_.erase(source);
    } else {
      ranks_.insert(places.RankOf(source));
    }
  }

  UndecidedLimits limits_;
  std::map<Id, Thing> things_;
  std::map<Source, Places> sources_;  // Those that have something here.
  std::set<Rank> ranks_;              // Of each of them.
};

}  // namespace holdfast
