#include "core/relay/session_connect.h"

#include <array>
#include <utility>

namespace holdfast {

std::string_view NameOf(ConnectResult result) {
  constexpr std::array<std::string_view, 9> kNames = {"connected",           "failed",           "not_allowed",
                                                      "network_unreachable", "host_unreachable", "refused",
                                                      "timed_out",           "name_unknown",     "bad_target"};
  return kNames[static_cast<size_t>(result)];
}

SocksReply ReplyOf(ConnectResult result) {
  switch (result) {
    case ConnectResult::kConnected:
      return SocksReply::kSucceeded;
    case ConnectResult::kNotAllowed:
      return SocksReply::kNotAllowed;
    case ConnectResult::kNetworkUnreachable:
      return SocksReply::kNetworkUnreachable;
    case ConnectResult::kHostUnreachable:
      return SocksReply::kHostUnreachable;
    case ConnectResult::kNameUnknown:
      return SocksReply::kHostUnreachable;
    case ConnectResult::kRefused:
      return SocksReply::kRefused;
    case ConnectResult::kTimedOut:
      return SocksReply::kExpired;
    case ConnectResult::kFailed:
      return SocksReply::kFailed;
    case ConnectResult::kBadTarget:
      return SocksReply::kFailed;
  }
  return SocksReply::kFailed;
}

ConnectResult ResultOf(SocksReply reply) {
  switch (reply) {
    case SocksReply::kSucceeded:
      return ConnectResult::kConnected;
    case SocksReply::kNotAllowed:
      return ConnectResult::kNotAllowed;
    case SocksReply::kNetworkUnreachable:
      return ConnectResult::kNetworkUnreachable;
    case SocksReply::kHostUnreachable:
      return ConnectResult::kHostUnreachable;
    case SocksReply::kRefused:
      return ConnectResult::kRefused;
    case SocksReply::kExpired:
      return ConnectResult::kTimedOut;
    default:
      return ConnectResult::kFailed;
  }
}

Bytes EncodeConnectAnswer(const ConnectAnswer& answer) {
  Bytes bytes = {static_cast<uint8_t>(answer.result)};
  if (answer.result == ConnectResult::kConnected) Append(bytes, EncodeTarget(answer.bound));
  return bytes;
}

Result<std::optional<Target>> TargetReader::Next(ByteSpan& input) {
  for (size_t size = 1;;) {
    if (!gather_.Fill(input, size)) return std::optional<Target>();
    const auto known = TargetSize(gather_.span());
    if (!known) return std::unexpected(known.error());
    if (*known && gather_.size() == **known) break;
    size = *known ? **known : size + 1;
  }
  Reader reader(gather_.span());
  Target target = ReadTarget(reader);
  HOLDFAST_TRY(reader.Finish());
  gather_.Release();
  return target;
}

Result<std::optional<ConnectAnswer>> ConnectReader::Next(ByteSpan& input) {
  if (!gather_.Fill(input, 1)) return std::optional<ConnectAnswer>();
  ConnectAnswer answer = {.result = static_cast<ConnectResult>(gather_.span()[0]), .bound = {}};
  if (!IsKnown(answer.result)) return std::unexpected(Error::kUnknownValue);  // HF-RLY-4.
  if (answer.result != ConnectResult::kConnected) return answer;
  auto bound = target_.Next(input);
  if (!bound) return std::unexpected(bound.error());
  if (!*bound) return std::optional<ConnectAnswer>();
  answer.bound = std::move(**bound);
  return answer;
}

void ConnectReader::DigestInto(Digest& digest) const {
  gather_.DigestInto(digest);
  target_.DigestInto(digest);
}

}  // namespace holdfast
