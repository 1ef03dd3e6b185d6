// What the real provider asks of the heap: nothing for a record, little for a cipher.

#include <malloc.h>
#include <openssl/crypto.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "core/crypto/crypto.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

// OpenSSL's memory. It takes other functions only before its first allocation.
struct Heap {
  Heap() { taken = CRYPTO_set_mem_functions(Allocate, Reallocate, Free) == 1; }

  static void* Allocate(size_t size, const char*, int);
  static void* Reallocate(void* memory, size_t size, const char*, int);
  static void Free(void* memory, const char*, int);

  bool taken = false;
  size_t allocations = 0;
  size_t bytes = 0;  // Held.
};

Heap heap;

void* Heap::Allocate(size_t size, const char*, int) {
  void* memory = std::malloc(size);
  ++heap.allocations;
  heap.bytes += malloc_usable_size(memory) + sizeof(size_t);
  return memory;
}

void* Heap::Reallocate(void* memory, size_t size, const char*, int) {
  if (memory != nullptr) heap.bytes -= malloc_usable_size(memory) + sizeof(size_t);
  memory = std::realloc(memory, size);
  ++heap.allocations;
  heap.bytes += malloc_usable_size(memory) + sizeof(size_t);
  return memory;
}

void Heap::Free(void* memory, const char*, int) {
  if (memory != nullptr) heap.bytes -= malloc_usable_size(memory) + sizeof(size_t);
  std::free(memory);
}

class OpensslMemory : public testing::TestWithParam<Suite> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(heap.taken);
    Use(*std::make_unique<Aead>(GetParam(), Key().span()));  // What the library makes once is made.
  }

  static void Use(Aead& aead) {
    std::array<uint8_t, 1000 + kTagBytes> record;
    const ByteSpan piece = ByteSpan(record).first(1000);
    aead.Seal(0, {}, {&piece, 1}, record);
  }
};

INSTANTIATE_TEST_SUITE_P(Suites, OpensslMemory, testing::Values(Suite::kChaChaPoly, Suite::kAesGcm),
                         [](const auto& suite) { return suite.param == Suite::kAesGcm ? "AesGcm" : "ChaChaPoly"; });

TEST_P(OpensslMemory, ARecordTakesNone) {
  Aead sender(GetParam(), Key().span());
  Aead receiver(GetParam(), Key().span());
  std::array<uint8_t, 1000 + kTagBytes> record;
  std::array<uint8_t, 1000> payload = {};
  const auto pass = [&](uint64_t nonce) {
    const std::array<ByteSpan, 3> pieces = {ByteSpan(payload).first(3), ByteSpan(payload).subspan(3, 700),
                                            ByteSpan(payload).subspan(703)};
    sender.Seal(nonce, {}, pieces, record);
    ASSERT_TRUE(receiver.Open(nonce, {}, record, payload));
    record[5] ^= 1;
    ASSERT_FALSE(receiver.Open(nonce, {}, record, payload));
  };
  pass(0);
  const size_t before = heap.allocations;
  for (uint64_t nonce = 1; nonce < 100; ++nonce) pass(nonce);
  EXPECT_EQ(heap.allocations, before);
}

TEST_P(OpensslMemory, ACipherTakesLittleAndAtRestNone) {
  const size_t before = heap.bytes;
  Aead aead(GetParam(), Key().span());
  EXPECT_EQ(heap.bytes, before);  // Keyed when it is used.
  Use(aead);
  EXPECT_LE(heap.bytes - before, 1280u);
  RecordProperty("bytes", static_cast<int>(heap.bytes - before));
  aead.Rest();
  EXPECT_EQ(heap.bytes, before);
}

}  // namespace
}  // namespace holdfast
