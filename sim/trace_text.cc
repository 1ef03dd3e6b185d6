// The text trace: one line an event, fixed columns, for eyes, grep and diff. See trace.h.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "core/base/error.h"
#include "core/pool/client_states.h"
#include "core/pool/server_states.h"
#include "core/wire/messages.h"
#include "sim/plan.h"
#include "sim/trace.h"

namespace holdfast::sim {
namespace {

constexpr std::array<std::string_view, 6> kFates = {"connects", "refused", "hangs", "ghost", "slow", "impostor"};

std::string Seconds(uint64_t ns) { return fmt::format("{}.{:09}", ns / 1'000'000'000, ns % 1'000'000'000); }

std::string FieldText(std::string_view name, uint64_t value) {
  if (name.ends_with("_ns")) return Seconds(value) + "s";
  if (name == "key") return fmt::format("{:016x}", value);
  if (name == "fate" && value < kFates.size()) return std::string(kFates[value]);
  if (name == "fault" && value < kFaultKinds) {
    return std::string(NameOf(static_cast<FaultKind>(value)));
  }
  if (name == "cause") return std::string(NameOf(static_cast<Cause>(value)));
  if (name == "origin") return std::string(NameOf(static_cast<Origin>(value)));
  if (name == "error") return std::string(InfoOf(static_cast<Error>(value)).name);
  if (name == "dir") return std::string(NameOf(static_cast<Direction>(value)));
  if (name == "transport" || name == "attached" || name == "candidate") {
    if (value == kNoTransport) return "none";
    if (value == kGoneTransport) return "gone";
    if (IsIntruder(value)) return fmt::format("intruder{}", value - kIntruders);
  }
  return fmt::format("{}", value);
}

std::string StateText(Actor actor, uint64_t state) {
  const std::span<const std::string_view> names =
      actor.is_client() ? std::span<const std::string_view>(kClientStateNames) : kServerStateNames;
  return state < names.size() ? std::string(names[state]) : fmt::format("{}", state);
}

}  // namespace

std::string NameOf(Actor actor) {
  if (actor.is_client()) return fmt::format("client{}", actor.index);
  return actor == Actor::Server() ? "server" : "network";
}

std::string TraceLine(const TraceRow& row) {
  const TraceKindInfo& info = kTraceKinds[static_cast<size_t>(row.kind)];
  std::string line =
      fmt::format("{:>20} {:<8} {:<14}", Seconds(static_cast<uint64_t>(row.time.time_since_epoch().count())),
                  NameOf(row.actor), info.name);
  std::string_view names = info.fields;
  for (size_t i = 0; !names.empty(); ++i) {
    size_t comma = std::min(names.find(','), names.size());
    std::string_view name = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 2, names.size()));
    fmt::format_to(std::back_inserter(line), " {}={}", name,
                   name == "state" ? StateText(row.actor, row.values[i]) : FieldText(name, row.values[i]));
  }
  return line;
}

std::string TraceText(const Trace& trace, size_t first) {
  std::string text;
  for (size_t i = first; i < trace.rows().size(); ++i) text += TraceLine(trace.rows()[i]) + '\n';
  return text;
}

}  // namespace holdfast::sim
