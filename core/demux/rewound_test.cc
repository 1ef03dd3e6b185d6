#include "core/demux/rewound.h"

#include <gtest/gtest.h>

#include <array>

#include "core/base/random.h"

namespace holdfast {
namespace {

// A connection that gives what is left of a stream.
struct Live {
  Bytes rest;
  size_t Read(MutableByteSpan out) {
    const size_t count = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), count, out.begin());
    rest.erase(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(count));
    return count;
  }
};

// Reads everything, each time by a verb that chance takes.
Bytes ReadAll(Rewound<Live> rewound, NamedStream& chance) {
  Bytes read;
  for (;;) {
    std::array<uint8_t, 7> buffer = {};
    const MutableByteSpan out = MutableByteSpan(buffer).first(static_cast<size_t>(chance.Below(8)));
    if (Live* live = rewound.connection()) {
      EXPECT_TRUE(rewound.pending().empty());
      if (live->rest.empty()) return read;
      Append(read, out.first(live->Read(out)));
      continue;
    }
    switch (chance.Below(5)) {
      case 0:
        Append(read, out.first(rewound.Read(out)));
        break;
      case 1: {
        const std::array<MutableByteSpan, 2> outs = {out.first(out.size() / 2), out.subspan(out.size() / 2)};
        Append(read, out.first(rewound.Read(std::span<const MutableByteSpan>(outs))));
        break;
      }
      case 2: {
        const size_t peeked = rewound.Peek(out);
        Append(read, out.first(peeked));
        rewound.Skip(peeked);
        break;
      }
      case 3:
        Append(read, rewound.pending());
        rewound.Skip(rewound.pending().size());
        break;
      default: {
        auto [bytes, live] = std::move(rewound).Release();
        rewound = Rewound<Live>(std::move(bytes), std::move(live));
      }
    }
  }
}

TEST(Rewound, GivesEveryByteOnceAndInOrderByEveryWay) {
  Bytes stream(60);
  NamedStream(1, "stream").Fill(stream);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    NamedStream chance(seed, "rewound");
    const size_t split = static_cast<size_t>(chance.Below(stream.size() + 1));
    Bytes taken(stream.begin(), stream.begin() + static_cast<ptrdiff_t>(split));
    Live live{Bytes(stream.begin() + static_cast<ptrdiff_t>(split), stream.end())};
    ASSERT_EQ(ReadAll(Rewound<Live>(std::move(taken), std::move(live)), chance), stream) << seed;
  }
}

TEST(Rewound, KeepsTheConnectionOutOfReachWhileBytesArePending) {
  Rewound<Live> rewound(Bytes{1, 2}, Live{{3}});
  EXPECT_EQ(rewound.connection(), nullptr);
  rewound.Skip(1);
  EXPECT_EQ(rewound.connection(), nullptr);
  rewound.Skip(1);
  ASSERT_NE(rewound.connection(), nullptr);
  EXPECT_EQ(rewound.connection()->rest, Bytes{3});
}

}  // namespace
}  // namespace holdfast
