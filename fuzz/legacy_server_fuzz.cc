// The legacy profile's pool, beside strangers who say anything, also what they overheard. Claims:
//   * no input reaches a check, or makes the pool hold more than its sessions and limits allow;
//   * a session whose secret they do not have goes on, byte for byte, on the transport that it has;
//   * what is delivered and what state is left do not depend on how their bytes are split.
//
// Input: steps, each a byte that says what happens, a byte that says to which of four transports, and how much. What a
// stranger says is either the input's own, or what gets him past a step of the handshake.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/random.h"
#include "core/legacy/client.h"
#include "core/legacy/pool.h"

namespace holdfast::legacy {
namespace {

constexpr int kHonestFd = 9;
constexpr size_t kStrangers = 4;

struct Seen {
  std::map<int32_t, Bytes> delivered;
  uint64_t digest = 0;
  bool operator==(const Seen&) const = default;
};

class Run {
 public:
  explicit Run(size_t segment) : segment_(segment) {
    honest_.TransportOpened(now_, random());
    PollAll();
    honest_id_ = 1;
    HOLDFAST_CHECK(pool_.Has(honest_id_));
    Talk(300);
  }

  Seen Play(ByteSpan script) {
    while (script.size() >= 2) {
      const uint8_t what = script[0];
      const int fd = script[1] % kStrangers;
      const size_t size = script[1] / kStrangers;
      script = script.subspan(2);
      const ByteSpan own = script.first(std::min(size, script.size()));
      switch (what % 10) {
        case 0:
          Receive(fd, own), script = script.subspan(own.size());
          break;
        case 1:
          pool_.TransportClosed(now_, fd);
          break;
        case 2:
          now_ = After(now_, Milliseconds(size * 1000)), pool_.Tick(now_);
          break;
        case 3:
          Receive(fd, Hello(fd));
          break;
        case 4:
          Receive(fd, Proof(fd));
          break;
        case 5:
          Receive(fd, Overheard());
          break;
        case 6:
          Receive(fd, Bytes(size * 64, what));
          break;
        case 7:
          Talk(size * 300);
          break;
        case 8:
          pool_.Send(now_, 2 + fd, Bytes(size * 1100, what));
          break;
        default:
          pool_.End(now_, 2 + fd, Reason::kClosed);
          break;
      }
      PollAll();
      HOLDFAST_CHECK(pool_.handshakes() <= kStrangers && pool_.sessions() <= kStrangers);
      HOLDFAST_CHECK(pool_.MemoryBytes() <= 3 * (kStrangers + 1) * kWindowBytes + (size_t{1} << 20));
    }
    Talk(100);
    seen_.digest = pool_.StateDigest();
    return std::move(seen_);
  }

 private:
  static uint64_t Draw(void* stream) { return static_cast<NamedStream*>(stream)->Next(); }
  RandomSource random() { return {Draw, &stream_}; }

  void Receive(int fd, ByteSpan bytes) {
    while (!bytes.empty()) {
      const ByteSpan piece = bytes.first(std::min(bytes.size(), segment_));
      bytes = bytes.subspan(piece.size());
      pool_.Receive(now_, fd, piece, random());
    }
  }

  static Bytes Hello(int fd) {
    Bytes bytes;
    AppendWord(bytes, uint64_t{0});
    AppendWord(bytes, Power(kGenerator, static_cast<uint64_t>(fd) + 10));
    return bytes;
  }

  // Of the answer that this transport had, as if it were to a new session's hello.
  Bytes Proof(int fd) const {
    const auto& answer = answers_[static_cast<size_t>(fd)];
    Bytes bytes;
    const uint64_t secret = Power(Load<uint64_t>(answer.data()), static_cast<uint64_t>(fd) + 10);
    AppendWord(bytes, Hash(Load<uint64_t>(answer.data() + 8), secret));
    return bytes;
  }

  // What the honest client would say on a new transport.
  Bytes Overheard() {
    Client copy = honest_;
    copy.TransportOpened(now_, random());
    while (auto event = copy.Poll()) {
      if (const auto* write = std::get_if<client_event::Write>(&*event)) return ToBytes(write->bytes);
    }
    return {};
  }

  void Talk(size_t size) {
    const Bytes bytes(size, 'x');
    HOLDFAST_CHECK(pool_.Send(now_, honest_id_, bytes) == size);
    HOLDFAST_CHECK(honest_.Send(now_, bytes) == size);
    PollAll();
    said_ += size;
    HOLDFAST_CHECK(honest_.received() == said_ && pool_.received(honest_id_) == said_);
    HOLDFAST_CHECK(std::ranges::count(seen_.delivered[honest_id_], 'x') == static_cast<ptrdiff_t>(said_));
  }

  void PollAll() {
    for (bool moved = true; std::exchange(moved, false);) {
      while (auto event = honest_.Poll()) {
        moved = true;
        const auto* write = std::get_if<client_event::Write>(&*event);
        if (write != nullptr) pool_.Receive(now_, kHonestFd, write->bytes, random());
        if (const auto* deliver = std::get_if<client_event::Deliver>(&*event)) {
          HOLDFAST_CHECK(std::ranges::count(deliver->bytes, 'x') == static_cast<ptrdiff_t>(deliver->bytes.size()));
        }
      }
      while (auto event = pool_.Poll()) {
        moved = true;
        if (const auto* write = std::get_if<pool_event::Write>(&*event)) {
          if (write->fd == kHonestFd) {
            honest_.Receive(now_, write->bytes);
          } else {
            const size_t count = std::min(write->bytes.size(), kReplyBytes);
            std::ranges::copy(write->bytes.first(count), answers_[static_cast<size_t>(write->fd)].begin());
          }
        } else if (const auto* close = std::get_if<pool_event::CloseTransport>(&*event)) {
          HOLDFAST_CHECK(close->fd != kHonestFd);
        } else if (const auto* deliver = std::get_if<pool_event::Deliver>(&*event)) {
          Append(seen_.delivered[deliver->id], deliver->bytes);
        }
      }
    }
  }

  size_t segment_;
  Time now_{1ns};
  NamedStream stream_{1, "server"};
  Pool pool_{{.seed = 3, .sessions_max = kStrangers, .handshakes_max = kStrangers, .remembered_max = 8}};
  Client honest_;
  int32_t honest_id_ = 0;
  uint64_t said_ = 0;
  std::array<std::array<uint8_t, kReplyBytes>, kStrangers> answers_ = {};
  Seen seen_;
};

}  // namespace
}  // namespace holdfast::legacy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  if (size == 0) return 0;
  const ByteSpan script(data + 1, size - 1);
  HOLDFAST_CHECK(legacy::Run(size_t{data[0]} + 1).Play(script) == legacy::Run(SIZE_MAX).Play(script));
  return 0;
}
