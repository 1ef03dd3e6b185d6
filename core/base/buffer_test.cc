#include "core/base/buffer.h"

#include <gtest/gtest.h>

#include <utility>

// AddressSanitizer asks for this at its start: who asks for too much is to be told so here, too, and not ended.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

namespace holdfast {
namespace {

TEST(Buffer, KeepsWhatWasAppendedWhileItGrowsMovesAndIsCopied) {
  Buffer buffer;
  Bytes expected;
  for (uint8_t i = 0; i < 100; ++i) {
    const Bytes more(i, i);
    ASSERT_TRUE(buffer.Reserve(buffer.size() + more.size()));
    buffer.Append(more);
    Append(expected, more);
    Buffer copy = buffer;
    EXPECT_EQ(copy.capacity(), buffer.capacity());
    EXPECT_EQ(ToBytes(copy.span()), expected);
    buffer = std::move(copy);
    EXPECT_EQ(ToBytes(buffer.span()), expected);
    EXPECT_TRUE(copy.empty());  // NOLINT: a moved-from buffer is an empty one.
  }
}

TEST(Buffer, KeepsItsMemoryWhenItIsClearedAndGivesItBackWhenReleased) {
  Buffer buffer;
  ASSERT_TRUE(buffer.Reserve(100));
  buffer.Append(Bytes(100));
  buffer.Clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 100U);
  buffer.Release();
  EXPECT_EQ(buffer.capacity(), 0U);
}

TEST(Buffer, IsAsItWasWhenThereIsNoMemory) {
  Buffer buffer;
  ASSERT_TRUE(buffer.Reserve(3));
  buffer.Append(AsBytes("abc"));
#if !defined(__SANITIZE_ADDRESS__)  // Which ends the program for such a size.
  EXPECT_FALSE(buffer.Reserve(size_t{1} << 60));
#endif
  EXPECT_EQ(buffer.capacity(), 3U);
  EXPECT_EQ(ToBytes(buffer.span()), ToBytes(AsBytes("abc")));
}

}  // namespace
}  // namespace holdfast
