#include "core/relay/socks5.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/relay/splits.h"

namespace holdfast {
namespace {

std::vector<SocksLogin> Logins() {
  std::vector<SocksLogin> logins;
  logins.push_back({"user", SecretBytes(AsBytes("secret"))});
  logins.push_back({"u", SecretBytes(AsBytes("p"))});
  return logins;
}

// All that came out of one side.
struct Heard {
  Bytes answers;
  std::optional<SocksCommand> command;
  std::optional<Target> target;
  std::optional<Error> refused;
  SocksReply reply = SocksReply::kSucceeded;
  Bytes rest;  // What follows a request or a reply.
  bool operator==(const Heard&) const = default;
};

void Hear(Heard& heard, const SocksEvent& event) {
  if (const auto* answer = std::get_if<socks::Answer>(&event)) Append(heard.answers, answer->bytes);
  if (const auto* request = std::get_if<socks::Request>(&event)) {
    heard.command = request->command;
    heard.target = request->target;
  }
  if (const auto* connected = std::get_if<socks::Connected>(&event)) heard.target = connected->bound;
  if (const auto* refused = std::get_if<socks::Refused>(&event)) {
    Append(heard.answers, refused->answer);
    heard.refused = refused->why;
    heard.reply = refused->reply;
  }
}

template <typename Next>
Heard HearAll(const std::vector<ByteSpan>& pieces, Next next) {
  Heard heard;
  for (ByteSpan piece : pieces) {
    while (auto event = next(piece)) Hear(heard, *event);
    Append(heard.rest, piece);
  }
  return heard;
}

Heard Serve(const std::vector<ByteSpan>& pieces, std::span<const SocksLogin> logins = {}) {
  SocksServer server;
  return HearAll(pieces, [&](ByteSpan& input) { return server.Next(input, logins); });
}

Heard Serve(ByteSpan stream, std::span<const SocksLogin> logins = {}) {
  return Serve(std::vector<ByteSpan>{stream}, logins);
}

Heard Dial(const std::vector<ByteSpan>& pieces, const SocksLogin* login, const Target& target) {
  SocksClient client;
  return HearAll(pieces, [&](ByteSpan& input) { return client.Next(input, login, SocksCommand::kConnect, target); });
}

Bytes Joined(std::initializer_list<Bytes> parts) {
  Bytes bytes;
  for (const Bytes& part : parts) Append(bytes, part);
  return bytes;
}

const Bytes kGreeting = {5, 1, 0};
Bytes LoginOf(std::string_view user, std::string_view password) {
  Bytes bytes = {1, static_cast<uint8_t>(user.size())};
  Append(bytes, AsBytes(user));
  bytes.push_back(static_cast<uint8_t>(password.size()));
  Append(bytes, AsBytes(password));
  return bytes;
}
Target Example() { return Target::Named("example.org", 443).value(); }

TEST(SocksServer, HearsTheSameWhateverTheSplit) {
  const auto logins = Logins();
  const Bytes open = Joined({kGreeting, EncodeSocksRequest(SocksCommand::kConnect, Example()), {'h', 'i'}});
  const Bytes closed = Joined({{5, 3, 0, 1, 2},
                               LoginOf("user", "secret"),
                               EncodeSocksRequest(SocksCommand::kUdpAssociate, Target()),
                               {'h', 'i'}});
  const Bytes wrong = Joined({{5, 1, 2}, LoginOf("user", "secret!"), {1, 2, 3}});
  const Bytes bind = Joined({kGreeting, EncodeSocksRequest(SocksCommand::kBind, Example()), {7}});
  for (const auto& [stream, by] :
       {std::pair(&open, std::span<const SocksLogin>()), std::pair(&closed, std::span(logins)),
        std::pair(&wrong, std::span(logins)), std::pair(&bind, std::span<const SocksLogin>())}) {
    const Heard expected = Serve(*stream, by);
    ForEverySplit(*stream, [&](const std::vector<ByteSpan>& pieces) { EXPECT_EQ(Serve(pieces, by), expected); });
  }
  EXPECT_EQ(Serve(open).target, Example());
  EXPECT_EQ(Serve(open).answers, (Bytes{5, 0}));
  EXPECT_EQ(Serve(open).rest, ToBytes(AsBytes("hi")));
  EXPECT_EQ(Serve(closed, logins).command, SocksCommand::kUdpAssociate);
  EXPECT_EQ(Serve(closed, logins).answers, (Bytes{5, 2, 1, 0}));
  EXPECT_EQ(Serve(wrong, logins).answers, (Bytes{5, 2, 1, 1}));
  EXPECT_EQ(Serve(bind).answers, Joined({{5, 0}, EncodeSocksReply(SocksReply::kNoSuchCommand)}));
}

TEST(SocksServer, TakesItsOwnMethodAndNoOther) {
  const auto logins = Logins();
  for (unsigned method = 0; method < 256; ++method) {
    const Bytes greeting = {5, 2, 0x80, static_cast<uint8_t>(method)};
    EXPECT_EQ(Serve(greeting).answers, (Bytes{5, static_cast<uint8_t>(method == 0 ? 0 : 0xff)})) << method;
    EXPECT_EQ(Serve(greeting, logins).answers, (Bytes{5, static_cast<uint8_t>(method == 2 ? 2 : 0xff)})) << method;
  }
  EXPECT_EQ(Serve(Bytes{5, 0}).answers, (Bytes{5, 0xff}));
}

TEST(SocksServer, SaysNothingToWhoSpeaksAnotherProtocol) {
  for (unsigned first = 0; first < 256; ++first) {
    if (first == 5) continue;
    const Heard heard = Serve(Bytes{static_cast<uint8_t>(first), 1, 0});
    EXPECT_EQ(heard.refused, Error::kUnsupportedVersion) << first;
    EXPECT_TRUE(heard.answers.empty()) << first;
  }
}

TEST(SocksServer, LetsMembersInAndNobodyElse) {
  const auto logins = Logins();
  const Bytes greeting = {5, 1, 2};
  for (const auto& [user, password] : {std::pair("user", "secret"), std::pair("u", "p")}) {
    EXPECT_FALSE(Serve(Joined({greeting, LoginOf(user, password)}), logins).refused);
  }
  for (const auto& [user, password] :
       {std::pair("user", "p"), std::pair("u", "secret"), std::pair("", ""), std::pair("user", ""), std::pair("", "p"),
        std::pair("User", "secret"), std::pair("user", "secre"), std::pair("users", "ecret")}) {
    const Heard heard = Serve(Joined({greeting, LoginOf(user, password)}), logins);
    EXPECT_EQ(heard.refused, Error::kClientKeyRefused) << user;
    EXPECT_EQ(heard.answers, (Bytes{5, 2, 1, 1})) << user;
  }
  EXPECT_EQ(Serve(Joined({greeting, {5, 1}}), logins).answers, (Bytes{5, 2, 1, 1}));
}

TEST(SocksServer, RefusesEveryOtherCommandVersionAndReservedByteByTheReplyThatSaysSo) {
  for (size_t at : {0U, 1U, 2U, 3U}) {
    for (unsigned value = 0; value < 256; ++value) {
      Bytes request = EncodeSocksRequest(SocksCommand::kConnect, Target::Ipv4({3, 'a', 'b', 'c'}, 5));
      request[at] = static_cast<uint8_t>(value);
      request.resize(300, 'a');
      const Heard heard = Serve(Joined({kGreeting, request}));
      const bool good = at == 0   ? value == 5
                        : at == 1 ? value == 1 || value == 3
                        : at == 2 ? value == 0
                                  : value == 1 || value == 3 || value == 4;
      EXPECT_EQ(heard.command.has_value(), good) << at << " " << value;
      const SocksReply why = at == 1   ? SocksReply::kNoSuchCommand
                             : at == 3 ? SocksReply::kNoSuchAddressType
                                       : SocksReply::kFailed;
      const Bytes reply = good ? Bytes() : EncodeSocksReply(why);
      EXPECT_EQ(heard.answers, Joined({{5, 0}, reply})) << at << " " << value;
    }
  }
}

TEST(SocksServer, TakesWhatComesAfterARefusalAndHoldsNothing) {
  SocksServer server;
  Bytes noise(100000, 7);
  ByteSpan input = noise;
  ASSERT_TRUE(std::holds_alternative<socks::Refused>(server.Next(input, {}).value()));
  EXPECT_EQ(server.Next(input, {}), std::nullopt);
  EXPECT_TRUE(input.empty());
  EXPECT_EQ(server.allocated(), 0U);
}

TEST(SocksServer, NeverHoldsMoreThanALongestMessage) {
  const auto logins = Logins();
  NamedStream random(1, "socks");
  for (int i = 0; i < 2000; ++i) {
    Bytes stream = Joined({{5, 1, 2}, LoginOf("user", "secret")});
    stream.resize(random.Below(600));
    random.Fill(MutableByteSpan(stream).subspan(std::min<size_t>(stream.size(), random.Below(20))));
    SocksServer server;
    ByteSpan input = stream;
    while (server.Next(input, logins)) {
      EXPECT_LE(server.allocated(), 1024U);
    }
    EXPECT_LE(server.allocated(), 1024U);
  }
}

TEST(SocksClient, HearsTheSameWhateverTheSplit) {
  const SocksLogin login{"user", SecretBytes(AsBytes("secret"))};
  const Bytes open = Joined({{5, 0}, EncodeSocksReply(SocksReply::kSucceeded, Example()), {'y', 'o'}});
  const Bytes closed = Joined({{5, 2}, {1, 0}, EncodeSocksReply(SocksReply::kSucceeded, Example()), {'y', 'o'}});
  const Bytes refused = Joined({{5, 0}, EncodeSocksReply(SocksReply::kHostUnreachable), {'y'}});
  for (const Bytes* stream : {&open, &closed, &refused}) {
    const Heard expected = Dial({*stream}, &login, Example());
    ForEverySplit(*stream,
                  [&](const std::vector<ByteSpan>& pieces) { EXPECT_EQ(Dial(pieces, &login, Example()), expected); });
  }
  EXPECT_EQ(Dial({open}, nullptr, Example()).answers, EncodeSocksRequest(SocksCommand::kConnect, Example()));
  EXPECT_EQ(Dial({open}, nullptr, Example()).rest, ToBytes(AsBytes("yo")));
  EXPECT_EQ(Dial({closed}, &login, Example()).answers,
            Joined({LoginOf("user", "secret"), EncodeSocksRequest(SocksCommand::kConnect, Example())}));
  EXPECT_EQ(Dial({refused}, nullptr, Example()).reply, SocksReply::kHostUnreachable);
}

TEST(SocksClient, TakesNothingThatItDidNotOfferAndNoOtherVersion) {
  const SocksLogin login{"user", SecretBytes(AsBytes("secret"))};
  for (unsigned value = 0; value < 256; ++value) {
    const Bytes method = {5, static_cast<uint8_t>(value)};
    EXPECT_EQ(Dial({method}, nullptr, Example()).refused.has_value(), value != 0) << value;
    EXPECT_EQ(Dial({method}, &login, Example()).refused.has_value(), value != 0 && value != 2) << value;
    const Bytes version = {static_cast<uint8_t>(value), 0};
    EXPECT_EQ(Dial({version}, nullptr, Example()).refused.has_value(), value != 5) << value;
    const Bytes verdict = {5, 2, 1, static_cast<uint8_t>(value)};
    EXPECT_EQ(Dial({verdict}, &login, Example()).refused.has_value(), value != 0) << value;
    Bytes reply = Joined({{5, 0}, EncodeSocksReply(SocksReply::kSucceeded)});
    reply[3] = static_cast<uint8_t>(value);
    EXPECT_EQ(Dial({reply}, nullptr, Example()).refused.has_value(), value != 0) << value;
  }
}

TEST(SocksClient, AndServerUnderstandEachOther) {
  const auto logins = Logins();
  for (bool with_login : {false, true}) {
    const SocksLogin* login = with_login ? &logins[0] : nullptr;
    const auto members = with_login ? std::span<const SocksLogin>(logins) : std::span<const SocksLogin>();
    SocksClient client;
    SocksServer server;
    Bytes to_server = SocksClient::Greeting(login);
    Heard at_server;
    Heard at_client;
    for (int round = 0; round < 4; ++round) {
      Heard heard;
      ByteSpan input = to_server;
      while (auto event = server.Next(input, members)) Hear(heard, *event);
      if (heard.command) {
        at_server = heard;
        heard.answers = EncodeSocksReply(SocksReply::kSucceeded, Target::Ipv4({1, 2, 3, 4}, 5));
      }
      Heard back;
      ByteSpan answer = heard.answers;
      while (auto event = client.Next(answer, login, SocksCommand::kConnect, Example())) Hear(back, *event);
      to_server = back.answers;
      if (back.target) at_client = back;
    }
    EXPECT_EQ(at_server.target, Example());
    EXPECT_EQ(at_client.target, Target::Ipv4({1, 2, 3, 4}, 5));
  }
}

TEST(SocksDatagram, ComesBackAsItWasWritten) {
  for (const Target& target : {Example(), Target::Ipv4({1, 2, 3, 4}, 53)}) {
    for (size_t size : {0U, 1U, 1400U}) {
      const Bytes payload(size, 'x');
      const Bytes datagram = EncodeSocksDatagram(target, payload);
      const auto read = ReadSocksDatagram(datagram);
      ASSERT_TRUE(read);
      EXPECT_EQ(read->target, target);
      EXPECT_EQ(ToBytes(read->payload), payload);
      for (size_t cut = 0; cut < datagram.size() - size; ++cut) {
        EXPECT_EQ(ReadSocksDatagram(ByteSpan(datagram).first(cut)).error(), Error::kTruncated) << cut;
      }
    }
  }
}

TEST(SocksDatagram, IsDroppedIfItIsAFragmentOrReservedBitsAreSet) {
  for (size_t bit = 0; bit < 24; ++bit) {
    Bytes datagram = EncodeSocksDatagram(Example(), AsBytes("x"));
    datagram[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(ReadSocksDatagram(datagram).error(), Error::kUnknownValue) << bit;
  }
}

}  // namespace
}  // namespace holdfast
