#pragma once

// OriginalDialer, OriginalAcceptor: a model of stable-connection's own two ends with their known defects: a peer that
// is not ourselves, for worlds and tests. It shares the hash and the powers with ours, which have known answers, and
// nothing else. The numbers are those of docs/legacy.md. What the wire itself forces, such as that who has received
// nothing begins anew, is no switch. Both keep all that they ever sent, and a session ends only when another takes its
// place.
//
// INSECURE, as what it is a model of.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/legacy/act.h"
#include "core/legacy/original_cipher.h"

namespace holdfast::legacy {

struct OriginalDefects {
  bool fingerprint_of_plaintext = true;  // 1, the client's: no resume from 256 bytes on, at a server of its own kind.
  bool replay_goes_elsewhere = true;     // 2, the server's.
  bool loses_while_detached = true;      // 3, the server's.
  bool wants_messages_whole = true;      // 4 and 5, of handshakes.
  bool takes_twice = true;               // 8, the server's: what the old socket brings during the resume.
  bool keeps_old_socket = true;          // 10, the server's.
};

inline constexpr OriginalDefects kMended = {false, false, false, false, false, false};

// What an original's end wants done, in order.
class OriginalActs {
 public:
  void Add(Act::Kind kind, int socket = 0, Bytes bytes = {}) { acts_.push_back({kind, socket, std::move(bytes)}); }
  void DropWritesTo(int socket);
  std::optional<Act> Poll();
  size_t MemoryBytes() const;

 private:
  struct Kept {
    Act::Kind kind;
    int socket;
    Bytes bytes;
  };
  std::deque<Kept> acts_;
  Bytes shown_;
};

class OriginalDialer {
 public:
  OriginalDialer(uint64_t seed, const OriginalDefects& defects) : defects_(defects), chance_(seed, "original/client") {}

  void Opened(Time now);
  void Closed(Time) { stage_ = Stage::kIdle; }
  void Receive(Time now, ByteSpan bytes);
  size_t Send(Time now, ByteSpan bytes);
  void Tick(Time) {}
  Time Deadline() const { return kNever; }
  std::optional<Act> Poll() { return acts_.Poll(); }
  size_t MemoryBytes() const { return sent_.size() + queued_.size() + reply_.size() + acts_.MemoryBytes(); }
  uint64_t StateDigest() const;

 private:
  enum class Stage : uint8_t { kIdle, kHandshake, kOpen };

  void Reply();
  Bytes Encrypt(ByteSpan bytes);

  OriginalDefects defects_;
  NamedStream chance_;
  Stage stage_ = Stage::kIdle;
  uint64_t exponent_ = 0;
  uint64_t secret_ = 0;
  OriginalCipher send_{0};
  OriginalCipher receive_{0};
  OriginalFingerprint over_received_{0};
  uint64_t received_ = 0;
  uint32_t fingerprint_ = 0;  // Of the last chunk that is whole.
  Bytes sent_;                // Ciphertext, all of it.
  Bytes queued_;              // Plaintext, during the handshake.
  Bytes reply_;
  OriginalActs acts_;
};

// With one session, the newest.
class OriginalAcceptor {
 public:
  OriginalAcceptor(uint64_t seed, const OriginalDefects& defects)
      : defects_(defects), chance_(seed, "original/server") {}

  void Closed(Time now, int socket);
  void Receive(Time now, int socket, ByteSpan bytes);
  size_t Send(Time now, ByteSpan bytes);
  void Tick(Time) {}
  Time Deadline() const { return kNever; }
  std::optional<Act> Poll() { return acts_.Poll(); }
  size_t MemoryBytes() const;
  uint64_t StateDigest() const;

 private:
  struct Handshake {
    bool proof = false;  // That is waited for.
    Bytes unread = {};
    uint64_t requested = 0;
    uint64_t secret = 0;
    uint64_t challenge = 0;
    uint64_t told = 0;
  };

  bool Hello(int socket, Handshake& handshake, ByteSpan bytes);
  bool Proof(int socket, Handshake& handshake, ByteSpan bytes);
  void Decrypt(ByteSpan bytes);
  Bytes Encrypt(ByteSpan bytes);

  OriginalDefects defects_;
  NamedStream chance_;
  std::map<int, Handshake> handshakes_;
  bool has_session_ = false;
  int attached_ = 0;  // 0: to none.
  uint64_t secret_ = 0;
  OriginalCipher send_{0};
  OriginalCipher receive_{0};
  OriginalFingerprint over_sent_{0};
  uint64_t received_ = 0;
  uint64_t to_skip_ = 0;  // Bytes that will come again.
  Bytes sent_;
  std::vector<uint32_t> fingerprints_;  // By chunk.
  OriginalActs acts_;
};

}  // namespace holdfast::legacy
