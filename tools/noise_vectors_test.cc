#include "tools/noise_vectors.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/noise/noise.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

constexpr const char* kShipped = "testdata/vectors/noise/some.json";

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Json Shipped() { return Json::parse(TextOf(kShipped)); }

// A file with one vector.
Json FileOf(const Json& vector) { return {{"vectors", Json::array({vector})}}; }

std::string TemporaryPath(const std::string& name) {
  const char* directory = std::getenv("TEST_TMPDIR");
  return std::string(directory != nullptr ? directory : "/tmp") + "/" + name;
}

struct Output {
  int exit_status = 0;
  std::string out;
  std::string err;
};

Output RunOnPath(const std::string& path, const std::optional<std::string>& json_path = {}) {
  const std::string out_path = TemporaryPath("out");
  const std::string err_path = TemporaryPath("err");
  std::FILE* out = std::fopen(out_path.c_str(), "w");
  std::FILE* err = std::fopen(err_path.c_str(), "w");
  Output run;
  run.exit_status = NoiseVectorsCommand(path, json_path, out, err);
  std::fclose(out);
  std::fclose(err);
  run.out = TextOf(out_path);
  run.err = TextOf(err_path);
  return run;
}

Output RunOnText(const std::string& text, const std::optional<std::string>& json_path = {}) {
  const std::string path = TemporaryPath("vectors.json");
  std::ofstream(path) << text;
  return RunOnPath(path, json_path);
}

Output RunOn(const Json& file) { return RunOnText(file.dump()); }

// The one complaint about a malformed file.
std::string Complaint(const std::string& text) {
  const Output run = RunOnText(text);
  EXPECT_EQ(run.exit_status, 2) << text;
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
  EXPECT_EQ(run.out, "");
  return run.err;
}

// The result of the only vector of a file.
NoiseVectorResult Check(const Json& vector) {
  const auto vectors = ParseNoiseVectors(FileOf(vector).dump());
  EXPECT_TRUE(vectors) << vectors.error();
  const auto results = CheckNoiseVectors(*vectors);
  EXPECT_TRUE(results) << results.error();
  return results->front();
}

std::string SkipReason(const Json& vector) {
  const NoiseVectorResult result = Check(vector);
  EXPECT_EQ(result.outcome, NoiseVectorOutcome::kSkipped) << result.reason;
  return result.reason;
}

// --- What passes
// -------------------------------------------------------------------------------------------------------

TEST(NoiseVectors, OfOthersPass) {
  const Output run = RunOnPath(kShipped);
  EXPECT_EQ(run.exit_status, 0);
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(run.out, HasSubstr("5 passed, 0 failed, 0 skipped"));
  for (const char* name : {"Noise_NN_25519_ChaChaPoly_SHA256", "Noise_NX_25519_AESGCM_SHA256",
                           "Noise_XX_25519_ChaChaPoly_SHA256", "Noise_NNpsk0_25519_ChaChaPoly_SHA256"}) {
    EXPECT_THAT(run.out, HasSubstr(name));
  }
}

class ConstantEntropy : public Entropy {
 public:
  explicit ConstantEntropy(uint8_t fill) : fill_(fill) {}
  void Fill(MutableByteSpan out) override { std::ranges::fill(out, fill_); }

 private:
  uint8_t fill_;
};

std::string HexOf(uint8_t fill) { return ToHex(Bytes(kKeyBytes, fill)); }
Key KeyOf(uint8_t fill) { return Key(std::span<const uint8_t, kKeyBytes>(Bytes(kKeyBytes, fill))); }

