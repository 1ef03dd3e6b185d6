#include "tools/proxy/program_pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/proxy/fitted_plan.h"
#include "tools/proxy/program_end.h"
#include "tools/proxy/proxy.h"
#include "tools/units.h"

namespace holdfast::tools {
namespace {

using sim::Side;

constexpr std::string_view kPort = "{port}";
constexpr std::string_view kHost = "{host}";
constexpr std::chrono::milliseconds kLookEvery(100);
constexpr std::chrono::seconds kBeginAfter(10);  // A client may wait for its input before it dials.

std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// Whether the shell may make way for it: then nobody else holds the program's standard output, and its end is seen when
// it closes it.
bool IsSimple(const std::string& command) {
  const std::string_view first = std::string_view(command).substr(0, command.find(' '));
  return command.find_first_of(";&|<>()`$\n") == std::string::npos && first.find('=') == std::string_view::npos;
}

std::string CommandFor(const std::string& command, uint16_t port) {
  const std::string text = Replaced(Replaced(command, kPort, fmt::format("{}", port)), kHost, "127.0.0.1");
  return IsSimple(text) && !text.starts_with("exec ") ? "exec " + text : text;
}

// How long the applications themselves may do nothing, in the plan's time.
Duration Pauses(const sim::ClientPlan& client) {
  Duration pauses = {};
  for (const sim::Stream* stream : {&client.up, &client.down}) {
    pauses += stream->think + stream->start_delay + stream->finish_delay;
  }
  return pauses;
}

std::string LastLine(std::string text) {
  text.erase(text.find_last_not_of("\n ") + 1);
  return text.substr(text.rfind('\n') + 1);
}

class PairRun {
 public:
  PairRun(const sim::Plan& plan, const PairOptions& options, uint16_t port)
      : options_(options),
        must_arrive_((options.survives || !HasDeaths(plan)) && plan.heal != sim::kNeverAfter),
        proxy_(loop_, plan,
               {.to = net::TcpAddress::Loopback(port),
                .speed = options.speed,
                .begin_after = kBeginAfter,
                .waits_for_server = true,
                .keep_trace = true}),
        client_(loop_, proxy_, Side::kClient),
        server_(loop_, proxy_, Side::kServer) {}

  Parsed<PairReport> Run(uint16_t port) {
    const auto listens = proxy_.Listen(0, net::TcpAddress::Loopback(0));
    if (!listens) return std::unexpected(listens.error());
    proxy_.OnApplication([this](Side side) { (side == Side::kClient ? client_ : server_).Pump(); });
    const auto changed = [this] { Look(); };
    if (auto started = server_.Start(CommandFor(options_.server, port), changed); !started) {
      return std::unexpected("the server " + started.error());
    }
    if (auto started = client_.Start(CommandFor(options_.client, listens->port()), changed); !started) {
      return std::unexpected("the client " + started.error());
    }
    progress_at_ = net::Now();
    while (!done_ && !stage().judge.failed()) {
      loop_.RunOnce(net::Now() + kLookEvery);
      proxy_.Do([this] { Look(); });
      SampleMemory();
      ForgetOldRows();
      if (options_.stop && options_.stop()) undecided_ = done_ = true;
    }
    if (complaint_) return std::unexpected(*complaint_);
    return Report();
  }

 private:
  sim::Stage& stage() { return proxy_.stage(); }
  void Fail(std::string oracle, std::string sentence) { stage().judge.Fail(std::move(oracle), std::move(sentence)); }

  void Look() {
    if (done_) return;
    for (const auto& [end, peer] : {std::pair(&client_, &server_), std::pair(&server_, &client_)}) {
      end->PeerMayBeComplete(*peer);
      const bool ended_well = end->over() && end->end()->good();
      if (ended_well && must_arrive_) end->PeerIsComplete();
    }
    if (must_arrive_ && (HasFailed(client_, "client") || HasFailed(server_, "server"))) return;
    if (client_.over() && server_.over()) return Judge();
    LookAtTime();
  }

  // A program that ends badly has given its session up.
  bool HasFailed(const ProgramEnd& end, std::string_view name) {
    if (!end.end() || end.end()->good()) return false;
    const bool is_no_command = !end.end()->by_signal && (end.end()->number == 126 || end.end()->number == 127);
    if (is_no_command && stage().counters.transports == 0) {
      complaint_ = fmt::format("the {}'s command cannot be run: {}", name, LastLine(end.last_words()));
      done_ = true;
      return true;
    }
    Fail("same_end", fmt::format("the {}'s program {}, {}", name, end.end()->Text(),
                                 !HasDeaths(stage().plan) ? "although no transport had died"
                                 : stage().healed         ? "although the network had been made good"
                                                          : "before the network was made good"));
    return true;
  }

