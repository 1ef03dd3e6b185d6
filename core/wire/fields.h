#pragma once

// WIRE_FIELDS: the fields of a message, listed once. Reading, writing, size, equality and description follow from that
// list, and so does every other product (JSON, dictionaries, a dissector), as a visitor: VisitFields calls it with each
// field's name and value in wire order.
//
//   struct Ack {
//     Varint consumed;
//     Varint credit_limit;
//     bool fin_received = false;
//     WIRE_FIELDS(consumed, credit_limit, fin_received)
//     bool operator==(const Ack&) const = default;
//   };
//
// A field's type says how it is written: uint8_t to uint64_t as big-endian integers, bool as one byte 0 or 1, Varint,
// Offset64 (8 bytes, at most 2^62 - 1), an enumeration with an IsKnown(), an array of bytes or a Secret as it is,
// Counted (varint length, then bytes), Rest (all that is left; must be last), or another message. A view read from a
// message lives as long as its bytes.

#include <algorithm>
#include <array>
#include <concepts>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "core/base/bytes.h"
#include "core/wire/cursor.h"

#define WIRE_FIELDS(...)                                              \
  static constexpr ::std::string_view kWireFieldNames = #__VA_ARGS__; \
  constexpr auto WireFields() { return ::std::tie(__VA_ARGS__); }     \
  constexpr auto WireFields() const { return ::std::tie(__VA_ARGS__); }

namespace holdfast {

struct Varint {
  uint64_t value = 0;
  bool operator==(const Varint&) const = default;
};

// An offset at a fixed width, so that a message's size does not tell how far a session is.
struct Offset64 {
  uint64_t value = 0;
  bool operator==(const Offset64&) const = default;
};

struct Counted {
  ByteSpan bytes;
  bool operator==(const Counted& other) const { return std::ranges::equal(bytes, other.bytes); }
};

struct Rest {
  ByteSpan bytes;
  bool operator==(const Rest& other) const { return std::ranges::equal(bytes, other.bytes); }
};

template <typename T>
concept WireMessage = requires(const T& message) { message.WireFields(); };

// Secret<>: wiped with the message that it was read into, and never described.
template <typename T>
concept SecretField = requires(T& field) { field.mutable_span(); };

template <WireMessage T>
constexpr size_t EncodedSize(const T& message);
template <WireMessage T>
void Write(Writer& writer, const T& message);
template <WireMessage T>
void Read(Reader& reader, T& message);
template <WireMessage T>
std::string Describe(const T& message);

// --- One type of field at a time ---------------------------------------------------------------------------------

template <typename T>
constexpr size_t FieldSize(const T& field) {
  if constexpr (std::is_same_v<T, Varint>) {
    return VarintSize(field.value);
  } else if constexpr (std::is_same_v<T, Offset64>) {
    return 8;
  } else if constexpr (std::is_same_v<T, Counted>) {
    return VarintSize(field.bytes.size()) + field.bytes.size();
  } else if constexpr (std::is_same_v<T, Rest>) {
    return field.bytes.size();
  } else if constexpr (WireMessage<T>) {
    return EncodedSize(field);
  } else {
    return sizeof(T);  // Integers, bool, enumerations and arrays of bytes.
  }
}

template <typename T>
void WriteField(Writer& writer, const T& field) {
  if constexpr (std::is_same_v<T, Varint>) {
    writer.PutVarint(field.value);
  } else if constexpr (std::is_same_v<T, Offset64>) {
    HOLDFAST_CHECK(field.value <= kVarintMax);
    writer.PutInteger(field.value, 8);
  } else if constexpr (std::is_same_v<T, Counted>) {
    writer.PutVarint(field.bytes.size());
    writer.Put(field.bytes);
  } else if constexpr (std::is_same_v<T, Rest>) {
    writer.Put(field.bytes);
  } else if constexpr (WireMessage<T>) {
    Write(writer, field);
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    writer.PutInteger(static_cast<uint64_t>(field), sizeof(T));
  } else if constexpr (SecretField<T>) {
    writer.Put(field.span());
  } else {
    writer.Put(field);
  }
}

template <typename T>
void ReadField(Reader& reader, T& field) {
  if constexpr (std::is_same_v<T, Varint>) {
    field.value = reader.TakeVarint();
  } else if constexpr (std::is_same_v<T, Offset64>) {
    field.value = reader.TakeInteger(8);
    if (field.value > kVarintMax) reader.Fail(Error::kOffsetTooLarge);  // HF-ENC-4.
  } else if constexpr (std::is_same_v<T, Counted>) {
    uint64_t size = reader.TakeVarint();
    if (size > reader.remaining()) reader.Fail(Error::kTruncated);  // HF-ENC-7.
    field.bytes = reader.ok() ? reader.Take(static_cast<size_t>(size)) : ByteSpan{};
  } else if constexpr (std::is_same_v<T, Rest>) {
    field.bytes = reader.TakeRest();
  } else if constexpr (WireMessage<T>) {
    Read(reader, field);
  } else if constexpr (std::is_same_v<T, bool>) {
    uint64_t value = reader.TakeInteger(1);
    if (value > 1) reader.Fail(Error::kUnknownValue);  // HF-ENC-5.
    field = value == 1;
  } else if constexpr (std::is_enum_v<T>) {
    field = static_cast<T>(reader.TakeInteger(sizeof(T)));
    if (reader.ok() && !IsKnown(field)) reader.Fail(Error::kUnknownValue);  // HF-ENC-6.
  } else if constexpr (std::is_integral_v<T>) {
    field = static_cast<T>(reader.TakeInteger(sizeof(T)));
  } else if constexpr (SecretField<T>) {
    const ByteSpan bytes = reader.Take(field.span().size());
    std::copy(bytes.begin(), bytes.end(), field.mutable_span().begin());
  } else {
    ByteSpan bytes = reader.Take(field.size());
    std::copy(bytes.begin(), bytes.end(), field.begin());
  }
}

template <typename T>
std::string DescribeField(const T& field) {
  if constexpr (std::is_same_v<T, Varint> || std::is_same_v<T, Offset64>) {
    return std::to_string(field.value);
  } else if constexpr (std::is_same_v<T, Counted> || std::is_same_v<T, Rest>) {
    return std::to_string(field.bytes.size()) + " bytes";
  } else if constexpr (WireMessage<T>) {
    return Describe(field);
  } else if constexpr (std::is_same_v<T, bool>) {
    return field ? "yes" : "no";
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(field);
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(NameOf(field));
  } else if constexpr (SecretField<T>) {
    return "secret";
  } else {
    return ToHex(field);
  }
}

// --- Whole messages ----------------------------------------------------------------------------------------------

// Calls visitor(name, field) for each field, in wire order.
template <WireMessage T, typename Visitor>
void VisitFields(T&& message, Visitor&& visitor) {
  std::string_view names = std::remove_cvref_t<T>::kWireFieldNames;
  auto next_name = [&names] {
    size_t comma = std::min(names.find(','), names.size());
    std::string_view name = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 2, names.size()));  // The preprocessor leaves ", " between arguments.
    return name;
  };
  std::apply([&](auto&... fields) { (visitor(next_name(), fields), ...); }, message.WireFields());
}

