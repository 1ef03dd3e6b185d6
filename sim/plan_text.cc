#include "sim/plan_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>
#include <vector>

#include "sim/plan_fields.h"

namespace holdfast::sim {
namespace {

// --- Values --------------------------------------------------------------------------------------------------------

template <typename E>
struct EnumNames;  // `kNames`, by value.
template <>
struct EnumNames<Suite> {
  static constexpr std::array<std::string_view, 3> kNames = {"", "chacha-poly", "aes-gcm"};
};
template <>
struct EnumNames<Side> {
  static constexpr std::array<std::string_view, 2> kNames = {"client", "server"};
};
template <>
struct EnumNames<Direction> {
  static constexpr std::array<std::string_view, 2> kNames = {"c>s", "s>c"};
};
template <>
struct EnumNames<Workload> {
  static constexpr std::array<std::string_view, 2> kNames = {"streams", "relay"};
};
template <>
struct EnumNames<StartRule> {
  static constexpr std::array<std::string_view, 2> kNames = {"at-once", "after-peer"};
};
template <>
struct EnumNames<FinishRule> {
  static constexpr std::array<std::string_view, 2> kNames = {"when-sent", "after-peer"};
};
template <>
struct EnumNames<Known> {
  static constexpr std::array<std::string_view, 3> kNames = {"right", "wrong", "nothing"};
};
template <>
struct EnumNames<Segments> {
  static constexpr std::array<std::string_view, 4> kNames = {"whole", "random", "one-byte", "coalesced"};
};

template <>
struct EnumNames<Tampering> {
  static constexpr std::array<std::string_view, 4> kNames = {"flip", "omit", "insert", "replace"};
};
template <>
struct EnumNames<Forging> {
  static constexpr std::array<std::string_view, 4> kNames = {"recorded", "noise", "reflected", "framed"};
};
template <>
struct EnumNames<Saved> {
  static constexpr std::array<std::string_view, 2> kNames = {"lost", "kept"};
};

struct Unit {
  std::string_view name;
  int64_t ns;
};
constexpr std::array<Unit, 4> kUnits = {{{"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}}};

std::string ToText(Duration value) {
  if (value == kNeverAfter) return "never";
  for (const Unit& unit : kUnits) {
    if (value.count() % unit.ns == 0) return fmt::format("{}{}", value.count() / unit.ns, unit.name);
  }
  return {};  // Not reached: everything is a multiple of 1.
}
std::string ToText(bool value) { return value ? "yes" : "no"; }
std::string ToText(uint32_t value) { return value == kEveryTransport ? "every" : fmt::format("{}", value); }
std::string ToText(uint64_t value) { return value == kAll ? "all" : fmt::format("{}", value); }
template <typename E>
  requires std::is_enum_v<E>
std::string ToText(E value) {
  return std::string(EnumNames<E>::kNames[static_cast<size_t>(value)]);
}

template <typename T>
bool ParseInteger(std::string_view text, T& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool FromText(std::string_view text, Duration& value) {
  if (text == "never") {
    value = kNeverAfter;
    return true;
  }
  const size_t sign = text.starts_with('-') ? 1 : 0;
  const size_t digits = std::min(text.find_first_not_of("0123456789", sign), text.size());
  int64_t count = 0;
  if (!ParseInteger(text.substr(0, digits), count)) return false;
  for (const Unit& unit : kUnits) {
    if (text.substr(digits) != unit.name || std::abs(count) > kNeverAfter.count() / unit.ns) continue;
    value = Duration(count * unit.ns);
    return true;
  }
  return false;
}
bool FromText(std::string_view text, bool& value) {
  value = text == "yes";
  return text == "yes" || text == "no";
}
bool FromText(std::string_view text, uint32_t& value) {
  if (text != "every" && text != "all") return ParseInteger(text, value);
  value = kEveryTransport;
  return true;
}
bool FromText(std::string_view text, uint64_t& value) {
  if (text != "all") return ParseInteger(text, value);
  value = kAll;
  return true;
}
template <typename E>
  requires std::is_enum_v<E>
bool FromText(std::string_view text, E& value) {
  const auto& names = EnumNames<E>::kNames;
  auto found = std::find(names.begin(), names.end(), text);
  if (text.empty() || found == names.end()) return false;
  value = static_cast<E>(found - names.begin());
  return true;
}

// The key of a field.
std::string_view KeyOf(std::string_view field) {
  if (field == "direction") return "of";
  return field == "from_direction" ? "from_of" : field;
}

// --- Printing ------------------------------------------------------------------------------------------------------

std::string ClientText(uint32_t client) { return client == kEveryClient ? "all" : fmt::format("{}", client); }

template <typename T>
std::string FieldText(std::string_view name, const T& value) {
  if constexpr (std::is_same_v<T, uint32_t>) {
    if (name == "client") return ClientText(value);
  }
  return ToText(value);
}

// " key=value" for each field that differs from its default.
template <typename T>
void PrintFields(std::string& out, const T& value, const T& standard) {
  VisitFieldPairs(value, standard, [&out](std::string_view name, const auto& x, const auto& y) {
    if (x != y) out += fmt::format(" {}={}", name, FieldText(name, x));
  });
}

void PrintStream(std::string& out, size_t client, Direction direction, const Stream& stream) {
  if (stream == Stream{}) return;
  out += fmt::format("stream client={} of={}", client, ToText(direction));
  PrintFields(out, stream, Stream{});
  out += '\n';
}

// --- Parsing -------------------------------------------------------------------------------------------------------

// One line: a word, and keys with values, each to be taken once.
class Line {
 public:
  explicit Line(std::string_view text) {
    text = text.substr(0, std::min(text.find('#'), text.size()));
    while (true) {
      size_t begin = text.find_first_not_of(" \t\r");
      if (begin == std::string_view::npos) return;
      size_t end = std::min(text.find_first_of(" \t\r", begin), text.size());
      AddToken(text.substr(begin, end - begin));
      text = text.substr(end);
    }
  }

  std::string_view word() const { return word_; }
  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }
  void Fail(std::string problem) {
    if (ok()) problem_ = std::move(problem);
  }

  // Leaves `value` alone if the line does not have the key. True if it has.
  template <typename T>
  bool Take(std::string_view key, T& value) {
    for (Token& token : tokens_) {
      if (token.key != key || token.taken) continue;
      token.taken = true;
      if (!FromText(token.value, value)) {
        Fail(fmt::format("\"{}\" is no value for {}", token.value, key));
      }
      return true;
    }
    return false;
  }

  template <typename T>
  void Need(std::string_view key, T& value) {
    if (!Take(key, value)) Fail(fmt::format("{} needs {}=", word_, key));
  }

  template <typename T>
  void TakeFields(T& value) {
    VisitFieldPairs(value, value, [this](std::string_view name, auto& field, auto&) { this->Take(name, field); });
  }

  // What was not taken is not known, or stands there twice.
  void Finish() {
    for (const Token& token : tokens_) {
      if (!token.taken) Fail(fmt::format("{} has no {}=, or has it twice", word_, token.key));
    }
  }

 private:
  struct Token {
    std::string_view key;
    std::string_view value;
    bool taken;
  };

  void AddToken(std::string_view token) {
    size_t equals = token.find('=');
    if (word_.empty() && equals == std::string_view::npos) {
      word_ = token;
    } else if (equals == std::string_view::npos || word_.empty()) {
      Fail(fmt::format("\"{}\" should read key=value after a first word", token));
    } else {
      tokens_.push_back({token.substr(0, equals), token.substr(equals + 1), false});
    }
  }

  std::string_view word_;
  std::vector<Token> tokens_;
  std::string problem_;
};

ClientPlan& ClientOf(Line& line, Plan& plan, uint32_t id, ClientPlan& nowhere) {
  if (id < plan.clients.size()) return plan.clients[id];
  line.Fail(fmt::format("there is no line for client {} above", id));
  return nowhere;
}

// By client: how many its line stands for; 1 of one that is not the first.
using Groups = std::vector<uint32_t>;

void ParseClient(Line& line, Plan& plan, Groups& groups) {
  uint32_t id = 0;
  uint32_t count = 1;
  line.Need("id", id);
  if (line.Take("count", count) && (count == 0 || count > kClientsMax)) {
    line.Fail(fmt::format("a count is from 1 to {}", kClientsMax));
    return;
  }
  if (id != plan.clients.size()) {
    line.Fail(fmt::format("the next client's id is {}", plan.clients.size()));
  }
  ClientPlan client;
  line.TakeFields(client);
  line.TakeFields(client.settings);
  line.TakeFields(client.settings.session);
  plan.clients.insert(plan.clients.end(), count, client);
  groups.resize(plan.clients.size(), 1);
  if (id < groups.size()) groups[id] = count;
}

void ParseStream(Line& line, Plan& plan, const Groups& groups) {
  uint32_t id = 0;
  Direction direction = Direction::kUp;
  ClientPlan nowhere;
  line.Need("client", id);
  line.Need("of", direction);
  Stream stream = ClientOf(line, plan, id, nowhere).stream(direction);
  line.TakeFields(stream);
  if (!line.ok()) return;
  for (uint32_t i = id; i < id + groups[id]; ++i) plan.clients[i].stream(direction) = stream;
}

void ParsePath(Line& line, Plan& plan) {
  PathRule rule;
  line.Need("client", rule.client);
  line.Need("of", rule.direction);
  line.Take("transport", rule.transport);
  line.TakeFields(rule.path);
  plan.paths.push_back(rule);
}

bool ParseFault(Line& line, Plan& plan) {
  for (size_t i = 0; i < kFaultKinds; ++i) {
    auto kind = static_cast<FaultKind>(i);
    if (line.word() != NameOf(kind)) continue;
    Fault fault = FaultOf(kind);
    VisitFieldPairs(fault, fault, [&](std::string_view name, auto& field, auto&) {
      if (HasField(kind, name)) line.Take(KeyOf(name), field);
    });
    plan.faults.push_back(fault);
    return true;
  }
  return false;
}

void ParseLine(Line& line, Plan& plan, Groups& groups) {
  if (line.word() == "plan") {
    line.TakeFields(plan);
  } else if (line.word() == "server") {
    line.TakeFields(plan.server);
    line.TakeFields(plan.server.session);
  } else if (line.word() == "client") {
    ParseClient(line, plan, groups);
  } else if (line.word() == "stream") {
    ParseStream(line, plan, groups);
  } else if (line.word() == "clock") {
    ClockRule rule;
    line.TakeFields(rule);
    plan.clocks.push_back(rule);
  } else if (line.word() == "path") {
    ParsePath(line, plan);
  } else if (line.word() == "abort") {
    Abort abort;
    line.TakeFields(abort);
    plan.aborts.push_back(abort);
  } else if (!ParseFault(line, plan)) {
    line.Fail(fmt::format("nothing begins with \"{}\"", line.word()));
  }
  line.Finish();
}

}  // namespace

std::string Print(const Fault& fault) {
  std::string out(NameOf(fault.kind));
  if (!IsOfServer(fault)) out += " client=" + ClientText(fault.client);
  Fault standard = FaultOf(fault.kind);
  VisitFieldPairs(fault, standard, [&](std::string_view name, const auto& x, const auto& y) {
    if (name == "client" || !HasField(fault.kind, name)) return;
    bool always = (name == "dial" && fault.at == kNeverAfter) || (name == "transport" && fault.at == kNeverAfter) ||
                  (name == "direction" && fault.byte != kAll);
    if (!always && x == y) return;
    out += fmt::format(" {}={}", KeyOf(name), ToText(x));
  });
  return out;
}

std::string Print(const Plan& plan) {
  static const Plan kStandardPlan;
  std::string out = "plan";
  VisitFieldPairs(plan, kStandardPlan, [&out](std::string_view name, const auto& x, const auto& y) {
    if (x != y || name == "seed" || name == "heal") out += fmt::format(" {}={}", name, ToText(x));
  });
  out += '\n';
  if (plan.server != ServerSettings{}) {
    out += "server";
    PrintFields(out, plan.server, ServerSettings{});
    PrintFields(out, plan.server.session, SessionOptions{});
    out += '\n';
  }
  for (size_t i = 0, count = 1; i < plan.clients.size(); i += count) {
    const ClientPlan& client = plan.clients[i];
    for (count = 1; i + count < plan.clients.size() && plan.clients[i + count] == client;) ++count;
    out += fmt::format("client id={}", i);
    if (count > 1) out += fmt::format(" count={}", count);
    PrintFields(out, client, ClientPlan{});
    PrintFields(out, client.settings, ClientSettings{});
    PrintFields(out, client.settings.session, SessionOptions{});
    out += '\n';
    PrintStream(out, i, Direction::kUp, client.up);
    PrintStream(out, i, Direction::kDown, client.down);
  }
  for (const ClockRule& rule : plan.clocks) {
    out += "clock";
    PrintFields(out, rule, ClockRule{});
    out += '\n';
  }
  for (const PathRule& rule : plan.paths) {
    out += fmt::format("path client={} of={}", ClientText(rule.client), ToText(rule.direction));
    if (rule.transport != kEveryTransport) out += fmt::format(" transport={}", rule.transport);
    PrintFields(out, rule.path, Path{});
    out += '\n';
  }
  for (const Abort& abort : plan.aborts) {
    out += "abort";
    PrintFields(out, abort, Abort{});
    out += '\n';
  }
  for (const Fault& fault : plan.faults) out += Print(fault) + '\n';
  return out;
}

std::expected<Plan, PlanError> ParsePlan(std::string_view text) {
  Plan plan;
  Groups groups;
  for (size_t number = 1; !text.empty(); ++number) {
    size_t end = std::min(text.find('\n'), text.size());
    Line line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ok() && line.word().empty()) continue;
    if (line.ok()) ParseLine(line, plan, groups);
    if (!line.ok()) return std::unexpected(fmt::format("line {}: {}", number, line.problem()));
  }
  if (auto problem = Problem(plan)) return std::unexpected(*problem);
  return plan;
}

}  // namespace holdfast::sim
