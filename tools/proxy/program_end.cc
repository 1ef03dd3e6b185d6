#include "tools/proxy/program_end.h"

#include <array>
#include <utility>

#include "core/base/error.h"

namespace holdfast::tools {
namespace {

using sim::Number;
using sim::Side;

constexpr SessionId kSession{1};
constexpr uint64_t kLabel = 1;
constexpr size_t kPieceMax = 65536;

}  // namespace

std::expected<void, std::string> ProgramEnd::Start(const std::string& command, std::function<void()> changed) {
  auto program = net::Program::Start(loop_, command, [this] { proxy_.Do(changed_); });
  if (!program) return std::unexpected(program.error());
  program_ = *std::move(program);
  changed_ = std::move(changed);
  proxy_.Do([this] {
    sim::Stage& stage = proxy_.stage();
    application_ = sim::Application(stage, 0, side_, kSession, kLabel);
    stage.Emit(actor(), sim::trace::SessionOpened{.client = 0, .session = kLabel, .transport = sim::kNoTransport});
    Pump();
  });
  WantOutput();
  return {};
}

void ProgramEnd::Pump() {
  sim::Stage& stage = proxy_.stage();
  if (end()) return;  // There is nobody to talk to.
  while (application_.Pump(stage, *this, scratch_)) continue;
  if (scheduled_ <= stage.now) scheduled_ = kNever;
  const Time next = application_.NextWork(stage);
  if (next >= scheduled_) return;
  scheduled_ = next;
  const bool is_client = side_ == Side::kClient;
  stage.schedule.Add(next, is_client ? sim::Happening::kClientApp : sim::Happening::kServerApp);
}

// --- Its standard input --------------------------------------------------------------------------------------------

size_t ProgramEnd::Send(Time, SessionId, ByteSpan plaintext, bool) {
  if (finished_) return 0;
  const net::Moved moved = program_->stdio().Write(plaintext);
  taken_ += moved.bytes;
  if (moved.flow == net::Flow::kWaits) {
    program_->stdio().WhenWritable([this] {
      proxy_.Do([this] {
        application_.OnSpace();
        proxy_.stage().Emit(actor(), sim::trace::SpaceAvailable{.client = 0, .session = kLabel});
        Pump();
      });
    });
  }
  return moved.bytes;  // Who has closed its input takes no more, for ever.
}

void ProgramEnd::Finish(Time, SessionId) {
  finished_ = true;
  program_->stdio().Finish();
}

// --- Its standard output -------------------------------------------------------------------------------------------

void ProgramEnd::WantOutput() {
  program_->stdio().WhenReadable([this] { proxy_.Do([this] { ReadOutput(); }); });
}

void ProgramEnd::ReadOutput() {
  std::array<uint8_t, kPieceMax> piece;
  const net::Moved moved = program_->stdio().Read(piece);
  if (moved.bytes > 0) Deliver(ByteSpan(piece).first(moved.bytes));
  output_ended_ = moved.flow == net::Flow::kFinished || moved.flow == net::Flow::kBroken;
  if (!output_ended_) WantOutput();
  Pump();
  if (moved.flow != net::Flow::kWaits) changed_();
}

void ProgramEnd::Deliver(ByteSpan bytes) {
  sim::Stage& stage = proxy_.stage();
  application_.OnDeliver(stage, delivered_, bytes.size());
  stage.counters.bytes_delivered += bytes.size();
  stage.Emit(
      actor(),
      sim::trace::Deliver{
          .client = 0, .session = kLabel, .transport = sim::kNoTransport, .offset = delivered_, .size = bytes.size()},
      bytes);
  delivered_ += bytes.size();
}

void ProgramEnd::PeerMayBeComplete(const ProgramEnd& peer) {
  if (output_ended_ && peer.finished_ && peer.taken_ == delivered_) PeerIsComplete();
}

void ProgramEnd::PeerIsComplete() {
  if (std::exchange(peer_finished_, true)) return;
  sim::Stage& stage = proxy_.stage();
  application_.OnPeerFinished(stage);
  stage.Emit(actor(), sim::trace::PeerFinished{.client = 0, .session = kLabel, .offset = delivered_});
  Pump();
}

void ProgramEnd::Finished() {
  sim::Stage& stage = proxy_.stage();
  const auto origin = Number(side_ == Side::kClient ? Origin::kClient : Origin::kServer);
  stage.Emit(actor(), sim::trace::Ended{.client = 0,
                                        .session = kLabel,
                                        .cause = Number(Cause::kFinished),
                                        .origin = origin,
                                        .code = 0,
                                        .crossed = 0,
                                        .peer_code = 0});
}

}  // namespace holdfast::tools
