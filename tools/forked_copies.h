#pragma once

// ForkedCopies: where the simulator and the system meet once more: copies of this process (net/forked.h) for worlds
// that may do anything to the process they are in (sim/process_copies.h).

#include "net/forked.h"
#include "sim/process_copies.h"

namespace holdfast::tools {

class ForkedCopies final : public sim::ProcessCopies {
 public:
  explicit ForkedCopies(const net::ForkedOptions& options = {}) : options_(options) {}

  std::expected<std::unique_ptr<sim::ProcessCopy>, std::string> Begin(
      const std::function<Bytes(const sim::Reached&)>& work) override;

 private:
  net::ForkedOptions options_;
};

}  // namespace holdfast::tools
