#include "core/wire/frames.h"

#include <array>
#include <string_view>

namespace holdfast {
namespace {

constexpr std::array<std::string_view, 7> kFrameNames = {"PADDING", "PING", "PONG", "ACK", "DATA", "FIN", "CLOSE"};

// Reads one alternative of Frame after another until the type fits: the list of frames is the variant.
template <size_t kIndex = 0>
Frame ReadFrame(Reader& reader, uint64_t type) {
  if constexpr (kIndex == std::variant_size_v<Frame>) {
    reader.Fail(Error::kUnknownFrame);  // HF-FRM-2.
    return {};
  } else {
    using F = std::variant_alternative_t<kIndex, Frame>;
    if (type != static_cast<uint64_t>(F::kType)) return ReadFrame<kIndex + 1>(reader, type);
    F frame;
    Read(reader, frame);
    return frame;
  }
}

}  // namespace

Result<std::optional<Frame>> NextFrame(Reader& reader) {
  if (reader.ok() && reader.remaining() == 0) return std::optional<Frame>();
  Frame frame = ReadFrame(reader, reader.TakeInteger(1));
  if (const auto* data = std::get_if<DataFrame>(&frame)) {  // HF-OFS-8.
    if (data->bytes.bytes.empty()) reader.Fail(Error::kEmptyData);
    if (data->offset.value > kVarintMax - data->bytes.bytes.size()) reader.Fail(Error::kOffsetTooLarge);
  }
  if (!reader.ok()) return std::unexpected(reader.error());
  return frame;
}

size_t WriteDataHeader(Writer& writer, uint64_t offset, size_t size) {
  size_t before = writer.written();
  writer.PutInteger(static_cast<uint64_t>(FrameType::kData), 1);
  writer.PutVarint(offset);
  writer.PutVarint(size);
  return writer.written() - before;
}

std::string Describe(const Frame& frame) {
  return std::visit([](const auto& f) { return std::string(kFrameNames[static_cast<size_t>(f.kType)]) + Describe(f); },
                    frame);
}

}  // namespace holdfast
