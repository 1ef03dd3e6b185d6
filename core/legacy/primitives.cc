#include "core/legacy/primitives.h"

namespace holdfast::legacy {
namespace {

uint64_t Multiply(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  // 2^64 = 59 modulo the prime: twice folded, what is left is below twice the prime.
  const Wide product = static_cast<Wide>(a) * b;
  const Wide once = static_cast<Wide>(static_cast<uint64_t>(product >> 64)) * 59 + static_cast<uint64_t>(product);
  const Wide twice = static_cast<Wide>(static_cast<uint64_t>(once >> 64)) * 59 + static_cast<uint64_t>(once);
  return static_cast<uint64_t>(twice >= kPrime ? twice - kPrime : twice);
}

// MD5's, from RFC 1321.
constexpr std::array<uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
constexpr std::array<std::array<int, 4>, 4> kShifts = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

// What eight bytes, the first of them lowest, leave in a fingerprint: the even ones are four bits further left.
uint32_t Fold(uint64_t bytes) {
  uint32_t even = 0;
  uint32_t odd = 0;
  for (int i = 0; i < 4; ++i) {
    even = even << 8 | static_cast<uint8_t>(bytes >> (16 * i));
    odd = odd << 8 | static_cast<uint8_t>(bytes >> (16 * i + 8));
  }
  return std::rotl(even, 4) ^ odd;
}

}  // namespace

uint64_t Power(uint64_t base, uint64_t exponent) {
  uint64_t result = 1;
  for (base %= kPrime; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = Multiply(result, base);
    base = Multiply(base, base);
  }
  return result;
}

uint64_t Hash(uint64_t x, uint64_t y) {
  const std::array<uint32_t, 4> words = {static_cast<uint32_t>(x >> 32), static_cast<uint32_t>(x),
                                         static_cast<uint32_t>(y >> 32), static_cast<uint32_t>(y)};
  uint32_t a = 0x67452301;
  uint32_t b = 0xefcdab89;
  uint32_t c = 0x98badcfe;
  uint32_t d = 0x10325476;
  for (uint32_t i = 0; i < 64; ++i) {
    uint32_t mixed = 0;
    uint32_t word = 0;  // Of sixteen, which are four times the same four.
    switch (i / 16) {
      case 0:
        mixed = (b & c) | (~b & d), word = i;
        break;
      case 1:
        mixed = (d & b) | (~d & c), word = 5 * i + 1;
        break;
      case 2:
        mixed = b ^ c ^ d, word = 3 * i + 5;
        break;
      default:
        mixed = c ^ (b | ~d), word = 7 * i;
        break;
    }
    const uint32_t sum = a + mixed + kSines[i] + words[word % 4];
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kShifts[i / 16][i % 4]);
  }
  return static_cast<uint64_t>(a ^ b) << 32 | (c ^ d);
}

uint32_t InitialFingerprint(uint64_t secret) {
  const uint64_t seed = Hash(secret, 0);
  return static_cast<uint32_t>(seed ^ seed >> 32);
}

void Fingerprint::Add(ByteSpan bytes) {
  uint64_t eights = 0;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) eights ^= Load<uint64_t>(bytes.data() + i);
  value_ ^= Fold(eights);
  for (; i < bytes.size(); ++i) value_ = std::rotl(value_, 4) ^ bytes[i];
}

Keystream::Keystream(uint64_t secret) {
  const uint64_t seed = Hash(secret, 0);
  for (size_t i = 0; i < state_.size(); ++i) state_[i] = static_cast<uint8_t>(i + (seed >> (8 * (i % 8))));
}

void Keystream::Apply(ByteSpan in, uint8_t* out) {
  // In registers: the compiler cannot know that `out` is not this object.
  uint32_t i = i_;
  uint32_t j = j_;
  uint8_t* const state = state_.data();
  for (const uint8_t byte : in) {
    i = (i + 1) & 255;
    const uint32_t at_i = state[i];
    j = (j + at_i) & 255;
    const uint32_t at_j = state[j];
    state[i] = static_cast<uint8_t>(at_j);
    state[j] = static_cast<uint8_t>(at_i);
    *out++ = static_cast<uint8_t>(byte ^ state[(at_i + at_j) & 255]);
  }
  i_ = static_cast<uint8_t>(i);
  j_ = static_cast<uint8_t>(j);
}

}  // namespace holdfast::legacy
