#include "tools/noise_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "core/noise/noise.h"

namespace holdfast {
namespace {

// --- What we speak -----------------------------------------------------------------------------------------------

struct Protocol {
  const Pattern* pattern = nullptr;
  Suite suite = Suite::kChaChaPoly;
};

// The protocol of that name, or why we do not speak it.
std::expected<Protocol, std::string> FindProtocol(const NoiseVector& vector) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = vector.protocol_name;;) {
    const size_t end = rest.find('_');
    parts.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (parts[0] == "NoisePSK") return std::unexpected("old style of PSK (NoisePSK)");
  if (parts.size() != 5 || parts[0] != "Noise")
    return std::unexpected("not a name of the form Noise_PATTERN_DH_CIPHER_HASH");
  const auto [noise, pattern, dh, cipher, hash] = std::array{parts[0], parts[1], parts[2], parts[3], parts[4]};
  if (vector.fallback || pattern.find("fallback") != std::string_view::npos) {
    return std::unexpected("fallback (a compound protocol)");
  }
  if (dh.find('+') != std::string_view::npos || pattern.find("hfs") != std::string_view::npos) {
    return std::unexpected(fmt::format("hybrid forward secrecy ({} over {})", pattern, dh));
  }
  if (dh != "25519") return std::unexpected(fmt::format("DH {}", dh));
  if (hash != "SHA256") return std::unexpected(fmt::format("hash {}", hash));
  if (cipher != "ChaChaPoly" && cipher != "AESGCM") return std::unexpected(fmt::format("cipher {}", cipher));
  const Pattern* found = FindPattern(pattern);
  if (found == nullptr) return std::unexpected(fmt::format("pattern {}", pattern));
  return Protocol{.pattern = found, .suite = cipher == "AESGCM" ? Suite::kAesGcm : Suite::kChaChaPoly};
}

// The first thing that a run needs and the vector does not have; empty if it has all.
std::string FindMissing(const NoiseVector& vector, const Pattern& pattern) {
  for (bool initiator : {true, false}) {
    const char* name = initiator ? "init" : "resp";
    const NoiseVector::Side& side = initiator ? vector.initiator : vector.responder;
    if (!side.ephemeral) return fmt::format("missing field {}_ephemeral", name);
    if (pattern.SendsStatic(initiator) && !side.static_key) return fmt::format("missing field {}_static", name);
    if (side.psks.size() != pattern.psk_count()) {
      return fmt::format("{}_psks has {} of {} keys", name, side.psks.size(), pattern.psk_count());
    }
  }
  if (vector.messages.size() < pattern.messages().size()) {
    return fmt::format("only {} of the handshake's {} messages", vector.messages.size(), pattern.messages().size());
  }
  for (size_t i = 0; i < vector.messages.size(); ++i) {
    if (!vector.messages[i].ciphertext) return fmt::format("missing field messages[{}].ciphertext", i);
  }
  return "";
}

// The first field whose size is impossible; empty if there is none.
std::string FindMalformed(const NoiseVector& vector) {
  const auto wrong = [](std::string field, const Bytes& bytes) {
    return fmt::format("{}: {} bytes, not {}", field, bytes.size(), kKeyBytes);
  };
  for (bool initiator : {true, false}) {
    const std::string name = initiator ? "init" : "resp";
    const NoiseVector::Side& side = initiator ? vector.initiator : vector.responder;
    if (side.static_key && side.static_key->size() != kKeyBytes) return wrong(name + "_static", *side.static_key);
    if (side.ephemeral && side.ephemeral->size() != kKeyBytes) return wrong(name + "_ephemeral", *side.ephemeral);
    for (size_t i = 0; i < side.psks.size(); ++i) {
      if (side.psks[i].size() != kKeyBytes) return wrong(fmt::format("{}_psks[{}]", name, i), side.psks[i]);
    }
  }
  if (vector.handshake_hash && vector.handshake_hash->size() != kHashBytes) {
    return wrong("handshake_hash", *vector.handshake_hash);
  }
  for (size_t i = 0; i < vector.messages.size(); ++i) {
    const NoiseVector::Message& message = vector.messages[i];
    const size_t larger = std::max(message.payload.size(), message.ciphertext ? message.ciphertext->size() : 0);
    if (larger > kNoiseMessageBytesMax) {
      return fmt::format("messages[{}]: {} bytes, more than the {} of a Noise message", i, larger,
                         kNoiseMessageBytesMax);
    }
  }
  return "";
}

// --- One side of one vector --------------------------------------------------------------------------------------

// Gives the private key that the vector has instead of chance.
class FixedEntropy : public Entropy {
 public:
  explicit FixedEntropy(ByteSpan key) : key_(key) {}

