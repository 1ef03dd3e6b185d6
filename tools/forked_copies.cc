#include "tools/forked_copies.h"

#include <utility>

namespace holdfast::tools {
namespace {

class ForkedCopy final : public sim::ProcessCopy {
 public:
  explicit ForkedCopy(std::unique_ptr<net::Forked> forked) : forked_(std::move(forked)) {}
  std::expected<Bytes, Lost> Result() override {
    std::expected<Bytes, net::ForkedEnd> bytes = forked_->Result();
    if (bytes) return *std::move(bytes);
    return std::unexpected(Lost{.how = std::move(bytes.error().how), .reached = bytes.error().reached});
  }

 private:
  std::unique_ptr<net::Forked> forked_;
};

}  // namespace

std::expected<std::unique_ptr<sim::ProcessCopy>, std::string> ForkedCopies::Begin(
    const std::function<Bytes(const sim::Reached&)>& work) {
  auto forked = net::Forked::Start(work, options_);
  if (!forked) return std::unexpected(std::move(forked.error()));
  return std::make_unique<ForkedCopy>(*std::move(forked));
}

}  // namespace holdfast::tools
