// The demultiplexer: prefixes, the head of a request, a ClientHello, a hidden network's nonce. Claims:
//   * the verdict, and how much it took, do not depend on how the stream is split;
//   * every byte is handed back, in order, and no more are taken than it said;
//   * what is recognised by a prefix begins with it; a verdict that needs no head nor hello comes within 24 bytes.
//
// Input: one byte that says which port, one that says how the stream is split, then the stream.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/demux/demultiplexer.h"

namespace holdfast {
namespace {

Port Built(uint8_t which) {
  static const Key network_key(std::array<uint8_t, kKeyBytes>{1, 2, 3});
  PortConfig config;
  config.protocols = {Protocol::kHoldfast, Protocol::kMultistream, Protocol::kTls,    Protocol::kLibp2pTls,
                      Protocol::kHttp2Tls, Protocol::kHttp1,       Protocol::kHttp2,  Protocol::kWebSocket,
                      Protocol::kSsh,      Protocol::kSocks4,      Protocol::kSocks5, Protocol::kProxyV1,
                      Protocol::kProxyV2};
  switch (which % 4) {
    case 0:
      config.protocols.push_back(Protocol::kHiddenNetwork);
      config.network_key = &network_key;
      break;
    case 1:
      config.protocols.push_back(Protocol::kNetwork);
      config.fallback = Protocol::kShadowsocks;
      break;
    case 2:
      config.protocols.push_back(Protocol::kWss);
      config.wss_names = {"a"};
      break;
    default:
      config.protocols = {Protocol::kWss, Protocol::kWebSocket};
      config.fallback = Protocol::kHttp1;
  }
  auto port = Port::Build(config);
  HOLDFAST_CHECK(port.has_value());
  return std::move(*port);
}

struct Outcome {
  std::optional<Verdict> verdict;
  size_t taken = 0;
  Verdict at_end;
  bool operator==(const Outcome&) const = default;
};

Outcome Feed(const Port& port, ByteSpan stream, size_t segment) {
  Demultiplexer demultiplexer(port);
  Outcome outcome;
  for (ByteSpan left = stream; !left.empty() && !outcome.verdict;) {
    ByteSpan input = left.first(std::min(segment, left.size()));
    const size_t before = input.size();
    const size_t need = demultiplexer.NeedAtMost();
    outcome.verdict = demultiplexer.Receive(input);
    HOLDFAST_CHECK(before - input.size() <= need);
    HOLDFAST_CHECK(outcome.verdict || input.empty());
    left = left.subspan(before - input.size());
  }
  if (!outcome.verdict) outcome.at_end = demultiplexer.End();
  outcome.taken = demultiplexer.bytes().size();
  HOLDFAST_CHECK(std::ranges::equal(demultiplexer.bytes(), stream.first(outcome.taken)));
  HOLDFAST_CHECK(demultiplexer.NeedAtMost() == 0 || !outcome.verdict);
  return outcome;
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  if (size < 2) return 0;
  const Port port = Built(data[0]);
  const ByteSpan stream(data + 2, size - 2);
  const Outcome whole = Feed(port, stream, SIZE_MAX);
  HOLDFAST_CHECK(Feed(port, stream, size_t{data[1]} + 1) == whole);
  if (!whole.verdict || !whole.verdict->protocol || whole.verdict->protocol == port.fallback()) return 0;
  const Protocol protocol = *whole.verdict->protocol;
  HOLDFAST_CHECK(port.Serves(protocol));
  if (protocol == Protocol::kHiddenNetwork) {
    HOLDFAST_CHECK(whole.taken == kNetworkNonceBytes && !LooksRegistered(stream));
    return 0;
  }
  const PrefixSet possible = PossiblePrefixes(stream.first(whole.taken));
  bool begins = false;
  for (size_t i = 0; i < kPrefixes.size(); ++i) {
    const Prefix& prefix = kPrefixes[i];
    begins = begins || ((possible >> i & 1) != 0 && prefix.size <= whole.taken && MayBegin(protocol, prefix));
  }
  HOLDFAST_CHECK(begins);
  if (BeginsAs(protocol) != Protocol::kHttp1 && BeginsAs(protocol) != Protocol::kTls) {
    HOLDFAST_CHECK(whole.taken <= kPrefixBytesMax);
  }
  return 0;
}
