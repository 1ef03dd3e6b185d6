#pragma once

// Words: what the system has to say of an error, of a time and of a process that is no more, for people.

#include <chrono>
#include <string>

namespace holdfast::net {

// By the value of errno.
std::string SystemSays(int error);

// "10 s", "1500 ms".
std::string Text(std::chrono::nanoseconds time);

// "exited with status 3", "was ended by signal 9 (Killed)".
std::string EndInWords(bool by_signal, int number);

}  // namespace holdfast::net
