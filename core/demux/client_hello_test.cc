#include "core/demux/client_hello.h"

#include <gtest/gtest.h>

#include "core/demux/client_hello_bytes.h"
#include "core/wire/limits.h"

namespace holdfast {
namespace {

using Step = ClientHello::Step;
using Alpn = ClientHello::Alpn;

struct Read {
  Step step = Step::kMore;
  size_t bytes = 0;
  std::optional<Alpn> alpn;
  std::optional<std::string> server_name;
  bool operator==(const Read&) const = default;
};

Read ReadAll(ByteSpan bytes) {
  ClientHello hello;
  Read read;
  while (read.bytes < bytes.size() && read.step == Step::kMore) read.step = hello.Push(bytes[read.bytes++]);
  read.alpn = hello.alpn();
  read.server_name = hello.server_name();
  return read;
}

const Extension kPadding = {21, Bytes(40)};
const Extension kEmpty = {23, {}};

TEST(ClientHello, SaysWhatIsOfferedAndAskedFor) {
  const struct {
    std::vector<Extension> extensions;
    std::optional<Alpn> alpn;
    std::optional<std::string> server_name;
  } rows[] = {
      {{}, std::nullopt, std::nullopt},
      {{kEmpty, kPadding}, std::nullopt, std::nullopt},
      {{AlpnExtension({"h2", "http/1.1"})}, Alpn{.h2 = true, .http11 = true}, std::nullopt},
      {{kPadding, AlpnExtension({"libp2p"}), kEmpty}, Alpn{.libp2p = true}, std::nullopt},
      {{AlpnExtension({"http/1.1"}), kEmpty, NameExtension("a.example")}, Alpn{.http11 = true}, "a.example"},
      {{NameExtension("b.example"), AlpnExtension({"h3", "h", "h22", "http/1.0"})}, Alpn{}, "b.example"},
      {{AlpnExtension({"h2"}), AlpnExtension({"libp2p"})}, Alpn{.h2 = true}, std::nullopt},
      {{{0, {}}, {16, {}}}, Alpn{}, ""},
      {{{16, {0, 9, 2, 'h', '2'}}, {0, {0, 4, 0, 0, 9, 'x'}}}, Alpn{}, ""},
      {{{0, {0, 9, 7, 0, 1, 'x', 0, 0, 2, 'a', 'b'}}}, std::nullopt, "ab"},
  };
  for (const auto& row : rows) {
    for (size_t session_id : {0U, 32U}) {
      const Bytes bytes = InRecords(HelloMessage(row.extensions, session_id));
      EXPECT_EQ(ReadAll(bytes), (Read{Step::kRead, bytes.size(), row.alpn, row.server_name}));
    }
  }
}

TEST(ClientHello, IsTheSameInRecordsOfEverySize) {
  const Bytes message = HelloMessage({kPadding, AlpnExtension({"h2"}), NameExtension("c.example")});
  for (size_t size = 1; size <= message.size(); ++size) {
    const Bytes bytes = InRecords(message, size);
    EXPECT_EQ(ReadAll(bytes), (Read{Step::kRead, bytes.size(), Alpn{.h2 = true}, "c.example"})) << size;
  }
}

TEST(ClientHello, MayHaveNoExtensionsAtAll) {
  Bytes body(34, 3);
  Append(body, Bytes{0, 0, 2, 0x13, 1, 1, 0});
  Bytes message = {1};
  Append(message, Lengthened(body, 3));
  EXPECT_EQ(ReadAll(InRecords(message)).step, Step::kRead);
}

TEST(ClientHello, EndsWhereItsLengthSaysInsideARecordToo) {
  Bytes message = HelloMessage({kPadding});
  const size_t size = message.size() + 5;
  message.resize(message.size() + 100, 9);
  EXPECT_EQ(ReadAll(InRecords(message)), (Read{Step::kRead, size, {}, {}}));
}

TEST(ClientHello, IsUnreadableWithTheByteThatContradictsIt) {
  const Bytes good = InRecords(HelloMessage({kPadding, AlpnExtension({"h2"})}));
  const struct {
    size_t at;
    uint8_t value;
    size_t noticed;
  } rows[] = {
      {0, 23, 1},                 // No handshake record.
      {1, 2, 2},                  // No version of TLS.
      {3, 0x40, 5},               // A record that is too long.
      {5, 2, 9},                  // No ClientHello, which shows with its length.
      {6, 1, 9},                  // Too long.
      {43, 33, 44},               // A session id that is too long.
      {9 + 34 + 33, 0xff, 0x4e},  // Ciphers beyond the end.
  };
  for (const auto& row : rows) {
    Bytes bad = good;
    bad[row.at] = row.value;
    const Read read = ReadAll(bad);
    EXPECT_EQ(read.step, Step::kUnreadable) << row.at;
    EXPECT_EQ(read.bytes, row.noticed) << row.at;
  }
  EXPECT_EQ(ReadAll(Bytes{22, 3, 1, 0, 0}).step, Step::kUnreadable) << "an empty record";
}

// Whatever a byte is changed to, reading ends within the bounds that lengths give, and keeps what it holds in them.
TEST(ClientHello, IsReadOrNotWhateverAByteIs) {
  const Bytes good = InRecords(HelloMessage({NameExtension("d"), AlpnExtension({"libp2p"})}), 50);
  for (size_t at = 0; at < good.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      Bytes changed = good;
      changed[at] = static_cast<uint8_t>(value);
      changed.resize(changed.size() + 300, static_cast<uint8_t>(value));
      const Read read = ReadAll(changed);
      EXPECT_TRUE(read.step != Step::kMore || read.bytes == changed.size());
    }
  }
}

}  // namespace
}  // namespace holdfast
