#include "tools/arguments.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace holdfast::tools {
namespace {

TEST(Arguments, SeedsAreOneOrARange) {
  EXPECT_EQ(ParseSeeds("7"), (SeedRange{7, 7}));
  EXPECT_EQ(ParseSeeds("0..0"), (SeedRange{0, 0}));
  EXPECT_EQ(ParseSeeds("1..2000")->count(), 2000u);
  EXPECT_EQ(ParseSeeds("18446744073709551615"), (SeedRange{UINT64_MAX, UINT64_MAX}));
  EXPECT_EQ(ParseSeeds("1..100000000")->count(), kSeedsMax);
}

TEST(Arguments, WhatIsNoRangeOfSeedsIsQuoted) {
  for (const std::string text : {"", "x", "1..", "..1", "..", "1...2", "1..2..3", "-1", "+1", " 1", "1 ", "0x10", "1.2",
                                 "1-2", "2..1", "0..100000000", "18446744073709551616", "1..99999999999999999999"}) {
    const auto seeds = ParseSeeds(text);
    ASSERT_FALSE(seeds) << text;
    EXPECT_NE(seeds.error().find('\''), std::string::npos) << seeds.error();
    EXPECT_EQ(seeds.error().find('\n'), std::string::npos) << seeds.error();
  }
}

TEST(Arguments, JobsAreAtLeastOneAndBounded) {
  EXPECT_EQ(ParseJobs("1"), 1u);
  EXPECT_EQ(ParseJobs("1024"), kJobsMax);
  for (const char* text : {"", "0", "-1", "1025", "99999999999999999999", "two", "1.5"}) EXPECT_FALSE(ParseJobs(text));
}

TEST(Arguments, SecondsAreMoreThanNothing) {
  EXPECT_EQ(ParseSeconds("90"), Duration(90s));
  EXPECT_EQ(ParseSeconds("0.5"), Duration(500ms));
  EXPECT_EQ(ParseSeconds("0.0000000001"), Duration(1ns));
  for (const char* text : {"", "0", "-1", "inf", "nan", "1e3", "1.2.3", ".", "0x1", "1000000001", "1s", " 1"}) {
    EXPECT_FALSE(ParseSeconds(text)) << text;
  }
}

TEST(Arguments, WorldsAndPathsAreWhatTheySay) {
  EXPECT_EQ(ParseWorlds("small"), sim::Profile::kSmall);
  EXPECT_FALSE(ParseWorlds("Small"));
  EXPECT_FALSE(ParseWorlds(""));
  EXPECT_EQ(ParsePath("a b"), "a b");
  EXPECT_FALSE(ParsePath(""));
}

TEST(Arguments, QuotedWordsComeBackOutOfAShell) {
  const std::vector<std::string> words = {"plain-1.0", "", "two words", "it's", "$HOME"};
  EXPECT_EQ(ShellQuoted(words), "plain-1.0 '' 'two words' 'it'\\''s' '$HOME'");
}

TEST(Arguments, AnythingFitsOnOneLine) {
  EXPECT_EQ(OneLine("a\nb\x1b[2Jc\x7f"), "a?b?[2Jc?");
  EXPECT_EQ(OneLine("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"), "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(OneLine("\xff\xfe \xc3 \xe2\x82"), "?? ? ??");
}

}  // namespace
}  // namespace holdfast::tools
