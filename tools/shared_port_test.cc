// A port that a hidden network shares with other protocols: the demultiplexer, the network's stream and a Holdfast
// server together, as a listener uses them (docs/protocol.md 16).

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/crypto/test_entropy.h"
#include "core/demux/demultiplexer.h"
#include "core/demux/network_stream.h"
#include "core/demux/undecided.h"
#include "core/pool/client.h"
#include "core/pool/server.h"

namespace holdfast {
namespace {

constexpr WallTime kNoon = {1'800'000'000'000};
constexpr Duration kTime = 60s;  // To identify, and for the handshake: one moment for all that is wrong.
constexpr Time kStart{1ns};

const std::array<uint8_t, kKeyBytes> kGroup = {1, 2, 3, 4};
const Key kGroupKey(kGroup);

KeyPair ServerKey() { return KeyPair::FromPrivate(std::array<uint8_t, kKeyBytes>{9, 9, 9}); }

Port SharedPort() {
  PortConfig config;
  config.protocols = {Protocol::kHiddenNetwork, Protocol::kSsh, Protocol::kHttp1, Protocol::kTls};
  config.network_key = &kGroupKey;
  return std::move(*Port::Build(config));
}

// Accepts one connection at a time, and serves the network's with Holdfast.
class Listener {
 public:
  Listener() : port_(SharedPort()), server_(Config()) { server_.SetClock(kStart, kNoon); }

  void Accept(Time now) {
    accepted_ = now;
    undecided_.Add(now, ++accepts_, 0);
    demultiplexer_.emplace(port_);
    verdict_.reset();
    stream_.reset();
    inner_ = TransportId::kNone;
    written_.clear();
    closed_.reset();
  }

  // What the client sent. Taken in at once.
  void Receive(Time now, ByteSpan bytes) {
    Bytes rest;
    if (!verdict_) {
      verdict_ = demultiplexer_->Receive(bytes);
      if (!verdict_) return;
      if (verdict_->protocol != Protocol::kHiddenNetwork) return;
      undecided_.Remove(accepts_);
      stream_.emplace(NetworkStream::Server(*port_.network(), NetworkMode::kHidden));
      rest = std::move(*demultiplexer_).TakeBytes();
    }
    if (!stream_) return;
    Append(rest, bytes);
    const auto plaintext = stream_->Receive(rest);
    if (!plaintext) return;
    if (inner_ == TransportId::kNone) inner_ = server_.TransportOpened(accepted_, {}, stream_->binding());
    server_.Receive(now, inner_, *plaintext);
    Poll(now);
  }

  // Lets time pass until nothing more falls due.
  void WaitUntil(Time until) {
    for (;;) {
      const Time next = std::min(undecided_.Deadline(), server_.Deadline());
      if (next > until) return;
      while (undecided_.TakeDue(next)) closed_ = next;
      server_.Tick(next);
      Poll(next);
    }
  }

  void Lose(Time now) {
    undecided_.Remove(accepts_);
    if (inner_ != TransportId::kNone) server_.TransportClosed(now, inner_);
    Poll(now);
  }

  const std::optional<Verdict>& verdict() const { return verdict_; }
  Bytes TakeWritten() { return std::exchange(written_, {}); }
  std::optional<Duration> closed_after() const { return closed_ ? std::optional(*closed_ - accepted_) : std::nullopt; }
  const Bytes& delivered() const { return delivered_; }

 private:
  static ServerConfig Config() {
    ServerConfig config{.static_key = ServerKey()};
    config.network_key = NetworkKey(kGroup);
    config.handshake_time = kTime;
    return config;
  }

  void Poll(Time now) {
    while (auto event = server_.Poll(now, entropy_)) {
      if (const auto* write = std::get_if<event::Write>(&event->what)) stream_->Send(write->bytes, entropy_, written_);
      if (const auto* deliver = std::get_if<event::Deliver>(&event->what)) Append(delivered_, deliver->bytes);
      if (std::holds_alternative<event::CloseTransport>(event->what)) closed_ = now;
    }
  }

  Port port_;
  Undecided<uint64_t, uint64_t> undecided_{UndecidedLimits{.time = kTime}};
  uint64_t accepts_ = 0;
  TestEntropy entropy_{2};
  Server server_;
  Time accepted_ = kStart;
  std::optional<Demultiplexer> demultiplexer_;
  std::optional<Verdict> verdict_;
  std::optional<NetworkStream> stream_;
  TransportId inner_ = TransportId::kNone;
  Bytes written_;
  std::optional<Time> closed_;
  Bytes delivered_;
};

class Member {
 public:
  Member() : client_(Config()) { client_.SetClock(kStart, kNoon); }

  void Connect(Time now) {
    stream_.emplace(NetworkStream::Client(keys_, NetworkMode::kHidden, entropy_));
    transport_ = client_.TransportOpened(now, stream_->binding());
  }
  void Send(Time now, ByteSpan bytes) { EXPECT_EQ(client_.Send(now, bytes), bytes.size()); }
  void Receive(Time now, Bytes bytes) {
    const auto plaintext = stream_->Receive(bytes);
    ASSERT_TRUE(plaintext);
    client_.Receive(now, transport_, *plaintext);
    Poll(now);
  }
  void Lose(Time now) {
    client_.TransportClosed(now, transport_);
    Poll(now);
  }
  Bytes Written(Time now) {
    Poll(now);
    return std::exchange(written_, {});
  }

 private:
  static ClientConfig Config() {
    ClientConfig config;
    config.server_key = ServerKey().public_key();
    config.network_key = NetworkKey(kGroup);
    return config;
  }

