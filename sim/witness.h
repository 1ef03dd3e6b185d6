#pragma once

// Witness: where the bytes that an endpoint is given come from. He sees what was written on each transport and what
// came out of it, knows nothing of plans and faults, and compares: so oracles can tell what an adversary forged, what
// he repeated, and what he only carried. He watches where there is an adversary; elsewhere nothing is forged.

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "sim/plan.h"
#include "sim/stream_link.h"

namespace holdfast::sim {

// Of bytes that have just come, on one transport and direction.
struct Provenance {
  bool tainted = false;  // Something on it, now or before, was not what the other side had written there.
  bool forged = false;   // And these bytes complete no message that was written there.
  // A record has come, as long as the length before it says, in which something was not what the other side had
  // written; or a length that no record has.
  bool spoilt = false;
  // But they complete a client's first message that no server has answered, nor a later one of that client's: it had
  // been withheld, and is as good as if the client had brought it. (A repeated or a stale one is not.)
  bool news = false;
  uint32_t owner = 0;  // Whose message that is.
};

// What a server that writes on a transport for the first time answers.
struct Question {
  bool genuine = false;   // A whole first message that a client wrote; on whichever transport.
  bool resume = false;    // Which is a resume's.
  bool repeated = false;  // Which was answered before; or the client's later one was, and they are resumes.
};

class Witness {
 public:
  void Reset(const Plan& plan);
  bool watches() const { return watches_; }

  // An endpoint writes its next message; then what of it, or of what waited, goes out.
  void OnMessage(uint32_t link, const StreamLink& of, Side from, ByteSpan message);
  void OnWritten(uint32_t link, Side from, ByteSpan bytes);

  Provenance OnReceived(uint32_t link, Side by, ByteSpan bytes);

  // Before OnMessage of the server's first message on that link.
  Question QuestionOn(uint32_t link) const;

 private:
  struct Flow {
    Bytes written;               // From `head` on: and not yet come.
    size_t head = 0;             // Given back from time to time.
    uint64_t come = 0;           // Offset of the first of these: so many have come.
    uint64_t messages_to = 0;    // Where the last message ends that was begun.
    std::vector<uint64_t> ends;  // Of messages that have not come as a whole.
    uint64_t begin = 0;          // Of the message that is coming.
    uint8_t last = 0;            // The byte that came last.
    bool tainted = false;
    // Then, of the message in which that began: what came of its length, and where it ends.
    size_t length_bytes = 0;
    uint64_t length = 0;
    uint64_t spoilt_to = kAll;
  };
  struct Transport {
    std::array<Flow, 2> flows;  // By direction.
    Bytes heard;                // What the server was told first.
    uint32_t first = kNone;     // The message that was in full.
    bool repeated = false;      // When it was.
    bool answered = false;
  };
  // What a client begins a transport with.
  struct First {
    uint32_t client;
    uint64_t transport;
    Bytes bytes;
    bool answered = false;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  Transport& At(uint32_t link);
  static bool IsResume(const First& first);
  bool IsOld(const First& first) const;
  static void BeginTaint(Flow& flow);
  static bool IsSpoilt(Flow& flow, ByteSpan forged);
  void Hear(Transport& transport, ByteSpan bytes, Provenance& of);

  bool watches_ = false;
  std::vector<Transport> transports_;  // By link.
  std::vector<First> firsts_;
};

}  // namespace holdfast::sim
