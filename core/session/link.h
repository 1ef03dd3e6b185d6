#pragma once

// Link: what a transport of a session has beside its bytes: the ciphers of both directions, the signs of life, and what
// is owed on it. It is born with a handshake and dies with the transport.

#include <cstdint>
#include <optional>

#include "core/base/digest.h"
#include "core/base/time.h"
#include "core/noise/noise.h"
#include "core/session/options.h"
#include "core/session/record.h"
#include "core/wire/messages.h"

namespace holdfast {

class ForkKey;

class Link {
 public:
  // `hold` as it was granted; `initiator` as in the handshake that gave the keys. Wipes them in `split`.
  Link(Time now, const SessionOptions& options, Duration hold, Suite suite, NoiseSplit& split, bool initiator);

  // One that goes on elsewhere: where the ciphers stand, what is owed, and how long ago what happened. HF-MOV-10.
  struct Position {
    Key seal_key;
    uint64_t seal_index = 0;
    Key open_key;
    uint64_t open_index = 0;
    Duration dead_transport{0};  // Silence that was allowed; kept if it is more than the importer's.
    Duration since_life{0};
    Duration since_sent{0};
    std::optional<Duration> ack_in;
    uint64_t acked = 0;
    uint64_t pings = 0;
    uint64_t data_bytes = 0;
    bool ping_sent = false;
    bool ack_now = false;
    std::optional<PongFrame> pong;
  };
  Link(Time now, const SessionOptions& options, Duration hold, Suite suite, Position position);
  Position TakePosition(Time now) &&;  // Only destruction is left.

  RecordCipher& sealer() { return sealer_; }
  RecordCipher& opener() { return opener_; }
  const RecordCipher& sealer() const { return sealer_; }
  bool has_opened() const { return opener_.next_index() > 0; }

  // --- Signs of life. Slow is not dead; but a record that has begun has to get on, or keepalives that trickle into one
  // whose length somebody changed would be life for ever. ---
  void OnLife(Time now);  // A record was verified. HF-LIV-1.
  // `in_record`: one had begun and was not complete. Then `size` bytes shorten the silence by their share. HF-LIV-12.
  void OnBytes(Time now, size_t size, bool in_record);
  void OnWritable(Time now, bool in_record);  // The transport takes bytes again.
  // HF-LIV-2.
  bool ping_due(Time now) const { return !ping_sent_ && now >= After(last_life_, ping_idle_); }
  bool dead(Time now) const { return now >= After(last_life_, dead_transport_); }  // HF-LIV-3.
  // How long an answer took when the transport was young. Silence means death only if an answer had time to come.
  // HF-LIV-3.
  void AllowRoundTrip(Duration round_trip);
  PingFrame TakePing();
  void OnPing(const PingFrame& ping) { pong_ = PongFrame{ping.token}; }  // Only the latest is answered. HF-FRM-5.
  std::optional<PongFrame> TakePong();
  bool pong_due() const { return pong_.has_value(); }

  // --- Acknowledgement ---
  void OweAck() { ack_now_ = true; }
  // Nothing was sent for a while, though something may have been heard: the peer, which hears nothing, is to know that
  // this end lives. HF-LIV-11.
  bool keepalive_due(Time now) const { return now >= After(last_sent_, ping_idle_); }
  void RecordSent(Time now) { last_sent_ = now; }
  // The application owns `consumed` bytes, which the peer is owed an ACK for: at once after `bytes_max`, else later.
  // HF-OFS-15.
  void OnConsumed(Time now, uint64_t consumed, size_t bytes_max);
  bool ack_due(Time now) const { return ack_now_ || now >= ack_deadline_; }
  // Whether an ACK of `consumed` would say something new.
  bool ack_useful(uint64_t consumed) const { return ack_now_ || consumed > acked_; }
  void AckSent(uint64_t consumed);

  // --- How much DATA the next record may hold: little at first, then as much again as was carried. ---
  // HF-REC-9.
  size_t data_bytes_max() const { return data_bytes_; }
  void DataSent(size_t size);

  // --- Rest: no DATA has passed for a while, and what the ciphers need for a record is made again for each. Says
  // nothing of how the link behaves. ---
  void DataPassed(Time now) {
    last_data_ = now;
    resting_ = false;
  }
  bool rest_due(Time now) const { return now >= After(last_data_, ping_idle_); }
  void Rest();
  bool resting() const { return resting_; }
  // A record has passed: rest goes on if it was at rest.
  void RestAgain() {
    if (resting_) Rest();
  }

  // When something here next becomes due by itself. On a transport that takes no bytes only its death can.
  Time Deadline(bool writable) const;

  Link ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  Link(const Link& other, const ForkKey& key);

  RecordCipher sealer_;
  RecordCipher opener_;
  Duration ping_idle_;
  Duration dead_transport_;
  Duration byte_time_;  // By which a byte within a record shortens the silence.
  Duration ack_delay_;
  Time last_life_;
  Time last_sent_;
  Time last_data_;
  Time ack_deadline_ = kNever;
  uint64_t acked_ = 0;
  uint64_t pings_ = 0;
  size_t data_bytes_;
  size_t data_bytes_ceiling_;
  bool ping_sent_ = false;
  bool resting_ = false;
  bool ack_now_ = true;  // The first record of a transport carries an ACK: it confirms the transport. HF-REC-7.
  std::optional<PongFrame> pong_;
};

}  // namespace holdfast
