// A server's key pair serves all of its threads, a campaign's all of its workers. Core itself starts no thread, so what
// it promises about them is tested here.

#include <thread>
#include <vector>

#include "core/base/random.h"
#include "core/crypto/crypto.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

class SeededEntropy : public Entropy {
 public:
  void Fill(MutableByteSpan out) override { stream_.Fill(out); }

 private:
  NamedStream stream_{0, "shared keys test"};
};

TEST(SharedKeys, AKeyPairAgreesInManyThreadsAtOnce) {
  SeededEntropy entropy;
  const KeyPair shared = KeyPair::Generate(entropy);
  std::vector<KeyPair> peers;
  for (int i = 0; i < 200; ++i) peers.push_back(KeyPair::Generate(entropy));
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&shared, &peers, &count] {
      for (const KeyPair& peer : peers) {
        const bool agree = shared.Agree(peer.public_key()).value() == peer.Agree(shared.public_key()).value();
        if (!agree) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

}  // namespace
}  // namespace holdfast
