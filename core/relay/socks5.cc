#include "core/relay/socks5.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace holdfast {
namespace {

constexpr size_t kHeadBytes = EncodedSize(SocksHead{});
constexpr uint8_t kLoginAccepted = 0;
constexpr uint8_t kLoginRefused = 1;
constexpr size_t kDatagramHeadBytes = 3;  // Two reserved bytes, and the number of the fragment.

Bytes EncodeWithHead(uint8_t code, const Target& target) {
  Bytes bytes(kHeadBytes + EncodedSize(target));
  Writer writer(bytes);
  Write(writer, SocksHead{.code = code});
  WriteTarget(writer, target);
  return bytes;
}

// Whether a message of head and target has come; kUnknownValue or kBadLength as soon as it shows that there is none.
Result<bool> FillWithHead(Gather& gather, ByteSpan& input) {
  for (;;) {
    size_t size = kHeadBytes + 1;
    if (gather.size() > kHeadBytes) {
      const auto known = TargetSize(gather.span().subspan(kHeadBytes));
      if (!known) return std::unexpected(known.error());
      size = *known ? kHeadBytes + **known : kHeadBytes + 2;
      if (gather.size() == size) return true;
    }
    if (!gather.Fill(input, size)) return false;
  }
}

// All are compared, so that the time does not tell which one it was.
bool IsMember(std::span<const SocksLogin> logins, ByteSpan user, ByteSpan password) {
  bool found = false;
  for (const SocksLogin& login : logins) {
    const bool same_user = EqualInConstantTime(AsBytes(login.user), user);
    const bool same_password = EqualInConstantTime(login.password.span(), password);
    found = found || (same_user & same_password);
  }
  return found;
}

void AppendCounted(Bytes& bytes, ByteSpan text) {
  HOLDFAST_CHECK(!text.empty() && text.size() <= limits::kSocksTextBytesMax);
  bytes.push_back(static_cast<uint8_t>(text.size()));
  Append(bytes, text);
}

}  // namespace

Bytes EncodeSocksRequest(SocksCommand command, const Target& target) {
  return EncodeWithHead(static_cast<uint8_t>(command), target);
}

Bytes EncodeSocksReply(SocksReply reply, const Target& bound) {
  return EncodeWithHead(static_cast<uint8_t>(reply), bound);
}

// --- Server ------------------------------------------------------------------------------------------------------

std::optional<SocksEvent> SocksServer::Next(ByteSpan& input, std::span<const SocksLogin> logins) {
  switch (stage_) {
    case Stage::kGreeting:
      return NextGreeting(input, !logins.empty());
    case Stage::kLogin:
      return NextLogin(input, logins);
    case Stage::kRequest:
      return NextRequest(input);
    case Stage::kDone:
      return std::nullopt;
    case Stage::kRefused:
      input = {};
      return std::nullopt;
  }
  return std::nullopt;
}

// RFC 1928 section 3.
std::optional<SocksEvent> SocksServer::NextGreeting(ByteSpan& input, bool with_login) {
  if (!gather_.Fill(input, 1)) return std::nullopt;
  // Whoever speaks another protocol is told nothing in this one.
  if (gather_.span()[0] != kSocksVersion) return Refuse({}, Error::kUnsupportedVersion);
  if (!gather_.Fill(input, 2)) return std::nullopt;
  const size_t count = gather_.span()[1];
  if (!gather_.Fill(input, 2 + count)) return std::nullopt;
  const SocksMethod wanted = with_login ? SocksMethod::kLogin : SocksMethod::kNone;
  const ByteSpan offered = gather_.span().subspan(2);
  if (std::ranges::find(offered, static_cast<uint8_t>(wanted)) == offered.end()) {
    return Refuse({kSocksVersion, static_cast<uint8_t>(SocksMethod::kNoneOffered)}, Error::kUnknownValue);
  }
  gather_.Clear();
  stage_ = with_login ? Stage::kLogin : Stage::kRequest;
  return socks::Answer{{kSocksVersion, static_cast<uint8_t>(wanted)}};
}

// RFC 1929.
std::optional<SocksEvent> SocksServer::NextLogin(ByteSpan& input, std::span<const SocksLogin> logins) {
  const Bytes refused = {kSocksLoginVersion, kLoginRefused};
  if (!gather_.Fill(input, 1)) return std::nullopt;
  if (gather_.span()[0] != kSocksLoginVersion) return Refuse(refused, Error::kUnsupportedVersion);
  if (!gather_.Fill(input, 2)) return std::nullopt;
  const size_t user_bytes = gather_.span()[1];
  if (!gather_.Fill(input, 2 + user_bytes + 1)) return std::nullopt;
  const size_t password_bytes = gather_.span()[2 + user_bytes];
  if (!gather_.Fill(input, 2 + user_bytes + 1 + password_bytes)) return std::nullopt;
  const ByteSpan user = gather_.span().subspan(2, user_bytes);
  const bool member = IsMember(logins, user, gather_.span().last(password_bytes));
  if (!member) return Refuse(refused, Error::kClientKeyRefused);
  gather_.Release();
  stage_ = Stage::kRequest;
  return socks::Answer{{kSocksLoginVersion, kLoginAccepted}};
}

