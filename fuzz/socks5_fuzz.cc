// SOCKS5, both sides, and its datagrams. Claims:
//   * what is answered, asked for and refused, and what is left of the stream, do not depend on how it is split;
//   * nothing more than one message is held;
//   * a datagram that is read is written as the same bytes.
//
// Input: one byte: the upper bit says whether there are logins, the others how the stream is split. Then the stream.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/relay/socks5.h"

namespace holdfast {
namespace {

struct Heard {
  Bytes answers;
  std::vector<std::pair<SocksCommand, Target>> requests;
  std::vector<Target> connected;
  std::optional<Error> refused;
  Bytes rest;
  bool operator==(const Heard&) const = default;
};

template <typename Next>
Heard Hear(ByteSpan stream, size_t segment, Next next) {
  Heard heard;
  while (!stream.empty()) {
    ByteSpan input = stream.first(std::min(segment, stream.size()));
    stream = stream.subspan(input.size());
    while (auto event = next(input)) {
      if (auto* answer = std::get_if<socks::Answer>(&*event)) Append(heard.answers, answer->bytes);
      if (auto* request = std::get_if<socks::Request>(&*event)) {
        heard.requests.emplace_back(request->command, request->target);
      }
      if (auto* connected = std::get_if<socks::Connected>(&*event)) heard.connected.push_back(connected->bound);
      if (auto* refused = std::get_if<socks::Refused>(&*event)) {
        Append(heard.answers, refused->answer);
        heard.refused = refused->why;
      }
    }
    Append(heard.rest, input);
  }
  return heard;
}

Heard Serve(ByteSpan stream, size_t segment, std::span<const SocksLogin> logins) {
  SocksServer server;
  return Hear(stream, segment, [&](ByteSpan& input) {
    HOLDFAST_CHECK(server.allocated() <= 2048);
    return server.Next(input, logins);
  });
}

Heard Dial(ByteSpan stream, size_t segment, const SocksLogin* login) {
  SocksClient client;
  return Hear(stream, segment, [&](ByteSpan& input) {
    HOLDFAST_CHECK(client.allocated() <= 2048);
    return client.Next(input, login, SocksCommand::kConnect, Target());
  });
}

void CheckDatagram(ByteSpan datagram) {
  const auto read = ReadSocksDatagram(datagram);
  if (read) HOLDFAST_CHECK(std::ranges::equal(EncodeSocksDatagram(read->target, read->payload), datagram));
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::vector<holdfast::SocksLogin> logins;
  if ((data[0] & 0x80) != 0) logins.push_back({"user", holdfast::SecretBytes(holdfast::AsBytes("secret"))});
  const holdfast::SocksLogin* login = logins.empty() ? nullptr : logins.data();
  const size_t segment = size_t{1} + data[0] % 32;
  const holdfast::ByteSpan stream(data + 1, size - 1);
  HOLDFAST_CHECK(holdfast::Serve(stream, segment, logins) == holdfast::Serve(stream, size, logins));
  HOLDFAST_CHECK(holdfast::Dial(stream, segment, login) == holdfast::Dial(stream, size, login));
  holdfast::CheckDatagram(stream);
  return 0;
}
