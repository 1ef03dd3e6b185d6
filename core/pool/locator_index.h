#pragma once

// LocatorIndex: which session answers to a locator. Ordered: what a search costs depends on how many there are, never
// on which locators strangers choose to ask for. HF-LIM-5.

#include <functional>
#include <map>

#include "core/session/event.h"
#include "core/wire/messages.h"

namespace holdfast {

template <typename Less = std::less<Locator>>
using LocatorIndex = std::map<Locator, SessionId, Less>;

}  // namespace holdfast
