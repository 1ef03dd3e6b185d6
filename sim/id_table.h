#pragma once

// IdTable: values by id, in the order of ids. Made for ids that are given out in rising order and looked up soon after:
// both ends of it are fast. A plain vector underneath, so that it copies and its order is its own.

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace holdfast::sim {

template <typename Id, typename Value>
class IdTable {
 public:
  void Clear() { rows_.clear(); }
  bool empty() const { return rows_.empty(); }
  size_t size() const { return rows_.size(); }

  // The value of `id`, which is made if it is not there. Moves the others.
  Value& At(Id id) {
    auto at = Place(id);
    if (at == rows_.end() || at->first != id) at = rows_.insert(at, {id, Value{}});
    return at->second;
  }

  // Null if it is not there. Lives until the next At or Erase.
  Value* Find(Id id) {
    auto at = Place(id);
    return at != rows_.end() && at->first == id ? &at->second : nullptr;
  }
  const Value* Find(Id id) const { return const_cast<IdTable*>(this)->Find(id); }

  void Erase(Id id) {
    auto at = Place(id);
    if (at != rows_.end() && at->first == id) rows_.erase(at);
  }

  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }
  auto begin() { return rows_.begin(); }
  auto end() { return rows_.end(); }

 private:
  auto Place(Id id) {
    if (!rows_.empty() && rows_.back().first <= id) {
      return rows_.back().first == id ? rows_.end() - 1 : rows_.end();
    }
    return std::lower_bound(rows_.begin(), rows_.end(), id,
                            [](const auto& row, Id wanted) { return row.first < wanted; });
  }

  std::vector<std::pair<Id, Value>> rows_;
};

}  // namespace holdfast::sim
