// The whole byte path, Send -> Poll -> Receive -> Deliver -> ACK, with the replay buffer in between, beside what its
// cryptography alone costs: raw EVP, one seal and one open of the same bytes, contexts keyed once and reused.

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <array>

#include "bench/joined.h"
#include "bench/ratios.h"
#include "core/base/check.h"

namespace holdfast {
namespace {

constexpr std::array<size_t, 4> kSizes = {256, 1024, 4096, 16384};

void BytePath(benchmark::State& state, Suite suite) {
  const auto size = static_cast<size_t>(state.range(0));
  bench::Joined joined(suite);
  const Bytes bytes(size, 0x5a);
  for (int i = 0; i < 64; ++i) joined.Carry(bytes);  // Past the slow start.
  const uint64_t before = joined.delivered();
  for (auto _ : state) joined.Carry(bytes);
  HOLDFAST_CHECK(joined.delivered() - before == size * static_cast<uint64_t>(state.iterations()));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void RawEvp(benchmark::State& state, const EVP_CIPHER* cipher) {
  const auto size = static_cast<size_t>(state.range(0));
  const Bytes key(32, 7);
  Bytes nonce(12);
  const Bytes plain(size, 0x5a);
  Bytes sealed(size);
  Bytes opened(size);
  Bytes tag(16);
  EVP_CIPHER_CTX* seal = EVP_CIPHER_CTX_new();
  EVP_CIPHER_CTX* open = EVP_CIPHER_CTX_new();
  HOLDFAST_CHECK(EVP_EncryptInit_ex2(seal, cipher, key.data(), nonce.data(), nullptr) == 1);
  HOLDFAST_CHECK(EVP_DecryptInit_ex2(open, cipher, key.data(), nonce.data(), nullptr) == 1);
  for (auto _ : state) {
    ++nonce[0];
    int count = 0;
    bool ok = EVP_EncryptInit_ex2(seal, nullptr, nullptr, nonce.data(), nullptr) == 1;
    ok = ok && EVP_EncryptUpdate(seal, sealed.data(), &count, plain.data(), static_cast<int>(size)) == 1;
    ok = ok && EVP_EncryptFinal_ex(seal, sealed.data() + count, &count) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(seal, EVP_CTRL_AEAD_GET_TAG, 16, tag.data()) == 1;
    ok = ok && EVP_DecryptInit_ex2(open, nullptr, nullptr, nonce.data(), nullptr) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(open, EVP_CTRL_AEAD_SET_TAG, 16, tag.data()) == 1;
    ok = ok && EVP_DecryptUpdate(open, opened.data(), &count, sealed.data(), static_cast<int>(size)) == 1;
    ok = ok && EVP_DecryptFinal_ex(open, opened.data() + count, &count) == 1;
    HOLDFAST_CHECK(ok);
    benchmark::DoNotOptimize(opened.data());
  }
  EVP_CIPHER_CTX_free(seal);
  EVP_CIPHER_CTX_free(open);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  for (size_t size : kSizes) benchmark->Arg(static_cast<int64_t>(size));
}

BENCHMARK_CAPTURE(RawEvp, chacha, EVP_chacha20_poly1305())->Apply(Sizes);
BENCHMARK_CAPTURE(BytePath, chacha, Suite::kChaChaPoly)->Apply(Sizes);
BENCHMARK_CAPTURE(RawEvp, aes_gcm, EVP_aes_256_gcm())->Apply(Sizes);
BENCHMARK_CAPTURE(BytePath, aes_gcm, Suite::kAesGcm)->Apply(Sizes);

constexpr auto kRatios = std::to_array<bench::Ratio>({
    {"BytePath/chacha/16384", "RawEvp/chacha/16384", 0.6},
    {"BytePath/chacha/4096", "RawEvp/chacha/4096", 0.5},
    {"BytePath/aes_gcm/16384", "RawEvp/aes_gcm/16384", 0.6},
    {"BytePath/aes_gcm/4096", "RawEvp/aes_gcm/4096", 0.5},
});

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) { return holdfast::bench::Main(argc, argv, holdfast::kRatios); }
