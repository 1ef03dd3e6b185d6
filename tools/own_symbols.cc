#include "tools/own_symbols.h"

#include <cxxabi.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>

#include "core/base/bytes.h"
#include "tools/files.h"

namespace holdfast::tools {
namespace {

constexpr size_t kProgramBytesMax = size_t{1} << 30;

// Reads what an ELF file says of itself; never beyond its end, whatever it says.
class Elf {
 public:
  explicit Elf(ByteSpan file) : file_(file) {}

  template <typename T>
  std::optional<T> At(uint64_t offset) const {
    if (offset > file_.size() || file_.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, file_.data() + offset, sizeof(T));
    return value;
  }

  std::string_view TextAt(uint64_t offset) const {
    if (offset >= file_.size()) return {};
    const auto* begin = reinterpret_cast<const char*>(file_.data() + offset);
    return {begin, strnlen(begin, file_.size() - static_cast<size_t>(offset))};
  }

  std::optional<ElfW(Shdr)> SectionAt(uint64_t index) const {
    const auto header = At<ElfW(Ehdr)>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || index >= header->e_shnum) return std::nullopt;
    return At<ElfW(Shdr)>(header->e_shoff + index * sizeof(ElfW(Shdr)));
  }

  std::optional<ElfW(Shdr)> SectionOf(uint32_t type) const {
    for (uint64_t i = 0; const auto section = SectionAt(i); ++i) {
      if (section->sh_type == type) return section;
    }
    return std::nullopt;
  }

 private:
  ByteSpan file_;
};

std::string Demangled(const std::string& name) {
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, nullptr),
                                                         &std::free);
  return text ? text.get() : name;
}

// How far from the addresses in its file the program was loaded: the first module is the program itself.
uintptr_t LoadedAt() {
  uintptr_t base = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* module, size_t, void* found) {
        *static_cast<uintptr_t*>(found) = module->dlpi_addr;
        return 1;
      },
      &base);
  return base;
}

}  // namespace

Parsed<std::vector<OwnSymbol>> ReadOwnSymbols() {
  const Parsed<Bytes> bytes = ReadFile("/proc/self/exe", kProgramBytesMax);
  if (!bytes) return std::unexpected(bytes.error());
  const Elf elf(*bytes);
  const auto table = elf.SectionOf(SHT_SYMTAB);
  const auto names = table ? elf.SectionAt(table->sh_link) : std::nullopt;
  if (!names) return std::unexpected("this program was stripped of the names of its functions");

  const uintptr_t base = LoadedAt();
  std::vector<OwnSymbol> symbols;
  std::string file;
  for (uint64_t at = 0; at + sizeof(ElfW(Sym)) <= table->sh_size; at += sizeof(ElfW(Sym))) {
    const auto symbol = elf.At<ElfW(Sym)>(table->sh_offset + at);
    if (!symbol) break;
    const std::string name(elf.TextAt(names->sh_offset + symbol->st_name));
    const auto type = ELF64_ST_TYPE(symbol->st_info);
    if (type == STT_FILE) file = name;  // Of the local ones that follow.
    if (type != STT_FUNC || symbol->st_shndx == SHN_UNDEF || symbol->st_size == 0) continue;
    const bool is_local = ELF64_ST_BIND(symbol->st_info) == STB_LOCAL;
    const uintptr_t begin = base + symbol->st_value;
    symbols.push_back({begin, begin + symbol->st_size, Demangled(name), is_local ? file : std::string()});
  }
  // Of functions that share their code (the constructors of a class) one stands for all.
  std::ranges::sort(symbols, {}, [](const OwnSymbol& symbol) { return std::tie(symbol.begin, symbol.name); });
  const auto rest =
      std::ranges::unique(symbols, [](const OwnSymbol& a, const OwnSymbol& b) { return b.begin < a.end; });
  symbols.erase(rest.begin(), rest.end());
  return symbols;
}

}  // namespace holdfast::tools
