#include "sim/plug/lockstep_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/plan.h"

namespace holdfast::sim {
namespace {

using Json = nlohmann::json;

constexpr size_t kQuoteBytesMax = 80;

// Some of what it said, fit for a line of a report.
std::string Quote(std::string_view text) {
  std::string quote(text.substr(0, kQuoteBytesMax));
  std::ranges::replace_if(quote, [](char c) { return c < ' ' || c > '~'; }, '?');
  return fmt::format("'{}'{}", quote, text.size() > kQuoteBytesMax ? "..." : "");
}

std::optional<uint8_t> Digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<Bytes> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const auto high = Digit(hex[i]);
    const auto low = Digit(hex[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<uint8_t>(*high << 4 | *low));
  }
  return bytes;
}

constexpr uint64_t kTimeMax = static_cast<uint64_t>(kNever.time_since_epoch().count());

// The fields of one object. The first that is wrong is remembered; from then on values mean nothing.
class Fields {
 public:
  Fields(const Json& object, std::string where, std::string& wrong)
      : object_(object), where_(std::move(where)), wrong_(wrong) {}

  // Nothing: it is not there, or wrong.
  const Json* Optional(const char* name) const {
    const auto found = object_.find(name);
    return found != object_.end() ? &*found : nullptr;
  }
  const Json* Needed(const char* name) {
    const Json* found = Optional(name);
    if (found == nullptr) Wrong(fmt::format("'{}' is missing", name));
    return found;
  }

  uint64_t Number(const char* name, uint64_t min = 0) {
    const Json* value = Needed(name);
    return value != nullptr ? AsNumber(name, *value, min, "") : 0;
  }
  std::optional<uint64_t> OptionalNumber(const char* name) {
    const Json* value = Optional(name);
    if (value == nullptr) return std::nullopt;
    return AsNumber(name, *value, 0, "");
  }
  std::optional<uint64_t> NumberOrNull(const char* name) {
    const Json* value = Needed(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return AsNumber(name, *value, 0, " or null");
  }
  bool Boolean(const char* name) {
    const Json* value = Needed(name);
    if (value != nullptr && !value->is_boolean()) Mistaken(name, "true or false");
    return value != nullptr && value->is_boolean() && value->get<bool>();
  }
  std::string Text(const char* name) {
    const Json* value = Needed(name);
    if (value != nullptr && !value->is_string()) Mistaken(name, "a string");
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
  }
  Bytes Hex(const char* name) {
    const Json* value = Needed(name);
    if (value == nullptr) return {};
    std::optional<Bytes> bytes;
    if (value->is_string()) bytes = FromHex(value->get_ref<const std::string&>());
    if (!bytes) Mistaken(name, "a string of hex digits, two a byte");
    return std::move(bytes).value_or(Bytes());
  }

  void Mistaken(const char* name, std::string_view must) { Wrong(fmt::format("'{}' is not {}", name, must)); }
  void Wrong(const std::string& what) {
    if (wrong_.empty()) wrong_ = where_ + what;
  }

 private:
  uint64_t AsNumber(const char* name, const Json& value, uint64_t min, std::string_view or_else) {
    if (value.is_number_unsigned() && value.get<uint64_t>() >= min) return value.get<uint64_t>();
    Mistaken(name, fmt::format("a whole number from {} on{}", min, or_else));
    return 0;
  }

  const Json& object_;
  std::string where_;
  std::string& wrong_;
};

LockstepWish WishIn(Fields fields) {
  const auto transport = [&] { return TransportId{fields.Number("transport", 1)}; };
  const std::string wish = fields.Text("wish");
  if (wish == "write") return {output::Write{.transport = transport(), .bytes = {}}, fields.Hex("bytes")};
  if (wish == "deliver") return {output::Deliver{}, fields.Hex("bytes")};
  if (wish == "dial") {
    const uint64_t after = std::min(fields.Number("after"), kTimeMax / 4);
    return {output::Dial{Duration(static_cast<Duration::rep>(after))}, {}};
  }
  if (wish == "close") return {output::Close{transport()}, {}};
  if (wish == "peer_finished") return {output::PeerFinished{}, {}};
  if (wish == "ended") return {output::Ended{!fields.Boolean("given_up")}, {}};
  fields.Wrong(fmt::format("{} is no wish", Quote(wish)));
  return {};
}

void WishesIn(Fields& fields, LockstepReply& reply, std::string& wrong) {
  const Json* outputs = fields.Needed("outputs");
  if (outputs == nullptr) return;
  if (!outputs->is_array()) return fields.Mistaken("outputs", "a list");
  size_t number = 0;
  for (const Json& output : *outputs) {
    ++number;
    if (!output.is_object()) return fields.Wrong(fmt::format("output {} is no object", number));
    reply.wishes.push_back(WishIn(Fields(output, fmt::format("output {}: ", number), wrong)));
    if (!wrong.empty()) return;
  }
}

// An object, and no confession.
std::expected<Json, LockstepFault> ParseObject(std::string_view verb, const std::string& line) {
  if (line.size() > kReplyBytesMax) {
    return std::unexpected(LockstepFault{
        fmt::format("answers '{}' with {} bytes, more than {}", verb, line.size(), kReplyBytesMax), false});
  }
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) {
    return std::unexpected(
        LockstepFault{fmt::format("answers '{}' with what is no JSON object: {}", verb, Quote(line)), false});
  }
  if (const auto error = json.find("error"); error != json.end()) {
    const std::string text = error->is_string() ? error->get<std::string>() : line;
    return std::unexpected(LockstepFault{fmt::format("says of '{}': {}", verb, text), true});
  }
  return json;
}

std::unexpected<LockstepFault> Wrong(std::string_view verb, const std::string& wrong) {
  return std::unexpected(LockstepFault{fmt::format("answers '{}' wrongly: {}", verb, wrong), true});
}

}  // namespace

std::expected<LockstepGreeting, LockstepFault> ParseGreeting(const std::string& line) {
  const auto json = ParseObject("hello", line);
  if (!json) return std::unexpected(json.error());
  std::string wrong;
  Fields fields(*json, "", wrong);
  LockstepGreeting greeting;
  greeting.name = fields.Text("name");
  greeting.survives = fields.Boolean("survives");
  greeting.memory_max = fields.NumberOrNull("memory_max").value_or(kAll);
  if (greeting.name.empty()) fields.Mistaken("name", "a name");
  if (!wrong.empty()) return Wrong("hello", wrong);
  return greeting;
}

std::expected<LockstepReply, LockstepFault> ParseReply(std::string_view verb, const std::string& line) {
  const auto json = ParseObject(verb, line);
  if (!json) return std::unexpected(json.error());
  std::string wrong;
  Fields fields(*json, "", wrong);
  LockstepReply reply;
  WishesIn(fields, reply, wrong);
  if (const auto deadline = fields.NumberOrNull("deadline"); deadline && *deadline < kTimeMax) {
    reply.deadline = Time(Duration(static_cast<Duration::rep>(*deadline)));
  }
  if (verb == "send") reply.taken = fields.Number("taken");
  reply.memory = fields.OptionalNumber("memory");
  reply.digest = fields.OptionalNumber("digest");
  if (!wrong.empty()) return Wrong(verb, wrong);
  return reply;
}

std::expected<void, LockstepFault> ParseFarewell(const std::string& line) {
  const auto json = ParseObject("destroy", line);
  if (!json) return std::unexpected(json.error());
  return {};
}

}  // namespace holdfast::sim
