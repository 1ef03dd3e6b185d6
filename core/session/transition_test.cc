#include "core/session/transition.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

enum class Light { kRed, kGreen, kDark };
enum class Push { kButton, kHammer };

constexpr auto kLights = std::to_array<Transition<Light, Push>>({
    {Light::kRed, Push::kButton, Light::kGreen, "1"},
    {Light::kGreen, Push::kButton, Light::kRed, "2"},
    {Light::kGreen, Push::kHammer, Light::kDark, "3"},
});

TEST(TransitionTable, IsCheckedWhenCompiled) {
  static_assert(IsDeterministic(kLights) && AllReachable(kLights, Light::kRed));
  constexpr auto kTwice = std::to_array<Transition<Light, Push>>(
      {{Light::kRed, Push::kButton, Light::kGreen, ""}, {Light::kRed, Push::kButton, Light::kDark, ""}});
  static_assert(!IsDeterministic(kTwice));
  constexpr auto kIsland = std::to_array<Transition<Light, Push>>(
      {{Light::kRed, Push::kButton, Light::kGreen, ""}, {Light::kDark, Push::kButton, Light::kRed, ""}});
  static_assert(!AllReachable(kIsland, Light::kRed));
  SUCCEED();
}

TEST(TransitionTable, MovesAlongItsRowsOnly) {
  Light light = Light::kRed;
  Move(kLights, light, Push::kButton);
  EXPECT_EQ(light, Light::kGreen);
  Move(kLights, light, Push::kHammer);
  EXPECT_EQ(light, Light::kDark);
  EXPECT_DEATH(Move(kLights, light, Push::kButton), "next.has_value");
}

}  // namespace
}  // namespace holdfast