// RFC 1928 section 4. All of a request is read before it is judged, so that closing after the answer resets nothing.
std::optional<SocksEvent> SocksServer::NextRequest(ByteSpan& input) {
  const auto whole = FillWithHead(gather_, input);
  if (!whole) {
    const bool type = whole.error() == Error::kUnknownValue;
    return Refuse(EncodeSocksReply(type ? SocksReply::kNoSuchAddressType : SocksReply::kFailed), whole.error());
  }
  if (!*whole) return std::nullopt;
  Reader reader(gather_.span());
  SocksHead head;
  Read(reader, head);
  Target target = ReadTarget(reader);
  const Status read = reader.Finish();
  if (!read) return Refuse(EncodeSocksReply(SocksReply::kFailed), read.error());
  if (head.version != kSocksVersion || head.reserved != 0) {
    return Refuse(EncodeSocksReply(SocksReply::kFailed), Error::kUnknownValue);
  }
  const SocksCommand command = static_cast<SocksCommand>(head.code);
  if (command != SocksCommand::kConnect && command != SocksCommand::kUdpAssociate) {
    return Refuse(EncodeSocksReply(SocksReply::kNoSuchCommand), Error::kUnknownValue);
  }
  gather_.Release();
  stage_ = Stage::kDone;
  return socks::Request{command, std::move(target)};
}

SocksEvent SocksServer::Refuse(Bytes answer, Error why) {
  gather_.Release();
  stage_ = Stage::kRefused;
  return socks::Refused{std::move(answer), why};
}

void SocksServer::DigestInto(Digest& digest) const {
  digest.Add(stage_);
  gather_.DigestInto(digest);
}

// --- Client ------------------------------------------------------------------------------------------------------

Bytes SocksClient::Greeting(const SocksLogin* login) {
  if (login == nullptr) return {kSocksVersion, 1, static_cast<uint8_t>(SocksMethod::kNone)};
  return {kSocksVersion, 2, static_cast<uint8_t>(SocksMethod::kNone), static_cast<uint8_t>(SocksMethod::kLogin)};
}

std::optional<SocksEvent> SocksClient::Next(ByteSpan& input, const SocksLogin* login, SocksCommand command,
                                            const Target& target) {
  switch (stage_) {
    case Stage::kMethod: {
      if (!gather_.Fill(input, 1)) return std::nullopt;
      if (gather_.span()[0] != kSocksVersion) return Refuse(Error::kUnsupportedVersion);
      if (!gather_.Fill(input, 2)) return std::nullopt;
      const SocksMethod method = static_cast<SocksMethod>(gather_.span()[1]);
      gather_.Clear();
      if (method == SocksMethod::kNone) {
        stage_ = Stage::kReply;
        return socks::Answer{EncodeSocksRequest(command, target)};
      }
      if (method != SocksMethod::kLogin || login == nullptr) return Refuse(Error::kUnknownValue);
      Bytes bytes = {kSocksLoginVersion};
      AppendCounted(bytes, AsBytes(login->user));
      AppendCounted(bytes, login->password.span());
      stage_ = Stage::kLogin;
      return socks::Answer{std::move(bytes)};
    }
    case Stage::kLogin: {
      if (!gather_.Fill(input, 1)) return std::nullopt;
      if (gather_.span()[0] != kSocksLoginVersion) return Refuse(Error::kUnsupportedVersion);
      if (!gather_.Fill(input, 2)) return std::nullopt;
      if (gather_.span()[1] != kLoginAccepted) return Refuse(Error::kClientKeyRefused, SocksReply::kNotAllowed);
      gather_.Clear();
      stage_ = Stage::kReply;
      return socks::Answer{EncodeSocksRequest(command, target)};
    }
    case Stage::kReply: {
      const auto whole = FillWithHead(gather_, input);
      if (!whole) return Refuse(whole.error());
      if (!*whole) return std::nullopt;
      Reader reader(gather_.span());
      SocksHead head;
      Read(reader, head);
      Target bound = ReadTarget(reader);
      const Status read = reader.Finish();
      if (!read) return Refuse(read.error());
      const SocksReply reply = static_cast<SocksReply>(head.code);
      if (head.version != kSocksVersion || head.reserved != 0 || !IsKnown(reply)) return Refuse(Error::kUnknownValue);
      if (reply != SocksReply::kSucceeded) return Refuse(Error::kTransportClosed, reply);
      gather_.Release();
      stage_ = Stage::kDone;
      return socks::Connected{std::move(bound)};
    }
    case Stage::kDone:
      return std::nullopt;
    case Stage::kRefused:
      input = {};
      return std::nullopt;
  }
  return std::nullopt;
}

SocksEvent SocksClient::Refuse(Error why, SocksReply reply) {
  gather_.Release();
  stage_ = Stage::kRefused;
  return socks::Refused{{}, why, reply};
}

void SocksClient::DigestInto(Digest& digest) const {
  digest.Add(stage_);
  gather_.DigestInto(digest);
}

// --- UDP ---------------------------------------------------------------------------------------------------------

Result<SocksDatagram> ReadSocksDatagram(ByteSpan datagram) {
  Reader reader(datagram);
  if (reader.TakeInteger(kDatagramHeadBytes) != 0) return std::unexpected(Error::kUnknownValue);
  SocksDatagram read = {.target = ReadTarget(reader), .payload = reader.TakeRest()};
  if (!reader.ok()) return std::unexpected(reader.error());
  return read;
}

Bytes EncodeSocksDatagram(const Target& target, ByteSpan payload) {
  Bytes bytes(kDatagramHeadBytes);
  Append(bytes, EncodeTarget(target));
  Append(bytes, payload);
  return bytes;
}

}  // namespace holdfast
