#include "sim/wire_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/wire/messages.h"

namespace holdfast::sim {
namespace {

// Of the row of a write whose endpoint has just sealed the record `nonce`, or none.
std::string HoldfastsWords(const World& world, const TraceRow& row, const WireSpan& span, uint64_t nonce) {
  if (nonce != kAll) return fmt::format("record {}", nonce);
  if (!row.actor.is_client()) return "message 2";
  if (span.begin > 0) return "message 3";
  const uint8_t kind = world.stage().trace.bytes()[row.bytes_begin + kMagic.size() + 1];
  return kind == static_cast<uint8_t>(Kind::kResume) ? "preamble, locator, message 1" : "preamble, message 1";
}

}  // namespace

void WireWatch::Begin(const World& world) {
  seen_.clear();
  Look(world, nullptr);
}

void WireWatch::Look(const World& world, std::vector<Written>* out) {
  const Network& network = world.network();
  seen_.resize(network.link_count());
  for (uint32_t i = 0; i < network.link_count(); ++i) {
    const StreamLink& link = network.link(i);
    for (Direction direction : {Direction::kUp, Direction::kDown}) {
      uint64_t& seen = seen_[i][static_cast<size_t>(direction)];
      const uint64_t end = link.pipe(direction).offset_alive();
      if (end == seen) continue;
      if (out != nullptr && !world.stage().healed) {
        const Place first = {.transport = static_cast<uint32_t>(link.transport),
                             .direction = direction,
                             .byte = seen,
                             .age = world.stage().now - link.opened_at};
        out->push_back({.step = world.steps() - 1, .first = first, .end = end});
      }
      seen = end;
    }
  }
}

std::vector<WireSpan> SpansOf(const World& world) {
  std::vector<WireSpan> spans;
  std::array<uint64_t, 2> sealed = {kAll, kAll};  // By side: the nonce of the record that is to be written.
  std::map<std::pair<uint32_t, Direction>, uint64_t> writes;
  for (const TraceRow& row : world.stage().trace.rows()) {
    const size_t side = row.actor.is_client() ? 0 : 1;
    if (row.kind == TraceKind::kSeal) sealed[side] = row.values[1];
    if (row.kind != TraceKind::kWrite || row.values[5] == 0) continue;
    WireSpan span = {.transport = static_cast<uint32_t>(row.values[1]),
                     .direction = static_cast<Direction>(row.values[2]),
                     .begin = row.values[3],
                     .end = row.values[3] + row.values[5],
                     .what = {}};
    const uint64_t nonce = std::exchange(sealed[side], kAll);
    span.what = world.stage().traits.is_holdfast
                    ? HoldfastsWords(world, row, span, nonce)
                    : fmt::format("write {}", writes[std::pair(span.transport, span.direction)]++);
    spans.push_back(span);
  }
  std::ranges::sort(spans, {},
                    [](const WireSpan& span) { return std::tuple(span.transport, span.direction, span.begin); });
  return spans;
}

}  // namespace holdfast::sim