  void Fill(MutableByteSpan out) override {
    std::ranges::fill(out, uint8_t{0});
    std::ranges::copy(key_.first(std::min(key_.size(), out.size())), out.begin());
    key_ = {};
  }

 private:
  ByteSpan key_;
};

std::span<const uint8_t, kKeyBytes> KeyOf(const Bytes& bytes) { return std::span(bytes).first<kKeyBytes>(); }

class SideRun {
 public:
  SideRun(const NoiseVector& vector, const Protocol& protocol, bool initiator)
      : vector_(vector),
        protocol_(protocol),
        initiator_(initiator),
        entropy_(*Given().ephemeral),
        handshake_(Start()) {}

  // Why this side and the vector disagree; empty if they do not.
  std::string Run() {
    size_t index = 0;
    for (; !handshake_.finished(); ++index) {
      if (std::string reason = HandshakeMessage(index); !reason.empty()) return reason;
    }
    const NoiseSplit split = handshake_.Split();
    if (vector_.handshake_hash) {
      std::string reason = Compare("handshake_hash", *vector_.handshake_hash, split.handshake_hash);
      if (!reason.empty()) return reason;
    }
    std::array<Aead, 2> ciphers = {Aead(protocol_.suite, split.first.span()),
                                   Aead(protocol_.suite, split.second.span())};
    std::array<uint64_t, 2> nonces = {};
    for (; index < vector_.messages.size(); ++index) {
      std::string reason = TransportMessage(index, ciphers[index % 2], nonces[index % 2]++);
      if (!reason.empty()) return reason;
    }
    return "";
  }

 private:
  const NoiseVector::Side& Given() const { return initiator_ ? vector_.initiator : vector_.responder; }

  NoiseHandshake Start() const {
    std::vector<Key> psks;
    for (const Bytes& psk : Given().psks) psks.push_back(Key(KeyOf(psk)));
    std::optional<KeyPair> local_static;
    if (protocol_.pattern->SendsStatic(initiator_)) local_static = KeyPair::FromPrivate(KeyOf(*Given().static_key));
    return NoiseHandshake({.pattern = protocol_.pattern,
                           .suite = protocol_.suite,
                           .initiator = initiator_,
                           .prologue = Given().prologue,
                           .local_static = local_static,
                           .psks = psks});
  }

  // Messages alternate, in the handshake and after it.
  bool Mine(size_t index) const { return initiator_ == (index % 2 == 0); }

  std::string HandshakeMessage(size_t index) {
    const NoiseVector::Message& message = vector_.messages[index];
    Bytes out;
    if (Mine(index)) {
      if (handshake_.OverheadOfNext() + message.payload.size() > kNoiseMessageBytesMax) {
        return Failed(index, "payload", "too large for its message");
      }
      const Status written = handshake_.WriteMessage(entropy_, message.payload, out);
      if (!written) return Failed(index, "ciphertext", InfoOf(written.error()).sentence);
      return Compare(Field(index, "ciphertext"), *message.ciphertext, out);
    }
    const Status read = handshake_.ReadMessage(*message.ciphertext, out);
    if (!read) return Failed(index, "ciphertext", InfoOf(read.error()).sentence);
    return Compare(Field(index, "payload"), message.payload, out);
  }