template <WireMessage T>
constexpr size_t EncodedSize(const T& message) {
  return std::apply([](const auto&... fields) { return (size_t{0} + ... + FieldSize(fields)); }, message.WireFields());
}

template <WireMessage T>
void Write(Writer& writer, const T& message) {
  std::apply([&](const auto&... fields) { (WriteField(writer, fields), ...); }, message.WireFields());
}

// Reads the fields and leaves what follows them in the reader; check reader.ok(). HF-ENC-9, HF-ENC-10.
template <WireMessage T>
void Read(Reader& reader, T& message) {
  std::apply([&](auto&... fields) { (ReadField(reader, fields), ...); }, message.WireFields());
}

// Exactly one message: kTruncated or kTrailingBytes otherwise. HF-ENC-8.
template <WireMessage T>
Result<T> Decode(ByteSpan bytes) {
  Reader reader(bytes);
  T message;
  Read(reader, message);
  HOLDFAST_TRY(reader.Finish());
  return message;
}

template <WireMessage T>
Bytes Encode(const T& message) {
  Bytes bytes(EncodedSize(message));
  Writer writer(bytes);
  Write(writer, message);
  return bytes;
}

// "{consumed=12 credit_limit=4096 fin_received=no}"
template <WireMessage T>
std::string Describe(const T& message) {
  std::string text = "{";
  VisitFields(message, [&text](std::string_view name, const auto& field) {
    if (text.size() > 1) text += ' ';
    text.append(name).append("=").append(DescribeField(field));
  });
  return text + "}";
}

}  // namespace holdfast
