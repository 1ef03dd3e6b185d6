// The C API, as a program written for the original uses it.

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/base/random.h"
#include "core/legacy/c/connectionclient.h"
#include "core/legacy/c/connectionserver.h"

namespace holdfast::legacy {
namespace {

class LegacyCApi : public testing::Test {
 protected:
  LegacyCApi() {
    env_.random64 = [](void* self) { return static_cast<LegacyCApi*>(self)->stream_.Next(); };
    env_.now_ms = [](void* self) { return static_cast<LegacyCApi*>(self)->now_ms_; };
    env_.context = this;
    pool_ = cp_new_with(&env_);
    client_ = cc_open_with(&env_);
  }
  ~LegacyCApi() override {
    cc_close(client_);
    cp_delete(pool_);
  }

  // Moves what there is to move on the socket `fd_` until there is no more.
  void Pump() {
    for (bool moved = true; moved;) {
      moved = false;
      connection_message message;
      while (int kind = cc_poll(client_, &message)) {
        moved = true;
        const auto size = static_cast<size_t>(message.sz);
        if (kind == MESSAGE_OUT) cp_recv(pool_, fd_, message.buffer, size);
        if (kind == MESSAGE_IN && size == 0) ++lost_;
        if (kind == MESSAGE_IN && size > 0) at_client_.append(message.buffer, size);
      }
      pool_message from_pool;
      while (int kind = cp_poll(pool_, &from_pool)) {
        moved = true;
        if (kind == POOL_IN) {
          id_ = from_pool.id;
          at_server_[id_].append(from_pool.buffer, from_pool.sz);
        } else if (from_pool.id != fd_) {
          EXPECT_EQ(from_pool.sz, 0U) << "nothing is to be written to an old socket";
        } else {
          cc_recv(client_, from_pool.buffer, from_pool.sz);
        }
      }
    }
  }

  void Cut() {
    cp_recv(pool_, fd_++, nullptr, 0);
    cc_recv(client_, nullptr, 0);
    Pump();
  }

