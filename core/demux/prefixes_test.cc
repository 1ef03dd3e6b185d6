#include "core/demux/prefixes.h"

#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/demux/port.h"

namespace holdfast {
namespace {

// Calls visit(set) with the prefixes that are possible after each of the 2^24 first triples.
template <typename Visit>
void WalkTriples(Visit visit) {
  for (unsigned a = 0; a < 256; ++a) {
    const PrefixSet one = Narrowed(kEveryPrefix, 0, static_cast<uint8_t>(a));
    for (unsigned b = 0; b < 256; ++b) {
      const PrefixSet two = Narrowed(one, 1, static_cast<uint8_t>(b));
      for (unsigned c = 0; c < 256; ++c) visit(two == 0 ? two : Narrowed(two, 2, static_cast<uint8_t>(c)));
    }
  }
}

// HF-NET-4.
TEST(Prefixes, LeaveOneProtocolAtMostAfterAnyThreeBytes) {
  uint32_t triples = 0;
  uint32_t ambiguous = 0;
  std::vector<uint32_t> taken(kPrefixes.size());
  WalkTriples([&](PrefixSet set) {
    ++triples;
    if (set == 0) return;
    if (!std::has_single_bit(set)) ++ambiguous;
    ++taken[static_cast<size_t>(std::countr_zero(set))];
  });
  EXPECT_EQ(triples, 1U << 24);
  EXPECT_EQ(ambiguous, 0U);
  for (uint32_t count : taken) EXPECT_GT(count, 0U);
}

TEST(Prefixes, AreCountedAsTheWalkFindsThem) {
  for (size_t p = 0; p < kProtocols; ++p) {
    const Protocol protocol{static_cast<uint8_t>(p)};
    if (InfoOf(protocol).beginning == Beginning::kKeyed) continue;
    const auto port = Port::Build({.protocols = {protocol}});
    ASSERT_TRUE(port);
    uint32_t taken = 0;
    WalkTriples([&](PrefixSet set) { taken += (set & port->prefixes()) != 0 ? 1 : 0; });
    EXPECT_EQ(port->TriplesTaken(), taken) << NameOf(protocol);
    EXPECT_EQ(taken == 0, InfoOf(protocol).beginning == Beginning::kNothing);
  }
}

TEST(Prefixes, AreFreeOfEachOther) {
  for (const Prefix& one : kPrefixes) {
    ASSERT_GT(one.size, 0U);
    ASSERT_LE(one.size, kPrefixBytesMax);
    for (const Prefix& other : kPrefixes) {
      if (&one == &other) continue;
      bool apart = false;
      for (size_t i = 0; i < std::min(one.size, other.size); ++i) {
        apart = apart || one.bytes[i].last < other.bytes[i].first || other.bytes[i].last < one.bytes[i].first;
      }
      EXPECT_TRUE(apart) << NameOf(one.protocol) << ", " << NameOf(other.protocol);
    }
  }
}

TEST(Prefixes, ExistForWhatIsKnownByThem) {
  for (size_t p = 0; p < kProtocols; ++p) {
    const Protocol protocol{static_cast<uint8_t>(p)};
    size_t count = 0;
    for (const Prefix& prefix : kPrefixes) count += MayBegin(protocol, prefix) ? 1 : 0;
    const Beginning beginning = InfoOf(protocol).beginning;
    EXPECT_EQ(count == 0, beginning == Beginning::kKeyed || beginning == Beginning::kNothing) << NameOf(protocol);
  }
}

std::string Row(const Prefix& prefix) {
  std::string row = "| " + std::string(NameOf(prefix.protocol)) + " | `";
  for (size_t i = 0; i < prefix.size; ++i) {
    const auto [first, last] = prefix.bytes[i];
    if (i > 0) row += ' ';
    row += ToHex({&first, 1});
    if (first != last) row += "-" + ToHex({&last, 1});
  }
  return row + "` |\n";
}

// HF-NET-4.
TEST(Prefixes, AreThoseThatTheDocumentLists) {
  std::ifstream file("docs/protocol.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::string table = "| protocol | first bytes |\n|---|---|\n";
  for (const Prefix& prefix : kPrefixes) table += Row(prefix);
  EXPECT_NE(text.find("\n\n" + table + "\n"), std::string::npos) << "the document should hold:\n" << table;
}

}  // namespace
}  // namespace holdfast
