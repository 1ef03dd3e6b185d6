// Runs a fuzz target over a corpus, as an ordinary program: under any compiler and sanitizer, and
// for one crash file.
//
//   NAME_replay [--prefix-bytes-max=N] [--list=FILE] [FILE...]
//
// --list names a file that names the corpus, one path a line. Each file is run whole, then each of
// its prefixes shorter than N bytes (default 0: none). Bazel's shards share the files out among
// them. Exit status: 0 all was run, 1 a file cannot be read or there is no file at all, 2 bad
// arguments; a target that fails does not return.
//
// Plain stdio and malloc: MemorySanitizer knows these without a rebuilt C++ library.

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

// What is running, for the last words.
const char* current_path = nullptr;
size_t current_size = 0;

void TellLastInput() {
  if (current_path == nullptr) return;
  fprintf(stderr, "replay: the input was the first %zu bytes of %s\n", current_size, current_path);
  current_path = nullptr;
}

void OnSignal(int signal_number) {
  TellLastInput();
  raise(signal_number);  // Its handler was reset before this call: the usual end.
}

struct Shard {
  size_t index = 0;
  size_t count = 1;
  bool Has(size_t file) const { return file % count == index; }
};

bool ParseSize(const char* text, size_t* value) {
  char* end = nullptr;
  if (*text < '0' || *text > '9') return false;
  *value = strtoull(text, &end, 10);
  return *end == '\0';
}

// Bazel's protocol for sharded tests; without it, the one shard is everything.
bool ReadShard(Shard* shard) {
  const char* index = getenv("TEST_SHARD_INDEX");
  const char* count = getenv("TEST_TOTAL_SHARDS");
  if (const char* status = getenv("TEST_SHARD_STATUS_FILE"); status != nullptr) {
    if (FILE* file = fopen(status, "w"); file != nullptr) fclose(file);
  }
  if (index == nullptr || count == nullptr) return true;
  return ParseSize(index, &shard->index) && ParseSize(count, &shard->count) && shard->index < shard->count;
}

// The file's bytes, for the caller to free; null if it cannot be read.
uint8_t* ReadFile(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (file == nullptr) return nullptr;
  uint8_t* bytes = nullptr;
  size_t capacity = 4096;
  *size = 0;
  do {
    capacity *= 2;
    bytes = static_cast<uint8_t*>(realloc(bytes, capacity));
    if (bytes == nullptr) abort();
    *size += fread(bytes + *size, 1, capacity - *size, file);
  } while (*size == capacity);
  const bool failed = ferror(file) != 0;
  fclose(file);
  if (failed) {
    free(bytes);
    return nullptr;
  }
  return bytes;
}

class Replay {
 public:
  Replay(Shard shard, size_t prefix_bytes_max) : shard_(shard), prefix_bytes_max_(prefix_bytes_max) {}

  // Runs one file, if it is this shard's turn; false if it cannot be read.
  bool File(const char* path) {
    if (!shard_.Has(files_seen_++)) return true;
    size_t size = 0;
    uint8_t* bytes = ReadFile(path, &size);
    if (bytes == nullptr) {
      fprintf(stderr, "replay: cannot read %s\n", path);
      return false;
    }
    Run(path, bytes, size);
    for (size_t prefix = 0; prefix < size && prefix < prefix_bytes_max_; ++prefix) {
      Run(path, bytes, prefix);
    }
    free(bytes);
    ++files_run_;
    return true;
  }

  // Runs every file that `list` names, relative to the working directory.
  bool List(const char* list) {
    FILE* file = fopen(list, "r");
    if (file == nullptr) {
      fprintf(stderr, "replay: cannot read %s\n", list);
      return false;
    }
    bool good = true;
    char* line = nullptr;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) > 0) {
      line[strcspn(line, "\n")] = '\0';
      good = File(line) && good;
    }
    free(line);
    fclose(file);
    return good;
  }

  bool Report() const {
    printf("replay: %zu of %zu files, %zu inputs with prefixes (shard %zu of %zu)\n", files_run_, files_seen_,
           inputs_run_, shard_.index, shard_.count);
    if (files_seen_ == 0) fprintf(stderr, "replay: the corpus is empty\n");
    return files_seen_ > 0;
  }

 private:
  // A copy of exactly this size, so that a read past its end is seen.
  void Run(const char* path, const uint8_t* bytes, size_t size) {
    uint8_t* input = static_cast<uint8_t*>(malloc(size == 0 ? 1 : size));
    if (input == nullptr) abort();
    memcpy(input, bytes, size);
    current_path = path;
    current_size = size;
    // libFuzzer's own contract: 0, or -1 for "do not keep this input".
    const int result = LLVMFuzzerTestOneInput(size == 0 ? nullptr : input, size);
    if (result != 0 && result != -1) abort();
    current_path = nullptr;
    free(input);
    ++inputs_run_;
  }

  const Shard shard_;
  const size_t prefix_bytes_max_;
  size_t files_seen_ = 0;
  size_t files_run_ = 0;
  size_t inputs_run_ = 0;
};

int BadArgument(const char* argument) {
  fprintf(stderr, "replay: bad argument '%s'; usage: [--prefix-bytes-max=N] [--list=FILE] [FILE...]\n", argument);
  return 2;
}

// What follows `option` in `argument`, or null.
const char* ValueOf(const char* argument, const char* option) {
  const size_t length = strlen(option);
  return strncmp(argument, option, length) == 0 ? argument + length : nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  Shard shard;
  if (!ReadShard(&shard)) return BadArgument("TEST_SHARD_INDEX");

  const char* list = nullptr;
  size_t prefix_bytes_max = 0;
  int files_begin = 1;
  for (; files_begin < argc && argv[files_begin][0] == '-'; ++files_begin) {
    const char* argument = argv[files_begin];
    if (const char* path = ValueOf(argument, "--list="); path != nullptr) {
      list = path;
    } else if (const char* n = ValueOf(argument, "--prefix-bytes-max=");
               n == nullptr || !ParseSize(n, &prefix_bytes_max)) {
      return BadArgument(argument);
    }
  }

  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGABRT, &action, nullptr);
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(TellLastInput);  // ASan handles SIGSEGV itself.
  } else {
    sigaction(SIGSEGV, &action, nullptr);
  }
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);

  Replay replay(shard, prefix_bytes_max);
  bool good = list == nullptr || replay.List(list);
  for (int i = files_begin; i < argc; ++i) good = replay.File(argv[i]) && good;
  good = replay.Report() && good;
  return good ? 0 : 1;
}
