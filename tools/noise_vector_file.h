#pragma once

// The Noise community's JSON format of test vectors: {"vectors": [{"protocol_name", "init_prologue", "init_psks",
// "init_static", "init_ephemeral", "resp_...", "handshake_hash", "messages": [{"payload", "ciphertext"}]}]}, byte
// strings in hex, keys private. Its older dialect too, with "name" for "protocol_name" and a single "init_psk".

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"

namespace holdfast {

struct NoiseVector {
  // What one side is given.
  struct Side {
    Bytes prologue;
    std::vector<Bytes> psks;
    std::optional<Bytes> static_key;
    std::optional<Bytes> ephemeral;
  };

  struct Message {
    Bytes payload;
    std::optional<Bytes> ciphertext;
  };

  std::string protocol_name;
  bool fallback = false;  // The dialect's mark of a compound protocol.
  Side initiator;
  Side responder;
  std::optional<Bytes> handshake_hash;
  std::vector<Message> messages;
};

// The vectors of a file's text, in order. Fields of other names are passed over; a field that is null counts as
// missing, and a missing payload or prologue as empty. The error is one sentence that names the vector and the field.
std::expected<std::vector<NoiseVector>, std::string> ParseNoiseVectors(std::string_view text);

}  // namespace holdfast
