#include "core/demux/port.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::vector<Protocol> Everything() {
  std::vector<Protocol> all;
  for (size_t p = 0; p < kProtocols; ++p) all.push_back(Protocol{static_cast<uint8_t>(p)});
  return all;
}

std::vector<Protocol> Of(Beginning beginning) {
  std::vector<Protocol> some;
  for (Protocol protocol : Everything()) {
    if (InfoOf(protocol).beginning == beginning) some.push_back(protocol);
  }
  return some;
}

const Key kKey;

PortConfig Config(std::vector<Protocol> protocols, std::optional<Protocol> fallback = std::nullopt) {
  return {.protocols = std::move(protocols), .fallback = fallback, .network_key = &kKey};
}

// HF-NET-11.
TEST(Port, RefusesWhatMayBeginWithAnythingBesideAnythingElse) {
  ASSERT_EQ(Of(Beginning::kNothing).size(), 3U);
  for (Protocol random : Of(Beginning::kNothing)) {
    EXPECT_TRUE(Port::Build(Config({random}))) << "alone";
    for (Protocol other : Everything()) {
      if (other == random) continue;
      for (const PortConfig& config : {Config({random, other}), Config({other, random}), Config({random}, other)}) {
        const auto port = Port::Build(config);
        ASSERT_FALSE(port);
        EXPECT_EQ(port.error().conflict, PortConflict::kCannotBeTold);
        const std::string text = port.error().Describe();
        EXPECT_NE(text.find(NameOf(random)), std::string::npos) << text;
        EXPECT_NE(text.find(NameOf(other)), std::string::npos) << text;
        EXPECT_NE(text.find("a port of its own"), std::string::npos) << text;
      }
    }
  }
}

TEST(Port, TakesOneSuchAsTheDeclaredFallback) {
  for (Protocol random : Of(Beginning::kNothing)) {
    const auto port = Port::Build(Config({Protocol::kHoldfast, Protocol::kTls, Protocol::kSocks5}, random));
    ASSERT_TRUE(port) << port.error().Describe();
    EXPECT_EQ(port->fallback(), random);
    EXPECT_FALSE(port->conceals());
  }
}

// HF-NET-11.
TEST(Port, RefusesAPrivateNetworkBesideWebSocketOverTls) {
  for (Protocol network : Everything()) {
    if (!InfoOf(network).is_private_network) continue;
    std::vector<PortConfig> configs = {Config({Protocol::kWss}, network)};
    if (InfoOf(network).beginning != Beginning::kNothing) {
      configs.push_back(Config({network, Protocol::kWss}));
      configs.push_back(Config({network}, Protocol::kWss));
    }
    for (const PortConfig& config : configs) {
      const auto port = Port::Build(config);
      ASSERT_FALSE(port);
      EXPECT_EQ(port.error().conflict, PortConflict::kShowsGroup);
      EXPECT_EQ(port.error().one, network);
      EXPECT_EQ(port.error().other, Protocol::kWss);
    }
  }
  PortConfig config = Config({Protocol::kHoldfast, Protocol::kWss});
  EXPECT_TRUE(Port::Build(config));
  config.holdfast_is_private = true;
  EXPECT_EQ(Port::Build(config).error().conflict, PortConflict::kShowsGroup);
}

TEST(Port, RefusesWhatContradictsItself) {
  const auto conflict = [](const PortConfig& config) { return Port::Build(config).error().conflict; };
  EXPECT_EQ(conflict(Config({})), PortConflict::kEmpty);
  EXPECT_EQ(conflict(Config({Protocol::kSsh, Protocol::kTls, Protocol::kSsh})), PortConflict::kTwice);
  EXPECT_EQ(conflict(Config({Protocol::kSsh}, Protocol::kSsh)), PortConflict::kTwice);
  EXPECT_EQ(conflict(Config({Protocol::kHiddenNetwork, Protocol::kNetwork})), PortConflict::kAnnouncedAndHidden);
  EXPECT_EQ(conflict(Config({Protocol::kHiddenNetwork}, Protocol::kLegacy)), PortConflict::kFallbackMayWait);
  EXPECT_EQ(conflict(Config({Protocol::kHiddenNetwork}, Protocol::kShadowsocks)), PortConflict::kFallbackMayWait);
  EXPECT_TRUE(Port::Build(Config({Protocol::kHiddenNetwork}, Protocol::kPnet0)));
  PortConfig keyless = Config({Protocol::kHiddenNetwork, Protocol::kSsh});
  keyless.network_key = nullptr;
  EXPECT_EQ(conflict(keyless), PortConflict::kNoNetworkKey);
}

TEST(Port, LetsAHiddenNetworkShareWithAllThatCanBeTold) {
  std::vector<Protocol> all;
  for (Protocol protocol : Everything()) {
    if (InfoOf(protocol).beginning == Beginning::kNothing) continue;
    if (protocol != Protocol::kNetwork && protocol != Protocol::kWss) all.push_back(protocol);
  }
  const auto port = Port::Build(Config(all));
  ASSERT_TRUE(port) << port.error().Describe();
  EXPECT_TRUE(port->conceals());
  EXPECT_EQ(port->prefixes(), kEveryPrefix & ~PossiblePrefixes(kNetworkMagic));
}

TEST(Port, SaysBothSidesAndWhatToDoOfEveryRefusal) {
  for (const PortConfig& config :
       {Config({}), Config({Protocol::kSsh, Protocol::kSsh}), Config({Protocol::kPnet0, Protocol::kTls}),
        Config({Protocol::kNetwork, Protocol::kWss}), Config({Protocol::kHiddenNetwork, Protocol::kNetwork}),
        Config({Protocol::kHiddenNetwork}, Protocol::kLegacy)}) {
    const auto port = Port::Build(config);
    ASSERT_FALSE(port);
    EXPECT_FALSE(port.error().why.empty());
    EXPECT_FALSE(port.error().instead.empty());
  }
  EXPECT_EQ(Port::Build(Config({Protocol::kPnet0, Protocol::kMultistream})).error().Describe(),
            "pnet 0 and multistream cannot share a port: the first of them may begin with any bytes, so also like the "
            "other; give it a port of its own, or declare it as the fallback; in place of pnet 0, network version 1 "
            "can share a port");
}

TEST(Port, KnowsItsNamesInEitherCase) {
  PortConfig config = Config({Protocol::kWss, Protocol::kTls});
  config.wss_names = {"Ws.Example"};
  const auto port = Port::Build(config);
  ASSERT_TRUE(port);
  EXPECT_TRUE(port->has_wss_names());
  EXPECT_TRUE(port->IsWssName("wS.eXAMPLE"));
  EXPECT_FALSE(port->IsWssName("ws.example."));
  EXPECT_FALSE(port->IsWssName(""));
}

}  // namespace
}  // namespace holdfast
