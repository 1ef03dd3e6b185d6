#include "sim/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/digest.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

// Of a world that never comes to rest, so small a part of its steps is enough to see that it does not; at the end the
// plan must still fail with all of them.
constexpr uint64_t kRestlessPart = 16;

uint64_t DigestOf(const Plan& plan) {
  const std::string text = Print(plan);
  return Digest().Add({reinterpret_cast<const uint8_t*>(text.data()), text.size()}).value();
}

// Runs plans: in a world, or as the caller wants it.
class Plans {
 public:
  explicit Plans(const ShrinkOptions& options) : options_(options) {}

  // The report lives until the next run.
  const Report& Run(const Plan& plan, const RunOptions& run) {
    if (!options_.run_plan) return runner_.Run(plan, run);
    return report_ = options_.run_plan(plan);
  }

 private:
  const ShrinkOptions& options_;
  Runner runner_;
  Report report_;
};

class Search final : public Trial {
 public:
  Search(const Plan& plan, Verdict verdict, const ShrinkOptions& options, uint64_t steps_max, uint64_t runs,
         Plans& plans)
      : Trial(plan), verdict_(std::move(verdict)), options_(options), run_(options.run), runs_(runs), plans_(plans) {
    run_.steps_max = steps_max;
    size_ = SizeOf(plan);
  }

  // Round after round, until one took no step.
  void Go() {
    for (uint64_t before = steps_ + 1; before != steps_ && !over();) {
      before = steps_;
      OfferSimpler(*this);
    }
  }

  bool over() const override { return stopped_ || runs_ >= options_.runs_max; }
  bool stopped() const { return stopped_; }
  uint64_t runs() const { return runs_; }
  uint64_t steps() const { return steps_; }

 private:
  bool Holds(const Plan& candidate) override {
    if (Problem(candidate) || !failed_to_fail_.insert(DigestOf(candidate)).second) return false;
    if (options_.stop && options_.stop()) {
      stopped_ = true;
      return false;
    }
    ++runs_;
    const Report& report = plans_.Run(candidate, run_);
    const bool holds = report.verdict && report.verdict->oracle == verdict_.oracle;
    if (holds) {
      ++steps_;
      size_ = SizeOf(candidate);
    }
    if (options_.progress) options_.progress({.runs = runs_, .steps = steps_, .now = size_});
    return holds;
  }

  const Verdict verdict_;
  const ShrinkOptions& options_;
  RunOptions run_;
  uint64_t runs_;
  uint64_t steps_ = 0;
  bool stopped_ = false;
  PlanSize size_;
  Plans& plans_;
  std::set<uint64_t> failed_to_fail_;  // Of candidates. One that was taken is not offered again: others are simpler.
};

class Collection final : public Trial {
 public:
  using Trial::Trial;
  std::vector<Plan> plans;

 private:
  bool Holds(const Plan& candidate) override {
    if (!Problem(candidate)) plans.push_back(candidate);
    return false;
  }
};

RunOptions Bare(RunOptions run) {
  run.keep_trace = false;
  run.trace_lines_at_end = 0;
  return run;
}

}  // namespace

std::optional<Shrunk> Shrink(const Plan& plan, const ShrinkOptions& asked) {
  ShrinkOptions options = asked;
  options.run = Bare(asked.run);
  Plans plans(options);
  const Report first = plans.Run(plan, options.run);
  if (!first.verdict) return std::nullopt;
  const bool restless = first.steps > options.run.steps_max;

  Shrunk shrunk = {.plan = plan, .verdict = *first.verdict, .before = SizeOf(plan), .runs = 1};
  shrunk.events_before = first.counters.events;
  const auto search = [&](uint64_t steps_max) {
    Search way(plan, *first.verdict, options, steps_max, shrunk.runs, plans);
    way.Go();
    shrunk.plan = way.plan();
    shrunk.runs = way.runs() + 1;
    shrunk.steps = way.steps();
    shrunk.end = way.stopped() ? ShrinkEnd::kStopped : way.over() ? ShrinkEnd::kRunsMax : ShrinkEnd::kFixedPoint;
    return plans.Run(shrunk.plan, options.run);
  };
  Report last = search(restless ? options.run.steps_max / kRestlessPart : options.run.steps_max);
  if (restless && (!last.verdict || last.verdict->oracle != first.verdict->oracle)) {  // It was only slow.
    last = search(options.run.steps_max);
  }
  shrunk.verdict = last.verdict.value_or(*first.verdict);
  shrunk.hash = last.hash;
  shrunk.after = SizeOf(shrunk.plan);
  shrunk.events_after = last.counters.events;
  return shrunk;
}

std::vector<Plan> SimplerPlans(const Plan& plan) {
  Collection collection(plan);
  OfferSimpler(collection);
  return std::move(collection.plans);
}

std::string TestThatReplays(const Plan& plan, const Verdict& verdict) {
  return fmt::format(
      "// {}: {}\n"
      "TEST(Plans, KeepWhatOnceBroke) {{\n"
      "  const auto plan = ParsePlan(R\"({})\");\n"
      "  ASSERT_TRUE(plan.has_value()) << plan.error();\n"
      "  const Report report = sim::Run(*plan, {{}});\n"
      "  EXPECT_FALSE(report.verdict.has_value()) << report.verdict->oracle << \": \" << report.verdict->sentence;\n"
      "}}\n",
      verdict.oracle, verdict.sentence, Print(plan));
}

}  // namespace holdfast::sim
