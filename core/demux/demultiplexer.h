#pragma once

// Demultiplexer: which of a port's protocols a connection speaks. One for each connection; fed with what comes, until
// there is a verdict. Then the connection belongs to somebody else, together with every byte that was taken.
//
//   while (!verdict && connection gives bytes) verdict = demultiplexer.Receive(bytes);   // At most NeedAtMost() of
//   them if (verdict && verdict->protocol) owner.Begin(std::move(demultiplexer).TakeBytes(), rest of bytes,
//   connection);
//
// The verdict does not depend on how the bytes were split, and nothing is taken that comes after it. It comes with the
// last byte of a prefix; with the first byte that no prefix of the port's has; or, where prefixes do not do, with the
// field that decides, as core/demux/http_head.h and core/demux/client_hello.h say.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/demux/client_hello.h"
#include "core/demux/http_head.h"
#include "core/demux/port.h"
#include "core/demux/prefixes.h"

namespace holdfast {

struct Verdict {
  // Whose connection it is; nobody's: close it, and if Port::conceals(), as late as it says.
  std::optional<Protocol> protocol = std::nullopt;
  // If it is nobody's, or the fallback's: the registered protocol that it began like, if that is already clear. For a
  // log.
  std::optional<Protocol> looks_like = std::nullopt;
  bool operator==(const Verdict&) const = default;
};

class Demultiplexer {
 public:
  // `port` must outlive it.
  explicit Demultiplexer(const Port& port);

  // Takes from the front of `input` what it needs and leaves the rest. Final once there is something; not to be called
  // again then. A port that serves one protocol which may begin with anything has a verdict before the first byte.
  std::optional<Verdict> Receive(ByteSpan& input);

  // There is no verdict, and nothing more comes: the peer sends no more, or its time is over. The fallback has it, if
  // there is one, at least one byte came, and it did not begin as something else; else nobody.
  Verdict End() const;

  // How many more bytes it takes at most. 0 if there is a verdict, or will be without a byte.
  size_t NeedAtMost() const;

  // What was taken, in order. The whole of it is the new owner's.
  ByteSpan bytes() const { return taken_; }
  Bytes TakeBytes() && { return std::move(taken_); }

 private:
  enum class Stage : uint8_t { kPrefix, kNonce, kHead, kHello, kDone };

  // Each: the byte that was just added to taken_.
  std::optional<Verdict> InPrefix(uint8_t byte);
  std::optional<Verdict> InNonce();
  std::optional<Verdict> InHead(uint8_t byte);
  std::optional<Verdict> InHello(uint8_t byte);

  std::optional<Verdict> After(const Prefix& prefix);
  std::optional<Verdict> ByHello(bool at_end) const;
  bool NeedsHead(const Prefix& prefix) const;
  bool NeedsHello(const Prefix& prefix) const;
  bool MayBeHidden() const;
  Verdict Is(Protocol protocol) const;
  Verdict IsNone(std::optional<Protocol> looks_like) const;
  std::optional<Protocol> LooksLike() const;

  const Port* port_;
  Stage stage_ = Stage::kPrefix;
  Bytes taken_;
  PrefixSet possible_ = kEveryPrefix;  // Of all that are registered, served here or not.
  HttpHead head_;
  ClientHello hello_;
};

}  // namespace holdfast
