// The legacy profile beside the modern one, in one run: what an application's byte costs from end to end, a new
// session, a resume; and what a pool of 16,384 sessions pays for a resume beside one of 64. The cipher's loop is beside
// the same loop written as its description reads.
//
// The legacy profile is insecure, and what it saves here is what it does not protect.

#include <benchmark/benchmark.h>

#include <array>
#include <utility>
#include <vector>

#include "bench/joined.h"
#include "bench/ratios.h"
#include "core/base/check.h"
#include "core/base/random.h"
#include "core/legacy/client.h"
#include "core/legacy/original_cipher.h"
#include "core/legacy/pool.h"
#include "core/legacy/primitives.h"

namespace holdfast {
namespace {

constexpr size_t kBytes = 16384;

// The counterpart of bench::Joined.
class LegacyEnds {
 public:
  explicit LegacyEnds(size_t sessions) : clients_(sessions) {
    for (legacy::Client& client : clients_) Connect(client);
    HOLDFAST_CHECK(pool_.sessions() == sessions);
  }

  void NewSession() {
    legacy::Client client;
    Connect(client);
    pool_.End(now_, id_, legacy::Reason::kClosed);
    pool_.TransportClosed(now_, fd_);
  }

  void Carry(ByteSpan bytes) {
    clients_.front().Send(now_, bytes);
    Pump(clients_.front());
  }

  // Each client in turn comes again on a new transport, and the old one is gone.
  void Resume() {
    legacy::Client& client = clients_[next_++ % clients_.size()];
    client.TransportClosed(now_);
    Connect(client);
  }

  // Makes resumes ask with a count and a fingerprint: at zero they repeat their hello.
  void SendToEach(size_t size) {
    const Bytes bytes(size, 'x');
    for (size_t i = 0; i < clients_.size(); ++i) {
      pool_.Send(now_, static_cast<int32_t>(i + 1), bytes);
      fd_ = static_cast<int>(i + 1);
      Pump(clients_[i]);
    }
  }

  // A stranger's request, which fits no session.
  void Refuse() {
    Bytes request;
    legacy::AppendWord(request, uint64_t{1});
    legacy::AppendWord(request, static_cast<uint32_t>(stream_.Next()));
    pool_.Receive(now_, ++fd_, request, source());
    while (pool_.Poll()) {
    }
  }

  uint64_t delivered() const { return delivered_; }
  size_t opened() const { return opened_; }
  size_t resumed() const { return resumed_; }

 private:
  static uint64_t Draw(void* stream) { return static_cast<NamedStream*>(stream)->Next(); }
  legacy::RandomSource source() { return {Draw, &stream_}; }

  void Connect(legacy::Client& client) {
    ++fd_;
    client.TransportOpened(now_, source());
    Pump(client);
  }

  void Pump(legacy::Client& client) {
    for (bool moved = true; std::exchange(moved, false);) {
      while (auto event = client.Poll()) {
        const auto* write = std::get_if<legacy::client_event::Write>(&*event);
        if (write != nullptr) pool_.Receive(now_, fd_, write->bytes, source());
        moved = true;
      }
      while (auto event = pool_.Poll()) {
        if (const auto* write = std::get_if<legacy::pool_event::Write>(&*event)) client.Receive(now_, write->bytes);
        if (const auto* opened = std::get_if<legacy::pool_event::Opened>(&*event)) id_ = opened->id, ++opened_;
        if (std::holds_alternative<legacy::pool_event::Resumed>(*event)) ++resumed_;
        if (const auto* deliver = std::get_if<legacy::pool_event::Deliver>(&*event))
          delivered_ += deliver->bytes.size();
        moved = true;
      }
    }
  }

  Time now_{1ns};
  NamedStream stream_{1, "bench"};
  legacy::Pool pool_{{.seed = 1}};
  std::vector<legacy::Client> clients_;
  int fd_ = 0;
  int32_t id_ = 0;
  size_t next_ = 0;
  size_t opened_ = 0;
  size_t resumed_ = 0;
  uint64_t delivered_ = 0;
};

template <typename Ends>
void Throughput(benchmark::State& state, Ends ends) {
  const Bytes bytes(kBytes, 0x5a);
  for (int i = 0; i < 64; ++i) ends.Carry(bytes);  // Past the modern one's slow start.
  const uint64_t before = ends.delivered();
  for (auto _ : state) ends.Carry(bytes);
  HOLDFAST_CHECK(ends.delivered() - before == kBytes * static_cast<uint64_t>(state.iterations()));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kBytes));
}

