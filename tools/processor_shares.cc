#include "tools/processor_shares.h"

#include <numeric>

namespace holdfast::tools {
namespace {

struct Rule {
  std::string_view begins;  // The function's name, without its type and `holdfast::`.
  std::optional<Part> part;
};

// The first that fits counts.
constexpr auto kFunctions = std::to_array<Rule>({
    {"KeyPair::", Part::kX25519},
    {"Aead::", Part::kAead},
    {"HashOf(", Part::kHash},
    {"Hmac(", Part::kHash},
    {"NoiseHkdf(", Part::kHash},
    {"HkdfExpand(", Part::kHash},
    {"Wipe(", Part::kOtherCrypto},
    {"EqualInConstantTime(", Part::kOtherCrypto},
    {"FastMixer::", std::nullopt},
    {"Mix64(", std::nullopt},
    {"sim::Oracles::", Part::kOracles},
    {"sim::Judge::", Part::kOracles},
    {"sim::ExactDelivery::", Part::kOracles},
    {"sim::NonceUniqueness::", Part::kOracles},
    {"sim::OneAttached::", Part::kOracles},
    {"sim::Acknowledged::", Part::kOracles},
    {"sim::BoundedMemory::", Part::kOracles},
    {"sim::FinOnce::", Part::kOracles},
    {"sim::SameEnd::", Part::kOracles},
    {"sim::Steady::", Part::kOracles},
    {"sim::Liveness::", Part::kOracles},
    {"sim::Promises::", Part::kOracles},
    {"sim::Retries::", Part::kOracles},
    {"sim::Marks::", Part::kOracles},
    {"sim::Trace::", Part::kTrace},
    {"sim::Choices::", Part::kGenerator},
    {"sim::Generate", Part::kGenerator},
    {"sim::Draw", Part::kGenerator},
    {"sim::PlanOfSeed(", Part::kGenerator},
    {"sim::OptionsOf(", Part::kGenerator},
    {"sim::", Part::kSimulator},
    {"tools::", Part::kOther},
    {"", Part::kCore},
});

// Functions that only their file can see.
constexpr auto kFiles = std::to_array<Rule>({
    {"openssl_aead.cc", Part::kAead},
    {"openssl_dh.cc", Part::kX25519},
    {"openssl_hash.cc", Part::kHash},
    {"fast_provider.cc", std::nullopt},
    {"generate", Part::kGenerator},
    {"plan_options.cc", Part::kGenerator},
    {"choices.cc", Part::kGenerator},
});

// The allocator, where it is linked into the program: a sanitizer's.
constexpr auto kAllocators =
    std::to_array<std::string_view>({"__asan", "__interceptor_", "__sanitizer", "operator new", "operator delete"});

// Every oracle is shown what happens in this form.
constexpr std::string_view kShownToOracles = "holdfast::sim::Scene const&";
constexpr std::string_view kOurs = "holdfast::";

// Where the name itself begins, after the type that templates are shown with: behind the last space that is in no
// brackets. ("(anonymous namespace)" is in brackets.)
std::string_view WithoutType(std::string_view function) {
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i < function.size(); ++i) {
    const char c = function[i];
    const bool is_namespace = function.substr(i).starts_with("(anonymous namespace)");
    if (c == '(' && depth == 0 && !is_namespace) break;  // Parameters.
    if (c == '(' || c == '<') ++depth;
    if (c == ')' || c == '>') --depth;
    if (c == ' ' && depth == 0) begin = i + 1;
  }
  return function.substr(begin);
}

}  // namespace

uint64_t ProcessorShares::total() const { return std::accumulate(samples.begin(), samples.end(), uint64_t{0}); }

uint64_t ProcessorShares::cryptography() const {
  return of(Part::kX25519) + of(Part::kAead) + of(Part::kHash) + of(Part::kOtherCrypto);
}

std::optional<Part> PartOf(std::string_view function, std::string_view file) {
  for (std::string_view allocator : kAllocators) {
    if (function.starts_with(allocator)) return Part::kMemory;
  }
  const std::string_view name = WithoutType(function);
  if (!name.starts_with(kOurs)) return std::nullopt;
  if (name.find(kShownToOracles) != name.npos && !name.starts_with("holdfast::sim::Stage")) return Part::kOracles;
  for (const Rule& rule : kFiles) {
    if (!file.empty() && file.starts_with(rule.begins)) return rule.part;
  }
  for (const Rule& rule : kFunctions) {
    if (name.substr(kOurs.size()).starts_with(rule.begins)) return rule.part;
  }
  return Part::kOther;
}

}  // namespace holdfast::tools