// A vector as our own handshake makes it.
Json Make(const Pattern& pattern, Suite suite) {
  Json vector = {{"protocol_name", NoiseProtocolName(pattern, suite)},
                 {"init_ephemeral", HexOf(1)},
                 {"resp_ephemeral", HexOf(2)},
                 {"messages", Json::array()}};
  std::vector<Key> psks;
  for (size_t i = 0; i < pattern.psk_count(); ++i) {
    psks.push_back(KeyOf(static_cast<uint8_t>(10 + i)));
    vector["init_psks"].push_back(ToHex(psks.back().span()));
    vector["resp_psks"].push_back(ToHex(psks.back().span()));
  }
  std::vector<NoiseHandshake> sides;
  for (bool initiator : {true, false}) {
    std::optional<KeyPair> local_static;
    if (pattern.SendsStatic(initiator)) {
      const uint8_t fill = initiator ? 3 : 4;
      local_static = KeyPair::FromPrivate(KeyOf(fill).span());
      vector[initiator ? "init_static" : "resp_static"] = HexOf(fill);
    }
    sides.emplace_back(NoiseConfig{
        .pattern = &pattern, .suite = suite, .initiator = initiator, .local_static = local_static, .psks = psks});
  }
  size_t index = 0;
  for (; !sides[0].finished(); ++index) {
    ConstantEntropy entropy(static_cast<uint8_t>(1 + index % 2));
    Bytes message;
    Bytes payload;
    EXPECT_TRUE(sides[index % 2].WriteMessage(entropy, AsBytes("hello"), message));
    EXPECT_TRUE(sides[1 - index % 2].ReadMessage(message, payload));
    vector["messages"].push_back({{"payload", ToHex(AsBytes("hello"))}, {"ciphertext", ToHex(message)}});
  }
  const NoiseSplit split = sides[0].Split();
  vector["handshake_hash"] = ToHex(split.handshake_hash);
  for (const size_t end = index + 4; index < end; ++index) {
    Aead cipher(suite, (index % 2 == 0 ? split.first : split.second).span());
    const uint64_t nonce = (index - pattern.messages().size()) / 2;
    Bytes sealed(kTagBytes);
    cipher.Seal(nonce, {}, {}, sealed);
    vector["messages"].push_back({{"ciphertext", ToHex(sealed)}});
  }
  return vector;
}

TEST(NoiseVectors, EveryPatternAndSuiteThatWeSpeakIsRun) {
  Json file;
  for (const Pattern& pattern : kPatterns) {
    for (Suite suite : {Suite::kChaChaPoly, Suite::kAesGcm}) file["vectors"].push_back(Make(pattern, suite));
  }
  const Output run = RunOn(file);
  EXPECT_EQ(run.exit_status, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("64 passed, 0 failed, 0 skipped"));
}

TEST(NoiseVectors, TheOlderDialectIsRead) {
  Json vector = Shipped()["vectors"][4];
  vector["name"] = vector["protocol_name"];
  vector.erase("protocol_name");
  vector["init_psk"] = vector["init_psks"][0];
  vector["resp_psk"] = vector["resp_psks"][0];
  vector.erase("init_psks");
  vector.erase("resp_psks");
  vector["pattern"] = "NN";
  vector["fallback"] = false;
  EXPECT_EQ(Check(vector).outcome, NoiseVectorOutcome::kPassed);
}

TEST(NoiseVectors, WhatIsNotNeededMayBeMissingNullOrUnknown) {
  Json vector = Make(*FindPattern("NX"), Suite::kChaChaPoly);
  EXPECT_FALSE(vector.contains("init_prologue"));
  vector["init_prologue"] = nullptr;
  vector["init_static"] = HexOf(7);
  vector["init_psks"] = Json::array();
  vector["comment"] = {1, 2, 3};
  vector["messages"][0]["note"] = true;
  vector.erase("handshake_hash");
  EXPECT_EQ(Check(vector).outcome, NoiseVectorOutcome::kPassed);
}