  void Judge() {
    done_ = true;
    const bool both_well = client_.end()->good() && server_.end()->good();
    if (!must_arrive_) {
      undecided_ = !both_well || !client_.heard_all() || !server_.heard_all();
      return;
    }
    for (const auto& [end, name, direction] :
         {std::tuple(&client_, "client", sim::Direction::kUp), std::tuple(&server_, "server", sim::Direction::kDown)}) {
      if (end->said_all()) continue;
      Fail("exact_delivery",
           fmt::format("the {}'s program exited with status 0 and has not read its standard input to the end: {} of {} "
                       "bytes",
                       name, end->taken(), stage().plan.clients[0].stream(direction).bytes));
    }
    if (!stage().judge.failed()) client_.Finished();
    if (!stage().judge.failed()) server_.Finished();
  }

  void LookAtTime() {
    const net::Moment now = net::Now();
    const std::array<uint64_t, 7> state = {client_.taken(),
                                           server_.taken(),
                                           stage().counters.bytes_delivered,
                                           client_.said_all() + uint64_t{2} * server_.said_all(),
                                           client_.heard_all() + uint64_t{2} * server_.heard_all(),
                                           client_.end().has_value() + uint64_t{2} * server_.end().has_value(),
                                           stage().healed};
    if (std::exchange(seen_, state) != state) progress_at_ = now;
    const auto pauses = Pauses(stage().plan.clients[0]) / static_cast<int64_t>(options_.speed);
    if (now - progress_at_ <= options_.patience + pauses) return;
    const bool may_heal = stage().plan.heal != sim::kNeverAfter;
    if (may_heal && !stage().healed) return;
    if (!must_arrive_) {
      undecided_ = done_ = true;
      return;
    }
    const auto text = [](const ProgramEnd& end) {
      return end.over()  ? std::string("has ended")
             : end.end() ? "has ended, and left its standard output to others"
                         : "has not ended";
    };
    const sim::ClientPlan& streams = stage().plan.clients[0];
    Fail("liveness", fmt::format("the network is good and nothing got on for {}: the client's program {} and was given "
                                 "{} of {} bytes, the server's {} and was given {} of {}",
                                 DurationText(options_.patience + pauses), text(client_), client_.delivered(),
                                 streams.down.bytes, text(server_), server_.delivered(), streams.up.bytes));
  }

  void SampleMemory() {
    if (options_.memory_max == sim::kAll || done_ || net::Now() < sample_at_) return;
    sample_at_ = net::Now() + kLookEvery;
    for (const ProgramEnd* end : {&client_, &server_}) {
      const uint64_t bytes = end->ResidentBytes();
      uint64_t& most = memory_bytes_[end == &server_];
      most = std::max(most, bytes);
      stage().oracles.bounded_memory.OnGuest(stage().SceneOf(end->actor()), bytes, options_.memory_max);
    }
  }

  void ForgetOldRows() {
    if (!options_.keep_trace) stage().trace.ForgetBut(options_.trace_lines_at_end);
  }

  PairReport Report() {
    PairReport report = {.verdict = stage().judge.verdict(),
                         .undecided = undecided_,
                         .counters = stage().counters,
                         .elapsed = net::Now() - began_,
                         .memory_bytes = memory_bytes_,
                         .last_words = {client_.last_words(), server_.last_words()}};
    report.counters.events = stage().trace.count();
    report.counters.sessions = 1;
    report.counters.bytes_sent = client_.taken() + server_.taken();
    report.counters.simulated = stage().now - sim::kStart;
    const size_t rows = stage().trace.rows().size();
    const size_t shown = options_.keep_trace ? rows : report.verdict ? std::min(rows, options_.trace_lines_at_end) : 0;
    if (shown > 0) report.trace = sim::TraceText(stage().trace, rows - shown);
    return report;
  }

  const PairOptions& options_;
  const bool must_arrive_;  // Every byte, and both programs come to a good end.
  const net::Moment began_ = net::Now();
  net::Loop loop_;
  Proxy proxy_;
  ProgramEnd client_;
  ProgramEnd server_;
  net::Moment progress_at_;
  net::Moment sample_at_ = {};
  std::array<uint64_t, 7> seen_ = {};
  std::array<uint64_t, 2> memory_bytes_ = {};
  std::optional<Complaint> complaint_;
  bool done_ = false;
  bool undecided_ = false;
};

}  // namespace

Parsed<PairReport> RunPair(const sim::Plan& plan, const PairOptions& options) {
  const std::expected<uint16_t, std::string> port = net::FreeTcpPort();
  if (!port) return std::unexpected(port.error());
  return PairRun(plan, options, *port).Run(*port);
}

std::optional<Complaint> ProblemOfCommand(const std::string& name, const std::string& command) {
  if (command.find(kPort) != std::string::npos) return std::nullopt;
  return fmt::format("{}: '{}' does not say where the port goes: {}", name, command, kPort);
}

}  // namespace holdfast::tools
