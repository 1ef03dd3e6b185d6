// Every kind of stream, by the same claims; and what only some of them can do.

#include "net/stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/pipe.h"
#include "net/pipe_stream.h"
#include "net/socket_stream.h"
#include "net/tcp.h"
#include "net/test_support.h"

namespace holdfast::net {
namespace {

// Many times what any of them holds by itself.
const std::string kMuch(20'000'000, 'x');

struct Ends {
  std::unique_ptr<Stream> a;
  std::unique_ptr<Stream> b;
};

Ends OverTcp(Loop& loop) {
  Ends ends;
  auto listener = TcpListener::Open(loop, TcpAddress::Loopback(0),
                                    [&](std::unique_ptr<Stream> stream) { ends.b = std::move(stream); });
  EXPECT_TRUE(listener.has_value()) << listener.error();
  const TcpDial dial(loop, (*listener)->address(), [&](TcpDial::Result result) {
    EXPECT_TRUE(result.has_value()) << result.error();
    ends.a = *std::move(result);
  });
  RunUntil(loop, [&] { return ends.a != nullptr && ends.b != nullptr; });
  return ends;
}

Ends OverUnix(Loop& loop) {
  int made[2] = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made), 0);
  return {std::make_unique<SocketStream>(loop, Descriptor(made[0])),
          std::make_unique<SocketStream>(loop, Descriptor(made[1]))};
}

Ends OverPipes(Loop& loop) {
  auto there = MakePipe();
  auto back = MakePipe();
  EXPECT_TRUE(there.has_value() && back.has_value());
  for (const Pipe* pipe : {&*there, &*back}) {
    EXPECT_TRUE(SetNonBlocking(pipe->reads) && SetNonBlocking(pipe->writes));
  }
  return {std::make_unique<PipeStream>(loop, std::move(back->reads), std::move(there->writes)),
          std::make_unique<PipeStream>(loop, std::move(there->reads), std::move(back->writes))};
}

struct Kind {
  const char* name;
  Ends (*make)(Loop&);
  bool can_break;  // Reset is told from an end.
};

class EveryStream : public testing::TestWithParam<Kind> {
 protected:
  const size_t descriptors_ = OpenDescriptors();
  std::optional<Loop> loop_{std::in_place};
  Ends ends_ = GetParam().make(*loop_);

  void TearDown() override {
    ends_ = {};
    loop_.reset();
    EXPECT_EQ(OpenDescriptors(), descriptors_);
  }
};

