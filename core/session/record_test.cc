#include "core/session/record.h"

#include <gtest/gtest.h>

#include <optional>

#include "core/base/fork_key.h"
#include "core/session/options.h"

namespace holdfast {
namespace {

Key KeyOf(uint8_t fill) {
  const std::array<uint8_t, kKeyBytes> bytes = {fill};
  return Key(std::span<const uint8_t, kKeyBytes>(bytes));
}

struct Ends {
  explicit Ends(uint64_t rekey = 65536)
      : sealer(Suite::kChaChaPoly, KeyOf(1), rekey), opener(Suite::kChaChaPoly, KeyOf(1), rekey) {}
  RecordCipher sealer;
  RecordCipher opener;

  Bytes Seal(ByteSpan plaintext) {
    Bytes record(plaintext.size() + kRecordOverheadBytes);
    sealer.Seal({&plaintext, 1}, record);
    return record;
  }
  std::optional<Bytes> Open(ByteSpan record) {
    Bytes plaintext(record.size() - kRecordOverheadBytes);
    if (!opener.Open(record.subspan(kRecordLengthBytes), plaintext)) return std::nullopt;
    return plaintext;
  }
};

// HF-REC-1.
TEST(Record, CarriesEverySizeUpToTheLargest) {
  Ends ends;
  for (size_t size : {size_t{0}, size_t{1}, size_t{15}, size_t{16}, size_t{17}, size_t{1000}, size_t{65519}}) {
    const Bytes plaintext(size, 0x42);
    const Bytes record = ends.Seal(plaintext);
    EXPECT_EQ(record[0] << 8 | record[1], static_cast<int>(size + 16));
    EXPECT_EQ(ends.Open(record), plaintext);
  }
}

// HF-REC-5.
TEST(Record, IsRefusedWithAnyBitFlipped) {
  const Bytes record = Ends().Seal(AsBytes("plaintext"));
  for (size_t bit = 8 * kRecordLengthBytes; bit < 8 * record.size(); ++bit) {
    Bytes flipped = record;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    EXPECT_EQ(Ends().Open(flipped), std::nullopt) << bit;
  }
}

// HF-REC-2.
TEST(Record, IsRefusedOutOfOrderOrTwice) {
  Ends ends;
  const Bytes first = ends.Seal(AsBytes("first"));
  const Bytes second = ends.Seal(AsBytes("second"));
  EXPECT_EQ(Ends().Open(second), std::nullopt);
  EXPECT_TRUE(ends.Open(first));
  EXPECT_EQ(ends.Open(first), std::nullopt);
}

TEST(Record, SurvivesRekeysInStep) {
  for (uint64_t interval : {1U, 2U, 3U, 64U}) {
    Ends ends(interval);
    for (int i = 0; i < 200; ++i) EXPECT_EQ(ends.Open(ends.Seal(AsBytes("x"))), ToBytes(AsBytes("x"))) << interval;
  }
}

// HF-REC-3.
TEST(Record, NeedsTheSameRekeyIntervalFromTheIntervalOn) {
  Ends other(4);
  Ends ends(5);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(other.Open(ends.Seal({})));
  EXPECT_FALSE(other.Open(ends.Seal({})));
}

// HF-REC-3.
TEST(Record, IsRekeyedEvery65536thUnlessATestSaysOtherwise) { EXPECT_EQ(SessionOptions().rekey_interval, 65536U); }

// HF-REC-3, HF-REC-4.
TEST(Record, MarksEachSealOnce) {
  Ends ends(3);
  std::vector<SealMark> marks;
  for (int i = 0; i < 10; ++i) {
    ends.Seal({});
    const SealMark mark = ends.sealer.LastSeal();
    EXPECT_EQ(std::count(marks.begin(), marks.end(), mark), 0);
    EXPECT_EQ(mark.nonce, static_cast<uint64_t>(i)) << "a rekey does not reset the nonce";
    marks.push_back(mark);
  }
}

TEST(Record, ForksIntoOneThatSealsTheSame) {
  Ends ends(3);
  for (int i = 0; i < 5; ++i) ends.Seal({});
  RecordCipher fork = ends.sealer.ForkForSimulation(ForkKey());
  const ByteSpan text = AsBytes("text");
  Bytes record(text.size() + kRecordOverheadBytes);
  fork.Seal({&text, 1}, record);
  EXPECT_EQ(record, ends.Seal(text));
}

}  // namespace
}  // namespace holdfast
