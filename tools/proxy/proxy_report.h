#pragma once

// Proxy report: what came of a proxy's run, or of many with programs, as text for people and as JSON. Both say that it
// is not deterministic.

#include <string>
#include <vector>

#include "tools/counters_report.h"
#include "tools/proxy/proxy_campaign.h"
#include "tools/table.h"

namespace holdfast::tools {

inline constexpr const char* kNotDeterministic =
    "not deterministic: real sockets and real time, so the same plan may go otherwise next time";

struct ProxyFacts {
  std::string subject;               // "20 seeds of small worlds", "plan 'my.plan'".
  std::vector<std::string> ignored;  // Lines of the plan that have no meaning here.
  std::string invoked;               // The program, quoted for a shell.
  std::vector<std::string> words;    // Of the command, but what names the subject.
  bool interrupted = false;
  bool keeps_trace = false;
};

// One line each, or nothing.
std::string IgnoredText(const std::vector<std::string>& ignored);

// Of a proxy alone.
Table ProxyTable(const ProxyFacts& facts, const sim::Counters& counters, Duration elapsed);
Json ProxyJson(const ProxyFacts& facts, const sim::Plan& plan, const sim::Counters& counters, Duration elapsed);

// Of programs.
std::string ProxyCampaignText(const ProxyFacts& facts, const ProxyCampaignReport& report);
Json ProxyCampaignJson(const ProxyFacts& facts, const ProxyCampaignReport& report);

}  // namespace holdfast::tools
