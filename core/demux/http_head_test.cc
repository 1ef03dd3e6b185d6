#include "core/demux/http_head.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

struct Read {
  std::optional<bool> upgrades;
  size_t bytes = 0;  // Until then.
};

Read ReadAll(std::string_view text) {
  HttpHead head;
  for (size_t i = 0; i < text.size(); ++i) {
    if (auto upgrades = head.Push(static_cast<uint8_t>(text[i]))) return {upgrades, i + 1};
  }
  return {std::nullopt, text.size()};
}

const std::string kGet = "GET /chat HTTP/1.1\r\n";

TEST(HttpHead, FindsAnUpgradeHoweverItIsWritten) {
  for (const std::string& fields : {
           std::string("Upgrade: websocket\r\nConnection: Upgrade\r\n"),
           std::string("Connection: Upgrade\r\nHost: a\r\nUpgrade: websocket\r\n"),
           std::string("UPGRADE:WebSocket\r\nconnection:UPGRADE\r\n"),
           std::string("Upgrade: \twebsocket \t\r\nConnection: keep-alive , upgrade\r\n"),
           std::string("Upgrade: h2c, websocket\r\nConnection: upgrade,\r\n"),
           std::string("Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: close\r\nConnection: upgrade\r\n"),
           std::string("Upgrade: websocket\nConnection: Upgrade\n"),
       }) {
    const Read read = ReadAll(kGet + fields + "Sec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_EQ(read.upgrades, true) << fields;
    EXPECT_EQ(read.bytes, kGet.size() + fields.size()) << "as soon as both fields are complete";
  }
}

TEST(HttpHead, FindsNoneInWhatDoesNotAskForOne) {
  for (const std::string& fields : {
           std::string(),
           std::string("Upgrade: websocket\r\n"),
           std::string("Connection: Upgrade\r\n"),
           std::string("Upgrade: websockets\r\nConnection: Upgrade\r\n"),
           std::string("Upgrade: web socket\r\nConnection: Upgrade\r\n"),
           std::string("Upgrade: websocket\r\nConnection: upgrade-insecure\r\n"),
           std::string("Upgrade : websocket\r\nConnection: Upgrade\r\n"),
           std::string(" Upgrade: websocket\r\nConnection: Upgrade\r\n"),
           std::string("X: Upgrade: websocket\r\nConnection: Upgrade\r\n"),
           std::string("Upgrade\r\nwebsocket\r\nConnection: Upgrade\r\n"),
           std::string("Upgrade: h2c\r\nConnection: Upgrade\r\n"),
       }) {
    const std::string text = kGet + fields + "\r\n";
    const Read read = ReadAll(text + "Upgrade: websocket\r\nConnection: Upgrade\r\n");
    EXPECT_EQ(read.upgrades, false) << fields;
    EXPECT_EQ(read.bytes, text.size()) << "what follows the head is not of it";
  }
}

TEST(HttpHead, KnowsByTheFirstLineThatAnOldVersionCannotUpgrade) {
  for (const std::string& line : {
           std::string("GET / HTTP/1.0\r\n"),
           std::string("GET /\r\n"),
           std::string("GET / HTTP/2.0\r\n"),
           std::string("GET / http/1.1\r\n"),
           std::string("GET / HTTP/1.10\r\n"),
           std::string("\r\n"),
       }) {
    const Read read = ReadAll(line + "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    EXPECT_EQ(read.upgrades, false) << line;
    EXPECT_EQ(read.bytes, line.size());
  }
}

TEST(HttpHead, KnowsNothingBeforeALineEnds) {
  EXPECT_EQ(ReadAll(std::string(10000, 'x')).upgrades, std::nullopt);
  EXPECT_EQ(ReadAll(kGet + "Connection: Upgrade\r\nUpgrade: websocket\r").upgrades, std::nullopt);
}

}  // namespace
}  // namespace holdfast
