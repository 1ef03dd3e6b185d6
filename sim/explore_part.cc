#include "sim/explore_part.h"

#include <cstring>
#include <type_traits>

#include "core/base/random.h"

namespace holdfast::sim {
namespace {

class Writer {
 public:
  template <typename T>
  void Plain(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    Append(bytes_, {reinterpret_cast<const uint8_t*>(&value), sizeof value});
  }
  void Text(const std::string& text) {
    Plain(text.size());
    Append(bytes_, AsBytes(text));
  }
  template <typename T>
  void All(const std::vector<T>& values, auto each) {
    Plain(values.size());
    for (const T& value : values) each(value);
  }
  Bytes Take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

class Reader {
 public:
  explicit Reader(ByteSpan bytes) : left_(bytes) {}

  template <typename T>
  void Plain(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const ByteSpan bytes = Next(sizeof value);
    if (good_) std::memcpy(&value, bytes.data(), sizeof value);
  }
  void Text(std::string& text) {
    size_t size = 0;
    Plain(size);
    const ByteSpan bytes = Next(size);
    text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  template <typename T>
  void All(std::vector<T>& values, auto each) {
    size_t size = 0;
    Plain(size);
    for (size_t i = 0; good_ && i < size; ++i) each(values.emplace_back());
  }
  bool good() const { return good_ && left_.empty(); }

 private:
  ByteSpan Next(size_t size) {
    good_ = good_ && size <= left_.size();
    if (!good_) return {};
    const ByteSpan next = left_.first(size);
    left_ = left_.subspan(size);
    return next;
  }

  ByteSpan left_;
  bool good_ = true;
};

// All of it, in one order for both ways.
template <typename Coder, typename Part>
void Code(Coder& coder, Part& part) {
  coder.Plain(part.counts);
  coder.All(part.violations, [&coder](auto& violation) {
    coder.Plain(violation.deaths);
    coder.Text(violation.verdict.oracle);
    coder.Text(violation.verdict.sentence);
    coder.Text(violation.plan);
    coder.Text(violation.last_events);
    coder.Plain(violation.lost);
  });
  coder.Plain(part.stopped);
  coder.All(part.writes, [&coder](auto& written) { coder.Plain(written); });
  coder.All(part.wire, [&coder](auto& span) {
    coder.Plain(span.transport);
    coder.Plain(span.direction);
    coder.Plain(span.begin);
    coder.Plain(span.end);
    coder.Text(span.what);
  });
  coder.Plain(part.times);
  coder.Text(part.last_events);
}

}  // namespace

void ExploreCounts::Add(const ExploreCounts& part) {
  for (size_t depth = 0; depth < kExploreDepthMax; ++depth) {
    cells[depth] += part.cells[depth];
    for (size_t way = 0; way < kWaysToDie.size(); ++way) cells_of_way[depth][way] += part.cells_of_way[depth][way];
  }
  for (size_t i = 0; i < kAllPieces.size(); ++i) cells_in_pieces[i] += part.cells_in_pieces[i];
  places_second += part.places_second;
  not_struck += part.not_struck;
  runs += part.runs;
  resumed += part.resumed;
  resumed_twice += part.resumed_twice;
  resumed_thrice += part.resumed_thrice;
  places_given_up += part.places_given_up;
  checked += part.checked;
  sum.Add(part.sum);
  violation_count += part.violation_count;
  hash = Mix64(hash ^ part.hash) + part.runs;
}

Bytes Encode(const ExplorePart& part) {
  Writer writer;
  Code(writer, part);
  return writer.Take();
}

std::optional<ExplorePart> DecodeExplorePart(ByteSpan bytes) {
  ExplorePart part;
  Reader reader(bytes);
  Code(reader, part);
  if (!reader.good()) return std::nullopt;
  return part;
}

}  // namespace holdfast::sim
