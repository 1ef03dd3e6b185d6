#pragma once

// Conversation: what two applications say to each other over a stream that has no end of its own, such as the legacy
// profile's, so that both know when all is said. Each side sends, in the session's stream:
//   data     u16 big-endian, 1 to 65534, then so many bytes
//   end      u16 0: there is no more of this side's
//   receipt  u16 65535: this side has all of the other's. The server's comes last, when it has the client's.
//
// A careful conversation is one over a session that may begin anew, or lose what is said to nobody: the server greets,
// and nobody else says anything before it has heard the other's greeting (one byte, G).

#include <cstdint>
#include <deque>
#include <optional>

#include "core/base/bytes.h"
#include "sim/plan.h"
#include "sim/plug/party.h"

namespace holdfast::sim {

class Conversation {
 public:
  Conversation(Side side, bool careful) : side_(side), careful_(careful), speaks_(!careful) {}

  // The session is there, maybe not for the first time.
  void SessionOpened();

  // The application's. All of it is taken, or nothing.
  size_t Send(ByteSpan bytes);
  void Finish();

  // For the session's stream; Taken says how much of it went there.
  ByteSpan Unsent() const { return unsent_; }
  void Taken(size_t bytes);

  // From the session's stream.
  void Receive(ByteSpan bytes);

  // For the application: Deliver, PeerFinished or Ended. The view lives until the next call.
  std::optional<Output> Poll();

  bool ended() const { return ended_; }
  size_t MemoryBytes() const { return unsent_.size() + queued_.size() + unread_.size() + shown_.size(); }
  uint64_t StateDigest() const;

 private:
  void Say(uint16_t word, ByteSpan body);
  bool ReadOne();
  void CloseIfAllIsSaid();

  Side side_;
  bool careful_;
  bool speaks_;  // The other's greeting was heard, if there is to be one.
  bool finished_ = false;
  bool peer_finished_ = false;
  bool receipt_came_ = false;
  bool ended_ = false;
  Bytes unsent_;
  Bytes queued_;  // Until the other has greeted.
  Bytes unread_;
  struct Told {
    Output output;
    Bytes bytes;
  };
  std::deque<Told> told_;
  Bytes shown_;
};

}  // namespace holdfast::sim
