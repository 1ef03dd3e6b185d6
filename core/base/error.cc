#include "core/base/error.h"

#include <array>

namespace holdfast {
namespace {

constexpr auto kErrors = std::to_array<ErrorInfo>({
#define HOLDFAST_ERROR_INFO(name, blame, cause, sentence) {#name, Blame::blame, Cause::cause, sentence},
    HOLDFAST_ERRORS(HOLDFAST_ERROR_INFO)
#undef HOLDFAST_ERROR_INFO
});

constexpr std::array<std::string_view, 4> kBlames = {"peer", "local", "both", "world"};

constexpr std::array<std::string_view, 8> kCauses = {
    "finished", "aborted", "violation", "state_lost", "refused", "expired", "offset_limit", "never_confirmed",
};

}  // namespace

const ErrorInfo& InfoOf(Error error) { return kErrors[static_cast<size_t>(error)]; }
std::string_view NameOf(Blame blame) { return kBlames[static_cast<size_t>(blame)]; }
std::string_view NameOf(Cause cause) { return kCauses[static_cast<size_t>(cause)]; }

}  // namespace holdfast
