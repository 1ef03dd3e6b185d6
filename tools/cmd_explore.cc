// holdfast explore: every death at every byte of a small session, and every second death behind it.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "core/crypto/crypto.h"
#include "sim/explore.h"
#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/explore_report.h"
#include "tools/files.h"
#include "tools/forked_copies.h"
#include "tools/guest.h"
#include "tools/interrupt.h"
#include "tools/progress.h"

namespace holdfast::tools {
namespace {

constexpr const char* kFooter =
    R"(A small session, which resumes once, is cut at every byte of every transport, in each direction, in every way:
by a fin, a reset, a silence, or a stall that becomes a reset; the client, the server or both learn of it first;
what is under way arrives or is lost; bytes arrive whole, one by one, or in two pieces that meet at that byte. With
--depth 2 there follows a second death at every byte of whatever comes after the first; for that, bytes arrive
whole, and the second death is of a few kinds, which the table names.

Of a plug-in that clones its ends the jobs are threads. Of any other, and with --processes, they are processes: each
place has a copy of this one, so a cell in which the plug-in crashes or hangs is a finding, and the others go on. If its
sessions do not survive their transport, none dies: it stalls at every byte instead.

Examples:
  holdfast explore                   one death, everywhere: some ten thousand cells
  holdfast explore --pattern xxpsk0  of a session in a private network, in which the client proves who it is
  holdfast_fast explore --depth 2    two deaths: millions of cells, some minutes with the fast provider
  holdfast explore --sample 10       a tenth of it: every tenth byte for the first death
  holdfast explore --json -          which bytes there were, and what came of it, as JSON
  holdfast explore --plugin ./libmine.so   your own protocol, by the interface of sim/plug/holdfast_plugin.h

A cell that fails prints the oracle's sentence and its plan, which holdfast replay --plan runs again.
Exit status: 0 nothing was violated; 1 something was; 2 bad arguments or files; 130 interrupted by Ctrl-C, after the
table of what was done until then.)";

struct Options {
  uint32_t depth = 1;
  uint32_t jobs = std::clamp(std::thread::hardware_concurrency(), 1u, kJobsMax);
  std::optional<sim::ExploreSubject> pattern;
  std::optional<Suite> suite;
  GuestOptions guest;
  bool processes = false;
  uint32_t sample = 1;
  std::optional<std::string> json;
};

Duration Now() { return std::chrono::steady_clock::now().time_since_epoch(); }

Parsed<uint32_t> ParseDepth(std::string_view text) {
  if (text == "1") return 1;
  if (text == "2") return 2;
  return std::unexpected(fmt::format("'{}' should be 1 or 2: the cells with three deaths are too many to visit", text));
}

constexpr uint32_t kSampleMax = 1'000'000;

Parsed<uint32_t> ParseSample(std::string_view text) {
  const Parsed<uint64_t> number = ParseSeed(text);
  if (number && *number >= 1 && *number <= kSampleMax) return static_cast<uint32_t>(*number);
  return std::unexpected(fmt::format("'{}' should be a number from 1 to {}", text, kSampleMax));
}

// One line about what does not go together, or nothing.
std::optional<Complaint> Contradiction(const Options& options) {
  if (options.guest.both.child || options.guest.server.child)
    return "a child cannot be forked; use holdfast sim --child";
  if (!options.guest.both.plugin) {
    if (options.processes) return "--processes goes with --plugin";
    return std::nullopt;
  }
  if (options.pattern) return "--pattern is of Holdfast's own sessions, and does not go with --plugin";
  if (options.suite) return "--suite is of Holdfast's own sessions, and does not go with --plugin";
  return std::nullopt;
}

sim::ExploreReport RunWatched(const Options& options, const sim::Protocol* guest, ExploreFacts& facts) {
  const Interrupt interrupt;
  const Duration begin = Now();
  Duration told_at = begin;
  Progress progress(stderr);
  sim::ExploreOptions explore;
  ForkedCopies copies;
  explore.subject = facts.subject;
  explore.protocol = guest;
  if (facts.processes) explore.copies = &copies;
  explore.depth = options.depth;
  explore.jobs = options.jobs;
  explore.bytes_stride = options.sample;
  explore.stop = [&interrupt] { return interrupt.requested(); };
  explore.progress = [&](const sim::ExploreProgress& so_far) {
    if (Now() - told_at < progress.interval()) return;
    told_at = Now();
    progress.Show({.seeds_done = so_far.bytes_done,
                   .seeds_total = so_far.bytes_total,
                   .violations = so_far.violations,
                   .elapsed = told_at - begin,
                   .stopping = interrupt.requested(),
                   .noun = "byte"});
  };
  sim::ExploreReport report = sim::Explore(explore);
  progress.Clear();
  facts.elapsed = Now() - begin;
  facts.interrupted = !report.complete;
  return report;
}

Outcome RunExplore(const Options& options, const std::string& invoked) {
  if (auto contradiction = Contradiction(options)) return std::unexpected(*std::move(contradiction));
  const Parsed<std::shared_ptr<const sim::Protocol>> guest = GuestOf(options.guest);
  if (!guest) return std::unexpected(guest.error());
  ExploreFacts facts;
  facts.depth = options.depth;
  facts.jobs = options.jobs;
  facts.sample = options.sample;
  facts.subject = options.pattern.value_or(sim::ExploreSubject{});
  facts.subject.suite = options.suite.value_or(Suite::kChaChaPoly);
  facts.provider = CryptoProvider();
  if (*guest) {
    facts.guest = (*guest)->traits().name;
    facts.guest_words = options.guest.Words();
    facts.processes = options.processes || !(*guest)->CanFork();
  }
  std::optional<OutputFile> json;
  if (options.json) {
    Parsed<OutputFile> file = OutputFile::Open(*options.json);
    if (!file) return std::unexpected(file.error());
    json = *std::move(file);
  }

  const sim::ExploreReport report = RunWatched(options, guest->get(), facts);

  FILE* people = json && json->is_standard_output() ? stderr : stdout;
  auto written = WriteTo(people, ExploreViolationsText(facts, report, invoked) + ExploreTable(facts, report).Text());
  if (written && json) written = json->Write(JsonText(ExploreJson(facts, report)));
  if (!written) return std::unexpected(written.error());
  if (!report.trouble.empty()) return std::unexpected(report.trouble);
  if (facts.interrupted) return ExitStatus::kInterrupted;
  return report.violation_count > 0 ? ExitStatus::kCheckFailed : ExitStatus::kDone;
}

}  // namespace

