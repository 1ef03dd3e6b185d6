#include "tools/child_exchange.h"

#include <memory>
#include <utility>

namespace holdfast::tools {
namespace {

class ChildExchange final : public sim::LineExchange {
 public:
  explicit ChildExchange(std::unique_ptr<net::Child> child) : child_(std::move(child)) {}
  std::expected<std::string, std::string> Ask(const std::string& line) override { return child_->Ask(line); }

 private:
  std::unique_ptr<net::Child> child_;
};

}  // namespace

sim::LineExchangeFactory ExchangesWith(std::string command, net::ChildOptions options) {
  return [command = std::move(command), options]() -> std::expected<std::unique_ptr<sim::LineExchange>, std::string> {
    auto child = net::Child::Start(command, options);
    if (!child) return std::unexpected(std::move(child.error()));
    return std::make_unique<ChildExchange>(std::move(*child));
  };
}

}  // namespace holdfast::tools
