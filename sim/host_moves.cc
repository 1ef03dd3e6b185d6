// How a server's host moves sessions from one owner to the next; see host.h and core/pool/moving.h. The next owner is
// the same server or another one of the site, to which the client's dials go from the import on.

#include <fmt/format.h>

#include <algorithm>

#include "sim/host.h"

namespace holdfast::sim {
namespace {

constexpr Duration kImportAgain = std::chrono::milliseconds(500);  // After a pool had no room.

}  // namespace

void Host::Move(Stage& stage, Network& network, uint32_t fault_index, uint32_t client) {
  const Fault& fault = stage.plan.faults[fault_index];
  if (down_) return;
  uint32_t index = latest_[client];
  while (index != kNoApplication && (applications_[index].over() || applications_[index].away())) {
    index = earlier_[index];
  }
  if (index == kNoApplication) return;
  Application& application = applications_[index];
  StreamEntropy ticket(stage.plan.seed, fmt::format("ticket{}", moving_.size()));
  std::optional<Parcel> parcel = endpoint_->Export(stage.now, application.session(), fault.live, ticket, entropy_);
  if (!parcel) return;  // A live one without a transport.
  parcel->server = static_cast<uint32_t>((parcel->server + fault.to) % stage.plan.server.servers);
  network.CountFault(stage, fault_index, client, moving_.size());
  stage.Emit(actor_, trace::Exported{.client = client, .session = application.label(), .live = fault.live});
  sessions_.Erase(application.session());
  application.OnExported();
  const uint32_t link = LinkOf(parcel->transport);
  if (link != kNoLink) {
    network.link(link).end(side()).away = true;
    links_.Erase(parcel->transport);
    --transports_open_;
  }
  // The network is made good for sessions that are there.
  const Time back = std::min(After(stage.now, fault.lasting), After(kStart, stage.plan.heal) - Duration(1));
  const Time due = std::max(stage.now, back);
  stage.schedule.Add(due, Happening::kImport, static_cast<uint32_t>(moving_.size()));
  moving_.push_back({std::move(*parcel), index, link, stage.now, due, false});
  Service(stage, network);
}

// A server that is down takes what is due when it is up.
void Host::OnImport(Stage& stage, Network& network, uint32_t number) {
  if (!down_ && !moving_[number].arrived) Import(stage, network, number);
}

void Host::Import(Stage& stage, Network& network, uint32_t number) {
  Moving& moving = moving_[number];
  StreamEntropy ticket(stage.plan.seed, fmt::format("ticket{}", number));
  const auto unpacked = endpoint_->Import(stage.now, moving.parcel, stage.now - moving.since, ticket);
  if (!unpacked && !moving.parcel.live) return stage.ScheduleIn(kImportAgain, Happening::kImport, number);
  if (!unpacked) return Misbehaves(stage, "loses a session that moves live");
  moving.arrived = true;
  network.DirectTo(applications_[moving.application].client(), moving.parcel.server);
  Application& application = applications_[moving.application];
  application.OnImported(unpacked->session, moving.parcel.live);
  sessions_.At(unpacked->session) = moving.application;
  stage.Emit(actor_, trace::Imported{.client = application.client(),
                                     .session = application.label(),
                                     .live = moving.parcel.live,
                                     .server = moving.parcel.server,
                                     .offset = application.delivered()});
  Touch(moving.application);
  moving.parcel.bytes.clear();
  const uint32_t index = moving.link;
  if (index == kNoLink) return Service(stage, network);

  // The transport goes on where it was left.
  LinkEnd& end = network.link(index).end(side());
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
