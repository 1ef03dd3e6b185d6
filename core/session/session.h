#pragma once

// Session: what survives: two streams with absolute offsets, and the rules by which frames move them. The same for both
// roles; transports, epochs and endings are the business of Client and Server, which own one each per session.

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/session/early.h"
#include "core/session/link.h"
#include "core/session/options.h"
#include "core/session/scratch.h"
#include "core/session/streams.h"
#include "core/session/view.h"
#include "core/wire/frames.h"

namespace holdfast {

class ForkKey;

class Session {
 public:
  // Sessions of one server share their options.
  explicit Session(std::shared_ptr<const SessionOptions> options)
      : options_(std::move(options)),
        out_(options_->replay_bytes_max),
        in_(options_->receive_window, options_->explicit_consume) {}
  explicit Session(const SessionOptions& options) : Session(std::make_shared<const SessionOptions>(options)) {}
  // One that goes on where another owner's stood.
  Session(std::shared_ptr<const SessionOptions> options, SendStream out, ReceiveStream in)
      : options_(std::move(options)), out_(std::move(out)), in_(std::move(in)) {}
  Session(const SessionOptions& options, SendStream out, ReceiveStream in)
      : Session(std::make_shared<const SessionOptions>(options), std::move(out), std::move(in)) {}

  // --- The application ---
  // Takes at most `allowance` bytes of memory more.
  size_t Send(ByteSpan plaintext, size_t allowance = SIZE_MAX) { return out_.Write(plaintext, allowance); }
  void Finish() { out_.Finish(); }
  // The application owns `bytes` more of what was delivered, which makes an ACK due on `link`, if there is one. Of no
  // effect unless it has to say so (SessionOptions::explicit_consume). HF-OFS-2.
  void Consumed(Time now, uint64_t bytes, Link* link);
  bool TakeSpaceNotice() { return out_.TakeSpaceNotice(); }
  bool TakeMemoryNotice() { return out_.TakeMemoryNotice(); }

  // --- Early data (docs/protocol.md 5.6) ---
  // What goes into message 1: see session/early.h. HF-RES-29.
  Bytes TakeEarly(const EarlyRuns& runs) { return holdfast::TakeEarly(out_, runs, options_->early_bytes_max); }
  // The gain is kept; its bytes are to be delivered. Nothing that has to do with a transport changes. HF-RES-31.
  void Keep(const EarlyGain& gain) { in_ = gain.in; }

  // --- A transport is attached ---

  // What this end says of itself in a handshake (docs/protocol.md 5.2).
  Claims ClaimsNow() const { return ClaimsWith(in_); }
  // As it would be if its receiving side were `in`.
  Claims ClaimsWith(const ReceiveStream& in) const;

  // The peer's claims take effect: from here on everything goes over the new transport. An error ends the session.
  Status Attach(const Claims& claims);

  // --- Frames in ---

  struct Outcome {
    ByteSpan deliver;  // New bytes of the peer's stream, a view into the frame; the first is at `offset`.
    uint64_t offset = 0;
    bool peer_finished = false;
    std::optional<Closing> close;
  };
  // An error ends the session: the frame is authentic, so it is the peer's doing.
  Result<Outcome> OnFrame(Time now, Link& link, const Frame& frame);

  // --- Records out ---

  bool HasRecord(Time now, const Link& link) const;
  // The next record, sealed into `scratch`: acknowledgement and liveness first, then as much DATA as may go, then FIN.
  // Empty, and nothing has changed, if `scratch` has no memory for it.
  ByteSpan NextRecord(Time now, Link& link, Scratch& scratch);

  // Both streams are complete and consumed, and both sides know (docs/protocol.md 7.2): time for CLOSE{finished}.
  // HF-END-5.
  bool Finished() const { return in_.ended() && in_.consumed() == in_.received() && out_.complete(); }
  // Whether a server's word that all is finished can be true: we said, on the wire, and heard the ends of both streams.
  // HF-END-8.
  bool CouldBeFinished() const { return in_.ended() && out_.fin_ever_sent(); }
  // Likewise when it comes with claims: they must cover all that we sent.
  bool CouldBeFinished(const Claims& claims) const {
    return CouldBeFinished() && claims.fin_received && claims.consumed.value == out_.written();
  }
  bool AtOffsetLimit() const { return out_.at_offset_limit(); }  // HF-OFS-18.

  const SessionOptions& options() const { return *options_; }
  const SendStream& out() const { return out_; }
  const ReceiveStream& in() const { return in_; }
  void ReleaseIfEmpty() { out_.ReleaseIfEmpty(); }

  void FillView(SessionView& view) const;
  Session ForkForSimulation(const ForkKey& key) const;
  // `with_received`: what was received and consumed counts too.
  void DigestInto(Digest& digest, bool with_received = true) const;

 private:
  size_t AckThreshold() const;

  std::shared_ptr<const SessionOptions> options_;
  SendStream out_;
  ReceiveStream in_;
};

// A record that says only how the session ended, sealed into `scratch`.
ByteSpan SealClose(Link& link, const Closing& end, Scratch& scratch);

}  // namespace holdfast
