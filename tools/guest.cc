#include "tools/guest.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "sim/legacy/legacy_protocol.h"
#include "sim/plug/c_protocol.h"
#include "sim/plug/lockstep.h"
#include "sim/plug/mixed_protocol.h"
#include "sim/relayed_endpoint.h"
#include "tools/arguments.h"
#include "tools/child_exchange.h"
#include "tools/command.h"

namespace holdfast::tools {
namespace {

using Guest = std::shared_ptr<const sim::Protocol>;

struct CloseLibrary {
  void operator()(void* handle) const { dlclose(handle); }
};

// A protocol beside what it is made of.
struct LoadedPlugin {
  LoadedPlugin(std::unique_ptr<void, CloseLibrary> from, const holdfast_plugin& plugin)
      : handle(std::move(from)), protocol(plugin) {}
  std::unique_ptr<void, CloseLibrary> handle;
  sim::CProtocol protocol;
};

struct Mixed {
  Mixed(Guest c, Guest s) : clients(std::move(c)), servers(std::move(s)), protocol(*clients, *servers) {}
  Guest clients;
  Guest servers;
  sim::MixedProtocol protocol;
};

Parsed<Guest> LoadPlugin(const std::string& path) {
  // A name without a slash would be looked for elsewhere.
  std::error_code ignored;
  const std::string absolute = std::filesystem::absolute(path, ignored).string();
  std::unique_ptr<void, CloseLibrary> handle(dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!handle) return std::unexpected(fmt::format("plug-in '{}': {}", path, dlerror()));
  auto* get = reinterpret_cast<decltype(&holdfast_plugin_get)>(dlsym(handle.get(), "holdfast_plugin_get"));
  if (get == nullptr) return std::unexpected(fmt::format("plug-in '{}': it has no holdfast_plugin_get", path));
  const holdfast_plugin* plugin = get();
  if (auto problem = sim::ProblemOf(plugin)) return std::unexpected(fmt::format("plug-in '{}': {}", path, *problem));
  const auto loaded = std::make_shared<LoadedPlugin>(std::move(handle), *plugin);
  return Guest(loaded, &loaded->protocol);
}

Parsed<Guest> StartChild(const std::string& command) {
  auto protocol = sim::LockstepProtocol::Start(ExchangesWith(command));
  if (!protocol) return std::unexpected(fmt::format("the child '{}' {}", command, protocol.error()));
  return std::make_shared<sim::LockstepProtocol>(*std::move(protocol));
}

// Those that are linked in.
struct Named {
  std::string_view name;
  sim::LegacyEnds ends;
};
const std::array<Named, 3> kNamed = {{
    {"legacy", {}},
    {"legacy-original-client", {.original_client = legacy::OriginalDefects{}, .careful = true}},
    {"legacy-original-server", {.original_server = legacy::OriginalDefects{}, .careful = true}},
}};

constexpr std::string_view kRelay = "relay";

Parsed<Guest> OfName(const std::string& name) {
  if (name == kRelay) return Guest(Guest(), &sim::RelayedHoldfast());
  std::string names(kRelay);
  for (const Named& named : kNamed) {
    if (named.name == name) return std::make_shared<sim::LegacyProtocol>(named.ends, named.name);
    names += fmt::format(", {}", named.name);
  }
  return std::unexpected(fmt::format("protocol '{}' should be one of {}", name, names));
}

Parsed<Guest> Make(const GuestOptions::Made& made) {
  return made.plugin ? LoadPlugin(*made.plugin) : StartChild(*made.child);
}

}  // namespace

std::vector<std::string> GuestOptions::Words() const {
  std::vector<std::string> words;
  const std::pair<const char*, const std::optional<std::string>*> all[] = {{"--protocol", &protocol},
                                                                           {"--plugin", &both.plugin},
                                                                           {"--child", &both.child},
                                                                           {"--server-plugin", &server.plugin},
                                                                           {"--server-child", &server.child}};
  for (const auto& [name, value] : all) {
    if (*value) words.insert(words.end(), {name, **value});
  }
  return words;
}

void AddGuest(CLI::App& line, GuestOptions& options) {
  AddOption(line, "--protocol", options.protocol, ParsePath, "NAME",
            "In place of Holdfast alone: relay, SOCKS5 through it; or the legacy profile,\n"
            "which is insecure: legacy; or with a model of the original at one end:\n"
            "legacy-original-client, -server");
  AddOption(line, "--plugin", options.both.plugin, ParsePath, "FILE",
            "Somebody else's protocol in place of Holdfast: a shared library with\n"
            "the interface of sim/plug/holdfast_plugin.h");
  AddOption(line, "--child", options.both.child, ParsePath, "COMMAND",
            "Likewise, a program that speaks the lines of docs/lockstep.md");
  AddOption(line, "--server-plugin", options.server.plugin, ParsePath, "FILE",
            "The server's end, if it is another implementation");
  AddOption(line, "--server-child", options.server.child, ParsePath, "COMMAND", "Likewise");
}

Parsed<Guest> GuestOf(const GuestOptions& options) {
  if (options.both.plugin && options.both.child) return std::unexpected("--plugin and --child exclude each other");
  if (options.server.plugin && options.server.child) {
    return std::unexpected("--server-plugin and --server-child exclude each other");
  }
  if (options.protocol) {
    if (options.both.any() || options.server.any()) {
      return std::unexpected("--protocol names both ends, and goes with no other of them");
    }
    return OfName(*options.protocol);
  }
  if (!options.both.any()) {
    if (options.server.any()) return std::unexpected("a server of its own goes with --plugin or --child");
    return nullptr;
  }
  Parsed<Guest> both = Make(options.both);
  if (!both || !options.server.any()) return both;
  Parsed<Guest> server = Make(options.server);
  if (!server) return server;
  const auto mixed = std::make_shared<Mixed>(*std::move(both), *std::move(server));
  return Guest(mixed, &mixed->protocol);
}

}  // namespace holdfast::tools