TEST(NoiseVectors, HexMayBeInCapitals) {
  Json vector = Shipped()["vectors"][0];
  std::string hash = vector["handshake_hash"];
  std::ranges::transform(hash, hash.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  vector["handshake_hash"] = hash;
  EXPECT_EQ(Check(vector).outcome, NoiseVectorOutcome::kPassed);
}

// --- What fails
// --------------------------------------------------------------------------------------------------------

TEST(NoiseVectors, EveryChangedByteOfEveryFieldFails) {
  const Json shipped = Shipped();
  for (const Json& vector : shipped["vectors"]) {
    const auto expect_failure = [](const Json& changed, const std::string& where) {
      const NoiseVectorResult result = Check(changed);
      EXPECT_EQ(result.outcome, NoiseVectorOutcome::kFailed) << changed["protocol_name"] << " " << where;
      EXPECT_NE(result.reason, "");
    };
    // In keys, the lowest bits do not count.
    const auto change = [](Json& hex, size_t at) {
      std::string text = hex;
      text[at] = text[at] == '0' ? '1' : '0';
      hex = text;
    };
    for (const char* field : {"init_prologue", "resp_prologue", "init_static", "resp_static", "init_ephemeral",
                              "resp_ephemeral", "handshake_hash"}) {
      if (!vector.contains(field)) continue;
      Json changed = vector;
      change(changed[field], 5);
      expect_failure(changed, field);
    }
    for (const char* field : {"init_psks", "resp_psks"}) {
      if (!vector.contains(field)) continue;
      Json changed = vector;
      change(changed[field][0], 5);
      expect_failure(changed, field);
    }
    for (size_t i = 0; i < vector["messages"].size(); ++i) {
      for (const char* field : {"payload", "ciphertext"}) {
        const size_t size = vector["messages"][i][field].get_ref<const std::string&>().size();
        for (size_t at = 0; at < size; at += 2) {
          Json changed = vector;
          change(changed["messages"][i][field], at);
          expect_failure(changed, "messages[" + std::to_string(i) + "]." + field);
        }
        Json cut = vector;
        cut["messages"][i][field] = "";
        expect_failure(cut, "empty messages[" + std::to_string(i) + "]." + field);
      }
    }
  }
}

TEST(NoiseVectors, AFailureNamesTheVectorTheSideAndTheField) {
  Json file = Shipped();
  file["vectors"][2]["handshake_hash"] = HexOf(0);
  const Output run = RunOn(file);
  EXPECT_EQ(run.exit_status, 1);
  EXPECT_THAT(run.out, HasSubstr("FAILED vectors[2] Noise_NX_25519_ChaChaPoly_SHA256: initiator: handshake_hash: "
                                 "expected 0000"));
  EXPECT_THAT(run.out, HasSubstr("4 passed, 1 failed, 0 skipped"));
}

TEST(NoiseVectors, EachSideIsRunOnItsOwn) {
  // Only the responder's run can see this: the initiator never learns the prologue that its peer took.
  Json vector = Shipped()["vectors"][0];
  vector["resp_prologue"] = "";
  EXPECT_THAT(Check(vector).reason, HasSubstr("responder: messages[1].ciphertext: expected"));
}

TEST(NoiseVectors, AMessageThatWouldNotFitFails) {
  Json vector = Shipped()["vectors"][0];
  vector["messages"][0]["payload"] = std::string(2 * 65535, '0');
  const NoiseVectorResult result = Check(vector);
  EXPECT_EQ(result.outcome, NoiseVectorOutcome::kFailed);
  EXPECT_THAT(result.reason, HasSubstr("messages[0].payload: too large"));
}

TEST(NoiseVectors, AWeakKeyFailsAndDoesNotCrash) {
  Json vector = Shipped()["vectors"][0];
  vector["messages"][0]["ciphertext"] = HexOf(0) + vector["messages"][0]["payload"].get<std::string>();
  EXPECT_EQ(Check(vector).outcome, NoiseVectorOutcome::kFailed);
}

// --- What is skipped
// ---------------------------------------------------------------------------------------------------

TEST(NoiseVectors, WhatWeDoNotSpeakIsSkippedWithAReason) {
  const std::vector<std::pair<const char*, const char*>> names = {
      {"Noise_N_25519_ChaChaPoly_SHA256", "pattern N"},
      {"Noise_Xpsk1_25519_ChaChaPoly_SHA256", "pattern Xpsk1"},
      {"Noise_IK_25519_ChaChaPoly_SHA256", "pattern IK"},
      {"Noise_XX1_25519_ChaChaPoly_SHA256", "pattern XX1"},
      {"Noise_NNpsk3_25519_ChaChaPoly_SHA256", "pattern NNpsk3"},
      {"Noise_NNpsk2+psk0_25519_ChaChaPoly_SHA256", "pattern NNpsk2+psk0"},
      {"Noise_XX_448_ChaChaPoly_SHA256", "DH 448"},
      {"Noise_XX_25519_ChaChaPoly_BLAKE2b", "hash BLAKE2b"},
      {"Noise_XX_25519_ChaChaPoly_SHA512", "hash SHA512"},
      {"Noise_XX_25519_ChaChaPoly_SHA256:SSK", "hash SHA256:SSK"},
      {"Noise_XX_25519_XChaChaPoly_SHA256", "cipher XChaChaPoly"},
      {"Noise_XXfallback_25519_ChaChaPoly_SHA256", "fallback"},
      {"Noise_XXfallback+psk0_25519_ChaChaPoly_SHA256", "fallback"},
      {"Noise_NNhfs_25519+448_ChaChaPoly_SHA256", "hybrid"},
      {"Noise_XXhfs_25519_ChaChaPoly_SHA256", "hybrid"},
      {"NoisePSK_XX_25519_ChaChaPoly_SHA256", "old style of PSK"},
      {"Noise_XX", "not a name"},
      {"", "not a name"},
      {"Noise_XX_25519_ChaChaPoly_SHA256_more", "not a name"},
      {"TLS_XX_25519_ChaChaPoly_SHA256", "not a name"},
  };
  for (const auto& [name, reason] : names) {
    Json vector = Shipped()["vectors"][0];
    vector["protocol_name"] = name;
    EXPECT_THAT(SkipReason(vector), HasSubstr(reason)) << name;
  }
  Json marked = Shipped()["vectors"][0];
  marked["fallback"] = true;
  EXPECT_THAT(SkipReason(marked), HasSubstr("fallback"));
}

TEST(NoiseVectors, AVectorThatLacksWhatItsPatternNeedsIsSkippedWithAReason) {
  for (const char* field : {"init_static", "resp_static", "init_ephemeral", "resp_ephemeral"}) {
    Json vector = Shipped()["vectors"][3];
    vector.erase(field);
    EXPECT_EQ(SkipReason(vector), std::string("missing field ") + field);
  }
  Json vector = Shipped()["vectors"][4];
  vector["resp_psks"] = Json::array();
  EXPECT_EQ(SkipReason(vector), "resp_psks has 0 of 1 keys");
  vector = Shipped()["vectors"][3];
  vector["messages"].erase(vector["messages"].begin() + 2, vector["messages"].end());
  EXPECT_EQ(SkipReason(vector), "only 2 of the handshake's 3 messages");
  vector.erase("messages");
  EXPECT_EQ(SkipReason(vector), "only 0 of the handshake's 3 messages");
  vector = Shipped()["vectors"][3];
  vector["messages"][4].erase("ciphertext");
  EXPECT_EQ(SkipReason(vector), "missing field messages[4].ciphertext");
}

TEST(NoiseVectors, NothingRunIsNotSuccess) {
  Json file = FileOf(Shipped()["vectors"][0]);
  file["vectors"][0]["protocol_name"] = "Noise_IK_25519_ChaChaPoly_SHA256";
  const Output run = RunOn(file);
  EXPECT_EQ(run.exit_status, 1);
  EXPECT_THAT(run.out, HasSubstr("0 passed, 0 failed, 1 skipped\nnothing was run"));
  EXPECT_THAT(run.out, HasSubstr("     1  pattern IK\n"));
  EXPECT_EQ(RunOnText(R"({"vectors": []})").exit_status, 1);
}

TEST(NoiseVectors, SkipsDoNotHideAFailureOrSpoilASuccess) {
  Json file = Shipped();
  file["vectors"][0]["protocol_name"] = "Noise_IK_25519_ChaChaPoly_SHA256";
  EXPECT_EQ(RunOn(file).exit_status, 0);
  file["vectors"][1]["handshake_hash"] = HexOf(0);
  EXPECT_EQ(RunOn(file).exit_status, 1);
}

TEST(NoiseVectors, NamesOfStrangersDoNotReachTheTerminalAsCommands) {
  Json file = Shipped();
  file["vectors"][0]["protocol_name"] = "\x1b[2J\nNoise";
  EXPECT_THAT(RunOn(file).out, HasSubstr("?[2J?Noise"));
}

// --- What is malformed
// -------------------------------------------------------------------------------------------------

TEST(NoiseVectors, AMalformedFileGivesOneLineThatNamesThePlace) {
  const Json good = Shipped()["vectors"][4];
  const auto with = [&good](const char* pointer, const Json& value) {
    Json changed = FileOf(good);
    changed[Json::json_pointer(std::string("/vectors/0") + pointer)] = value;
    return changed.dump();
  };
  const std::vector<std::pair<std::string, const char*>> files = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {"\xff", "not JSON"},
      {"handshake=Noise_XX", "not JSON"},
      {"[]", "the file: an object is expected, not an array"},
      {"{}", "vectors: missing"},
      {R"({"vectors": {}})", "vectors: an array is expected, not an object"},
      {R"({"vectors": [3]})", "vectors[0]: an object is expected, not a number"},
      {R"({"vectors": [{}]})", "vectors[0].protocol_name: missing"},
      {with("/protocol_name", 5), "vectors[0].protocol_name: a string is expected, not a number"},
      {with("/fallback", "yes"), "vectors[0].fallback: true or false is expected, not a string"},
      {with("/messages", "00"), "vectors[0].messages: an array is expected, not a string"},
      {with("/messages/1", "00"), "vectors[0].messages[1]: an object is expected, not a string"},
      {with("/messages/1/payload", false),
       "messages[1].payload: a string of hex digits is expected, not true or false"},
      {with("/messages/1/ciphertext", "0g"), "vectors[0].messages[1].ciphertext: not a hex digit at character 1"},
      {with("/messages/0/payload", "000"), "vectors[0].messages[0].payload: an odd number of hex digits"},
      {with("/messages/0/payload", std::string(2 * 65536, '0')), "vectors[0].messages[0]: 65536 bytes, more than"},
      {with("/handshake_hash", "00"), "vectors[0].handshake_hash: 1 bytes, not 32"},
      {with("/init_ephemeral", ""), "vectors[0].init_ephemeral: 0 bytes, not 32"},
      {with("/resp_ephemeral", HexOf(1) + "00"), "vectors[0].resp_ephemeral: 33 bytes, not 32"},
      {with("/resp_static", "ab"), "vectors[0].resp_static: 1 bytes, not 32"},
      {with("/init_psks/0", "ab"), "vectors[0].init_psks[0]: 1 bytes, not 32"},
      {with("/init_psks/0", nullptr), "vectors[0].init_psks[0]: a string of hex digits is expected, not null"},
      {with("/init_psks", "ab"), "vectors[0].init_psks: an array is expected, not a string"},
      {with("/init_remote_static", "zz"), "vectors[0].init_remote_static: not a hex digit at character 0"},
  };
  for (const auto& [text, complaint] : files) EXPECT_THAT(Complaint(text), HasSubstr(complaint));
}

