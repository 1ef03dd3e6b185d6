#pragma once

// A site: several servers behind one address and one key, who know nothing of each other. To the world it is one
// endpoint; a session is at one of them, a transport ends at one of them, and moving a session is how it comes from one
// to the next.

#include <memory>
#include <vector>

#include "sim/endpoint.h"

namespace holdfast::sim {

// `servers`: at least one. The site owns them. Their ids are told apart by the servers' places in the list.
std::unique_ptr<Endpoint> MakeSite(std::vector<std::unique_ptr<Endpoint>> servers);

}  // namespace holdfast::sim
