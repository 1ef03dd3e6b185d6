// How many worlds a core runs through in a second, with the cheap cryptography: from the seed by way of the plan to the
// oracles' verdict. Beside it, as the measure of the machine, how many X25519 secrets OpenSSL derives.

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>

#include "bench/ratios.h"
#include "core/base/check.h"
#include "sim/campaign.h"
#include "sim/run.h"

namespace holdfast {
namespace {

// Seed after seed, as a campaign does. Their costs differ by a factor of a hundred, so each measurement takes many.
void Worlds(benchmark::State& state, sim::Profile profile, uint64_t seeds) {
  sim::Runner runner;
  sim::CampaignOptions campaign;
  campaign.profile = profile;
  for (auto _ : state) {
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
      const sim::Report& report = runner.Run(sim::PlanOfSeed(seed, campaign), sim::RunOptionsOfSeed(seed, campaign));
      HOLDFAST_CHECK(!report.verdict);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(seeds));
}

using KeyHandle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

KeyHandle KeyOf(uint8_t value) {
  std::array<uint8_t, 32> bytes;
  bytes.fill(value);
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes.data(), bytes.size()), EVP_PKEY_free};
}

void X25519(benchmark::State& state) {
  const KeyHandle ours = KeyOf(1);
  const KeyHandle theirs = KeyOf(2);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(ours.get(), nullptr),
                                                                            EVP_PKEY_CTX_free);
  HOLDFAST_CHECK(context && EVP_PKEY_derive_init(context.get()) == 1);
  HOLDFAST_CHECK(EVP_PKEY_derive_set_peer(context.get(), theirs.get()) == 1);
  std::array<uint8_t, 32> secret;
  for (auto _ : state) {
    size_t size = secret.size();
    HOLDFAST_CHECK(EVP_PKEY_derive(context.get(), secret.data(), &size) == 1);
    benchmark::DoNotOptimize(secret);
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(X25519);
BENCHMARK_CAPTURE(Worlds, small, sim::Profile::kSmall, 2000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Worlds, default, sim::Profile::kDefault, 100)->Unit(benchmark::kMillisecond);

// 20,000 small worlds a second on a core that derives 31,000 secrets. Default worlds have no bar: to be compared with
// themselves.
constexpr std::array<bench::Ratio, 2> kRatios = {{
    {"Worlds/small", "X25519", 20'000.0 / 31'000.0},
    {"Worlds/default", "X25519", 0},
}};

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) { return holdfast::bench::Main(argc, argv, holdfast::kRatios); }
