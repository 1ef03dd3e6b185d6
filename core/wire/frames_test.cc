#include "core/wire/frames.h"

#include <gtest/gtest.h>

#include <vector>

namespace holdfast {
namespace {

Bytes PlaintextOf(const std::vector<Frame>& frames) {
  Bytes plaintext;
  for (const Frame& frame : frames) {
    std::visit(
        [&plaintext](const auto& f) {
          Bytes bytes(FrameSize(f));
          Writer writer(bytes);
          WriteFrame(writer, f);
          Append(plaintext, bytes);
        },
        frame);
  }
  return plaintext;
}

Result<std::vector<Frame>> ReadAll(ByteSpan plaintext) {
  std::vector<Frame> frames;
  Reader reader(plaintext);
  for (;;) {
    auto frame = NextFrame(reader);
    if (!frame) return std::unexpected(frame.error());
    if (!*frame) return frames;
    frames.push_back(**frame);
  }
}

TEST(Frames, AreReadBackInOrder) {
  const Bytes data = {1, 2, 3};
  const std::vector<Frame> frames = {PaddingFrame{},
                                     PingFrame{{1, 2}},
                                     PongFrame{{3}},
                                     AckFrame{{5}, {9}, true},
                                     DataFrame{{70}, {data}},
                                     FinFrame{{73}},
                                     CloseFrame{{Cause::kAborted, Origin::kClient, {9}}}};
  EXPECT_EQ(ReadAll(PlaintextOf(frames)), frames);
}

// HF-REC-8.
TEST(Frames, MayBeNone) { EXPECT_EQ(ReadAll({}), std::vector<Frame>()); }

// HF-FRM-2.
TEST(Frames, OfUnknownTypeAreRefused) {
  for (int type = 7; type < 256; ++type) {
    EXPECT_EQ(ReadAll(Bytes{static_cast<uint8_t>(type), 0, 0, 0}).error(), Error::kUnknownFrame) << type;
  }
}

// HF-OFS-8.
TEST(Frames, WithEmptyDataAreRefused) {
  EXPECT_EQ(ReadAll(PlaintextOf({DataFrame{{70}, {}}})).error(), Error::kEmptyData);
}

// HF-OFS-8.
TEST(Frames, WithDataBeyondTheLargestOffsetAreRefused) {
  const Bytes two = {1, 2};
  EXPECT_EQ(ReadAll(PlaintextOf({DataFrame{{kVarintMax - 1}, {two}}})).error(), Error::kOffsetTooLarge);
  EXPECT_TRUE(ReadAll(PlaintextOf({DataFrame{{kVarintMax - 2}, {two}}})));
}

// HF-REC-8.
TEST(Frames, LieWithinOneRecord) {
  const Bytes data = {1, 2, 3, 4};
  const Bytes plaintext = PlaintextOf({AckFrame{{500}, {90000}, false}, DataFrame{{70}, {data}}});
  const size_t ack = FrameSize(AckFrame{{500}, {90000}, false});
  for (size_t size = 1; size < plaintext.size(); ++size) {
    auto frames = ReadAll(ByteSpan(plaintext).first(size));
    if (size == ack) {
      EXPECT_TRUE(frames);
    } else {
      EXPECT_EQ(frames.error(), Error::kTruncated) << size;
    }
  }
}

TEST(Frames, HaveADataHeaderThatIsTheFrameWithoutItsBytes) {
  for (uint64_t offset : {uint64_t{0}, uint64_t{63}, uint64_t{64}, uint64_t{1} << 40}) {
    for (size_t size : {size_t{1}, size_t{64}, size_t{16384}}) {
      const Bytes data(size, 9);
      std::array<uint8_t, kDataHeaderBytesMax> header;
      Writer writer(header);
      const size_t header_size = WriteDataHeader(writer, offset, size);
      Bytes frame = ToBytes(ByteSpan(header).first(header_size));
      Append(frame, data);
      EXPECT_EQ(frame, PlaintextOf({DataFrame{{offset}, {data}}}));
    }
  }
}

TEST(Frames, AreDescribedByName) {
  EXPECT_EQ(Describe(Frame(FinFrame{{73}})), "FIN{final_offset=73}");
  EXPECT_EQ(Describe(Frame(PaddingFrame{})), "PADDING{}");
}

}  // namespace
}  // namespace holdfast
