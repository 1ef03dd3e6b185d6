#pragma once

// Pipe: one direction of a transport. Bytes go in as far as there is room, are under way for as long as the path says,
// and come out in segments, in order. A pipe can stall, and it can die: then some of what is under way still comes out,
// and everything written later is swallowed. Draws nothing: how a write is cut and how much later a segment comes
// follow from the path, the pipe's salt and the offset.

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "sim/plan.h"

namespace holdfast::sim {

// Beyond so many bytes of a transport a path of one-byte segments delivers whole writes.
inline constexpr uint64_t kOneByteSegmentsMax = 256;

class Pipe {
 public:
  // A new pipe in the memory of an old one.
  void Reset(const Path& path, uint64_t salt);

  // Takes what there is room for and returns how much that is.
  size_t Write(Time now, ByteSpan bytes);

  // Takes all of them, whatever room there is. Not of a dead pipe.
  void Insert(Time now, ByteSpan bytes);

  // The writer writes no more: after the last byte the reader sees an end. A dead pipe swallows that too.
  void End(Time now);

  // When the first segment under way (or else the end) comes out. kNever: nothing is under way.
  Time NextArrival() const;

  // Takes out the first segment under way; empty if there is none. The bytes live until the next Write, which is the
  // other endpoint's doing.
  ByteSpan Take();

  // True once the end has come out: everything before it has, and its time has come.
  bool EndArrived(Time now) const;

  // Of what is under way, the first `keep` bytes still come out, `late` later; nothing else ever does.
  void Kill(uint64_t keep, Duration late);
  bool dead() const { return dead_; }

  void Stall(Time until) { stalled_until_ = std::max(stalled_until_, until); }

  // From now on the path is a good one, for what is under way too.
  void Heal(Time now, const Path& path);

  uint64_t offset_in() const { return offset_in_; }                        // Bytes ever taken...
  uint64_t offset_alive() const { return dead_ ? died_at_ : offset_in_; }  // ...before it died.
  uint64_t offset_out() const { return offset_out_; }                      // Bytes that came out.
  size_t under_way() const { return bytes_.size() - bytes_head_; }
  uint64_t room() const;
  uint64_t capacity() const { return path_.capacity; }

 private:
  struct Segment {
    uint64_t end;  // Offset after its last byte.
    Time arrival;
  };

  uint64_t SizeOfNextSegment(uint64_t remaining) const;
  Time ArrivalOfNextSegment(Time now, uint64_t size);

  Path path_;
  uint64_t salt_ = 0;
  Bytes bytes_;  // Under way: [bytes_head_, end). As for segments_, Write gives the front back from time to time.
  size_t bytes_head_ = 0;
  std::vector<Segment> segments_;
  size_t segments_head_ = 0;
  uint64_t offset_in_ = 0;
  uint64_t offset_out_ = 0;
  uint64_t died_at_ = 0;    // What offset_in_ was.
  uint64_t swallowed_ = 0;  // Written after the death: they use up room for ever.
  Time sending_until_ = {};
  Time arrival_last_ = {};
  Time stalled_until_ = {};
  Time end_arrival_ = kNever;  // Set when the writer ended.
  bool dead_ = false;
};

}  // namespace holdfast::sim
