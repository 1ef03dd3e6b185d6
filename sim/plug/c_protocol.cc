#include "sim/plug/c_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/plug/any_party.h"

namespace holdfast::sim {
namespace {

uint64_t Ns(Time now) { return static_cast<uint64_t>(now.time_since_epoch().count()); }
uint64_t Number(TransportId transport) { return static_cast<uint64_t>(transport); }

class CParty final : public AnyParty {
 public:
  CParty(const holdfast_plugin& plugin, void* end) : plugin_(plugin), end_(end) {
    if (end_ == nullptr) complaint_ = "could not be created";
  }
  CParty(const CParty&) = delete;
  CParty& operator=(const CParty&) = delete;
  ~CParty() override {
    if (end_ != nullptr) plugin_.destroy(end_);
  }

  void TransportOpened(Time now, TransportId transport) override { Tell(now, transport, HOLDFAST_OPENED); }
  void TransportClosed(Time now, TransportId transport) override { Tell(now, transport, HOLDFAST_CLOSED); }
  void DialFailed(Time now) override { Tell(now, TransportId::kNone, HOLDFAST_DIAL_FAILED); }
  void Receive(Time now, TransportId transport, ByteSpan bytes) override {
    if (end_ != nullptr) plugin_.bytes(end_, Ns(now), Number(transport), bytes.data(), bytes.size());
  }
  size_t Send(Time now, ByteSpan bytes) override {
    if (end_ == nullptr) return 0;
    const size_t taken = plugin_.send(end_, Ns(now), bytes.data(), bytes.size());
    if (taken > bytes.size()) complaint_ = fmt::format("takes {} of {} bytes", taken, bytes.size());
    return taken;
  }
  void Finish(Time now) override {
    if (end_ != nullptr) plugin_.send(end_, Ns(now), nullptr, 0);
  }
  std::optional<Output> Poll(Time now) override {
    holdfast_output output = {};
    if (end_ == nullptr || complaint_ || plugin_.poll(end_, Ns(now), &output) == 0) return std::nullopt;
    const TransportId transport{output.transport};
    const ByteSpan bytes(output.bytes, output.size);
    switch (output.wish) {
      case HOLDFAST_DIAL:
        return output::Dial{Duration(static_cast<Duration::rep>(std::min<uint64_t>(output.after_ns, INT64_MAX / 4)))};
      case HOLDFAST_WRITE:
        return output::Write{transport, bytes};
      case HOLDFAST_CLOSE:
        return output::Close{transport};
      case HOLDFAST_DELIVER:
        return output::Deliver{bytes};
      case HOLDFAST_PEER_FINISHED:
        return output::PeerFinished{};
      case HOLDFAST_ENDED:
        return output::Ended{output.given_up == 0};
      default:
        complaint_ = fmt::format("wishes for {}, which is nothing", output.wish);
        return std::nullopt;
    }
  }
  Time Deadline() const override {
    const uint64_t ns = end_ != nullptr ? plugin_.deadline(end_) : HOLDFAST_NEVER;
    return ns > static_cast<uint64_t>(kNever.time_since_epoch().count())
               ? kNever
               : Time(Duration(static_cast<Duration::rep>(ns)));
  }
  void Tick(Time now) override {
    if (end_ != nullptr) plugin_.timer(end_, Ns(now));
  }
  size_t MemoryBytes() const override {
    return end_ != nullptr && plugin_.memory != nullptr ? plugin_.memory(end_) : 0;
  }
  uint64_t StateDigest() const override {
    return end_ != nullptr && plugin_.digest != nullptr ? plugin_.digest(end_) : 0;
  }
  std::optional<std::string> Complaint() const override { return complaint_; }
  std::unique_ptr<AnyParty> Clone() const override {
    if (plugin_.clone == nullptr || end_ == nullptr) return nullptr;
    return std::make_unique<CParty>(plugin_, plugin_.clone(end_));
  }

 private:
  void Tell(Time now, TransportId transport, int news) {
    if (end_ != nullptr) plugin_.transport(end_, Ns(now), Number(transport), news);
  }

  const holdfast_plugin& plugin_;
  void* end_;
  std::optional<std::string> complaint_;
};

}  // namespace

std::optional<std::string> ProblemOf(const holdfast_plugin* plugin) {
  if (plugin == nullptr) return "holdfast_plugin_get returns nothing";
  if (plugin->version != HOLDFAST_PLUGIN_VERSION) {
    return fmt::format("its version is {}, and only {} is known", plugin->version, HOLDFAST_PLUGIN_VERSION);
  }
  const std::pair<const char*, bool> there[] = {
      {"name", plugin->name != nullptr},         {"create", plugin->create != nullptr},
      {"destroy", plugin->destroy != nullptr},   {"transport", plugin->transport != nullptr},
      {"bytes", plugin->bytes != nullptr},       {"timer", plugin->timer != nullptr},
      {"send", plugin->send != nullptr},         {"poll", plugin->poll != nullptr},
      {"deadline", plugin->deadline != nullptr},
  };
  for (const auto& [name, is_there] : there) {
    if (!is_there) return fmt::format("it lacks '{}'", name);
  }
  return std::nullopt;
}

CProtocol::CProtocol(const holdfast_plugin& plugin) : plugin_(plugin) {
  traits_.name = plugin.name;
  traits_.survives = plugin.survives != 0;
  if (plugin.memory_max != 0) traits_.memory_max = plugin.memory_max;
}

std::unique_ptr<Endpoint> CProtocol::MakeClient(const Plan& plan, uint32_t) const {
  return MakePartyEndpoint(std::make_unique<CParty>(plugin_, plugin_.create(0, plan.seed)), Side::kClient);
}

std::unique_ptr<Endpoint> CProtocol::MakeServer(const Plan& plan) const {
  return MakePartyEndpoint(std::make_unique<CParty>(plugin_, plugin_.create(1, plan.seed)), Side::kServer);
}

}  // namespace holdfast::sim
