#include "net/program.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "net/pipe.h"
#include "net/words.h"

namespace holdfast::net {

std::expected<std::unique_ptr<Program>, std::string> Program::Start(Loop& loop, const std::string& command,
                                                                    Then ended) {
  std::array<Pipe, 3> pipes;  // Its standard input, output and error.
  for (Pipe& pipe : pipes) {
    std::expected<Pipe, std::string> made = MakePipe();
    if (!made) return std::unexpected(made.error());
    pipe = *std::move(made);
  }
  auto& [in, out, err] = pipes;
  for (const Descriptor* ours : {&in.writes, &out.reads, &err.reads}) {
    if (!SetNonBlocking(*ours)) return std::unexpected("no pipe: " + SystemSays(errno));
  }
  auto process =
      Process::Start(command, {.input = in.reads.get(), .output = out.writes.get(), .error = err.writes.get()});
  if (!process) return std::unexpected(process.error());
  return std::unique_ptr<Program>(new Program(loop, *std::move(process), std::move(in.writes), std::move(out.reads),
                                              std::move(err.reads), std::move(ended)));
}

Program::Program(Loop& loop, Process process, Descriptor in, Descriptor out, Descriptor err, Then ended)
    : process_(std::move(process)),
      stdio_(loop, std::move(out), std::move(in)),
      error_(loop, std::move(err)),
      exit_(loop, process_.Watch()),
      ended_(std::move(ended)) {
  error_.WhenReadable([this] { Listen(); });
  exit_.WhenReadable([this] { Ended(); });
}

void Program::Listen() {
  std::array<char, kLastWordsMax> words;
  const ssize_t size = read(error_.get(), words.data(), words.size());
  if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return error_.Close();
  if (size > 0) last_words_.append(words.data(), static_cast<size_t>(size));
  if (last_words_.size() > kLastWordsMax) last_words_.erase(0, last_words_.size() - kLastWordsMax);
  error_.WhenReadable([this] { Listen(); });
}

void Program::Ended() {
  end_ = process_.HowItEnded();
  if (!end_) {  // Not yet, after all.
    exit_.WhenReadable([this] { Ended(); });
    return;
  }
  Listen();
  if (const Then then = std::exchange(ended_, {})) then();
}

}  // namespace holdfast::net
