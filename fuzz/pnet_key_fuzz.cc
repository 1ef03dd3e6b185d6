// The key file of a private network. Claims: a file that is read gives a key which, written in each encoding, is read
// again as the same; one that is not has a sentence that says why.
//
// Input: the file.

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/demux/pnet_key_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const auto key = ParsePnetKeyFile(ByteSpan(data, size));
  if (!key) {
    HOLDFAST_CHECK(!SentenceOf(key.error()).empty());
    return 0;
  }
  for (PnetKeyEncoding encoding : {PnetKeyEncoding::kBase16, PnetKeyEncoding::kBase64, PnetKeyEncoding::kBinary}) {
    const SecretBytes file = WritePnetKeyFile(*key, encoding);
    const auto again = ParsePnetKeyFile(file.span());
    HOLDFAST_CHECK(again.has_value() && *again == *key);
  }
  return 0;
}
