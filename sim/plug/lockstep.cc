#include "sim/plug/lockstep.h"

#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "sim/plug/any_party.h"
#include "sim/plug/lockstep_reply.h"

namespace holdfast::sim {

// --- The exchanges -------------------------------------------------------------------------------------------------

namespace {

// An exchange that has been greeted.
struct Greeted {
  std::unique_ptr<LineExchange> exchange;
  uint64_t ends = 0;  // That it has had; their numbers.
};

}  // namespace

class LockstepProtocol::Exchanges {
 public:
  explicit Exchanges(LineExchangeFactory factory) : factory_(std::move(factory)) {}

  // The first one, which says what the protocol is.
  std::expected<void, std::string> Begin() {
    std::expected<Greeted, std::string> first = StartOne();
    if (!first) return std::unexpected(std::move(first.error()));
    GiveBack(std::move(*first));
    return {};
  }

  const LockstepGreeting& greeting() const { return *greeting_; }

  std::expected<Greeted, std::string> Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Greeted taken = std::move(idle_.back());
        idle_.pop_back();
        return taken;
      }
    }
    return StartOne();
  }

  void GiveBack(Greeted greeted) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(greeted));
  }

 private:
  std::expected<Greeted, std::string> StartOne() {
    const std::lock_guard lock(starting_);
    auto exchange = factory_();
    if (!exchange) return std::unexpected(std::move(exchange.error()));
    const auto line = (*exchange)->Ask(fmt::format(R"({{"do":"hello","version":{}}})", kLockstepVersion));
    if (!line) return std::unexpected(fmt::format("{} (told 'hello')", line.error()));
    const auto greeting = ParseGreeting(*line);
    if (!greeting) return std::unexpected(greeting.error().what);
    if (!greeting_) greeting_ = *greeting;
    if (*greeting_ != *greeting) return std::unexpected(fmt::format("answers 'hello' otherwise than before"));
    return Greeted{std::move(*exchange)};
  }

  std::mutex starting_;
  LineExchangeFactory factory_;
  std::optional<LockstepGreeting> greeting_;  // Does not change once it is there.

  std::mutex mutex_;
  std::vector<Greeted> idle_;
};

// --- An end --------------------------------------------------------------------------------------------------------

namespace {

// What every language can hold in its numbers: 53 bits.
constexpr uint64_t kNumberMax = (uint64_t{1} << 53) - 1;

class LockstepParty final : public AnyParty {
 public:
  LockstepParty(std::shared_ptr<LockstepProtocol::Exchanges> exchanges, Side side, uint64_t seed)
      : exchanges_(std::move(exchanges)), side_(side) {
    std::expected<Greeted, std::string> taken = exchanges_->Take();
    if (!taken) {
      complaint_ = std::move(taken.error());
      return;
    }
    greeted_ = std::move(*taken);
    end_ = ++greeted_.ends;
    Ask("create", fmt::format(R"(,"role":"{}","seed":{})", NameOf(side), seed & kNumberMax));
  }
  LockstepParty(const LockstepParty&) = delete;
  LockstepParty& operator=(const LockstepParty&) = delete;
  // What goes wrong now has no world any more that could fail of it.
  ~LockstepParty() override {
    if (!greeted_.exchange) return;
    const auto line = greeted_.exchange->Ask(fmt::format(R"({{"do":"destroy","end":{}}})", end_));
    if (line && ParseFarewell(*line)) exchanges_->GiveBack(std::move(greeted_));
  }

  void TransportOpened(Time now, TransportId transport) override { Tell("opened", now, Field(transport)); }
  void TransportClosed(Time now, TransportId transport) override { Tell("closed", now, Field(transport)); }
  void DialFailed(Time now) override { Tell("dial_failed", now); }
  void Receive(Time now, TransportId transport, ByteSpan bytes) override {
    Tell("bytes", now, Field(transport) + Field(bytes));
  }
  size_t Send(Time now, ByteSpan bytes) override {
    if (bytes.empty()) return 0;
    const uint64_t taken = Tell("send", now, Field(bytes)).value_or(0);
    if (taken <= bytes.size()) return taken;
    Complain(fmt::format("takes {} of {} bytes", taken, bytes.size()));
    return 0;
  }
  void Finish(Time now) override { Tell("finish", now); }
  std::optional<Output> Poll(Time) override {
    if (wishes_.empty()) return std::nullopt;
    Output output = std::move(wishes_.front().output);
    shown_ = std::move(wishes_.front().bytes);
    wishes_.pop_front();
    if (auto* write = std::get_if<output::Write>(&output)) write->bytes = shown_;
    if (auto* deliver = std::get_if<output::Deliver>(&output)) deliver->bytes = shown_;
    return output;
  }
  Time Deadline() const override { return deadline_; }
  // Before the deadline it would be a line for nothing.
  void Tick(Time now) override {
    if (now >= deadline_) Tell("timer", now);
  }
  size_t MemoryBytes() const override { return memory_; }
  uint64_t StateDigest() const override { return digest_; }
  std::optional<std::string> Complaint() const override { return complaint_; }

