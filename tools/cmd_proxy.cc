// holdfast proxy: the network of a plan between real sockets, for programs that nobody has touched.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sim/plan_text.h"
#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/interrupt.h"
#include "tools/progress.h"
#include "tools/proxy/fitted_plan.h"
#include "tools/proxy/proxy.h"
#include "tools/proxy/proxy_campaign.h"
#include "tools/proxy/proxy_report.h"
#include "tools/subject.h"
#include "tools/units.h"

namespace holdfast::tools {
namespace {

constexpr const char* kFooter = R"(Examples:
  holdfast proxy --listen 127.0.0.1:7000 --to 127.0.0.1:7001 --seed 7 --trace
      connections to port 7000 go on to port 7001 through the network of that seed's plan, until Ctrl-C
  holdfast proxy --server 'mytool serve {host} {port}' --client 'mytool dial {host} {port}' --seeds 1..20
      the two programs are started anew for each seed; what the one reads from its standard input must come out of the
      standard output of the other: once, in order, all of it, and both must exit with status 0
  holdfast proxy --server ... --client ... --does-not-survive
      a session of theirs dies with its transport: then no transport dies
  holdfast proxy --server ... --client ... --plan my.plan --trace
      one plan, event by event

A plan means what it means in the simulator, in real time, and begins with the first dial. Programs are not
deterministic: what fails once may need several tries to fail again, and what is shrunk has failed at least once. A dial
that the plan refuses is accepted and reset; one that hangs is accepted, and silent. Times of --for and --patience are
the wall's, all others the plan's. A command of more than one program should end with exec, or the end of its standard
output is seen only when all of them have ended.
Exit status: 0 nothing was violated; 1 something was, or nothing was decided; 2 bad arguments, files or commands;
130 interrupted by Ctrl-C.)";

constexpr uint64_t kSpeedMax = 1000;
constexpr uint64_t kMemoryMiBMax = 1 << 20;
constexpr uint64_t kProxySeedsMax = 100'000;
constexpr std::chrono::milliseconds kLookEvery(100);
constexpr size_t kRowsKept = 256;  // Of a proxy that may run for days.

struct Options {
  std::vector<std::string> listen;
  std::optional<net::TcpAddress> to;
  Duration lasting = Duration::max();
  std::optional<std::string> server;
  std::optional<std::string> client;
  bool does_not_survive = false;
  std::optional<std::string> plan;
  std::optional<uint64_t> seed;
  std::optional<SeedRange> seeds;
  sim::Profile worlds = sim::Profile::kSmall;
  uint64_t speed = 1;
  Duration patience = PairOptions{}.patience;
  std::optional<uint64_t> memory_mib;
  uint32_t jobs = std::clamp(std::thread::hardware_concurrency(), 1u, kJobsMax);
  bool stop_at_first = false;
  bool shrink = false;
  uint64_t steps_max = 100;
  bool trace = false;
  std::optional<std::string> json;