  std::string TransportMessage(size_t index, Aead& cipher, uint64_t nonce) const {
    const NoiseVector::Message& message = vector_.messages[index];
    const Bytes& sealed = *message.ciphertext;
    if (Mine(index)) {
      const ByteSpan payload = message.payload;
      Bytes out(payload.size() + kTagBytes);
      cipher.Seal(nonce, {}, {&payload, 1}, out);
      return Compare(Field(index, "ciphertext"), sealed, out);
    }
    if (sealed.size() < kTagBytes) return Failed(index, "ciphertext", "shorter than a tag");
    Bytes out(sealed.size() - kTagBytes);
    const Status opened = cipher.Open(nonce, {}, sealed, out);
    if (!opened) return Failed(index, "ciphertext", InfoOf(opened.error()).sentence);
    return Compare(Field(index, "payload"), message.payload, out);
  }

  static std::string Field(size_t index, const char* field) { return fmt::format("messages[{}].{}", index, field); }

  std::string Failed(size_t index, const char* field, std::string_view why) const {
    return fmt::format("{}: {}: {}", initiator_ ? "initiator" : "responder", Field(index, field), why);
  }

  std::string Compare(const std::string& field, ByteSpan expected, ByteSpan got) const {
    if (std::ranges::equal(expected, got)) return "";
    return fmt::format("{}: {}: expected {}, got {}", initiator_ ? "initiator" : "responder", field, ToHex(expected),
                       ToHex(got));
  }

