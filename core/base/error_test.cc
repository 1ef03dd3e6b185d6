#include "core/base/error.h"

#include <array>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace holdfast {
namespace {

constexpr auto kAll = std::to_array<Error>({
#define HOLDFAST_ERROR_VALUE(name, blame, cause, sentence) Error::name,
    HOLDFAST_ERRORS(HOLDFAST_ERROR_VALUE)
#undef HOLDFAST_ERROR_VALUE
});

TEST(Error, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (Error error : kAll) {
    EXPECT_TRUE(InfoOf(error).name.starts_with('k'));
    EXPECT_TRUE(names.insert(InfoOf(error).name).second) << InfoOf(error).name;
  }
  EXPECT_EQ(InfoOf(Error::kBadTag).name, "kBadTag");
}

TEST(Error, EachHasASentenceOfItsOwn) {
  std::set<std::string_view> sentences;
  for (Error error : kAll) {
    const std::string_view sentence = InfoOf(error).sentence;
    EXPECT_GE(sentence.size(), 10u) << InfoOf(error).name;
    EXPECT_NE(sentence.find(' '), std::string_view::npos) << sentence;
    EXPECT_FALSE(sentence.ends_with('.')) << sentence;  // It stands inside other sentences.
    EXPECT_TRUE(sentences.insert(sentence).second) << sentence;
  }
}

TEST(Error, EachNamesItsBlameAndCause) {
  for (Error error : kAll) {
    EXPECT_FALSE(NameOf(InfoOf(error).blame).empty());
    EXPECT_FALSE(NameOf(InfoOf(error).cause).empty());
  }
}

TEST(Error, BlamesAndCausesHaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (Blame blame : {Blame::kPeer, Blame::kLocal, Blame::kBoth, Blame::kWorld}) names.insert(NameOf(blame));
  EXPECT_EQ(names, (std::set<std::string_view>{"peer", "local", "both", "world"}));
  std::set<std::string_view> causes;
  for (uint8_t cause = 0; cause <= kCausesOnWire; ++cause) causes.insert(NameOf(Cause{cause}));
  EXPECT_EQ(causes.size(), kCausesOnWire + 1u);
}

// HF-END-1.
TEST(Error, CausesKeepTheirCodesOnTheWire) {
  EXPECT_EQ(static_cast<int>(Cause::kFinished), 0);
  EXPECT_EQ(NameOf(Cause{1}), "aborted");
  EXPECT_EQ(NameOf(Cause{2}), "violation");
  EXPECT_EQ(NameOf(Cause{3}), "state_lost");
  EXPECT_EQ(NameOf(Cause{4}), "refused");
  EXPECT_EQ(NameOf(Cause{5}), "expired");
  EXPECT_EQ(NameOf(Cause{6}), "offset_limit");
}

Status FailWith(Error error) { return std::unexpected(error); }

Result<int> Try(const Status& status, int& reached) {
  HOLDFAST_TRY(status);
  ++reached;
  return 5;
}

TEST(Error, TryLeavesWithTheErrorAndGoesOnWithout) {
  int reached = 0;
  EXPECT_EQ(Try(FailWith(Error::kDataGap), reached).error(), Error::kDataGap);
  EXPECT_EQ(reached, 0);
  EXPECT_EQ(Try({}, reached).value(), 5);
  EXPECT_EQ(reached, 1);
}

}  // namespace
}  // namespace holdfast
