#include "sim/witness.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

constexpr size_t kFirst = 40;   // A message 1.
constexpr size_t kRecord = 30;  // With its length.

// Of what one transport brings the server, on a path with an adversary.
class WitnessTest : public testing::Test {
 protected:
  WitnessTest() {
    Plan plan;
    plan.clients.resize(1);
    plan.faults.push_back(FaultOf(FaultKind::kTamper));
    witness_.Reset(plan);
    Write(Bytes(kFirst, 7));
    Write(Record(kRecord - 2, kRecord));
    Write(Record(kRecord - 2, kRecord));
  }
  static Bytes Record(size_t length, size_t size) {
    Bytes bytes(size, 1);
    bytes[0] = 0;
    bytes[1] = static_cast<uint8_t>(length);
    return bytes;
  }
  void Write(const Bytes& message) {
    witness_.OnMessage(0, link_, Side::kClient, message);
    witness_.OnWritten(0, Side::kClient, message);
    Append(written_, message);
  }
  Provenance Come(ByteSpan bytes) { return witness_.OnReceived(0, Side::kServer, bytes); }
  ByteSpan Written(size_t from, size_t to) const { return ByteSpan(written_).subspan(from, to - from); }

  StreamLink link_;
  Witness witness_;
  Bytes written_;
};

TEST_F(WitnessTest, SeesARecordSpoiltOnceAllOfItHasCome) {
  const Provenance honest = Come(Written(0, kFirst + 10));
  EXPECT_FALSE(honest.tainted || honest.spoilt);
  const Provenance some = Come(Bytes(kRecord - 11, 9));
  EXPECT_TRUE(some.tainted);
  EXPECT_FALSE(some.spoilt);
  EXPECT_TRUE(Come(Bytes(1, 1)).spoilt);
  EXPECT_TRUE(Come(Bytes(1, 1)).spoilt) << "and so it stays";
}

TEST_F(WitnessTest, GoesByTheLengthThatComes) {
  Come(Written(0, kFirst + kRecord + 1));
  EXPECT_FALSE(Come(Bytes(1, 16)).spoilt);
  EXPECT_FALSE(Come(Bytes(15, 0)).spoilt);
  EXPECT_TRUE(Come(Bytes(1, 0)).spoilt);
}

TEST_F(WitnessTest, SeesAtOnceALengthThatNoRecordHas) {
  Come(Written(0, kFirst + kRecord));
  EXPECT_TRUE(Come(Record(15, 2)).spoilt);
}

TEST_F(WitnessTest, CallsNothingSpoiltOfATransportThatIsForgedFromItsFirstMessageOn) {
  Come(Written(0, kFirst - 1));
  EXPECT_FALSE(Come(Bytes(kRecord * 3, 0)).spoilt);
}

}  // namespace
}  // namespace holdfast::sim
