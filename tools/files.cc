#include "tools/files.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace holdfast::tools {
namespace {

// "cannot read 'x': No such file or directory", after errno.
std::unexpected<Complaint> Refused(std::string_view verb, std::string_view what) {
  const int error = errno;
  return std::unexpected(fmt::format("cannot {} {}: {}", verb, what, std::generic_category().message(error)));
}

std::string Quoted(const std::string& path) { return fmt::format("'{}'", path); }

}  // namespace

Parsed<Bytes> ReadFile(const std::string& path, size_t bytes_max) {
  const bool is_input = path == "-";
  const std::string name = is_input ? "the standard input" : Quoted(path);
  const auto close = [is_input](FILE* file) { return is_input ? 0 : std::fclose(file); };
  const std::unique_ptr<FILE, decltype(close)> file(is_input ? stdin : std::fopen(path.c_str(), "rb"), close);
  if (!file) return Refused("read", name);

  Bytes bytes;
  std::array<uint8_t, 65536> piece;
  while (const size_t size = std::fread(piece.data(), 1, piece.size(), file.get())) {
    if (bytes.size() + size > bytes_max) {
      return std::unexpected(fmt::format("{} is too large: at most {} bytes are taken", name, bytes_max));
    }
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<ptrdiff_t>(size));
  }
  if (std::ferror(file.get()) != 0) return Refused("read", name);
  return bytes;
}

Parsed<std::vector<Bytes>> ReadFiles(const std::vector<std::string>& paths, size_t bytes_max) {
  std::vector<Bytes> files;
  for (const std::string& path : paths) {
    Parsed<Bytes> bytes = ReadFile(path, bytes_max);
    if (!bytes) return std::unexpected(bytes.error());
    files.push_back(*std::move(bytes));
  }
  return files;
}

Parsed<OutputFile> OutputFile::Open(const std::string& path) {
  OutputFile output;
  output.path_ = path;
  output.is_standard_output_ = path == "-";
  if (!output.is_standard_output_) {
    output.file_.reset(std::fopen(path.c_str(), "wb"));
    if (!output.file_) return Refused("write", Quoted(path));
  }
  return output;
}

Parsed<void> OutputFile::Write(std::string_view text) {
  if (is_standard_output_) return WriteTo(stdout, text);
  FILE* file = file_.release();
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int error = errno;
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return {};
  if (!written) errno = error;
  return Refused("write", Quoted(path_));
}

Parsed<void> WriteTo(FILE* stream, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0) return {};
  return Refused("write", stream == stdout ? "the standard output" : "the standard error");
}

}  // namespace holdfast::tools
