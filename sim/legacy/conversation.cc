#include "sim/legacy/conversation.h"

#include <utility>

#include "core/base/digest.h"

namespace holdfast::sim {
namespace {

constexpr size_t kWordBytes = 2;
constexpr uint16_t kEnd = 0;
constexpr uint16_t kReceipt = 0xffff;
constexpr size_t kDataBytesMax = kReceipt - 1;
constexpr size_t kUnsentBytesMax = 65536;
constexpr uint8_t kGreeting = 'G';

void DropFront(Bytes& bytes, size_t count) {
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

void Conversation::SessionOpened() {
  if (!careful_ || side_ == Side::kClient || speaks_) return;
  unsent_ = {kGreeting};  // One that nobody heard is lost with its session.
}

size_t Conversation::Send(ByteSpan bytes) {
  if (finished_ || bytes.empty() || unsent_.size() + queued_.size() >= kUnsentBytesMax) return 0;
  const ByteSpan taken = bytes.first(std::min(bytes.size(), kDataBytesMax));
  Say(static_cast<uint16_t>(taken.size()), taken);
  return taken.size();
}

void Conversation::Finish() {
  if (std::exchange(finished_, true)) return;
  Say(kEnd, {});
}

void Conversation::Taken(size_t bytes) { DropFront(unsent_, bytes); }

void Conversation::Receive(ByteSpan bytes) {
  Append(unread_, bytes);
  if (!speaks_ && !unread_.empty()) {
    DropFront(unread_, 1);
    speaks_ = true;
    if (side_ == Side::kClient) unsent_ = {kGreeting};
    Append(unsent_, std::exchange(queued_, {}));
  }
  while (ReadOne()) continue;
}

bool Conversation::ReadOne() {
  if (unread_.size() < kWordBytes) return false;
  const auto word = static_cast<uint16_t>(unread_[0] << 8 | unread_[1]);
  const size_t size = kWordBytes + (word == kReceipt ? 0 : word);
  if (unread_.size() < size) return false;
  if (word == kReceipt) {
    receipt_came_ = true;
  } else if (word == kEnd) {
    peer_finished_ = true;
    told_.push_back({output::PeerFinished{}, {}});
    if (side_ == Side::kClient) Say(kReceipt, {});
  } else {
    told_.push_back({output::Deliver{}, ToBytes(ByteSpan(unread_).first(size).subspan(kWordBytes))});
  }
  DropFront(unread_, size);
  CloseIfAllIsSaid();
  return true;
}

void Conversation::CloseIfAllIsSaid() {
  if (ended_ || !receipt_came_ || !peer_finished_) return;
  ended_ = true;
  if (side_ == Side::kServer) Say(kReceipt, {});
  told_.push_back({output::Ended{}, {}});
}

void Conversation::Say(uint16_t word, ByteSpan body) {
  Bytes& to = speaks_ ? unsent_ : queued_;
  to.push_back(static_cast<uint8_t>(word >> 8));
  to.push_back(static_cast<uint8_t>(word));
  Append(to, body);
}

std::optional<Output> Conversation::Poll() {
  if (told_.empty()) return std::nullopt;
  Told next = std::move(told_.front());
  told_.pop_front();
  shown_ = std::move(next.bytes);
  if (auto* deliver = std::get_if<output::Deliver>(&next.output)) deliver->bytes = shown_;
  return next.output;
}

uint64_t Conversation::StateDigest() const {
  Digest digest;
  digest.Add(unsent_).Add(queued_).Add(unread_).Add(speaks_).Add(finished_).Add(peer_finished_);
  digest.Add(receipt_came_).Add(ended_);
  return digest.value();
}

}  // namespace holdfast::sim
