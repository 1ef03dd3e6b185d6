#include "tools/noise_vector_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace holdfast {
namespace {

using Json = nlohmann::json;

// Reads fields and keeps the first complaint, so that reading need not stop to ask.
class FieldReader {
 public:
  const std::string& complaint() const { return complaint_; }

  // The field, or null if it is missing.
  const Json* Find(const Json& object, const std::string& where, const char* field) {
    if (!object.is_object()) {
      Complain(where, "an object", object);
      return nullptr;
    }
    const auto found = object.find(field);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }

  std::optional<Bytes> Hex(const Json& value, const std::string& where) {
    if (!value.is_string()) {
      Complain(where, "a string of hex digits", value);
      return std::nullopt;
    }
    const std::string& text = value.get_ref<const std::string&>();
    if (text.size() % 2 != 0) Complain(fmt::format("{}: an odd number of hex digits", where));
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (size_t i = 0; i + 1 < text.size(); i += 2) {
      const int high = Digit(text[i]);
      const int low = Digit(text[i + 1]);
      if (high < 0 || low < 0) {
        Complain(fmt::format("{}: not a hex digit at character {}", where, high < 0 ? i : i + 1));
        return std::nullopt;
      }
      bytes.push_back(static_cast<uint8_t>(16 * high + low));
    }
    return bytes;
  }

  std::optional<Bytes> HexField(const Json& object, const std::string& where, const char* field) {
    const Json* value = Find(object, where, field);
    if (value == nullptr) return std::nullopt;
    return Hex(*value, where + "." + field);
  }

  // The elements of an array.
  const std::vector<Json>& Array(const Json& value, const std::string& where) {
    static const std::vector<Json> kNone;
    if (value.is_array()) return value.get_ref<const Json::array_t&>();
    Complain(where, "an array", value);
    return kNone;
  }

  void Complain(const std::string& where, const char* expected, const Json& got) {
    Complain(fmt::format("{}: {} is expected, not {}", where, expected, Kind(got)));
  }

  void Complain(std::string sentence) {
    if (complaint_.empty()) complaint_ = std::move(sentence);
  }

 private:
  static std::string Kind(const Json& value) {
    switch (value.type()) {
      case Json::value_t::null:
        return "null";
      case Json::value_t::object:
        return "an object";
      case Json::value_t::array:
        return "an array";
      case Json::value_t::string:
        return "a string";
      case Json::value_t::boolean:
        return "true or false";
      default:
        return "a number";
    }
  }

  static int Digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  std::string complaint_;
};

NoiseVector::Side ReadSide(FieldReader& reader, const Json& object, const std::string& where, const std::string& side) {
  const auto name = [&side](const char* field) { return side + "_" + field; };
  NoiseVector::Side read;
  read.prologue = reader.HexField(object, where, name("prologue").c_str()).value_or(Bytes());
  read.static_key = reader.HexField(object, where, name("static").c_str());
  read.ephemeral = reader.HexField(object, where, name("ephemeral").c_str());
  // Not needed by any pattern that we speak, but read, so that a file is right or wrong as a whole.
  reader.HexField(object, where, name("remote_static").c_str());
  if (const Json* psks = reader.Find(object, where, name("psks").c_str())) {
    const std::string list = where + "." + name("psks");
    for (const Json& psk : reader.Array(*psks, list)) {
      const std::string element = fmt::format("{}[{}]", list, read.psks.size());
      read.psks.push_back(reader.Hex(psk, element).value_or(Bytes()));
    }
  } else if (std::optional<Bytes> psk = reader.HexField(object, where, name("psk").c_str())) {
    read.psks.push_back(*std::move(psk));
  }
  return read;
}

NoiseVector ReadVector(FieldReader& reader, const Json& object, const std::string& where) {
  NoiseVector vector;
  const Json* name = reader.Find(object, where, "protocol_name");
  if (name == nullptr) name = reader.Find(object, where, "name");
  if (name == nullptr) {
    reader.Complain(where + ".protocol_name: missing");
    return vector;
  }
  if (!name->is_string()) {
    reader.Complain(where + ".protocol_name", "a string", *name);
    return vector;
  }
  vector.protocol_name = name->get<std::string>();
  if (const Json* fallback = reader.Find(object, where, "fallback")) {
    if (!fallback->is_boolean()) reader.Complain(where + ".fallback", "true or false", *fallback);
    vector.fallback = fallback->is_boolean() && fallback->get<bool>();
  }
  vector.initiator = ReadSide(reader, object, where, "init");
  vector.responder = ReadSide(reader, object, where, "resp");
  vector.handshake_hash = reader.HexField(object, where, "handshake_hash");
  const Json* messages = reader.Find(object, where, "messages");
  if (messages == nullptr) return vector;
  for (const Json& message : reader.Array(*messages, where + ".messages")) {
    const std::string place = fmt::format("{}.messages[{}]", where, vector.messages.size());
    vector.messages.push_back({.payload = reader.HexField(message, place, "payload").value_or(Bytes()),
                               .ciphertext = reader.HexField(message, place, "ciphertext")});
  }
  return vector;
}

}  // namespace

std::expected<std::vector<NoiseVector>, std::string> ParseNoiseVectors(std::string_view text) {
  FieldReader reader;
  std::vector<NoiseVector> vectors;
  const Json file = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded()) return std::unexpected("not JSON");
  const Json* list = reader.Find(file, "the file", "vectors");
  if (list == nullptr) {
    reader.Complain("vectors: missing");
  } else {
    for (const Json& object : reader.Array(*list, "vectors")) {
      vectors.push_back(ReadVector(reader, object, fmt::format("vectors[{}]", vectors.size())));
      if (!reader.complaint().empty()) break;
    }
  }
  if (!reader.complaint().empty()) return std::unexpected(reader.complaint());
  return vectors;
}

}  // namespace holdfast