  connection_env env_{};
  NamedStream stream_{1, "c api"};
  uint64_t now_ms_ = 1000;
  int fd_ = 7;
  connection_pool* pool_ = nullptr;
  connection* client_ = nullptr;
  std::string at_client_;
  std::map<int, std::string> at_server_;
  int id_ = 0;
  int lost_ = 0;
};

TEST_F(LegacyCApi, CarriesASessionOverACut) {
  cc_send(client_, "hello", 5);
  Pump();
  EXPECT_EQ(at_server_[id_], "hello");
  cp_send(pool_, id_, "welcome", 7);
  Pump();
  Cut();
  EXPECT_EQ(lost_, 1);
  cc_send(client_, " again", 6);
  cp_send(pool_, id_, " back", 5);
  cc_handshake(client_);
  Pump();
  EXPECT_EQ(at_server_[id_], "hello again");
  EXPECT_EQ(at_client_, "welcome back");
  EXPECT_EQ(at_server_.size(), 1U);
  EXPECT_EQ(cc_ended(client_), nullptr);
}

TEST_F(LegacyCApi, TakesAnEmptySendForAHandshakeAndAnEmptySendToAnIdForItsEnd) {
  cc_send(client_, "hello", 5);
  Pump();
  ++fd_;
  cc_send(client_, nullptr, 0);  // The server still believes in the old socket.
  Pump();
  cc_send(client_, "!", 1);
  Pump();
  EXPECT_EQ(at_server_[id_], "hello!");
  cp_send(pool_, id_, nullptr, 0);
  Pump();
  EXPECT_EQ(lost_, 1);
  int ended = 0;
  EXPECT_STREQ(cp_ended(pool_, &ended), "the application closed the session");
  EXPECT_EQ(ended, id_);
  EXPECT_EQ(cp_ended(pool_, &ended), nullptr);
}

TEST_F(LegacyCApi, EndsWhatIsDetachedForTooLongByTheLimitsThatWereSet) {
  cp_limits(pool_, 500, 2000);
  cc_send(client_, "hello", 5);
  Pump();
  Cut();
  now_ms_ += 1999;
  cp_timeout(pool_);
  Pump();
  int ended = 0;
  EXPECT_EQ(cp_ended(pool_, &ended), nullptr);
  ++now_ms_;
  cp_timeout(pool_);
  Pump();
  EXPECT_NE(cp_ended(pool_, &ended), nullptr);

  cp_recv(pool_, 99, "\1", 1);
  now_ms_ += 500;
  cp_timeout(pool_);
  pool_message message;
  ASSERT_EQ(cp_poll(pool_, &message), POOL_OUT);
  EXPECT_EQ(message.id, 99);
  EXPECT_EQ(message.sz, 0U);
}

TEST_F(LegacyCApi, EndsTheSessionWithACauseWhenMoreIsSentWhileDetachedThanIsKept) {
  cc_send(client_, "hello", 5);
  Pump();
  Cut();
  const std::string much(65536, 'x');
  cp_send(pool_, id_, much.data(), much.size());
  cc_send(client_, much.data(), much.size());
  EXPECT_EQ(cc_ended(client_), nullptr);
  cp_send(pool_, id_, "x", 1);
  cc_send(client_, "x", 1);
  Pump();
  int ended = 0;
  EXPECT_STREQ(cp_ended(pool_, &ended), "more than 64 KiB were lost, or wait to be sent");
  EXPECT_STREQ(cc_ended(client_), "more than 64 KiB were lost, or wait to be sent");
  const int lost = lost_;
  cc_handshake(client_);
  Pump();
  EXPECT_EQ(lost_, lost + 1);
}

TEST_F(LegacyCApi, KeepsAllThatIsSentBeforeTheFirstHandshake) {
  const std::string much(100'000, 'x');
  cc_send(client_, much.data(), much.size());
  Pump();
  EXPECT_EQ(at_server_[id_], much);
  EXPECT_EQ(cc_ended(client_), nullptr);
}

TEST_F(LegacyCApi, EndsByTimeAtBothEndsThoughTheProgramNeverCallsATimeout) {
  cc_send(client_, "hello", 5);
  Pump();
  Cut();
  now_ms_ += 300'000;
  cp_recv(pool_, 99, "\1", 1);
  cc_handshake(client_);
  Pump();
  int ended = 0;
  EXPECT_STREQ(cp_ended(pool_, &ended), "no transport was attached for too long");
  EXPECT_STREQ(cc_ended(client_), "no transport was attached for too long");
}

TEST_F(LegacyCApi, HasASocketClosedThatIsGoneBeforeItHadASession) {
  cp_recv(pool_, 50, "\1", 1);
  cp_recv(pool_, 50, nullptr, 0);
  pool_message message;
  ASSERT_EQ(cp_poll(pool_, &message), POOL_OUT);
  EXPECT_EQ(message.id, 50);
  EXPECT_EQ(message.sz, 0U);
  EXPECT_EQ(cp_poll(pool_, &message), POOL_EMPTY);
}

TEST_F(LegacyCApi, LetsGoOfAProgramThatShakesHandsAtEachEmptyMessageAfterTheEnd) {
  cc_send(client_, "hello", 5);
  Pump();
  Cut();
  const std::string much(65537, 'x');
  cc_send(client_, much.data(), much.size());
  ASSERT_NE(cc_ended(client_), nullptr);
  connection_message message;
  for (int turns = 0; cc_poll(client_, &message) != MESSAGE_EMPTY; ++turns) {
    ASSERT_LT(turns, 10);
    if (message.sz == 0) cc_handshake(client_);
  }
}

// One message to many.
TEST_F(LegacyCApi, KeepsAMessageUntilTheNextPoll) {
  cc_send(client_, "hello", 5);
  Pump();
  cc_send(client_, "to all", 6);
  connection_message said;
  ASSERT_EQ(cc_poll(client_, &said), MESSAGE_OUT);
  cp_recv(pool_, fd_, said.buffer, static_cast<size_t>(said.sz));
  pool_message message;
  ASSERT_EQ(cp_poll(pool_, &message), POOL_IN);
  cp_send(pool_, id_, message.buffer, message.sz);
  cp_send(pool_, id_, message.buffer, message.sz);
  Pump();
  EXPECT_EQ(at_client_, "to allto all");
}

TEST_F(LegacyCApi, AllowsNothingToBeDeleted) {
  cp_delete(nullptr);
  cc_close(nullptr);
}

}  // namespace
}  // namespace holdfast::legacy
