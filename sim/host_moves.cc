// How a server's host moves sessions from one owner to the next; see host.h and core/pool/moving.h. Here the next owner
// is the same pool: all that matters to the session is that it was away.

#include <fmt/format.h>

#include <algorithm>

#include "sim/host.h"

namespace holdfast::sim {
namespace {

constexpr Duration kImportAgain = std::chrono::milliseconds(500);  // After a pool had no room.

}  // namespace

void Host::Move(Stage& stage, Network& network, uint32_t fault_index) {
  const Fault& fault = stage.plan.faults[fault_index];
  auto found = std::ranges::find_if(applications_, [&fault](const Application& application) {
    return application.client() == fault.client && !application.over() && !application.away();
  });
  if (found == applications_.end()) return;
  const auto index = static_cast<uint32_t>(found - applications_.begin());
  StreamEntropy ticket(stage.plan.seed, fmt::format("ticket{}", moving_.size()));
  std::optional<Parcel> parcel = endpoint_->Export(stage.now, found->session(), fault.live, ticket, entropy_);
  if (!parcel) return;  // A live one without a transport.
  network.CountFault(stage, fault_index, moving_.size());
  stage.Emit(actor_, trace::Exported{.client = fault.client, .session = found->label(), .live = fault.live});
  found->OnExported();
  sessions_.Erase(found->session());
  const uint32_t link = LinkOf(parcel->transport);
  if (link != kNoLink) {
    network.link(link).end(side()).away = true;
    --transports_open_;
  }
  // The network is made good for sessions that are there.
  const Time back = std::min(After(stage.now, fault.lasting), After(kStart, stage.plan.heal) - Duration(1));
  stage.schedule.Add(std::max(stage.now, back), Happening::kImport, static_cast<uint32_t>(moving_.size()));
  moving_.push_back({std::move(*parcel), index, link, stage.now});
  Service(stage, network);
}

void Host::Import(Stage& stage, Network& network, uint32_t number) {
  Moving& moving = moving_[number];
  StreamEntropy ticket(stage.plan.seed, fmt::format("ticket{}", number));
  const auto unpacked = endpoint_->Import(stage.now, moving.parcel, stage.now - moving.since, ticket);
  if (!unpacked && !moving.parcel.live) return stage.ScheduleIn(kImportAgain, Happening::kImport, number);
  if (!unpacked) return Misbehaves(stage, "loses a session that moves live");
  Application& application = applications_[moving.application];
  application.OnImported(unpacked->session, moving.parcel.live);
  sessions_.At(unpacked->session) = moving.application;
  stage.Emit(actor_, trace::Imported{.client = application.client(),
                                     .session = application.label(),
                                     .live = moving.parcel.live,
                                     .offset = application.delivered()});
  Touch(moving.application);
  moving.parcel.bytes.clear();
  const uint32_t index = moving.link;
  if (index == kNoLink) return Service(stage, network);

  // The transport goes on where it was left.
  LinkEnd& end = network.link(index).end(side());
  links_.Erase(end.id);
  end.id = unpacked->transport;
  links_.At(end.id) = index;
  end.away = false;
  ++transports_open_;
  endpoint_->SetWritable(stage.now, end.id, end.writable);
  Service(stage, network);
  const Bytes unread = std::exchange(end.unread, {});
  if (!unread.empty()) OnBytes(stage, network, index, unread);
  if (std::exchange(end.gone, false)) OnGone(stage, network, index);
}

}  // namespace holdfast::sim
