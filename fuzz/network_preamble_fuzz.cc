// The preamble of a private network, and the stream after it. Claims:
//   * what is read, and the error that ends it, do not depend on how the stream is split;
//   * a preamble that is accepted carries the tag that the key gives; with a bit of it changed it is refused;
//   * what follows it is read as it was written.
//
// Input: one byte that says mode, role and whether the tag is made right (so that the fuzzer gets past it), one that
// says how the stream is split, then the stream.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/crypto/test_entropy.h"
#include "core/demux/network_stream.h"

namespace holdfast {
namespace {

struct Outcome {
  std::optional<Error> error;
  Bytes plaintext;
  bool ended_well = false;
  bool operator==(const Outcome&) const = default;
};

Outcome Read(NetworkStream& stream, ByteSpan wire, size_t segment) {
  Outcome outcome;
  Bytes bytes = ToBytes(wire);
  for (MutableByteSpan left = bytes; !left.empty() && !outcome.error;) {
    const MutableByteSpan part = left.first(std::min(segment, left.size()));
    left = left.subspan(part.size());
    const auto plaintext = stream.Receive(part);
    if (plaintext) {
      Append(outcome.plaintext, *plaintext);
    } else {
      outcome.error = plaintext.error();
    }
  }
  outcome.ended_well = stream.ReceiveEnd().has_value();
  return outcome;
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  if (size < 2) return 0;
  const NetworkMode mode = (data[0] & 1) != 0 ? NetworkMode::kHidden : NetworkMode::kAnnounced;
  const NetworkRole sender = (data[0] & 2) != 0 ? NetworkRole::kServer : NetworkRole::kClient;
  const size_t segment = size_t{data[1]} + 1;
  Bytes wire(data + 2, data + size);

  static const Key network_key(std::array<uint8_t, kKeyBytes>{1, 2, 3});
  static const NetworkKeys keys(network_key);
  const auto reader = [&] {
    TestEntropy same;
    NetworkStream stream =
        sender == NetworkRole::kClient ? NetworkStream::Server(keys, mode) : NetworkStream::Client(keys, mode, same);
    Bytes said;
    if (sender == NetworkRole::kServer) stream.Send({}, same, said);
    return stream;
  };

  const size_t head = mode == NetworkMode::kAnnounced ? kNetworkHeadBytes : 0;
  const size_t preamble = head + kNetworkNonceBytes;
  if ((data[0] & 4) != 0 && wire.size() >= preamble) {
    const NetworkNonce nonce = *Decode<NetworkNonce>(ByteSpan(wire).subspan(head, kNetworkNonceBytes));
    const NetworkStream answered = reader();
    const Bytes tagged = Encode(keys.Tagged(sender, mode, nonce, answered.binding()));
    std::ranges::copy(tagged, wire.begin() + static_cast<ptrdiff_t>(head));
  }

  NetworkStream one = reader();
  const Outcome whole = Read(one, wire, SIZE_MAX);
  NetworkStream other = reader();
  HOLDFAST_CHECK(Read(other, wire, segment) == whole);
  if (whole.error || !whole.ended_well) return 0;

  HOLDFAST_CHECK(whole.plaintext.size() == wire.size() - preamble);
  XSalsa20 cipher(keys.stream_key(sender), ByteSpan(wire).first(preamble).last<kNetworkNonceBytes>());
  Bytes written = whole.plaintext;
  cipher.Apply(written);
  HOLDFAST_CHECK(std::ranges::equal(written, ByteSpan(wire).subspan(preamble)));

  const size_t bit = segment % (8 * preamble);
  wire[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  NetworkStream strict = reader();
  HOLDFAST_CHECK(Read(strict, wire, segment).error.has_value());
  return 0;
}
