#include "core/noise/patterns.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace holdfast {
namespace {

// As the specification writes it: "-> e, <- e, ee".
std::string Text(const Pattern& pattern) {
  static constexpr std::array<std::string_view, 7> kNames = {"e", "s", "ee", "es", "se", "ss", "psk"};
  std::string text;
  for (size_t i = 0; i < pattern.messages().size(); ++i) {
    if (i > 0) text += " ";
    text += i % 2 == 0 ? "->" : "<-";
    for (Token token : pattern.messages()[i]) text += " " + std::string(kNames[static_cast<size_t>(token)]);
  }
  return text;
}

TEST(Patterns, ReadAsTheSpecificationHasThem) {
  EXPECT_EQ(Text(*FindPattern("NN")), "-> e <- e ee");
  EXPECT_EQ(Text(*FindPattern("NX")), "-> e <- e ee s es");
  EXPECT_EQ(Text(*FindPattern("XX")), "-> e <- e ee s es -> s se");
  EXPECT_EQ(Text(*FindPattern("NNpsk0")), "-> psk e <- e ee");
  EXPECT_EQ(Text(*FindPattern("NNpsk2")), "-> e <- e ee psk");
  EXPECT_EQ(Text(*FindPattern("NXpsk2")), "-> e <- e ee s es psk");
  EXPECT_EQ(Text(*FindPattern("XXpsk3")), "-> e <- e ee s es -> s se psk");
  EXPECT_EQ(Text(*FindPattern("XXpsk0+psk1+psk2+psk3")), "-> psk e psk <- e ee s es psk -> s se psk");
}

TEST(Patterns, EachIsFoundByItsNameAlone) {
  std::set<std::string_view> names;
  for (const Pattern& pattern : kPatterns) {
    EXPECT_EQ(FindPattern(pattern.name()), &pattern);
    EXPECT_TRUE(names.insert(pattern.name()).second) << pattern.name();
  }
  EXPECT_EQ(names.size(), 8u + 8u + 16u);
}

TEST(Patterns, OthersAreNotFound) {
  for (std::string_view name : {"", "N", "IK", "nn", "NN ", "NNpsk", "NNpsk3", "NXpsk3", "XXpsk4", "XXpsk0psk1",
                                "XXpsk1+psk0", "XXpsk0+psk0", "XX+psk0", "XXfallback", "XXfallback+psk0", "XXhfs"}) {
    EXPECT_EQ(FindPattern(name), nullptr) << name;
  }
}

TEST(Patterns, PsksAreCountedAndOthersHaveNone) {
  EXPECT_EQ(FindPattern("NN")->psk_count(), 0u);
  EXPECT_EQ(FindPattern("NXpsk1")->psk_count(), 1u);
  EXPECT_EQ(FindPattern("XXpsk0+psk3")->psk_count(), 2u);
}

TEST(Patterns, SayWhoSendsAStaticKey) {
  EXPECT_FALSE(FindPattern("NNpsk0")->SendsStatic(true));
  EXPECT_FALSE(FindPattern("NNpsk0")->SendsStatic(false));
  EXPECT_FALSE(FindPattern("NX")->SendsStatic(true));
  EXPECT_TRUE(FindPattern("NX")->SendsStatic(false));
  EXPECT_TRUE(FindPattern("XXpsk1")->SendsStatic(true));
  EXPECT_TRUE(FindPattern("XXpsk1")->SendsStatic(false));
}

}  // namespace
}  // namespace holdfast
