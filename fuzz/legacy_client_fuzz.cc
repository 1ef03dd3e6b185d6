// The legacy profile's client, beside a server that says anything. Claims:
//   * no input reaches a check, or makes the client hold more than its window and what waits;
//   * what is delivered, what is told and what state is left do not depend on how the server's bytes are split.
//
// Input: steps, each a byte that says what happens, and a byte that says how much. What the server says is either the
// input's own, or a reply that gets the client past its handshake.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/random.h"
#include "core/legacy/client.h"

namespace holdfast::legacy {
namespace {

constexpr uint64_t kServerExponent = 4711;

struct Seen {
  Bytes delivered;
  Bytes written;
  std::vector<size_t> told;  // Kinds of events but Write and Deliver.
  uint64_t digest = 0;
  bool operator==(const Seen&) const = default;
};

class Run {
 public:
  explicit Run(size_t segment) : segment_(segment) {}

  Seen Play(ByteSpan script) {
    while (script.size() >= 2) {
      const uint8_t what = script[0];
      const size_t size = script[1];
      script = script.subspan(2);
      const ByteSpan own = script.first(std::min(size, script.size()));
      switch (what % 9) {
        case 0:
          client_.TransportOpened(now_, {Draw, &stream_});
          break;
        case 1:
          client_.TransportClosed(now_);
          break;
        case 2:
          now_ = After(now_, Milliseconds(size * 100)), client_.Tick(now_);
          break;
        case 3:
          Receive(own), script = script.subspan(own.size());
          break;
        case 4:
          Receive(Reply(Power(kGenerator, kServerExponent), size));
          break;
        case 5:
          Receive(Reply(client_.sent() - std::min<uint64_t>(client_.sent(), size * 300), size));
          break;
        case 6:
          Receive(Bytes(size * 64, what));
          break;
        case 7:
          client_.Send(now_, Bytes(size * 300, what));
          break;
        default:
          client_.Send(now_, own);
          break;
      }
      Poll();
      HOLDFAST_CHECK(client_.MemoryBytes() <= 8 * kWindowBytes);
    }
    seen_.digest = client_.StateDigest();
    return std::move(seen_);
  }

 private:
  static uint64_t Draw(void* stream) { return static_cast<NamedStream*>(stream)->Next(); }

  static Bytes Reply(uint64_t first, uint64_t challenge) {
    Bytes bytes;
    AppendWord(bytes, first);
    AppendWord(bytes, challenge);
    return bytes;
  }

  void Receive(ByteSpan bytes) {
    while (!bytes.empty()) {
      const ByteSpan piece = bytes.first(std::min(bytes.size(), segment_));
      bytes = bytes.subspan(piece.size());
      client_.Receive(now_, piece);
    }
  }

  void Poll() {
    while (auto event = client_.Poll()) {
      if (const auto* write = std::get_if<client_event::Write>(&*event)) {
        Append(seen_.written, write->bytes);
      } else if (const auto* deliver = std::get_if<client_event::Deliver>(&*event)) {
        Append(seen_.delivered, deliver->bytes);
      } else {
        seen_.told.push_back(event->index());
      }
    }
  }

  size_t segment_;
  Time now_{1ns};
  NamedStream stream_{1, "client"};
  Client client_;
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
