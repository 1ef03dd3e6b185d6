#pragma once

// SystemEnv: the system's chance and time, for the legacy profile's C API. cp_new and cc_open, which the original has
// and which take nothing, are defined beside it.
//
// INSECURE: the protocol is stable-connection's, for interoperability only.

#include "core/legacy/c/connectionenv.h"

namespace holdfast::net {

connection_env SystemEnv();

}  // namespace holdfast::net