  bool is_pair() const { return server || client; }
};

Parsed<uint64_t> ParseUpTo(std::string_view text, uint64_t max) {
  const Parsed<uint64_t> count = ParseSeed(text);
  if (count && *count >= 1 && *count <= max) return *count;
  return std::unexpected(fmt::format("'{}' should be a number from 1 to {}", text, Grouped(max)));
}
Parsed<uint64_t> ParseSpeed(std::string_view text) { return ParseUpTo(text, kSpeedMax); }
Parsed<uint64_t> ParseMiB(std::string_view text) { return ParseUpTo(text, kMemoryMiBMax); }
Parsed<uint64_t> ParseSteps(std::string_view text) { return ParseUpTo(text, kProxySeedsMax); }

Parsed<net::TcpAddress> ParseAddress(std::string_view text) {
  if (const auto address = net::TcpAddress::Parse(text)) return *address;
  return std::unexpected(
      fmt::format("'{}' is no address: it should be in numbers, as 127.0.0.1:7000 or [::1]:7000", text));
}

std::optional<Complaint> Contradiction(const Options& options) {
  const bool is_alone = !options.listen.empty() || options.to;
  if (is_alone && options.is_pair()) return "--listen and --to go without --server and --client";
  if (!is_alone && !options.is_pair()) return "it needs --listen and --to, or --server and --client";
  if (options.is_pair() && !(options.server && options.client)) return "--server and --client go together";
  if (is_alone && (options.listen.empty() || !options.to)) return "--listen and --to go together";
  if (options.plan && (options.seed || options.seeds)) return "--plan excludes --seed and --seeds";
  if (options.seed && options.seeds) return "--seed and --seeds exclude each other";
  if (options.worlds == sim::Profile::kStorm) return "a storm needs thousands of clients, and here is one";
  if (is_alone) {
    if (options.seeds) return "a proxy alone has one plan: --seed N or --plan FILE";
    if (!options.plan && !options.seed) return "it needs --seed N or --plan FILE";
    const bool judges = options.memory_mib || options.shrink || options.stop_at_first;
    if (judges) return "--memory-max, --shrink and --stop-at-first go with --server and --client";
  } else {
    if (options.lasting != Duration::max()) return "--for goes with --listen and --to";
    const bool one = options.plan || options.seed || (options.seeds && options.seeds->count() == 1);
    if (options.trace && !one) return "--trace goes with one plan, or one seed";
    if (options.seeds && options.seeds->count() > kProxySeedsMax) {
      return fmt::format("at most {} seeds run at a time in real time", Grouped(kProxySeedsMax));
    }
  }
  return std::nullopt;
}

ProxySubject SubjectOfSeed(uint64_t seed, const Options& options) {
  const std::string worlds(sim::NameOf(options.worlds));
  return {.name = fmt::format("seed {} of {} worlds", seed, worlds),
          .words = {"--worlds", worlds, "--seed", fmt::format("{}", seed)},
          .plan = ProxyPlanOfSeed(seed, options.worlds, !options.does_not_survive)};
}

// All that is to be run, and what of a plan is left out.
Parsed<std::vector<ProxySubject>> SubjectsOf(const Options& options, ProxyFacts& facts) {
  std::vector<ProxySubject> subjects;
  if (options.plan) {
    Parsed<sim::Plan> plan = ReadPlan(*options.plan);
    if (!plan) return std::unexpected(plan.error());
    FittedPlan fitted = FitToProxy(*std::move(plan));
    facts.ignored = std::move(fitted.ignored);
    subjects.push_back({fmt::format("plan '{}'", *options.plan), {"--plan", *options.plan}, std::move(fitted.plan)});
  } else {
    SeedRange seeds = options.seeds.value_or(SeedRange{1, 20});
    if (options.seed) seeds = {*options.seed, *options.seed};
    for (uint64_t i = 0; i < seeds.count(); ++i) subjects.push_back(SubjectOfSeed(seeds.first + i, options));
  }
  facts.subject = subjects.size() == 1
                      ? subjects.front().name
                      : fmt::format("{} of {} worlds", Counted(subjects.size(), "seed"), sim::NameOf(options.worlds));
  return subjects;
}

// Prints rows as they come, and forgets them.
class TracePrinter {
 public:
  explicit TracePrinter(FILE* stream) : stream_(stream) {}
  void Print(sim::Trace& trace) {
    const std::vector<sim::TraceRow>& rows = trace.rows();
    const auto fresh = static_cast<size_t>(trace.count() - printed_);
    for (size_t i = rows.size() - fresh; i < rows.size(); ++i) fmt::print(stream_, "{}\n", sim::TraceLine(rows[i]));
    if (fresh > 0) std::fflush(stream_);
    printed_ = trace.count();
  }