Command AddExplore(const Program& program) {
  CLI::App* line = program.line.add_subcommand("explore", "Cut a small session at every byte, in every way");
  const auto options = std::make_shared<Options>();
  AddOption(*line, "--depth", options->depth, ParseDepth, "N", "So many deaths, 1 or 2 [1]");
  AddOption(*line, "--jobs", options->jobs, ParseJobs, "N",
            fmt::format("Threads, or processes [all cores: {}]", options->jobs));
  AddOption(*line, "--pattern", options->pattern, ParsePattern, "NAME", "nx, xx, nxpsk0 or xxpsk0 [nx]");
  AddOption(*line, "--suite", options->suite, ParseSuite, "NAME", "chacha-poly or aes-gcm [chacha-poly]");
  AddGuest(*line, options->guest);
  line->add_flag("--processes", options->processes,
                 "A copy of the process for each place, also for a plug-in that clones:\nthen it may crash");
  AddOption(*line, "--sample", options->sample, ParseSample, "N", "Only every Nth byte for the first death [1]");
  AddOption(*line, "--json", options->json, ParsePath, "FILE",
            "Write everything as JSON; - is the standard output,\nand the table then goes to the standard error");
  line->footer(kFooter);
  return {line, [options, invoked = program.invoked] { return RunExplore(*options, invoked); }};
}

}  // namespace holdfast::tools
