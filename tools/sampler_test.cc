#include "tools/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <thread>

#include "core/crypto/crypto.h"
#include "tools/own_symbols.h"
#include "tools/processor_shares.h"

namespace holdfast::tools {
namespace {

TEST(ProcessorShares, EachFunctionBelongsToOnePart) {
  const auto part = [](const char* function, const char* file = "") { return PartOf(function, file); };
  EXPECT_EQ(part("holdfast::KeyPair::Agree(std::array<unsigned char, 32ul> const&) const"), Part::kX25519);
  EXPECT_EQ(part("holdfast::Aead::Seal(unsigned long, std::span<unsigned char const, 18446744073709551615ul>)"),
            Part::kAead);
  EXPECT_EQ(part("holdfast::NoiseHkdf(std::span<unsigned char const, 32ul>)"), Part::kHash);
  EXPECT_EQ(part("holdfast::(anonymous namespace)::Cipher(holdfast::Suite)", "openssl_aead.cc"), Part::kAead);
  EXPECT_EQ(part("holdfast::(anonymous namespace)::SealPieces(holdfast::Key&)", "record.cc"), Part::kCore);
  EXPECT_EQ(part("holdfast::Server::Impl::Poll(holdfast::Time)"), Part::kCore);
  EXPECT_EQ(part("holdfast::sim::Host::Service(holdfast::sim::Stage&, holdfast::sim::Network&)"), Part::kSimulator);
  EXPECT_EQ(part("holdfast::sim::Honest::Check(holdfast::sim::Scene const&, unsigned long) const"), Part::kOracles);
  EXPECT_EQ(part("void holdfast::sim::Stage::Emit<holdfast::sim::trace::State>(holdfast::sim::trace::State const&)"),
            Part::kSimulator);
  EXPECT_EQ(part("void holdfast::sim::Trace::Add<holdfast::sim::trace::State>(holdfast::Time)"), Part::kTrace);
  EXPECT_EQ(part("holdfast::sim::(anonymous namespace)::Generator::DrawClients()", "generate.cc"), Part::kGenerator);
  EXPECT_EQ(part("std::optional<holdfast::Event> holdfast::Poll<(holdfast::Side)1>(holdfast::Time)"), Part::kCore);
  EXPECT_EQ(part("holdfast::tools::Progress::Show()"), Part::kOther);
}

TEST(ProcessorShares, WhatIsNotOursBelongsToItsCaller) {
  EXPECT_EQ(PartOf("std::vector<holdfast::sim::Fault, std::allocator<holdfast::sim::Fault> >::reserve(int)", ""),
            std::nullopt);
  EXPECT_EQ(PartOf("void std::__introsort<int*>(holdfast::sim::Host*)", ""), std::nullopt);
  EXPECT_EQ(PartOf("_start", ""), std::nullopt);
  EXPECT_EQ(PartOf("operator new(unsigned long)", ""), Part::kMemory);
}

TEST(ProcessorShares, PartsHaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const PartInfo& part : kParts) names.insert({part.key, part.name});
  EXPECT_GE(names.size(), kParts.size());
  EXPECT_EQ(kParts[static_cast<size_t>(Part::kOther)].key, "other");
}

TEST(OwnSymbols, TheyAreInOrderAndThisProgramIsAmongThem) {
  const Parsed<std::vector<OwnSymbol>> symbols = ReadOwnSymbols();
  ASSERT_TRUE(symbols) << symbols.error();
  EXPECT_GT(symbols->size(), 100u);
  for (size_t i = 1; i < symbols->size(); ++i) ASSERT_LE((*symbols)[i - 1].end, (*symbols)[i].begin);
  const auto address = reinterpret_cast<uintptr_t>(&ReadOwnSymbols);
  const auto found = std::ranges::find_if(*symbols, [&](const OwnSymbol& s) { return s.begin == address; });
  ASSERT_NE(found, symbols->end());
  EXPECT_THAT(found->name, testing::HasSubstr("holdfast::tools::ReadOwnSymbols"));
}

// Works until the sampler has seen enough.
template <typename Work>
ProcessorShares SharesOf(Work work) {
  Parsed<Sampler> sampler = Sampler::Start();
  EXPECT_TRUE(sampler) << sampler.error();
  if (!sampler) std::abort();
  while (sampler->shares().total() < 25) work();
  sampler->Stop();
  const ProcessorShares stopped = sampler->shares();
  work();
  EXPECT_EQ(sampler->shares().samples, stopped.samples);
  return stopped;
}

constexpr std::array<uint8_t, kKeyBytes> kOne = {1};

TEST(Sampler, SeesEachKindOfCryptography) {
  const KeyPair ours = KeyPair::FromPrivate(kOne);
  const ProcessorShares agree = SharesOf([&] {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(ours.Agree(ours.public_key()));
  });
  EXPECT_GT(agree.of(Part::kX25519), agree.total() / 2);

  Aead aead(Suite::kChaChaPoly, kOne);
  Bytes plain(4096);
  Bytes sealed(plain.size() + kTagBytes);
  uint64_t nonce = 0;
  const ByteSpan piece = plain;
  const ProcessorShares seal = SharesOf([&] {
    for (int i = 0; i < 1000; ++i) aead.Seal(nonce++, {}, {&piece, 1}, sealed);
  });
  EXPECT_GT(seal.of(Part::kAead), seal.total() / 2);

  const ProcessorShares hash = SharesOf([&] {
    for (int i = 0; i < 1000; ++i) HashOf({&piece, 1});
  });
  EXPECT_GT(hash.of(Part::kHash), hash.total() / 2);
}

TEST(Sampler, SeesOtherThreadsAndTheMemoryTheyTake) {
  const ProcessorShares shares = SharesOf([] {
    std::thread([] {
      Sampler::NoteThread();
      for (int i = 0; i < 100'000; ++i) {
        void* volatile memory = std::malloc(static_cast<size_t>(i % 5000 + 1));
        std::free(memory);
      }
    }).join();
  });
  EXPECT_GT(shares.of(Part::kMemory), shares.total() / 4);
  EXPECT_EQ(shares.cryptography(), 0u);
}

TEST(Sampler, IsOneAtATime) {
  Parsed<Sampler> first = Sampler::Start();
  ASSERT_TRUE(first) << first.error();
  EXPECT_FALSE(Sampler::Start());
  first->Stop();
  EXPECT_TRUE(Sampler::Start());
}

}  // namespace
}  // namespace holdfast::tools
