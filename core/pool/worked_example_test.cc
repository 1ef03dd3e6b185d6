// docs/protocol.md section 13 and testdata/vectors/worked_example.txt: one short session, cut once and resumed, byte by
// byte. The bytes come from a real Client and a real Server; a second derivation, written from the document with
// nothing but the primitives, must give the same. And the document must say what the code says: the example's bytes,
// the tables of section 8, the list of errors, and requirement ids that occur once.

#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/pool/client.h"
#include "core/pool/client_states.h"
#include "core/pool/server.h"
#include "core/pool/server_states.h"
#include "core/session/record.h"
#include "core/wire/frames.h"
#include "core/wire/messages.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

// --- The two texts -------------------------------------------------------------------------------------------------

constexpr const char* kDocument = "docs/protocol.md";
constexpr const char* kExample = "testdata/vectors/worked_example.txt";

std::vector<std::string> LinesOf(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string TextOf(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// name = hex, in order; what begins with # is a comment. In the document a value may go on in the next, indented line.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

NamedValues ParseValues(const std::vector<std::string>& lines) {
  static const std::regex first("([a-z0-9_]+) = ([0-9a-f]*)");
  static const std::regex next(" +([0-9a-f]+)");
  NamedValues values;
  bool goes_on = false;
  for (const std::string& line : lines) {
    std::smatch match;
    if (std::regex_match(line, match, first)) {
      values.emplace_back(match[1], match[2]);
      goes_on = true;
    } else if (goes_on && std::regex_match(line, match, next)) {
      values.back().second += match[1];
    } else {
      goes_on = false;
    }
  }
  return values;
}

// --- The session that is shown -------------------------------------------------------------------------------------

// Entropy that was written down before. Drawing more than there is fails the test.
class TapeEntropy : public Entropy {
 public:
  explicit TapeEntropy(Bytes tape) : tape_(std::move(tape)) {}

  void Fill(MutableByteSpan out) override {
    ASSERT_LE(out.size(), tape_.size() - at_);
    for (uint8_t& byte : out) byte = tape_[at_++];
  }

  bool spent() const { return at_ == tape_.size(); }

 private:
  Bytes tape_;
  size_t at_ = 0;
};

// first, first + 1, ...
std::array<uint8_t, kKeyBytes> Counting(uint8_t first) {
  std::array<uint8_t, kKeyBytes> bytes;
  for (uint8_t& byte : bytes) byte = first++;
  return bytes;
}

constexpr uint8_t kServerStatic = 0xa0;
constexpr uint8_t kClientEphemeral = 0x00;
constexpr uint8_t kServerEphemeral = 0x20;
constexpr uint8_t kClientEphemeralOfResume = 0x40;
constexpr uint8_t kServerEphemeralOfResume = 0x60;

// The client draws a key, the delay before its second dial, and a key; the server two keys.
Bytes ClientTape() {
  Bytes tape = ToBytes(Counting(kClientEphemeral));
  Append(tape, Bytes(8));
  Append(tape, Counting(kClientEphemeralOfResume));
  return tape;
}

Bytes ServerTape() {
  Bytes tape = ToBytes(Counting(kServerEphemeral));
  Append(tape, Counting(kServerEphemeralOfResume));
  return tape;
}

ClientConfig ExampleClient() {
  ClientConfig config;
  config.server_key = KeyPair::FromPrivate(Counting(kServerStatic)).public_key();
  return config;
}

// Runs the session and notes every byte that goes over the wire.
class Play {
 public:
  Play()
      : client_(ExampleClient()), server_(ServerConfig{.static_key = KeyPair::FromPrivate(Counting(kServerStatic))}) {}

  std::map<std::string, Bytes> Run() {
    client_.Send(now_, AsBytes("hello"));
    PollClient();
    Connect();
    Note("new_wire_1", PollClient());
    Note("new_wire_2", ToServer("new_wire_1"));
    Note("new_client_record_0", ToClient("new_wire_2"));
    send_when_opened_ = "world";
    Note("new_server_record_0", ToServer("new_client_record_0"));
    EXPECT_TRUE(ToClient("new_server_record_0").empty());  // Its acknowledgement may wait for company.
    client_.Send(now_, AsBytes(" again"));
    Note("new_client_record_1", PollClient());  // These two are lost.
    server_.Send(now_, session_, AsBytes(" wide"));
    Note("new_server_record_1", PollServer());
    client_.TransportClosed(now_, client_id_);
    server_.TransportClosed(now_, server_id_);
    EXPECT_TRUE(PollClient().empty() && PollServer().empty());

    Connect();
    Note("resume_wire_1", PollClient());
    Note("resume_wire_2", ToServer("resume_wire_1"));
    Note("resume_client_record_0", ToClient("resume_wire_2"));
    Note("resume_server_record_0", ToServer("resume_client_record_0"));
    EXPECT_TRUE(ToClient("resume_server_record_0").empty());
    client_.Finish(now_);
    Note("resume_client_record_1", PollClient());
    server_.Finish(now_, session_);
    Note("resume_server_record_1", ToServer("resume_client_record_1"));
    Note("resume_client_record_2", ToClient("resume_server_record_1"));
    Note("resume_server_record_2", ToServer("resume_client_record_2"));
    EXPECT_TRUE(ToClient("resume_server_record_2").empty());

    EXPECT_EQ(client_heard_, "world wide");
    EXPECT_EQ(server_heard_, "hello again");
    EXPECT_EQ(client_.state(), ClientState::kEnded);
    EXPECT_EQ(server_.state(session_), ServerState::kTombstone);
    EXPECT_EQ(cause_, Cause::kFinished);
    EXPECT_TRUE(client_tape_.spent() && server_tape_.spent());
    return wire_;
  }

 private:
  void Connect() {
    client_id_ = client_.TransportOpened(now_);
    server_id_ = server_.TransportOpened(now_);
  }

  void Note(const std::string& name, Bytes bytes) { wire_[name] = std::move(bytes); }

  Bytes ToServer(const std::string& name) {
    server_.Receive(now_, server_id_, wire_.at(name));
    return PollServer();
  }

  Bytes ToClient(const std::string& name) {
    client_.Receive(now_, client_id_, wire_.at(name));
    return PollClient();
  }

  Bytes PollClient() {
    Bytes written;
    while (auto event = client_.Poll(now_, client_tape_)) {
      if (const auto* write = std::get_if<event::Write>(&event->what)) Append(written, write->bytes);
      if (const auto* deliver = std::get_if<event::Deliver>(&event->what)) {
        client_heard_.append(deliver->bytes.begin(), deliver->bytes.end());
      }
      if (const auto* ended = std::get_if<event::Ended>(&event->what)) cause_ = ended->ending.cause;
    }
    return written;
  }

  Bytes PollServer() {
    Bytes written;
    while (auto event = server_.Poll(now_, server_tape_)) {
      if (const auto* write = std::get_if<event::Write>(&event->what)) Append(written, write->bytes);
      if (const auto* deliver = std::get_if<event::Deliver>(&event->what)) {
        server_heard_.append(deliver->bytes.begin(), deliver->bytes.end());
      }
      if (std::holds_alternative<event::Opened>(event->what)) {
        session_ = event->session;
        server_.Send(now_, session_, AsBytes(send_when_opened_));
      }
    }
    return written;
  }

  Time now_{1ns};
  Client client_;
  Server server_;
  TapeEntropy client_tape_{ClientTape()};
  TapeEntropy server_tape_{ServerTape()};
  TransportId client_id_ = TransportId::kNone;
  TransportId server_id_ = TransportId::kNone;
  SessionId session_ = SessionId::kNone;
  std::string send_when_opened_;
  std::string client_heard_;
  std::string server_heard_;
  std::optional<Cause> cause_;
  std::map<std::string, Bytes> wire_;
};

// --- The second derivation: section 4.5 and 5.1 of the document, step by step
// -----------------------------------------

class Derivation {
 public:
  explicit Derivation(std::string_view protocol_name) {
    if (protocol_name.size() <= h_.size()) {
      std::copy(protocol_name.begin(), protocol_name.end(), h_.begin());
    } else {
      const ByteSpan name = AsBytes(protocol_name);
      h_ = HashOf({&name, 1});
    }
    ck_ = Key(h_);
  }

  void MixHash(ByteSpan data) {
    const std::array<ByteSpan, 2> pieces = {h_, data};
    h_ = HashOf(pieces);
  }

  void MixKey(ByteSpan input) {
    std::array<Key, 2> outputs;
    NoiseHkdf(ck_.span(), input, outputs);
    ck_ = std::move(outputs[0]);
    k_ = std::move(outputs[1]);
    n_ = 0;
  }

  void MixKeyAndHash(ByteSpan input) {
    std::array<Key, 3> outputs;
    NoiseHkdf(ck_.span(), input, outputs);
    ck_ = std::move(outputs[0]);
    MixHash(outputs[1].span());
    k_ = std::move(outputs[2]);
    n_ = 0;
  }

  Bytes EncryptAndHash(ByteSpan plaintext) {
    Bytes sealed = ToBytes(plaintext);
    if (k_) {
      sealed.resize(plaintext.size() + kTagBytes);
      Aead(Suite::kChaChaPoly, k_->span()).Seal(n_++, h_, {&plaintext, 1}, sealed);
    }
    MixHash(sealed);
    return sealed;
  }

  const Key& ck() const { return ck_; }
  const Hash& h() const { return h_; }

 private:
  Key ck_;
  Hash h_ = {};
  std::optional<Key> k_;
  uint64_t n_ = 0;
};

// The example as this document derives it, in the order of the file.
class Example {
 public:
  NamedValues Derive() {
    const KeyPair server_static = Pair("server_static", kServerStatic);
    Bytes prologue = Encode(Preamble{.kind = 1, .pattern = 1, .suite = 1});
    {
      const KeyPair client = Pair("new_client_ephemeral", kClientEphemeral);
      const KeyPair server = Pair("new_server_ephemeral", kServerEphemeral);
      const Key ee = *client.Agree(server.public_key());
      const Key es = *client.Agree(server_static.public_key());
      const Bytes payload_1 = Encode(ClientParameters{{1 << 20}, 86'400'000, 45'000});
      const Bytes payload_2 = Encode(ServerParameters{{1 << 20}, 86'400'000, 300'000});
      Add("new_prologue", prologue);
      Derivation noise("Noise_NX_25519_ChaChaPoly_SHA256");
      Add("new_h_of_name", noise.h());
      noise.MixHash(prologue);
      Add("new_h_of_prologue", noise.h());
      noise.MixHash(client.public_key());
      Add("new_payload_1", payload_1);
      Bytes message_1 = ToBytes(client.public_key());
      Append(message_1, noise.EncryptAndHash(payload_1));
      Add("new_h_of_message_1", noise.h());
      Bytes wire_1 = prologue;
      Append(wire_1, Framed(message_1));
      Add("new_wire_1", wire_1);
      noise.MixHash(server.public_key());
      Add("new_ee", ee.span());
      noise.MixKey(ee.span());
      Bytes message_2 = ToBytes(server.public_key());
      Append(message_2, noise.EncryptAndHash(server_static.public_key()));
      Add("new_es", es.span());
      noise.MixKey(es.span());
      Add("new_payload_2", payload_2);
      Append(message_2, noise.EncryptAndHash(payload_2));
      Add("new_wire_2", Framed(message_2));
      Schedule("new", noise);
    }
    Record("new_client_record_0", true, {Ack(0, 1 << 20), Data(0, "hello")});
    Record("new_server_record_0", false, {Ack(5, (1 << 20) + 5), Data(0, "world")});
    Record("new_client_record_1", true, {Ack(5, (1 << 20) + 5), Data(5, " again")});
    Record("new_server_record_1", false, {Data(5, " wide")});
    Rekeyed();
    {
      const KeyPair client = Pair("resume_client_ephemeral", kClientEphemeralOfResume);
      const KeyPair server = Pair("resume_server_ephemeral", kServerEphemeralOfResume);
      const Key ee = *server.Agree(client.public_key());
      ResumeRequest request;
      request.attempt = 1;
      request.claims = {{5}, {5}, {5}, {(1 << 20) + 5}, false};
      ResumeReply reply;
      reply.claims = {{5}, {5}, {0}, {(1 << 20) + 5}, false};
      prologue = Encode(Preamble{.kind = 2, .pattern = 5, .suite = 1});
      Append(prologue, locator_);
      Add("resume_prologue", prologue);
      Derivation noise("Noise_NNpsk0_25519_ChaChaPoly_SHA256");
      Add("resume_h_of_name", noise.h());
      noise.MixHash(prologue);
      Add("resume_h_of_prologue", noise.h());
      noise.MixKeyAndHash(resume_key_.span());
      Add("resume_h_of_psk", noise.h());
      noise.MixHash(client.public_key());
      noise.MixKey(client.public_key());
      Add("resume_payload_1", Encode(request));
      Bytes message_1 = ToBytes(client.public_key());
      Append(message_1, noise.EncryptAndHash(Encode(request)));
      Add("resume_h_of_message_1", noise.h());
      Bytes wire_1 = prologue;
      Append(wire_1, Framed(message_1));
      Add("resume_wire_1", wire_1);
      noise.MixHash(server.public_key());
      noise.MixKey(server.public_key());
      Add("resume_ee", ee.span());
      noise.MixKey(ee.span());
      Add("resume_payload_2", Encode(reply));
      Bytes message_2 = ToBytes(server.public_key());
      Append(message_2, noise.EncryptAndHash(Encode(reply)));
      Add("resume_wire_2", Framed(message_2));
      Schedule("resume", noise);
    }
    Record("resume_client_record_0", true, {Ack(5, (1 << 20) + 5), Data(5, " again")});
    Record("resume_server_record_0", false, {Ack(11, (1 << 20) + 11), Data(5, " wide")});
    Record("resume_client_record_1", true, {Ack(10, (1 << 20) + 10), Written(FinFrame{{11}})});
    Record("resume_server_record_1", false, {Ack(11, (1 << 20) + 11, true), Written(FinFrame{{10}})});
    Record("resume_client_record_2", true, {Ack(10, (1 << 20) + 10, true)});
    Record("resume_server_record_2", false, {Written(CloseFrame{})});
    return std::move(values_);
  }

 private:
  void Add(const std::string& name, ByteSpan bytes) { values_.emplace_back(name, ToHex(bytes)); }

  KeyPair Pair(const std::string& name, uint8_t first) {
    const KeyPair pair = KeyPair::FromPrivate(Counting(first));
    Add(name + "_private", Counting(first));
    Add(name + "_public", pair.public_key());
    return pair;
  }

  static Bytes Framed(ByteSpan message) {
    Bytes framed = {static_cast<uint8_t>(message.size() >> 8), static_cast<uint8_t>(message.size())};
    Append(framed, message);
    return framed;
  }

  // Section 5.1.
  void Schedule(const std::string& name, const Derivation& noise) {
    Add(name + "_ck", noise.ck().span());
    Add(name + "_h", noise.h());
    std::array<Key, 3> outputs;
    NoiseHkdf(noise.ck().span(), {}, outputs);
    Add(name + "_client_key", outputs[0].span());
    Add(name + "_server_key", outputs[1].span());
    Add(name + "_third", outputs[2].span());
    Expand(name, "resume_key", "resume", outputs[2], noise.h(), resume_key_.mutable_span());
    Expand(name, "locator", "locator", outputs[2], noise.h(), locator_);
    ciphers_ = {RecordCipher(Suite::kChaChaPoly, outputs[0], 65536),
                RecordCipher(Suite::kChaChaPoly, outputs[1], 65536)};
    key_ = outputs[0].Clone();
  }

  void Expand(const std::string& name, const std::string& what, std::string_view label, const Key& third, const Hash& h,
              MutableByteSpan out) {
    Bytes info = ToBytes(AsBytes("holdfast 1 "));
    Append(info, AsBytes(label));
    Append(info, h);
    HkdfExpand(third.span(), info, out);
    Add(name + "_info_of_" + what, info);
    Add(name + "_" + what, out);
  }

  template <typename F>
  static Bytes Written(const F& frame) {
    Bytes bytes(FrameSize(frame));
    Writer writer(bytes);
    WriteFrame(writer, frame);
    return bytes;
  }

  static Bytes Ack(uint64_t consumed, uint64_t credit_limit, bool fin_received = false) {
    return Written(AckFrame{{consumed}, {credit_limit}, fin_received});
  }

  static Bytes Data(uint64_t offset, std::string_view text) { return Written(DataFrame{{offset}, {AsBytes(text)}}); }

  void Record(const std::string& name, bool of_client, const std::vector<Bytes>& frames) {
    Bytes plaintext;
    for (const Bytes& frame : frames) Append(plaintext, frame);
    Add(name + "_plaintext", plaintext);
    Add(name, Seal((*ciphers_)[of_client ? 0 : 1], plaintext));
  }

  static Bytes Seal(RecordCipher& cipher, ByteSpan plaintext) {
    Bytes record(plaintext.size() + kRecordOverheadBytes);
    cipher.Seal({&plaintext, 1}, record);
    return record;
  }

  // What the client's records 65535 and 65536 on the first transport would be if they were empty, and what its record
  // 1 would be in the other suite under the same key.
  void Rekeyed() {
    RecordCipher cipher(Suite::kChaChaPoly, key_, 65536);
    for (int i = 0; i < 65535; ++i) Seal(cipher, {});
    Add("rekey_record_65535", Seal(cipher, {}));
    Add("rekey_record_65536", Seal(cipher, {}));
    RecordCipher aes(Suite::kAesGcm, key_, 65536);
    Seal(aes, {});
    Add("aesgcm_record_1", Seal(aes, AsBytes("hello")));
  }

  NamedValues values_;
  Key key_;
  Key resume_key_;
  Locator locator_ = {};
  std::optional<std::array<RecordCipher, 2>> ciphers_;
};

std::string Print(const NamedValues& values) {
  std::string text;
  for (const auto& [name, hex] : values) text += name + " = " + hex + "\n";
  return text;
}

// HF-PRE-1, HF-PRE-2, HF-NEW-1, HF-NEW-2, HF-NEW-3, HF-NEW-6, HF-KEY-4, HF-KEY-5, HF-KEY-9, HF-KEY-10, HF-RES-6,
// HF-RES-7, HF-RES-14, HF-OFS-4, HF-REC-2, HF-REC-7, HF-END-6.
TEST(WorkedExample, IsWhatClientAndServerSay) {
  const std::map<std::string, Bytes> said = Play().Run();
  size_t compared = 0;
  for (const auto& [name, hex] : Example().Derive()) {
    const auto found = said.find(name);
    if (found == said.end()) continue;
    EXPECT_EQ(ToHex(found->second), hex) << name;
    ++compared;
  }
  EXPECT_EQ(compared, said.size());
}

// HF-ENC-1, HF-KEY-1, HF-KEY-3, HF-KEY-4, HF-KEY-5, HF-KEY-9, HF-KEY-10, HF-REC-2, HF-REC-3, HF-FRM-1.
TEST(WorkedExample, IsInTheFile) {
  const NamedValues derived = Example().Derive();
  EXPECT_EQ(ParseValues(LinesOf(kExample)), derived) << "the file should hold:\n" << Print(derived);
}

// --- The document --------------------------------------------------------------------------------------------------

TEST(Document, QuotesTheWorkedExample) { EXPECT_EQ(ParseValues(LinesOf(kDocument)), ParseValues(LinesOf(kExample))); }

// Nor is there any other long hex value in it.
TEST(Document, QuotesNoHexThatTheExampleDoesNotHave) {
  std::string all;
  for (const auto& [name, hex] : ParseValues(LinesOf(kExample))) all += hex + "\n";
  const std::string text = TextOf(kDocument);
  static const std::regex hex("[0-9a-f]{16,}");
  size_t found = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), hex), end; it != end; ++it, ++found) {
    EXPECT_NE(all.find(it->str()), std::string::npos) << it->str();
  }
  EXPECT_GT(found, 50U);
}

template <typename Table, typename StateNames, typename InputNames>
std::string PrintTable(const Table& table, const StateNames& states, const InputNames& inputs) {
  std::ostringstream out;
  out << "| from | input | to | section |\n|---|---|---|---|\n";
  for (const auto& row : table) {
    out << "| " << states[static_cast<size_t>(row.from)] << " | " << inputs[static_cast<size_t>(row.input)] << " | "
        << states[static_cast<size_t>(row.to)] << " | " << row.section << " |\n";
  }
  return out.str();
}

TEST(Document, PrintsTheTransitionTables) {
  const std::string text = TextOf(kDocument);
  for (const std::string& table : {PrintTable(kClientTransitions, kClientStateNames, kClientInputNames),
                                   PrintTable(kServerTransitions, kServerStateNames, kServerInputNames)}) {
    EXPECT_NE(text.find("\n\n" + table + "\n"), std::string::npos) << "the document should hold:\n" << table;
  }
}

TEST(Document, ListsEveryError) {
  std::vector<std::string> expected;
#define HOLDFAST_ROW(name, blame, cause, sentence)                                     \
  expected.push_back("| `" #name "` | " + std::string(NameOf(Blame::blame)) + " | `" + \
                     std::string(NameOf(Cause::cause)) + "` | " sentence " |");
  HOLDFAST_ERRORS(HOLDFAST_ROW)
#undef HOLDFAST_ROW
  std::vector<std::string> rows;
  for (const std::string& line : LinesOf(kDocument)) {
    if (line.starts_with("| `k")) rows.push_back(line);
  }
  EXPECT_EQ(rows, expected);
}

TEST(Document, NumbersItsRequirementsWithoutGapOrRepeat) {
  const std::string text = TextOf(kDocument);
  static const std::regex definition(R"(\*\*\[HF-([A-Z]{3})-(\d+)\]\*\*)");
  std::map<std::string, std::set<int>> areas;
  for (std::sregex_iterator it(text.begin(), text.end(), definition), end; it != end; ++it) {
    EXPECT_TRUE(areas[(*it)[1]].insert(std::stoi((*it)[2])).second) << it->str() << " twice";
  }
  for (const auto& [area, numbers] : areas) {
    EXPECT_EQ(*numbers.begin(), 1) << area;
    EXPECT_EQ(*numbers.rbegin(), static_cast<int>(numbers.size())) << area;
  }
  // What is mentioned without asterisks exists.
  static const std::regex mention(R"(HF-([A-Z]{3})-(\d+))");
  for (std::sregex_iterator it(text.begin(), text.end(), mention), end; it != end; ++it) {
    EXPECT_TRUE(areas[(*it)[1]].contains(std::stoi((*it)[2]))) << it->str();
  }
}

}  // namespace
}  // namespace holdfast