 private:
  FILE* stream_;
  uint64_t printed_ = 0;
};

// --- A proxy alone -------------------------------------------------------------------------------------------------

Outcome RunAlone(const Options& options, const ProxySubject& subject, ProxyFacts facts,
                 std::optional<OutputFile> json) {
  FILE* people = json && json->is_standard_output() ? stderr : stdout;
  if (options.listen.size() > subject.plan.clients.size()) {
    return std::unexpected(fmt::format("--listen is given {} times, and {} has {}", options.listen.size(), subject.name,
                                       Counted(subject.plan.clients.size(), "client")));
  }
  net::Loop loop;
  const Interrupt interrupt;
  Proxy proxy(loop, subject.plan, {.to = *options.to, .speed = options.speed, .keep_trace = options.trace});
  for (uint32_t client = 0; client < options.listen.size(); ++client) {
    const Parsed<net::TcpAddress> address = ParseAddress(options.listen[client]);
    if (!address) return std::unexpected("--listen: " + address.error());
    const auto listens = proxy.Listen(client, *address);
    if (!listens) return std::unexpected(listens.error());
    fmt::print(people, "listening on {}\n", listens->Text());
  }
  fmt::print(people, "{}{}\n", IgnoredText(facts.ignored), kNotDeterministic);
  std::fflush(people);

  const net::Moment began = net::Now();
  TracePrinter printer(people);
  const auto is_over = [&] { return options.lasting != Duration::max() && net::Now() - began >= options.lasting; };
  while (!interrupt.requested() && !is_over()) {
    loop.RunOnce(net::Now() + kLookEvery);
    if (options.trace) printer.Print(proxy.stage().trace);
    proxy.stage().trace.ForgetBut(kRowsKept);
  }
  facts.interrupted = interrupt.requested();
  const Duration elapsed = net::Now() - began;
  const sim::Counters& counters = proxy.stage().counters;
  auto written = WriteTo(people, ProxyTable(facts, counters, elapsed).Text());
  if (written && json) written = json->Write(JsonText(ProxyJson(facts, subject.plan, counters, elapsed)));
  if (!written) return std::unexpected(written.error());
  return facts.interrupted && options.lasting != Duration::max() ? ExitStatus::kInterrupted : ExitStatus::kDone;
}

// --- Programs ------------------------------------------------------------------------------------------------------

// What names the programs to this command again.
std::vector<std::string> WordsOf(const Options& options) {
  std::vector<std::string> words = {"--server", *options.server, "--client", *options.client};
  if (options.does_not_survive) words.emplace_back("--does-not-survive");
  if (options.speed != 1) words.insert(words.end(), {"--speed", fmt::format("{}", options.speed)});
  if (options.patience != PairOptions{}.patience) {
    const double seconds = std::chrono::duration<double>(options.patience).count();
    words.insert(words.end(), {"--patience", fmt::format("{}", seconds)});
  }
  if (options.memory_mib) words.insert(words.end(), {"--memory-max", fmt::format("{}", *options.memory_mib)});
  return words;
}

Parsed<ProxyCampaignReport> RunWatched(const std::vector<ProxySubject>& subjects, ProxyCampaignOptions& campaign,
                                       ProxyFacts& facts) {
  const Interrupt interrupt;
  campaign.pair.stop = [&interrupt] { return interrupt.requested(); };
  Progress progress(stderr);
  const net::Moment began = net::Now();
  campaign.progress = [&](uint64_t done, uint64_t violations) {
    progress.Show({.seeds_done = done,
                   .seeds_total = subjects.size(),
                   .violations = violations,
                   .elapsed = net::Now() - began,
                   .stopping = interrupt.requested()});
  };
  Parsed<ProxyCampaignReport> report = RunProxyCampaign(subjects, campaign);
  progress.Clear();
  facts.interrupted = interrupt.requested();
  return report;
}

Outcome RunPrograms(const Options& options, const std::vector<ProxySubject>& subjects, ProxyFacts facts,
                    std::optional<OutputFile> json) {
  for (const auto& [name, command] :
       {std::pair("--server", &*options.server), std::pair("--client", &*options.client)}) {
    if (auto problem = ProblemOfCommand(name, *command)) return std::unexpected(*std::move(problem));
  }
  if (subjects.front().plan.clients.size() != 1) {
    return std::unexpected(fmt::format("{} has {}, and there is one client here", subjects.front().name,
                                       Counted(subjects.front().plan.clients.size(), "client")));
  }
  ProxyCampaignOptions campaign = {.pair = {.server = *options.server,
                                            .client = *options.client,
                                            .survives = !options.does_not_survive,
                                            .speed = options.speed,
                                            .patience = options.patience,
                                            .memory_max = sim::kAll,
                                            .keep_trace = options.trace},
                                   .jobs = options.jobs,
                                   .stop_at_first = options.stop_at_first,
                                   .shrink_runs = options.shrink ? options.steps_max : 0};
  if (options.memory_mib) campaign.pair.memory_max = *options.memory_mib << 20;
  facts.words = WordsOf(options);
  facts.keeps_trace = options.trace;

  FILE* people = json && json->is_standard_output() ? stderr : stdout;
  fmt::print(people, "{}", IgnoredText(facts.ignored));
  const Parsed<ProxyCampaignReport> report = RunWatched(subjects, campaign, facts);
  if (!report) return std::unexpected(report.error());
  auto written = WriteTo(people, ProxyCampaignText(facts, *report));
  if (written && json) written = json->Write(JsonText(ProxyCampaignJson(facts, *report)));
  if (!written) return std::unexpected(written.error());
  if (facts.interrupted) return ExitStatus::kInterrupted;
  const bool decided = report->subjects > report->undecided;
  return report->failures.empty() && decided ? ExitStatus::kDone : ExitStatus::kCheckFailed;
}

Outcome RunProxy(const Options& options, const std::string& invoked) {
  if (auto contradiction = Contradiction(options)) return std::unexpected(*std::move(contradiction));
  ProxyFacts facts = {.subject = "", .ignored = {}, .invoked = invoked, .words = {}};
  const Parsed<std::vector<ProxySubject>> subjects = SubjectsOf(options, facts);
  if (!subjects) return std::unexpected(subjects.error());
  std::optional<OutputFile> json;
  if (options.json) {
    Parsed<OutputFile> file = OutputFile::Open(*options.json);
    if (!file) return std::unexpected(file.error());
    json = *std::move(file);
  }
  if (options.is_pair()) return RunPrograms(options, *subjects, std::move(facts), std::move(json));
  return RunAlone(options, subjects->front(), std::move(facts), std::move(json));
}

}  // namespace