 private:
  static std::string Field(TransportId transport) {
    return fmt::format(R"(,"transport":{})", static_cast<uint64_t>(transport));
  }
  static std::string Field(ByteSpan bytes) { return fmt::format(R"(,"bytes":"{}")", ToHex(bytes)); }

  std::optional<uint64_t> Tell(std::string_view verb, Time now, std::string_view fields = "") {
    return Ask(verb, fmt::format(R"(,"now":{}{})", now.time_since_epoch().count(), fields));
  }

  // What was taken, where something was.
  std::optional<uint64_t> Ask(std::string_view verb, std::string_view fields) {
    if (complaint_) return std::nullopt;
    const auto line = greeted_.exchange->Ask(fmt::format(R"({{"do":"{}","end":{}{}}})", verb, end_, fields));
    if (!line) {
      greeted_.exchange.reset();
      Complain(fmt::format("{} (told '{}')", line.error(), verb));
      return std::nullopt;
    }
    auto reply = ParseReply(verb, *line);
    if (!reply) {
      if (!reply.error().in_step) greeted_.exchange.reset();
      Complain(std::move(reply.error().what));
      return std::nullopt;
    }
    for (LockstepWish& wish : reply->wishes) {
      if (side_ == Side::kServer && std::holds_alternative<output::Dial>(wish.output)) {
        Complain(fmt::format("answers '{}' wrongly: a server does not dial", verb));
        return std::nullopt;
      }
      wishes_.push_back(std::move(wish));
    }
    deadline_ = reply->deadline;
    memory_ = reply->memory.value_or(memory_);
    digest_ = reply->digest.value_or(digest_);
    return reply->taken;
  }

  // From here on this end is inert.
  void Complain(std::string what) {
    complaint_ = std::move(what);
    wishes_.clear();
    deadline_ = kNever;
  }

  std::shared_ptr<LockstepProtocol::Exchanges> exchanges_;
  Side side_;
  Greeted greeted_;  // Its exchange is gone once it is of no use to anybody.
  uint64_t end_ = 0;
  std::deque<LockstepWish> wishes_;
  Bytes shown_;  // What the last output shows.
  Time deadline_ = kNever;
  size_t memory_ = 0;
  uint64_t digest_ = 0;
  std::optional<std::string> complaint_;
};

}  // namespace

// --- The protocol --------------------------------------------------------------------------------------------------

std::expected<LockstepProtocol, std::string> LockstepProtocol::Start(LineExchangeFactory factory) {
  auto exchanges = std::make_shared<Exchanges>(std::move(factory));
  if (auto begun = exchanges->Begin(); !begun) return std::unexpected(std::move(begun.error()));
  return LockstepProtocol(std::move(exchanges));
}

LockstepProtocol::LockstepProtocol(std::shared_ptr<Exchanges> exchanges) : exchanges_(std::move(exchanges)) {
  const LockstepGreeting& greeting = exchanges_->greeting();
  traits_ = {.name = greeting.name, .survives = greeting.survives, .memory_max = greeting.memory_max};
}

std::unique_ptr<Endpoint> LockstepProtocol::MakeClient(const Plan& plan, uint32_t) const {
  return MakePartyEndpoint(std::make_unique<LockstepParty>(exchanges_, Side::kClient, plan.seed), Side::kClient);
}

std::unique_ptr<Endpoint> LockstepProtocol::MakeServer(const Plan& plan) const {
  return MakePartyEndpoint(std::make_unique<LockstepParty>(exchanges_, Side::kServer, plan.seed), Side::kServer);
}

}  // namespace holdfast::sim
