#include "core/base/check.h"

// The C library's own reporter prints the sentence and aborts: core imports nothing that writes. assert.h declares it
// only when assertions are on.
#undef NDEBUG
#include <assert.h>

namespace holdfast {

void CheckFailed(const char* condition, const char* file, unsigned line, const char* function) {
  __assert_fail(condition, file, line, function);
}

}  // namespace holdfast