template <typename Ends>
void NewSession(benchmark::State& state, Ends ends) {
  const size_t before = ends.opened();
  for (auto _ : state) ends.NewSession();
  HOLDFAST_CHECK(ends.opened() - before == static_cast<size_t>(state.iterations()));
  state.SetItemsProcessed(state.iterations());
}

template <typename Ends>
void Resume(benchmark::State& state, Ends ends) {
  const size_t before = ends.resumed();
  for (auto _ : state) ends.Resume();
  HOLDFAST_CHECK(ends.resumed() - before == static_cast<size_t>(state.iterations()));
  state.SetItemsProcessed(state.iterations());
}

void LegacyThroughput(benchmark::State& state) { Throughput(state, LegacyEnds(1)); }
void ModernThroughput(benchmark::State& state) { Throughput(state, bench::Joined()); }
void LegacyNewSession(benchmark::State& state) { NewSession(state, LegacyEnds(1)); }
void ModernNewSession(benchmark::State& state) { NewSession(state, bench::Joined()); }
void LegacyResumeAlone(benchmark::State& state) {
  LegacyEnds ends(1);
  ends.SendToEach(300);
  Resume(state, std::move(ends));
}
void ModernResumeAlone(benchmark::State& state) { Resume(state, bench::Joined()); }

// Every session has received 3,000 bytes, which makes two dozen entries of the index.
LegacyEnds Crowd(benchmark::State& state) {
  LegacyEnds ends(static_cast<size_t>(state.range(0)));
  ends.SendToEach(3000);
  return ends;
}
void LegacyResumeAmong(benchmark::State& state) { Resume(state, Crowd(state)); }
void LegacyRefuseAmong(benchmark::State& state) {
  LegacyEnds ends = Crowd(state);
  for (auto _ : state) ends.Refuse();
  state.SetItemsProcessed(state.iterations());
}

void Cipher(benchmark::State& state) {
  legacy::Keystream keystream(1);
  legacy::Fingerprint fingerprint;
  Bytes bytes(kBytes);
  for (auto _ : state) {
    keystream.Apply(bytes, bytes.data());
    fingerprint.Add(bytes);
  }
  benchmark::DoNotOptimize(fingerprint.value());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kBytes));
}

void CipherAsItReads(benchmark::State& state) {
  legacy::OriginalCipher cipher(1);
  legacy::OriginalFingerprint fingerprint(1);
  Bytes bytes(kBytes);
  for (auto _ : state) {
    for (uint8_t& byte : bytes) {
      byte = cipher.Next(byte);
      fingerprint.Add(byte);
    }
  }
  benchmark::DoNotOptimize(fingerprint.value());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kBytes));
}

BENCHMARK(Cipher);
BENCHMARK(CipherAsItReads);
BENCHMARK(LegacyThroughput);
BENCHMARK(ModernThroughput);
BENCHMARK(LegacyNewSession);
BENCHMARK(ModernNewSession);
BENCHMARK(LegacyResumeAlone);
BENCHMARK(ModernResumeAlone);
BENCHMARK(LegacyResumeAmong)->Arg(64)->Arg(16384);
BENCHMARK(LegacyRefuseAmong)->Arg(64)->Arg(16384);

// Throughput: each byte is enciphered and deciphered, so half of the cipher's is all that there is; and each byte of
// the keystream waits for the one before. Among many: the same steps, but in memory that is cold.
constexpr auto kRatios = std::to_array<bench::Ratio>({
    {"Cipher", "CipherAsItReads", 1.2},
    {"LegacyThroughput", "Cipher", 0.4},
    {"LegacyThroughput", "ModernThroughput", 0.12},
    {"LegacyNewSession", "ModernNewSession", 25.0},
    {"LegacyResumeAlone", "ModernResumeAlone", 100.0},
    {"LegacyResumeAmong/16384", "LegacyResumeAmong/64", 0.1},
    {"LegacyRefuseAmong/16384", "LegacyRefuseAmong/64", 0.1},
});

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) { return holdfast::bench::Main(argc, argv, holdfast::kRatios); }
