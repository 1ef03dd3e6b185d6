#pragma once

// The text form of a plan: one line a setting or fault, `word key=value...`, in any order; `#` begins a comment. Keys
// that are left out have their defaults, and Print leaves out what is default, so a shrunk plan is a few lines.
//
//   plan seed=42 heal=20s
//   server replay_bytes_max=4096
//   client id=0 suite=aes-gcm hold=5s
//   stream client=0 of=c>s bytes=40000 chunk=1000 think=1ms
//   clock of=client client=0 at=2s offset=-300s
//   path client=0 of=s>c latency=140ms segments=one-byte
//   abort client=0 by=server code=7 delivered=1000
//   reset client=0 transport=1 of=c>s byte=137 server_learns=30s keep_down=0
//   refuse client=0 dial=2
//   tamper client=0 transport=1 of=c>s message=2 byte=5 bit=3
//   intrude client=0 transport=1 age=2s from_transport=1 from_message=0 pace=10ms
//   restart at=5s lasting=2s state=kept
//
// `client id=0 count=2000` stands for so many clients that are alike, of which the stream lines of the first are true
// as well; `client=all` in a path, a clock or a fault means every one.
//
// Times: an integer, of an offset maybe negative, and ns, us, ms or s, or `never`. Sizes: bytes, or `all`.

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sim/plan.h"

namespace holdfast::sim {

std::string Print(const Plan& plan);
std::string Print(const Fault& fault);

// One sentence that names the line.
using PlanError = std::string;

// ParsePlan(Print(plan)) is `plan`, exactly. What it accepts has no Problem.
std::expected<Plan, PlanError> ParsePlan(std::string_view text);

// Why the plan cannot be run, or nothing: a value out of bounds, or applications that wait for each other for ever.
std::optional<std::string> Problem(const Plan& plan);

}  // namespace holdfast::sim
