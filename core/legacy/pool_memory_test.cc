// A pool costs what its sessions use, as malloc counts it. (The original's takes 1.1 GB, whoever is there.)

#include <gtest/gtest.h>

#include <iostream>
#include <variant>

#include "core/base/random.h"
#include "core/legacy/client.h"
#include "core/legacy/pool.h"
#include "core/pool/heap_bytes.h"

namespace holdfast::legacy {
namespace {

constexpr size_t kSessions = 1000;

class LegacyPoolMemory : public testing::Test {
 protected:
  RandomSource source() {
    return {[](void* stream) { return static_cast<NamedStream*>(stream)->Next(); }, &stream_};
  }

  void Open(int fd) {
    Client client;
    client.TransportOpened(now_, source());
    for (int i = 0; i < 3; ++i) {
      while (auto event = client.Poll()) {
        const auto* write = std::get_if<client_event::Write>(&*event);
        if (write != nullptr) pool_.Receive(now_, fd, write->bytes, source());
      }
      while (auto event = pool_.Poll()) {
        if (const auto* write = std::get_if<pool_event::Write>(&*event)) client.Receive(now_, write->bytes);
      }
    }
  }

  void SendToEach(size_t size) {
    const Bytes bytes(size, 'x');
    for (int32_t id = 1; id <= static_cast<int32_t>(kSessions); ++id) {
      pool_.Send(now_, id, bytes);
      Drain();
    }
  }

  void Drain() {
    while (pool_.Poll()) {
    }
  }

  size_t EachCosts() const { return (HeapBytes() - before_) / kSessions; }

  Time now_{1ns};
  NamedStream stream_{1, "memory"};
  Pool pool_{{.seed = 1, .remembered_max = 0}};
  size_t before_ = HeapBytes();
};

TEST_F(LegacyPoolMemory, IsWhatTheSessionsUseAndAllOfItComesBack) {
  if (!kMallocCounts) GTEST_SKIP() << "malloc is the sanitizer's";
  for (size_t i = 1; i <= kSessions; ++i) Open(static_cast<int>(i));
  ASSERT_EQ(pool_.sessions(), kSessions);
  const size_t idle = EachCosts();
  SendToEach(4096);
  const size_t used = EachCosts();
  SendToEach(kWindowBytes);
  const size_t full = EachCosts();
  EXPECT_GE(pool_.MemoryBytes() / kSessions, full * 9 / 10);
  EXPECT_LE(pool_.MemoryBytes() / kSessions, full * 11 / 10);
  std::cout << "of " << kSessions << " sessions each takes " << idle << " bytes when it is new, " << used
            << " after 4096 bytes to its client, " << full << " with a full window\n";
  EXPECT_LE(idle, 2048U);
  EXPECT_LE(used, 8192U);
  EXPECT_LE(full, kWindowBytes * 4 / 3);
  for (int32_t id = 1; id <= static_cast<int32_t>(kSessions); ++id) pool_.End(now_, id, Reason::kClosed);
  Drain();
  EXPECT_LE(HeapBytes() - before_, 4 * kWindowBytes);
}

}  // namespace
}  // namespace holdfast::legacy
