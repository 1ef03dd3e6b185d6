#pragma once

// What a relay says to a relay inside a Holdfast session (docs/protocol.md, section 17): the client's stream begins
// with a target, the server's with the result of connecting to it. One session is one connection.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/relay/gather.h"
#include "core/relay/socks5.h"
#include "core/relay/target.h"

namespace holdfast {

// Values are on the wire: never renumber. HF-RLY-4.
enum class ConnectResult : uint8_t {
  kConnected = 0,
  kFailed = 1,  // For a reason that is none of these.
  kNotAllowed = 2,
  kNetworkUnreachable = 3,
  kHostUnreachable = 4,
  kRefused = 5,
  kTimedOut = 6,
  kNameUnknown = 7,
  kBadTarget = 8,  // What the stream begins with is no target.
};
constexpr bool IsKnown(ConnectResult result) { return result <= ConnectResult::kBadTarget; }
std::string_view NameOf(ConnectResult result);

// As near as the other list has it.
SocksReply ReplyOf(ConnectResult result);
ConnectResult ResultOf(SocksReply reply);

struct ConnectAnswer {
  ConnectResult result = ConnectResult::kFailed;
  Target bound;  // If connected: the server's end of the connection, or 0.0.0.0:0 if it does not tell. HF-RLY-3.
  bool operator==(const ConnectAnswer&) const = default;
};

Bytes EncodeConnectAnswer(const ConnectAnswer& answer);

// The beginning of the client's stream, at the server. A value.
class TargetReader {
 public:
  // The target, taken from the front of `input`, which keeps what follows; nothing if more must come, and then `input`
  // is empty. Once. Any error: it is none. HF-RLY-1.
  Result<std::optional<Target>> Next(ByteSpan& input);

  bool begun() const { return gather_.size() > 0; }
  size_t allocated() const { return gather_.allocated(); }
  void DigestInto(Digest& digest) const { gather_.DigestInto(digest); }

 private:
  Gather gather_;
};

// The beginning of the server's stream, at the client. As above. HF-RLY-3.
class ConnectReader {
 public:
  Result<std::optional<ConnectAnswer>> Next(ByteSpan& input);

  size_t allocated() const { return gather_.allocated() + target_.allocated(); }
  void DigestInto(Digest& digest) const;

 private:
  Gather gather_;
  TargetReader target_;
};

}  // namespace holdfast
