#pragma once

// X25519Speed: how fast this machine is, as one number that others can compare with theirs. Speeds of campaigns are
// told beside it, because most of a short session is Diffie-Hellman, and machines differ.

#include "core/base/time.h"

namespace holdfast::tools {

// A core that does so many a second is the yardstick that campaign speeds are scaled to.
inline constexpr double kYardstickX25519PerSecond = 31'000;

// X25519 shared secrets that OpenSSL derives in a second of one core, measured for about `duration` of its time.
// Whatever crypto provider the program is linked with. 0 if OpenSSL refuses.
double X25519PerSecond(Duration duration);

// The time that cores spent on this process so far, on all threads. Other programs on the machine do not count in it.
Duration ProcessorTime();

}  // namespace holdfast::tools
