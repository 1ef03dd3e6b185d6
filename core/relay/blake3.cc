#include "core/relay/blake3.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "core/crypto/secret.h"

namespace holdfast {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kChunkBytes = 1024;
constexpr size_t kChainBytes = 32;
constexpr size_t kDepthMax = 54;  // Of a tree over 2^64 bytes.

enum Flag : uint32_t {
  kChunkStart = 1,
  kChunkEnd = 2,
  kParent = 4,
  kRoot = 8,
  kDeriveKeyContext = 32,
  kDeriveKeyMaterial = 64,
};

using Chain = std::array<uint32_t, 8>;
using Words = std::array<uint32_t, 16>;

constexpr Chain kIv = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr std::array<uint8_t, 16> kPermutation = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};

uint32_t Load(const uint8_t* from) {
  return uint32_t{from[0]} | uint32_t{from[1]} << 8 | uint32_t{from[2]} << 16 | uint32_t{from[3]} << 24;
}

void Store(uint8_t* to, uint32_t word) {
  for (size_t i = 0; i < 4; ++i) to[i] = static_cast<uint8_t>(word >> (8 * i));
}

void Mix(Words& v, size_t a, size_t b, size_t c, size_t d, uint32_t x, uint32_t y) {
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 12);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 8);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 7);
}

// What one compression is of.
struct Node {
  Chain chain = kIv;
  Words block = {};
  uint64_t counter = 0;
  uint32_t size = 0;
  uint32_t flags = 0;
};

Words Compress(const Node& node) {
  Words v;
  std::ranges::copy(node.chain, v.begin());
  std::copy_n(kIv.begin(), 4, v.begin() + 8);
  v[12] = static_cast<uint32_t>(node.counter);
  v[13] = static_cast<uint32_t>(node.counter >> 32);
  v[14] = node.size;
  v[15] = node.flags;
  Words m = node.block;
  for (int round = 0; round < 7; ++round) {
    for (size_t i = 0; i < 4; ++i) Mix(v, i, 4 + i, 8 + i, 12 + i, m[2 * i], m[2 * i + 1]);
    for (size_t i = 0; i < 4; ++i) {
      Mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[8 + 2 * i], m[9 + 2 * i]);
    }
    const Words before = m;
    for (size_t i = 0; i < m.size(); ++i) m[i] = before[kPermutation[i]];
  }
  for (size_t i = 0; i < 8; ++i) {
    v[i] ^= v[i + 8];
    v[i + 8] ^= node.chain[i];
  }
  return v;
}

Chain ChainOf(const Node& node) {
  const Words words = Compress(node);
  Chain chain;
  std::copy_n(words.begin(), chain.size(), chain.begin());
  return chain;
}

class Hasher {
 public:
  Hasher(const Chain& key, uint32_t flags) : key_(key), flags_(flags), chunk_{.chain = key} {}
  ~Hasher() {
    Wipe(block_);
    Wipe({reinterpret_cast<uint8_t*>(&key_), sizeof(key_)});
  }

  void Update(ByteSpan bytes) {
    while (!bytes.empty()) {
      // Only what is followed by more is compressed: the last block is the root's, or has the flag of an end.
      if (in_block_ == kBlockBytes) FinishBlock();
      const size_t count = std::min(kBlockBytes - in_block_, bytes.size());
      std::copy_n(bytes.begin(), count, block_.begin() + static_cast<ptrdiff_t>(in_block_));
      in_block_ += count;
      bytes = bytes.subspan(count);
    }
  }

  void Finish(MutableByteSpan out) {
    Node node = LastOfChunk();
    for (size_t i = depth_; i-- > 0;) node = ParentOf(stack_[i], ChainOf(node));
    node.flags |= kRoot;
    for (node.counter = 0; !out.empty(); ++node.counter) {
      std::array<uint8_t, kBlockBytes> block;
      const Words words = Compress(node);
      for (size_t i = 0; i < words.size(); ++i) Store(&block[4 * i], words[i]);
      const size_t count = std::min(out.size(), block.size());
      std::copy_n(block.begin(), count, out.begin());
      out = out.subspan(count);
    }
  }

 private:
  Node LastOfChunk() {
    std::fill(block_.begin() + static_cast<ptrdiff_t>(in_block_), block_.end(), uint8_t{0});
    Node node = chunk_;
    for (size_t i = 0; i < node.block.size(); ++i) node.block[i] = Load(&block_[4 * i]);
    node.size = static_cast<uint32_t>(in_block_);
    node.flags = flags_ | kChunkEnd | (in_chunk_ == 0 ? uint32_t{kChunkStart} : 0);
    return node;
  }

  void FinishBlock() {
    Node node = LastOfChunk();
    in_chunk_ += kBlockBytes;
    in_block_ = 0;
    if (in_chunk_ < kChunkBytes) {
      node.flags &= ~uint32_t{kChunkEnd};
      chunk_.chain = ChainOf(node);
      return;
    }
    Chain chain = ChainOf(node);
    // One parent for each power of two of chunks that is now complete.
    const uint64_t chunks = chunk_.counter + 1;
    for (uint64_t left = chunks; left % 2 == 0; left /= 2) chain = ChainOf(ParentOf(stack_[--depth_], chain));
    stack_[depth_++] = chain;
    chunk_ = Node{.chain = key_, .counter = chunks};
    in_chunk_ = 0;
  }

  Node ParentOf(const Chain& left, const Chain& right) const {
    Node node = {.chain = key_, .size = kBlockBytes, .flags = flags_ | kParent};
    std::ranges::copy(left, node.block.begin());
    std::ranges::copy(right, node.block.begin() + 8);
    return node;
  }

  Chain key_;
  uint32_t flags_;
  Node chunk_;  // Its chain and its counter.
  size_t in_chunk_ = 0;
  std::array<uint8_t, kBlockBytes> block_ = {};
  size_t in_block_ = 0;
  std::array<Chain, kDepthMax> stack_;
  size_t depth_ = 0;
};

}  // namespace

void Blake3Hash(std::span<const ByteSpan> pieces, MutableByteSpan out) {
  Hasher hasher(kIv, 0);
  for (ByteSpan piece : pieces) hasher.Update(piece);
  hasher.Finish(out);
}

void Blake3DeriveKey(std::string_view context, std::span<const ByteSpan> material, MutableByteSpan out) {
  std::array<uint8_t, kChainBytes> context_key;
  Hasher of_context(kIv, kDeriveKeyContext);
  of_context.Update(AsBytes(context));
  of_context.Finish(context_key);
  Chain key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = Load(&context_key[4 * i]);
  Hasher hasher(key, kDeriveKeyMaterial);
  for (ByteSpan piece : material) hasher.Update(piece);
  hasher.Finish(out);
}

}  // namespace holdfast
