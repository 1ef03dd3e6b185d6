#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

TEST(CourierFuzz, TakesWhateverAFuzzerSays) {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()), 0);
    bytes.push_back(static_cast<uint8_t>(101 * i));
  }
}