  const NoiseVector& vector_;
  const Protocol protocol_;
  const bool initiator_;
  FixedEntropy entropy_;
  NoiseHandshake handshake_;
};

// --- The report --------------------------------------------------------------------------------------------------

size_t Count(const std::vector<NoiseVectorResult>& results, NoiseVectorOutcome outcome) {
  return static_cast<size_t>(std::ranges::count(results, outcome, &NoiseVectorResult::outcome));
}

const char* NameOf(NoiseVectorOutcome outcome) {
  constexpr std::array kNames = {"passed", "failed", "skipped"};
  return kNames[static_cast<size_t>(outcome)];
}

// A stranger's text, without what a terminal would obey.
std::string Printable(std::string_view text) {
  std::string printable(text);
  std::ranges::replace_if(printable, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return printable;
}

void PrintTable(const std::vector<NoiseVectorResult>& results, std::FILE* out) {
  struct Row {
    std::array<size_t, 3> counts = {};
    std::string reason;  // Of the first skip.
  };
  std::map<std::string, Row> rows;
  size_t width = 5;
  for (const NoiseVectorResult& result : results) {
    const std::string name = Printable(result.protocol_name);
    Row& row = rows[name];
    ++row.counts[static_cast<size_t>(result.outcome)];
    if (result.outcome == NoiseVectorOutcome::kSkipped && row.reason.empty()) row.reason = Printable(result.reason);
    width = std::max(width, name.size());
  }
  fmt::print(out, "{:<{}}  passed  failed  skipped\n", "protocol", width);
  for (const auto& [name, row] : rows) {
    fmt::print(out, "{:<{}}  {:>6}  {:>6}  {:>7}{}{}\n", name, width, row.counts[0], row.counts[1], row.counts[2],
               row.reason.empty() ? "" : "  ", row.reason);
  }
}

void PrintReport(const std::vector<NoiseVectorResult>& results, std::FILE* out) {
  PrintTable(results, out);
  std::map<std::string, size_t> reasons;
  for (const NoiseVectorResult& result : results) {
    if (result.outcome == NoiseVectorOutcome::kSkipped) ++reasons[Printable(result.reason)];
    if (result.outcome != NoiseVectorOutcome::kFailed) continue;
    fmt::print(out, "FAILED vectors[{}] {}: {}\n", result.index, Printable(result.protocol_name), result.reason);
  }
  if (!reasons.empty()) fmt::print(out, "skipped, because of\n");
  for (const auto& [reason, count] : reasons) fmt::print(out, "{:>6}  {}\n", count, reason);
  const size_t passed = Count(results, NoiseVectorOutcome::kPassed);
  const size_t failed = Count(results, NoiseVectorOutcome::kFailed);
  fmt::print(out, "{} passed, {} failed, {} skipped\n", passed, failed, results.size() - passed - failed);
  if (passed + failed == 0) fmt::print(out, "nothing was run\n");
}

std::optional<std::string> ReadFile(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (file == nullptr) return std::nullopt;
  std::string text;
  std::array<char, 1 << 16> block;
  while (const size_t count = std::fread(block.data(), 1, block.size(), file.get())) text.append(block.data(), count);
  if (std::ferror(file.get()) != 0) return std::nullopt;
  return text;
}

bool WriteJson(const std::vector<NoiseVectorResult>& results, int exit_status, const std::string& path) {
  nlohmann::ordered_json report;
  for (NoiseVectorOutcome outcome :
       {NoiseVectorOutcome::kPassed, NoiseVectorOutcome::kFailed, NoiseVectorOutcome::kSkipped}) {
    report[NameOf(outcome)] = Count(results, outcome);
  }
  report["exit_status"] = exit_status;
  report["vectors"] = nlohmann::ordered_json::array();
  for (const NoiseVectorResult& result : results) {
    nlohmann::ordered_json entry = {
        {"index", result.index}, {"protocol_name", result.protocol_name}, {"result", NameOf(result.outcome)}};
    if (!result.reason.empty()) entry["reason"] = result.reason;
    report["vectors"].push_back(std::move(entry));
  }
  std::ofstream file(path);
  file << report.dump(2) << "\n";
  return file.flush().good();
}

}  // namespace

std::expected<NoiseVectorResult, std::string> CheckNoiseVector(const NoiseVector& vector, size_t index) {
  NoiseVectorResult result = {.index = index, .protocol_name = vector.protocol_name};
  const auto protocol = FindProtocol(vector);
  if (!protocol) {
    result.reason = protocol.error();
    return result;
  }
  if (const std::string malformed = FindMalformed(vector); !malformed.empty()) {
    return std::unexpected(fmt::format("vectors[{}].{}", index, malformed));
  }
  result.reason = FindMissing(vector, *protocol->pattern);
  if (!result.reason.empty()) return result;
  result.reason = SideRun(vector, *protocol, true).Run();
  if (result.reason.empty()) result.reason = SideRun(vector, *protocol, false).Run();
  result.outcome = result.reason.empty() ? NoiseVectorOutcome::kPassed : NoiseVectorOutcome::kFailed;
  return result;
}

std::expected<std::vector<NoiseVectorResult>, std::string> CheckNoiseVectors(const std::vector<NoiseVector>& vectors) {
  std::vector<NoiseVectorResult> results;
  for (const NoiseVector& vector : vectors) {
    auto result = CheckNoiseVector(vector, results.size());
    if (!result) return std::unexpected(std::move(result.error()));
    results.push_back(*std::move(result));
  }
  return results;
}

int NoiseVectorsCommand(const std::string& path, const std::optional<std::string>& json_path, std::FILE* out,
                        std::FILE* err) {
  const auto malformed = [&](std::string_view why) {
    fmt::print(err, "holdfast noise-vectors: {}: {}\n", path, Printable(why));
    return 2;
  };
  const std::optional<std::string> text = ReadFile(path);
  if (!text) return malformed("cannot be read");
  const auto vectors = ParseNoiseVectors(*text);
  if (!vectors) return malformed(vectors.error());
  const auto results = CheckNoiseVectors(*vectors);
  if (!results) return malformed(results.error());
  PrintReport(*results, out);
  const bool all_passed = Count(*results, NoiseVectorOutcome::kFailed) == 0;
  const int exit_status = all_passed && Count(*results, NoiseVectorOutcome::kPassed) > 0 ? 0 : 1;
  if (json_path && !WriteJson(*results, exit_status, *json_path)) {
    fmt::print(err, "holdfast noise-vectors: {}: cannot be written\n", *json_path);
    return 2;
  }
  return exit_status;
}

}  // namespace holdfast
