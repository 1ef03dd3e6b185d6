#pragma once

// SystemSays: an error number of the system in words.

#include <string>
#include <system_error>

namespace holdfast::net {

inline std::string SystemSays(int error) { return std::generic_category().message(error); }

}  // namespace holdfast::net
