#pragma once

// The handshake patterns that we speak, as data: Noise rev 34 sections 7.4 and 7.5 (NN, NX, XX, without pre-messages)
// with every set of psk modifiers that fits them (section 9.4). One table, built and checked when this file is
// compiled.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace holdfast {

// Section 7.1. In `es` and `se` the first letter is the initiator's key, the second the responder's.
enum class Token : uint8_t { kE, kS, kEe, kEs, kSe, kSs, kPsk };

inline constexpr size_t kPatternMessagesMax = 3;
inline constexpr size_t kMessageTokensMax = 6;
inline constexpr size_t kPatternNameBytesMax = 21;  // XXpsk0+psk1+psk2+psk3

// The tokens of one handshake message, in order.
class MessagePattern {
 public:
  constexpr MessagePattern() = default;
  constexpr MessagePattern(std::initializer_list<Token> tokens) {
    for (Token token : tokens) Append(token);
  }

  constexpr void Append(Token token) { tokens_[count_++] = token; }
  constexpr void Prepend(Token token) {
    for (size_t i = count_++; i > 0; --i) tokens_[i] = tokens_[i - 1];
    tokens_[0] = token;
  }

  constexpr const Token* begin() const { return tokens_.data(); }
  constexpr const Token* end() const { return tokens_.data() + count_; }

 private:
  std::array<Token, kMessageTokensMax> tokens_ = {};
  uint8_t count_ = 0;
};

// A handshake pattern with its modifiers. Messages alternate; the initiator writes the first.
class Pattern {
 public:
  constexpr Pattern() = default;
  constexpr Pattern(std::string_view name, std::initializer_list<MessagePattern> messages) {
    AppendName(name);
    for (const MessagePattern& message : messages) messages_[message_count_++] = message;
  }

  // As in a protocol name: "XX", "NNpsk0", "XXpsk0+psk3". Lives as long as the pattern.
  constexpr std::string_view name() const { return {name_.data(), name_size_}; }
  constexpr std::span<const MessagePattern> messages() const { return {messages_.data(), message_count_}; }
  constexpr size_t psk_count() const { return psk_count_; }

  // Section 9.4: psk0 stands at the beginning of the first message, pskN at the end of message N, counting from 1.
  constexpr void AddPsk(size_t place) {
    AppendName(psk_count_ == 0 ? "psk" : "+psk");
    name_[name_size_++] = static_cast<char>('0' + place);
    if (place == 0) {
      messages_[0].Prepend(Token::kPsk);
    } else {
      messages_[place - 1].Append(Token::kPsk);
    }
    ++psk_count_;
  }

  // Whether this side sends its static key: then it needs one.
  constexpr bool SendsStatic(bool initiator) const {
    for (size_t i = initiator ? 0 : 1; i < message_count_; i += 2) {
      for (Token token : messages_[i]) {
        if (token == Token::kS) return true;
      }
    }
    return false;
  }

 private:
  constexpr void AppendName(std::string_view text) {
    for (char c : text) name_[name_size_++] = c;
  }

  std::array<MessagePattern, kPatternMessagesMax> messages_ = {};
  std::array<char, kPatternNameBytesMax> name_ = {};
  uint8_t name_size_ = 0;
  uint8_t message_count_ = 0;
  uint8_t psk_count_ = 0;
};

// The patterns without modifiers, section 7.5.
inline constexpr std::array<Pattern, 3> kBasePatterns = {{
    {"NN", {{Token::kE}, {Token::kE, Token::kEe}}},
    {"NX", {{Token::kE}, {Token::kE, Token::kEe, Token::kS, Token::kEs}}},
    {"XX", {{Token::kE}, {Token::kE, Token::kEe, Token::kS, Token::kEs}, {Token::kS, Token::kSe}}},
}};

namespace patterns_internal {

consteval size_t CountWithModifiers() {
  size_t count = 0;
  for (const Pattern& base : kBasePatterns) count += size_t{1} << (base.messages().size() + 1);
  return count;
}

consteval auto AddModifiers() {
  std::array<Pattern, CountWithModifiers()> patterns;
  size_t count = 0;
  for (const Pattern& base : kBasePatterns) {
    const size_t places = base.messages().size() + 1;
    for (size_t set = 0; set < size_t{1} << places; ++set) {
      Pattern pattern = base;
      for (size_t place = 0; place < places; ++place) {
        if ((set >> place & 1) != 0) pattern.AddPsk(place);
      }
      patterns[count++] = pattern;
    }
  }
  return patterns;
}

}  // namespace patterns_internal

// Everything that we speak: 32 patterns.
inline constexpr auto kPatterns = patterns_internal::AddModifiers();

// The pattern of that name, of static storage, or null. Modifiers are in ascending order, as section 8 wants them.
constexpr const Pattern* FindPattern(std::string_view name) {
  for (const Pattern& pattern : kPatterns) {
    if (pattern.name() == name) return &pattern;
  }
  return nullptr;
}

namespace patterns_internal {

// The validity rules of sections 7.3 and 9.3, as far as patterns without pre-messages can break them.
consteval bool IsValid(const Pattern& pattern) {
  struct Side {
    bool sent_e = false, sent_s = false;
  };
  std::array<Side, 2> sides;
  bool psk = false;
  std::array<bool, 4> dh_done = {};
  for (size_t i = 0; i < pattern.messages().size(); ++i) {
    Side& sender = sides[i % 2];
    const Side& initiator = sides[0];
    const Side& responder = sides[1];
    for (Token token : pattern.messages()[i]) {
      switch (token) {
        case Token::kE:
          if (sender.sent_e) return false;
          sender.sent_e = true;
          break;
        case Token::kS:
          if (sender.sent_s) return false;
          if (psk && !sender.sent_e) return false;
          sender.sent_s = true;
          break;
        case Token::kPsk:
          psk = true;
          break;
        default: {
          bool& done = dh_done[static_cast<size_t>(token) - static_cast<size_t>(Token::kEe)];
          if (done) return false;
          done = true;
          const bool initiator_e = token == Token::kEe || token == Token::kEs;
          const bool responder_e = token == Token::kEe || token == Token::kSe;
          if (!(initiator_e ? initiator.sent_e : initiator.sent_s)) return false;
          if (!(responder_e ? responder.sent_e : responder.sent_s)) return false;
        }
      }
    }
    // Who encrypts the payload must have thrown in an ephemeral of his own: it makes the key his own. Section 7.3 asks
    // for ee after a static DH, section 9.3 for an `e` beside a psk.
    if (!sender.sent_e) return false;
    const bool static_dh = dh_done[1] || dh_done[2] || dh_done[3];
    if (static_dh && !dh_done[0]) return false;
  }
  return true;
}

consteval bool AllValid() {
  for (const Pattern& pattern : kPatterns) {
    if (!IsValid(pattern)) return false;
  }
  return true;
}

static_assert(AllValid());
static_assert(kPatterns.size() == 32);
static_assert(FindPattern("XXpsk0+psk1+psk2+psk3")->name().size() == kPatternNameBytesMax);
static_assert(FindPattern("NNpsk3") == nullptr && FindPattern("XXpsk3+psk0") == nullptr);

}  // namespace patterns_internal
}  // namespace holdfast
