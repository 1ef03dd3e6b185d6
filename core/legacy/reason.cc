#include "core/legacy/reason.h"

#include <array>
#include <cstddef>

namespace holdfast::legacy {
namespace {

constexpr auto kNames = std::to_array<std::string_view>({
#define HOLDFAST_LEGACY_REASON_NAME(name, sentence) #name,
    HOLDFAST_LEGACY_REASONS(HOLDFAST_LEGACY_REASON_NAME)
#undef HOLDFAST_LEGACY_REASON_NAME
});

constexpr auto kSentences = std::to_array<std::string_view>({
#define HOLDFAST_LEGACY_REASON_SENTENCE(name, sentence) sentence,
    HOLDFAST_LEGACY_REASONS(HOLDFAST_LEGACY_REASON_SENTENCE)
#undef HOLDFAST_LEGACY_REASON_SENTENCE
});

}  // namespace

std::string_view NameOf(Reason reason) { return kNames[static_cast<size_t>(reason)]; }
std::string_view SentenceOf(Reason reason) { return kSentences[static_cast<size_t>(reason)]; }

}  // namespace holdfast::legacy
