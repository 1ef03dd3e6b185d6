#include "sim/witness.h"

#include <algorithm>

#include "core/wire/limits.h"
#include "core/wire/messages.h"

namespace holdfast::sim {
namespace {

// No first message is longer.
constexpr size_t kHeardMax = kPreambleBytes + kLocatorBytes + 2 + limits::kHandshakeMessageBytesMax;
constexpr size_t kKindAt = 9;  // In a preamble.
constexpr size_t kLengthBytes = 2;

}  // namespace

void Witness::Reset(const Plan& plan) {
  watches_ = HasAdversary(plan);
  transports_.clear();
  firsts_.clear();
}

Witness::Transport& Witness::At(uint32_t link) {
  if (link >= transports_.size()) transports_.resize(link + 1);
  return transports_[link];
}

void Witness::OnMessage(uint32_t link, const StreamLink& of, Side from, ByteSpan message) {
  if (!watches_) return;
  Transport& transport = At(link);
  Flow& flow = transport.flows[static_cast<size_t>(DirectionFrom(from))];
  if (from == Side::kClient && flow.messages_to == 0) {
    firsts_.push_back({of.client(), of.transport, ToBytes(message)});
  }
  if (from == Side::kServer && transport.first != kNone) firsts_[transport.first].answered = true;
  flow.messages_to += message.size();
  if (!flow.tainted) flow.ends.push_back(flow.messages_to);
}

void Witness::OnWritten(uint32_t link, Side from, ByteSpan bytes) {
  if (!watches_) return;
  Flow& flow = At(link).flows[static_cast<size_t>(DirectionFrom(from))];
  if (!flow.tainted) Append(flow.written, bytes);
}

Provenance Witness::OnReceived(uint32_t link, Side by, ByteSpan bytes) {
  Provenance of;
  if (!watches_) return of;
  Transport& transport = At(link);
  Flow& flow = transport.flows[static_cast<size_t>(Opposite(DirectionFrom(by)))];
  size_t same = 0;
  if (!flow.tainted) {
    const ByteSpan due = ByteSpan(flow.written).subspan(flow.head);
    if (due.size() >= bytes.size() && std::equal(bytes.begin(), bytes.end(), due.begin())) {  // All is well, as a rule.
      same = bytes.size();
    } else {
      const auto [came, written] = std::ranges::mismatch(bytes, due);
      same = static_cast<size_t>(came - bytes.begin());
    }
    flow.come += same;
    flow.head += same;
    if (same > 0) flow.last = bytes[same - 1];
    if (2 * flow.head >= flow.written.size()) {
      flow.written.erase(flow.written.begin(), flow.written.begin() + static_cast<std::ptrdiff_t>(flow.head));
      flow.head = 0;
    }
  }
  const auto whole = std::ranges::upper_bound(flow.ends, flow.come);
  const bool completes = whole != flow.ends.begin();
  if (completes) flow.begin = *(whole - 1);
  flow.ends.erase(flow.ends.begin(), whole);
  if (same < bytes.size() && !flow.tainted) BeginTaint(flow);
  of.tainted = flow.tainted;
  of.spoilt = flow.tainted && IsSpoilt(flow, bytes.subspan(same));
  of.forged = flow.tainted && !completes;
  if (by == Side::kServer) Hear(transport, bytes, of);
  return of;
}

void Witness::BeginTaint(Flow& flow) {
  flow.tainted = true;
  flow.length_bytes = static_cast<size_t>(std::min<uint64_t>(flow.come - flow.begin, kLengthBytes));
  if (flow.length_bytes == 1) flow.length = flow.last;
  if (flow.length_bytes == kLengthBytes) flow.spoilt_to = flow.ends.front();
  flow.written = {};
  flow.head = 0;
  flow.ends = {};
}

// What a transport begins with may be an honest message of another.
bool Witness::IsSpoilt(Flow& flow, ByteSpan forged) {
  flow.come += forged.size();
  for (; flow.length_bytes < kLengthBytes && !forged.empty(); forged = forged.subspan(1)) {
    flow.length = flow.length << 8 | forged[0];
    if (++flow.length_bytes < kLengthBytes) continue;
    flow.spoilt_to = flow.begin + kLengthBytes;
    if (flow.length >= limits::kRecordCiphertextBytesMin) flow.spoilt_to += flow.length;
  }
  return flow.begin > 0 && flow.come >= flow.spoilt_to;
}

bool Witness::IsResume(const First& first) { return first.bytes[kKindAt] == static_cast<uint8_t>(Kind::kResume); }

bool Witness::IsOld(const First& first) const {
  return std::ranges::any_of(firsts_, [&first](const First& other) {
    return other.answered && other.client == first.client && other.transport >= first.transport;
  });
}

void Witness::Hear(Transport& transport, ByteSpan bytes, Provenance& of) {
  const size_t before = transport.heard.size();
  if (transport.first != kNone || before >= kHeardMax) return;
  Append(transport.heard, bytes.first(std::min(bytes.size(), kHeardMax - before)));
  for (uint32_t i = 0; i < firsts_.size(); ++i) {
    const First& first = firsts_[i];
    const size_t size = first.bytes.size();
    if (size <= before || size > transport.heard.size()) continue;
    if (!std::equal(first.bytes.begin(), first.bytes.end(), transport.heard.begin())) continue;
    transport.first = i;
    of.news = !IsOld(first);
    transport.repeated = IsResume(first) ? !of.news : first.answered;
    of.owner = first.client;
    return;
  }
}

Question Witness::QuestionOn(uint32_t link) const {
  if (link >= transports_.size() || transports_[link].first == kNone) return {};
  const Transport& transport = transports_[link];
  const First& first = firsts_[transport.first];
  return {.genuine = true, .resume = IsResume(first), .repeated = transport.repeated};
}

}  // namespace holdfast::sim
