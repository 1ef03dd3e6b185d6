// What a resume costs a server that holds many sessions, beside one that holds few, in one run: from the client's
// message 1 to the server's first record on the new transport. Only the server's own verbs are timed, in processor
// time.

#include <benchmark/benchmark.h>

#include <time.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bench/ratios.h"
#include "core/base/check.h"
#include "core/base/fork_key.h"
#include "core/crypto/test_entropy.h"
#include "core/pool/client.h"
#include "core/pool/server.h"

namespace holdfast {
namespace {

constexpr size_t kClients = 500;  // That resume in turn, so that each finds its session's memory cold.

// Of this thread: what others do on the machine is not in it.
std::chrono::nanoseconds ProcessorTime() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// A server with `sessions` sessions, of which kClients have a client here; the others are copies, spread among them.
class Crowd {
 public:
  explicit Crowd(size_t sessions) : key_(KeyPair::Generate(entropy_)), server_(ServerConfig{key_}) {
    for (size_t i = 0; i < kClients; ++i) {
      ClientConfig config;
      config.server_key = key_.public_key();
      guests_.push_back({std::make_unique<Client>(config)});
      Connect(guests_.back());
      HOLDFAST_CHECK(session_ != SessionId::kNone);
      if (i == 0) Disconnect(guests_[0]);
      if (i > 0)
        server_.MultiplyForSimulation(ForkKey(), SessionId{1}, (sessions - kClients) / (kClients - 1), entropy_);
      if (i > 0) Disconnect(guests_.back());
    }
  }

  // One resume; the time that it took the server.
  std::chrono::nanoseconds Resume() {
    Guest& guest = guests_[next_++ % kClients];
    spent_ = {};
    Connect(guest);
    const std::chrono::nanoseconds spent = spent_;
    Disconnect(guest);
    return spent;
  }

  size_t resumes() const { return resumes_; }
  size_t sessions() const { return server_.census().sessions; }

 private:
  struct Guest {
    std::unique_ptr<Client> client;
    TransportId up = TransportId::kNone;
    TransportId down = TransportId::kNone;
  };

  void Connect(Guest& guest) {
    guest.up = guest.client->TransportOpened(now_);
    Timed([&] { guest.down = server_.TransportOpened(now_); });
    for (bool moved = true; std::exchange(moved, false);) {
      Bytes to_server;
      while (auto event = guest.client->Poll(now_, entropy_)) {
        if (const auto* write = std::get_if<event::Write>(&event->what)) Append(to_server, write->bytes);
      }
      if (to_server.empty()) break;
      Bytes to_client;
      Timed([&] {
        server_.Receive(now_, guest.down, to_server);
        while (auto event = server_.Poll(now_, entropy_)) {
          if (const auto* write = std::get_if<event::Write>(&event->what)) Append(to_client, write->bytes);
          if (std::holds_alternative<event::Opened>(event->what)) session_ = event->session;
          if (std::holds_alternative<event::Resumed>(event->what)) ++resumes_;
        }
      });
      guest.client->Receive(now_, guest.up, to_client);
      moved = true;
      while (auto event = guest.client->Poll(now_, entropy_)) {
        if (const auto* write = std::get_if<event::Write>(&event->what)) {
          const Bytes record = ToBytes(write->bytes);
          Timed([&] {
            server_.Receive(now_, guest.down, record);
            while (auto answer = server_.Poll(now_, entropy_)) {
              if (std::holds_alternative<event::Opened>(answer->what)) session_ = answer->session;
              if (std::holds_alternative<event::Resumed>(answer->what)) ++resumes_;
            }
          });
        }
      }
    }
  }

  void Disconnect(Guest& guest) {
    server_.TransportClosed(now_, guest.down);
    while (server_.Poll(now_, entropy_)) {
    }
    guest.client->TransportClosed(now_, guest.up);
    while (guest.client->Poll(now_, entropy_)) {
    }
  }

  void Timed(const auto& work) {
    const std::chrono::nanoseconds begin = ProcessorTime();
    work();
    spent_ += ProcessorTime() - begin;
  }

  TestEntropy entropy_;
  KeyPair key_;
  Server server_;
  std::vector<Guest> guests_;
  Time now_{1ns};
  SessionId session_ = SessionId::kNone;
  size_t next_ = 0;
  size_t resumes_ = 0;
  std::chrono::nanoseconds spent_{};
};

// Made once for each size: a million takes a while.
Crowd& CrowdOf(size_t sessions) {
  static std::vector<std::pair<size_t, std::unique_ptr<Crowd>>> crowds;
  for (auto& [size, crowd] : crowds) {
    if (size == sessions) return *crowd;
  }
  crowds.emplace_back(sessions, std::make_unique<Crowd>(sessions));
  return *crowds.back().second;
}

void Resume(benchmark::State& state) {
  const auto sessions = static_cast<size_t>(state.range(0));
  Crowd& crowd = CrowdOf(sessions);
  HOLDFAST_CHECK(crowd.sessions() > sessions - 2 * kClients && crowd.sessions() <= sessions);
  const size_t before = crowd.resumes();
  for (auto _ : state) state.SetIterationTime(std::chrono::duration<double>(crowd.Resume()).count());
  HOLDFAST_CHECK(crowd.resumes() - before == static_cast<size_t>(state.iterations()));
  state.SetBytesProcessed(state.iterations());  // One unit of work each, for the ratio.
}

BENCHMARK(Resume)->Arg(1000)->Arg(1000000)->UseManualTime()->Iterations(2000)->Repetitions(7);

// At most 1.2 times as slow.
constexpr auto kRatios = std::to_array<bench::Ratio>({
    {"Resume/1000000/iterations:2000/repeats:7/manual_time", "Resume/1000/iterations:2000/repeats:7/manual_time",
     1 / 1.2},
});

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) { return holdfast::bench::Main(argc, argv, holdfast::kRatios); }
