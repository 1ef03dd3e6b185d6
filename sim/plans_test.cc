// Every plan of testdata/plans, for ever.

#include <gtest/gtest.h>

#include "sim/kept_plans.h"

namespace holdfast::sim {
namespace {

TEST(Plans, HoldTheirClaims) { ExpectKeptPlansHold("testdata/plans", 16); }

}  // namespace
}  // namespace holdfast::sim