  void Poll(Time now) {
    while (auto event = client_.Poll(now, entropy_)) {
      if (const auto* write = std::get_if<event::Write>(&event->what)) stream_->Send(write->bytes, entropy_, written_);
    }
  }

  NetworkKeys keys_{kGroupKey};
  TestEntropy entropy_{3};
  Client client_;
  std::optional<NetworkStream> stream_;
  TransportId transport_ = TransportId::kNone;
  Bytes written_;
};

void Converse(Member& member, Listener& listener, Time now, size_t segment) {
  for (;;) {
    const Bytes said = member.Written(now);
    for (ByteSpan left = said; !left.empty();) {
      const ByteSpan part = left.first(std::min(segment, left.size()));
      left = left.subspan(part.size());
      listener.Receive(now, part);
    }
    const Bytes answer = listener.TakeWritten();
    if (said.empty() && answer.empty()) return;
    if (!answer.empty()) member.Receive(now, answer);
  }
}

TEST(SharedPort, CarriesASessionOfAHiddenNetworkThroughTwoTransportsInEverySplit) {
  for (size_t segment : {1U, 2U, 3U, 23U, 24U, 25U, 36U, 110U, 10000U}) {
    Listener listener;
    Member member;
    Bytes expected;
    for (uint8_t round = 1; round <= 2; ++round) {
      const Bytes text(2000, round);
      Append(expected, text);
      member.Send(kStart, text);
      member.Connect(kStart);
      listener.Accept(kStart);
      Converse(member, listener, kStart, segment);
      EXPECT_EQ(listener.verdict(), Verdict{.protocol = Protocol::kHiddenNetwork});
      EXPECT_EQ(listener.delivered(), expected) << segment;
      listener.Lose(kStart);
      member.Lose(kStart);
    }
  }
}

TEST(SharedPort, ServesOthersBesideIt) {
  for (const auto& [text, protocol] :
       {std::pair("SSH-2.0-x\r\n", Protocol::kSsh), std::pair("GET / HTTP/1.1\r\n", Protocol::kHttp1),
        std::pair("\x16\x03\x01\x02\x10\x01", Protocol::kTls)}) {
    Listener listener;
    listener.Accept(kStart);
    listener.Receive(kStart, AsBytes(text));
    EXPECT_EQ(listener.verdict(), Verdict{.protocol = protocol});
  }
}

Bytes FirstFlight() {
  Member member;
  member.Connect(kStart);
  return member.Written(kStart);
}

// Whether the preamble or what follows it was wrong, which bit of it, how much of it came, or whether nothing did: no
// byte in answer, and the end at one moment. HF-NET-7, HF-NET-8.
TEST(SharedPort, ShowsStrangersOneBehaviour) {
  const Bytes good = FirstFlight();
  ASSERT_EQ(good.size(), 24U + 12U + 2U + 72U);
  size_t shown = 0;
  const auto say = [&](ByteSpan said) {
    Listener listener;
    listener.Accept(kStart);
    listener.Receive(kStart, said);
    if (listener.verdict() && listener.verdict()->protocol &&
        listener.verdict()->protocol != Protocol::kHiddenNetwork) {
      return;  // It became another protocol that is served here.
    }
    listener.WaitUntil(kStart + 2 * kTime);
    EXPECT_TRUE(listener.TakeWritten().empty());
    EXPECT_EQ(listener.closed_after(), kTime);
    ++shown;
  };
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    say(bad);
  }
  for (size_t size = 0; size < good.size(); ++size) say(ByteSpan(good).first(size));
  EXPECT_GT(shown, 9 * good.size() - 30);
}

// HF-NET-8, HF-NEW-17.
TEST(SharedPort, TellsNothingToWhoeverRepeatsAMembersFirstFlight) {
  Listener listener;
  const Bytes good = FirstFlight();
  listener.Accept(kStart);
  listener.Receive(kStart, good);
  EXPECT_FALSE(listener.TakeWritten().empty());
  listener.Lose(kStart);
  listener.Accept(kStart);
  listener.Receive(kStart, good);
  listener.WaitUntil(kStart + 2 * kTime);
  EXPECT_TRUE(listener.TakeWritten().empty());
  EXPECT_EQ(listener.closed_after(), kTime);
}

// HF-NET-10.
TEST(SharedPort, RefusesAGreetingUnderAnothersPreamble) {
  TestEntropy entropy(5);
  const NetworkKeys keys(kGroupKey);
  NetworkStream original = NetworkStream::Client(keys, NetworkMode::kHidden, entropy);
  NetworkStream other = NetworkStream::Client(keys, NetworkMode::kHidden, entropy);
  // A member takes the words of another and says them under a preamble of its own.
  ClientConfig config;
  config.network_key = NetworkKey(kGroup);
  Client client(config);
  client.SetClock(kStart, kNoon);
  client.TransportOpened(kStart, original.binding());
  Bytes wire;
  while (auto event = client.Poll(kStart, entropy)) {
    if (const auto* write = std::get_if<event::Write>(&event->what)) other.Send(write->bytes, entropy, wire);
  }
  Listener listener;
  listener.Accept(kStart);
  listener.Receive(kStart, wire);
  EXPECT_EQ(listener.verdict(), Verdict{.protocol = Protocol::kHiddenNetwork});
  listener.WaitUntil(kStart + 2 * kTime);
  EXPECT_TRUE(listener.TakeWritten().empty());
}

}  // namespace
}  // namespace holdfast
