#include "tools/sampler.h"

#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/own_symbols.h"

namespace holdfast::tools {
namespace {

constexpr suseconds_t kMicrosecondsPerSample = 1000;  // Or as seldom as the machine's own ticks come.
constexpr size_t kStackBytesMax = 8192;               // So far up the stack a caller is looked for.

struct Range {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  bool has(uintptr_t address) const { return address >= begin && address < end; }
};

struct Function {
  Range range;
  std::optional<Part> part;
};

// The code of a module, from its first executable byte to its last.
struct Module {
  std::string_view name;  // Part of its path; empty: this program.
  Range code = {};
};

int FindCode(dl_phdr_info* module, size_t, void* wanted_pointer) {
  auto& wanted = *static_cast<Module*>(wanted_pointer);
  const std::string_view path = module->dlpi_name;
  if (wanted.name.empty() ? !path.empty() : path.find(wanted.name) == path.npos) return 0;
  for (size_t i = 0; i < module->dlpi_phnum; ++i) {
    const auto& header = module->dlpi_phdr[i];
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
    const uintptr_t begin = module->dlpi_addr + header.p_vaddr;
    wanted.code.begin = wanted.code.end == 0 ? begin : std::min(wanted.code.begin, begin);
    wanted.code.end = std::max(wanted.code.end, begin + header.p_memsz);
  }
  return 1;
}

Range CodeOf(std::string_view name) {
  Module module = {.name = name};
  dl_iterate_phdr(FindCode, &module);
  return module.code;
}

bool IsCryptography(std::optional<Part> part) { return part && *part <= Part::kOtherCrypto; }

// One past the highest address of this thread's stack; 0 before NoteThread.
thread_local uintptr_t stack_end = 0;

}  // namespace

struct Sampler::State {
  std::vector<Function> functions;  // By address.
  Range own;
  Range crypto;
  Range libc;
  std::array<std::atomic<uint64_t>, kParts.size()> counts = {};

  // All of these run in the handler: they read, and call nothing that does more.
  std::optional<Part> PartAt(uintptr_t address) const;
  template <typename Wanted>
  std::optional<Part> CallerFrom(uintptr_t stack, Wanted wanted) const;
  Part PartOfTick(uintptr_t address, uintptr_t stack) const;
  void Count(uintptr_t address, uintptr_t stack) { ++counts[static_cast<size_t>(PartOfTick(address, stack))]; }

  static void OnTick(int, siginfo_t*, void* context);
  static inline std::atomic<State*> running = nullptr;  // A signal handler can reach nothing else.
};

std::optional<Part> Sampler::State::PartAt(uintptr_t address) const {
  const auto after = std::upper_bound(functions.begin(), functions.end(), address,
                                      [](uintptr_t a, const Function& function) { return a < function.range.begin; });
  if (after == functions.begin() || !std::prev(after)->range.has(address)) return std::nullopt;
  return std::prev(after)->part;
}

// The part of the nearest caller of ours, from `stack` up, that is `wanted`. Reads what other functions keep there.
template <typename Wanted>
__attribute__((no_sanitize("address"))) std::optional<Part> Sampler::State::CallerFrom(uintptr_t stack,
                                                                                       Wanted wanted) const {
  if (stack >= stack_end) return std::nullopt;
  const uintptr_t end = std::min(stack_end, stack + kStackBytesMax);
  for (uintptr_t at = (stack + 7) & ~uintptr_t{7}; at + sizeof(uintptr_t) <= end; at += sizeof(uintptr_t)) {
    const uintptr_t word = *reinterpret_cast<const volatile uintptr_t*>(at);
    if (!own.has(word)) continue;
    const std::optional<Part> part = PartAt(word);
    if (part && wanted(*part)) return part;
  }
  return std::nullopt;
}

Part Sampler::State::PartOfTick(uintptr_t address, uintptr_t stack) const {
  const auto any = [](Part) { return true; };
  if (own.has(address)) {
    if (const std::optional<Part> part = PartAt(address)) return *part;
    return CallerFrom(stack, any).value_or(Part::kOther);
  }
  if (crypto.has(address)) return CallerFrom(stack, IsCryptography).value_or(Part::kOtherCrypto);
  const std::optional<Part> caller = CallerFrom(stack, any);
  if (libc.has(address) && !IsCryptography(caller)) return Part::kMemory;
  return caller.value_or(Part::kOther);
}

void Sampler::State::OnTick(int, siginfo_t*, void* context) {
  const int saved = errno;
  [[maybe_unused]] const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  if (State* state = running.load()) {
#if defined(__x86_64__)
    state->Count(static_cast<uintptr_t>(machine.gregs[REG_RIP]), static_cast<uintptr_t>(machine.gregs[REG_RSP]));
#elif defined(__aarch64__)
    state->Count(machine.pc, machine.sp);
#endif
  }
  errno = saved;
}

Sampler::Sampler(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sampler::Sampler(Sampler&&) noexcept = default;
Sampler::~Sampler() {
  if (state_) Stop();
}

Parsed<Sampler> Sampler::Start() {
#if !defined(__x86_64__) && !defined(__aarch64__)
  return std::unexpected("this machine's registers are not known here");
#endif
  Parsed<std::vector<OwnSymbol>> symbols = ReadOwnSymbols();
  if (!symbols) return std::unexpected(symbols.error());
  auto state = std::make_unique<State>();
  for (const OwnSymbol& symbol : *symbols) {
    state->functions.push_back({{symbol.begin, symbol.end}, PartOf(symbol.name, symbol.file)});
  }
  state->own = CodeOf("");
  state->crypto = CodeOf("/libcrypto.so");
  state->libc = CodeOf("/libc.so");
  NoteThread();

  State* none = nullptr;
  if (!State::running.compare_exchange_strong(none, state.get())) return std::unexpected("it is running already");
  struct sigaction action = {};
  action.sa_sigaction = State::OnTick;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  const itimerval timer = {{0, kMicrosecondsPerSample}, {0, kMicrosecondsPerSample}};
  if (sigaction(SIGPROF, &action, nullptr) != 0 || setitimer(ITIMER_PROF, &timer, nullptr) != 0) {
    State::running = nullptr;
    return std::unexpected("this machine gives no signal for processor time that was used");
  }
  return Sampler(std::move(state));
}

void Sampler::Stop() {
  const itimerval never = {};
  setitimer(ITIMER_PROF, &never, nullptr);
  signal(SIGPROF, SIG_IGN);  // One that is still under way would end the program by default.
  State::running = nullptr;
}

void Sampler::NoteThread() {
  if (stack_end != 0) return;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void* begin = nullptr;
  size_t size = 0;
  if (pthread_attr_getstack(&attributes, &begin, &size) == 0) stack_end = reinterpret_cast<uintptr_t>(begin) + size;
  pthread_attr_destroy(&attributes);
}

ProcessorShares Sampler::shares() const {
  ProcessorShares shares;
  for (size_t i = 0; i < shares.samples.size(); ++i) shares.samples[i] = state_->counts[i];
  return shares;
}

}  // namespace holdfast::tools
