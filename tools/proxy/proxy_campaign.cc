#include "tools/proxy/proxy_campaign.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "net/loop.h"

namespace holdfast::tools {
namespace {

class Campaign {
 public:
  Campaign(const std::vector<ProxySubject>& subjects, const ProxyCampaignOptions& options)
      : subjects_(subjects), options_(options), results_(subjects.size()) {}

  void Work() {
    while (!stopped()) {
      const size_t index = next_.fetch_add(1);
      if (index >= subjects_.size()) return;
      Note(index, RunPair(subjects_[index].plan, options_.pair));
    }
  }

  Parsed<ProxyCampaignReport> Report() {
    if (complaint_) return std::unexpected(*complaint_);
    ProxyCampaignReport report;
    for (size_t i = 0; i < results_.size(); ++i) {
      if (!results_[i]) continue;
      PairReport& result = *results_[i];
      ++report.subjects;
      report.undecided += result.undecided;
      report.counters.Add(result.counters);
      for (size_t side = 0; side < 2; ++side) {
        report.memory_bytes[side] = std::max(report.memory_bytes[side], result.memory_bytes[side]);
      }
      report.trace = result.trace;
      if (!result.verdict) continue;
      report.failures.push_back({subjects_[i], std::move(result)});
      if (options_.shrink_runs > 0 && !Interrupted()) report.failures.back().shrunk = Shrunken(report.failures.back());
    }
    return report;
  }

 private:
  bool Interrupted() const { return options_.pair.stop && options_.pair.stop(); }
  bool stopped() const { return stopped_ || Interrupted(); }

  void Note(size_t index, Parsed<PairReport> result) {
    const std::scoped_lock lock(noting_);
    if (!result) {
      complaint_ = result.error();
      stopped_ = true;
      return;
    }
    if (Interrupted() && result->undecided) return;  // It was broken off.
    ++done_;
    violations_ += result->verdict.has_value();
    if (result->verdict && options_.stop_at_first) stopped_ = true;
    results_[index] = *std::move(result);
    if (options_.progress) options_.progress(done_, violations_);
  }

  std::optional<sim::Shrunk> Shrunken(const ProxyFailure& failure) const {
    sim::ShrinkOptions shrink;
    shrink.runs_max = options_.shrink_runs;
    shrink.stop = options_.pair.stop;
    shrink.run_plan = [this, oracle = failure.report.verdict->oracle,
                       heal = failure.subject.plan.heal](const sim::Plan& plan) {
      sim::Report report;
      if (plan.heal > heal) return report;  // What is simpler as text may take longer: not here.
      for (uint64_t tries = options_.shrink_tries; tries > 0; --tries) {
        const Parsed<PairReport> result = RunPair(plan, options_.pair);
        if (!result) break;
        report.verdict = result->verdict;
        report.counters = result->counters;
        if (report.verdict && report.verdict->oracle == oracle) break;
        if (Interrupted()) break;
      }
      return report;
    };
    return sim::Shrink(failure.subject.plan, shrink);
  }

  const std::vector<ProxySubject>& subjects_;
  const ProxyCampaignOptions& options_;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex noting_;
  std::vector<std::optional<PairReport>> results_;
  std::optional<Complaint> complaint_;
  uint64_t done_ = 0;
  uint64_t violations_ = 0;
};

}  // namespace

Parsed<ProxyCampaignReport> RunProxyCampaign(const std::vector<ProxySubject>& subjects,
                                             const ProxyCampaignOptions& options) {
  const net::Moment began = net::Now();
  Campaign campaign(subjects, options);
  std::vector<std::thread> workers;
  for (size_t i = 1; i < std::min<size_t>(options.jobs, subjects.size()); ++i) {
    workers.emplace_back([&campaign] { campaign.Work(); });
  }
  campaign.Work();
  for (std::thread& worker : workers) worker.join();
  Parsed<ProxyCampaignReport> report = campaign.Report();
  if (report) report->elapsed = net::Now() - began;
  return report;
}

}  // namespace holdfast::tools