INSTANTIATE_TEST_SUITE_P(All, EveryStream,
                         testing::Values(Kind{"Tcp", OverTcp, true}, Kind{"Unix", OverUnix, false},
                                         Kind{"Pipes", OverPipes, false}),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(EveryStream, CarriesBothDirectionsAtOnce) {
  const std::string there = "there" + kMuch;
  const std::string back = "back" + kMuch;
  Writer a_writes(*ends_.a, there);
  Writer b_writes(*ends_.b, back);
  Reader a_reads(*ends_.a);
  Reader b_reads(*ends_.b);
  RunUntil(*loop_, [&] { return a_reads.over() && b_reads.over(); });
  EXPECT_TRUE(a_reads.text() == back);
  EXPECT_TRUE(b_reads.text() == there);
  EXPECT_EQ(a_reads.flow(), Flow::kFinished);
  EXPECT_EQ(b_reads.flow(), Flow::kFinished);
}

TEST_P(EveryStream, EndsOneDirectionAtATime) {
  ends_.a->Finish();
  Reader b_reads(*ends_.b);
  RunUntil(*loop_, [&] { return b_reads.over(); });
  EXPECT_EQ(b_reads.flow(), Flow::kFinished);
  Writer b_writes(*ends_.b, "still here");
  Reader a_reads(*ends_.a);
  RunUntil(*loop_, [&] { return a_reads.over(); });
  EXPECT_EQ(a_reads.text(), "still here");
}

TEST_P(EveryStream, AReaderThatDoesNotReadHoldsUpTheWriter) {
  Writer writer(*ends_.a, kMuch);
  RunUntil(*loop_, [&] { return writer.flow() == Flow::kWaits; });
  EXPECT_LT(writer.written(), kMuch.size());
  Reader reader(*ends_.b);
  RunUntil(*loop_, [&] { return reader.over(); });
  EXPECT_TRUE(reader.text() == kMuch);
}

TEST_P(EveryStream, IsReadToTheLastByteAfterItsOtherEndIsGone) {
  {
    Writer writer(*ends_.a, "last words");
    RunUntil(*loop_, [&] { return writer.done(); });
  }
  ends_.a.reset();
  Reader reader(*ends_.b);
  RunUntil(*loop_, [&] { return reader.over(); });
  EXPECT_EQ(reader.text(), "last words");
  EXPECT_EQ(reader.flow(), Flow::kFinished);
}

TEST_P(EveryStream, AWriterWhoseReaderIsGoneIsToldAndNotKilled) {
  ends_.b.reset();
  Writer writer(*ends_.a, kMuch);
  RunUntil(*loop_, [&] { return writer.done(); });
  EXPECT_EQ(writer.flow(), Flow::kBroken);
}

TEST_P(EveryStream, AResetIsSeenByTheOtherEnd) {
  Reader reader(*ends_.b);
  ends_.a->Reset();
  RunUntil(*loop_, [&] { return reader.over(); });
  EXPECT_EQ(reader.flow(), GetParam().can_break ? Flow::kBroken : Flow::kFinished);
  std::array<uint8_t, 1> byte = {};
  EXPECT_EQ(ends_.a->Read(byte).flow, Flow::kBroken);
  EXPECT_EQ(ends_.a->Write(byte).flow, Flow::kBroken);
}

TEST_P(EveryStream, NobodyIsCalledAfterItsEnd) {
  Reader reader(*ends_.a);
  ends_.a.reset();
  ends_.b.reset();
  loop_->RunOnce(Now());
  EXPECT_FALSE(reader.over());
}

// --- TCP alone -----------------------------------------------------------------------------------------------------

TEST(Tcp, ADialThatIsRefusedSaysSo) {
  Loop loop;
  const auto port = FreeTcpPort();
  ASSERT_TRUE(port.has_value()) << port.error();
  std::string why;
  const TcpDial dial(loop, TcpAddress::Loopback(*port),
                     [&](const TcpDial::Result& result) { why = result ? "connected" : result.error(); });
  RunUntil(loop, [&] { return !why.empty(); });
  EXPECT_EQ(why, "Connection refused");
}

TEST(Tcp, ADialThatIsAbandonedComesToNothing) {
  const size_t before = OpenDescriptors();
  {
    Loop loop;
    int accepted = 0;
    const auto listener =
        TcpListener::Open(loop, TcpAddress::Loopback(0), [&](std::unique_ptr<Stream>) { ++accepted; });
    ASSERT_TRUE(listener.has_value()) << listener.error();
    bool told = false;
    const auto tell = [&](const TcpDial::Result&) { told = true; };
    {
      const TcpDial dial(loop, (*listener)->address(), tell);
    }
    std::unique_ptr<Stream> stream;
    const TcpDial second(loop, (*listener)->address(), [&](TcpDial::Result result) { stream = *std::move(result); });
    RunUntil(loop, [&] { return stream != nullptr; });
    EXPECT_FALSE(told);
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(Tcp, OneAddressIsListenedOnOnce) {
  Loop loop;
  const auto ignore = [](const std::unique_ptr<Stream>&) {};
  const auto first = TcpListener::Open(loop, TcpAddress::Loopback(0), ignore);
  ASSERT_TRUE(first.has_value()) << first.error();
  const auto second = TcpListener::Open(loop, (*first)->address(), ignore);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), "cannot listen on " + (*first)->address().Text() + ": Address already in use");
}

TEST(TcpAddress, IsWhatItsTextSays) {
  for (const char* text : {"127.0.0.1:7000", "0.0.0.0:0", "[::1]:65535", "[::]:80"}) {
    const auto address = TcpAddress::Parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->Text(), text);
  }
}

TEST(TcpAddress, NothingElseIsAnAddress) {
  for (const char* text : {"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "127.0.0.1: 1",
                           "127.0.0:1", "::1:80", "[::1]", "[]:80", "localhost:80", "127.0.0.1:80x"}) {
    EXPECT_FALSE(TcpAddress::Parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace holdfast::net
