#pragma once

// HttpHead: whether the head of an HTTP/1 request asks for a WebSocket (RFC 6455 section 4.1), as far as that sets it
// apart from other requests: HTTP/1.1 or later, an Upgrade field that names websocket, and a Connection field that
// names upgrade. Not whether the request is a good one: that is its server's to say.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

class HttpHead {
 public:
  // One more byte, from the first of the request on. Once something is returned it is final: true as soon as both
  // fields are complete, false at the end of the head, or with the end of a request line that cannot upgrade. Lines may
  // end with LF alone. What cannot be read as a field is none.
  std::optional<bool> Push(uint8_t byte);

 private:
  void TakeLine();

  std::string line_;  // The one under way, without its end.
  bool first_line_ = true;
  bool old_version_ = false;
  bool ended_ = false;
  bool upgrade_ = false;
  bool connection_ = false;
};

}  // namespace holdfast
