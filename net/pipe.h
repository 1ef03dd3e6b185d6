#pragma once

// Pipe: the system's, one end to read from and one to write to.

#include <expected>
#include <string>

#include "net/descriptor.h"

namespace holdfast::net {

struct Pipe {
  Descriptor reads;
  Descriptor writes;
};

// Both ends are closed in every child, and are above the three that a program begins with, lest they be overwritten on
// their way into one. Or why there is none.
std::expected<Pipe, std::string> MakePipe();

// Reads and writes of it no longer wait. False if the system says no.
bool SetNonBlocking(const Descriptor& descriptor);

}  // namespace holdfast::net