Command AddProxy(const Program& program) {
  CLI::App* line = program.line.add_subcommand("proxy", "Real sockets through a plan's network, for any program");
  const auto options = std::make_shared<Options>();
  line->add_option("--listen", options->listen,
                   "A proxy alone: listen there, port 0: on any, and say on which;\n"
                   "given again, for the next client of the plan")
      ->type_name("ADDRESS");
  AddOption(*line, "--to", options->to, ParseAddress, "ADDRESS", "...and connect to the server there");
  AddOption(*line, "--for", options->lasting, ParseSeconds, "SECONDS", "...and end after so long, not with Ctrl-C");
  AddOption(*line, "--server", options->server, ParsePath, "COMMAND",
            "Programs: this one listens on {host} and {port}, for one session");
  AddOption(*line, "--client", options->client, ParsePath, "COMMAND", "...and this one dials {host} and {port}");
  line->add_flag("--does-not-survive", options->does_not_survive, "...whose session ends with its transport");
  AddOption(*line, "--plan", options->plan, ParsePath, "FILE", "The plan; - is the standard input");
  AddOption(*line, "--seed", options->seed, ParseSeed, "N", "Or that of this seed, which heals soon");
  AddOption(*line, "--seeds", options->seeds, ParseSeeds, "A..B", "Or those of these seeds, one by one [1..20]");
  AddOption(*line, "--worlds", options->worlds, ParseWorlds, "NAME", "Of the seeds: small or default [small]");
  AddOption(*line, "--speed", options->speed, ParseSpeed, "N", "The plan's time passes so many times as fast [1]");
  AddOption(*line, "--patience", options->patience, ParseSeconds, "SECONDS",
            "With programs that do not get on in a good network [30]");
  AddOption(*line, "--memory-max", options->memory_mib, ParseMiB, "MIB",
            "What each program, and all it starts, may have in memory");
  AddOption(*line, "--jobs", options->jobs, ParseJobs, "N",
            fmt::format("Pairs of programs at a time [all cores: {}]", options->jobs));
  line->add_flag("--stop-at-first", options->stop_at_first, "Begin no more seeds once one has failed");
  line->add_flag("--shrink", options->shrink, "Make the plan of each failure small");
  AddOption(*line, "--steps-max", options->steps_max, ParseSteps, "N",
            fmt::format("...by at most so many steps, several runs each [{}]", options->steps_max));
  line->add_flag("--trace", options->trace, "Print every event");
  AddOption(*line, "--json", options->json, ParsePath, "FILE",
            "Write everything as JSON; - is the standard output,\nand the text then goes to the standard error");
  line->footer(kFooter);
  return {line, [options, invoked = program.invoked] { return RunProxy(*options, invoked); }};
}

}  // namespace holdfast::tools