TEST(NoiseVectors, TheComplaintNamesTheRightVector) {
  Json file = Shipped();
  file["vectors"][3]["messages"][2]["payload"] = "x0";
  EXPECT_THAT(Complaint(file.dump()), HasSubstr("vectors.json: vectors[3].messages[2].payload: not a hex digit"));
}

TEST(NoiseVectors, KeysOfOtherSizesAreNoMistakeInProtocolsThatHaveThem) {
  Json vector = Shipped()["vectors"][0];
  vector["protocol_name"] = "Noise_NN_448_ChaChaPoly_SHA512";
  vector["init_ephemeral"] = std::string(2 * 56, '1');
  EXPECT_EQ(SkipReason(vector), "DH 448");
}

TEST(NoiseVectors, AnUnreadableFileGivesOneLine) {
  for (const std::string& path : {TemporaryPath("does not exist"), TemporaryPath("")}) {
    const Output run = RunOnPath(path);
    EXPECT_EQ(run.exit_status, 2);
    EXPECT_EQ(run.err, "holdfast noise-vectors: " + path + ": cannot be read\n");
  }
}

// --- The report for programs
// -------------------------------------------------------------------------------------------

TEST(NoiseVectors, TheJsonReportHasEveryVector) {
  Json file = Shipped();
  file["vectors"][1]["handshake_hash"] = HexOf(0);
  file["vectors"][2]["protocol_name"] = "Noise_IK_25519_ChaChaPoly_SHA256";
  const std::string path = TemporaryPath("report.json");
  EXPECT_EQ(RunOnText(file.dump(), path).exit_status, 1);
  const Json report = Json::parse(TextOf(path));
  EXPECT_EQ(report["passed"], 3);
  EXPECT_EQ(report["failed"], 1);
  EXPECT_EQ(report["skipped"], 1);
  EXPECT_EQ(report["exit_status"], 1);
  ASSERT_EQ(report["vectors"].size(), 5u);
  const Json passed = {{"index", 0}, {"protocol_name", "Noise_NN_25519_ChaChaPoly_SHA256"}, {"result", "passed"}};
  EXPECT_EQ(report["vectors"][0], passed);
  EXPECT_EQ(report["vectors"][1]["result"], "failed");
  EXPECT_THAT(report["vectors"][1]["reason"], HasSubstr("handshake_hash"));
  EXPECT_EQ(report["vectors"][2]["reason"], "pattern IK");
}

TEST(NoiseVectors, AReportThatCannotBeWrittenIsAnError) {
  const Output run = RunOnPath(kShipped, TemporaryPath("no/such/folder/report.json"));
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr("report.json: cannot be written\n"));
}

}  // namespace
}  // namespace holdfast
