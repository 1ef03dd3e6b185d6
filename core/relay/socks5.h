#pragma once

// SOCKS5 (RFC 1928) with names and passwords (RFC 1929): the messages, and a server and a client of them as state
// machines. Bytes in, answers out; every split of the input gives the same answers. Nobody connects here.
//
// Stricter than most: the reserved byte is 0, ATYP has no further bits, versions are looked at. BIND is refused.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/secret_bytes.h"
#include "core/relay/gather.h"
#include "core/relay/target.h"
#include "core/wire/fields.h"

namespace holdfast {

inline constexpr uint8_t kSocksVersion = 5;
inline constexpr uint8_t kSocksLoginVersion = 1;  // RFC 1929.

// Values are on the wire, in each of these.
enum class SocksMethod : uint8_t { kNone = 0, kLogin = 2, kNoneOffered = 0xff };
enum class SocksCommand : uint8_t { kConnect = 1, kBind = 2, kUdpAssociate = 3 };
enum class SocksReply : uint8_t {
  kSucceeded = 0,
  kFailed = 1,
  kNotAllowed = 2,
  kNetworkUnreachable = 3,
  kHostUnreachable = 4,
  kRefused = 5,
  kExpired = 6,
  kNoSuchCommand = 7,
  kNoSuchAddressType = 8,
};
constexpr bool IsKnown(SocksReply reply) { return reply <= SocksReply::kNoSuchAddressType; }

// What precedes the target of a request, and of a reply. Any value is readable: an answer says what is wrong.
struct SocksHead {
  uint8_t version = kSocksVersion;
  uint8_t code = 0;  // The command, or the reply.
  uint8_t reserved = 0;
  WIRE_FIELDS(version, code, reserved)
  bool operator==(const SocksHead&) const = default;
};

// Who may come in. Neither part is empty, nor longer than 255 bytes.
struct SocksLogin {
  std::string user;
  SecretBytes password;
};

Bytes EncodeSocksRequest(SocksCommand command, const Target& target);
// `bound`: where the relay has its end of the connection, or 0.0.0.0:0 if nobody knows.
Bytes EncodeSocksReply(SocksReply reply, const Target& bound = {});

namespace socks {

// Write this to the peer.
struct Answer {
  Bytes bytes;
};

// Server: the client asks for this. What follows in the input is the application's. Answer with EncodeSocksReply.
struct Request {
  SocksCommand command;  // kConnect or kUdpAssociate.
  Target target;         // kUdpAssociate: where the client will send from, if it knows.
};

// Client: the server is connected. What follows in the input is the target's.
struct Connected {
  Target bound;
};

// Nothing more is said: write `answer`, then close. What comes is taken and ignored.
struct Refused {
  Bytes answer;
  Error why;
  SocksReply reply = SocksReply::kFailed;  // Client: the server's own word, if it had one.
};

}  // namespace socks

using SocksEvent = std::variant<socks::Answer, socks::Request, socks::Connected, socks::Refused>;

// The side that accepts. A value.
class SocksServer {
 public:
  // What follows from the bytes at the front of `input`, which it takes; nothing if more must come, and then `input` is
  // empty; nothing either after a Request. `logins`: if there are any, the client must be one of them; the same in each
  // call.
  std::optional<SocksEvent> Next(ByteSpan& input, std::span<const SocksLogin> logins);

  bool greeted() const { return stage_ != Stage::kGreeting; }
  size_t allocated() const { return gather_.allocated(); }
  void DigestInto(Digest& digest) const;

 private:
  enum class Stage : uint8_t { kGreeting, kLogin, kRequest, kDone, kRefused };

  std::optional<SocksEvent> NextGreeting(ByteSpan& input, bool with_login);
  std::optional<SocksEvent> NextLogin(ByteSpan& input, std::span<const SocksLogin> logins);
  std::optional<SocksEvent> NextRequest(ByteSpan& input);
  SocksEvent Refuse(Bytes answer, Error why);

  Stage stage_ = Stage::kGreeting;
  Gather gather_;
};

// The side that dials. A value.
class SocksClient {
 public:
  // First bytes for the server. `login`: to be offered, or null.
  static Bytes Greeting(const SocksLogin* login);

  // As for the server; the request goes out by itself. Parameters are the same in each call.
  std::optional<SocksEvent> Next(ByteSpan& input, const SocksLogin* login, SocksCommand command, const Target& target);

  size_t allocated() const { return gather_.allocated(); }
  void DigestInto(Digest& digest) const;

 private:
  enum class Stage : uint8_t { kMethod, kLogin, kReply, kDone, kRefused };

  SocksEvent Refuse(Error why, SocksReply reply = SocksReply::kFailed);

  Stage stage_ = Stage::kMethod;
  Gather gather_;
};

// --- UDP (RFC 1928 section 7) ------------------------------------------------------------------------------------

struct SocksDatagram {
  Target target;     // To the relay: where it goes. From the relay: where it came from.
  ByteSpan payload;  // Of the datagram.
};

// kUnknownValue: also of a fragment, which is dropped as the RFC allows.
Result<SocksDatagram> ReadSocksDatagram(ByteSpan datagram);
Bytes EncodeSocksDatagram(const Target& target, ByteSpan payload);

}  // namespace holdfast
