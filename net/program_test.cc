#include "net/program.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "net/test_support.h"

namespace holdfast::net {
namespace {

struct Started {
  Loop loop;
  bool ended = false;
  std::unique_ptr<Program> program;

  explicit Started(const std::string& command) {
    auto made = Program::Start(loop, command, [this] { ended = true; });
    EXPECT_TRUE(made.has_value()) << made.error();
    program = *std::move(made);
  }
  std::string EndText() {
    RunUntil(loop, [this] { return ended; });
    return program->end()->Text();
  }
};

TEST(Program, ReadsAndWritesAsMuchAsItLikes) {
  Started cat("cat");
  const std::string much(5'000'000, 'x');
  Writer writer(cat.program->stdio(), much);
  Reader reader(cat.program->stdio());
  RunUntil(cat.loop, [&] { return reader.over(); });
  EXPECT_TRUE(reader.text() == much);
  EXPECT_EQ(cat.EndText(), "exited with status 0");
}

TEST(Program, TellsHowItEnded) {
  Started exits("exit 3");
  EXPECT_EQ(exits.EndText(), "exited with status 3");
  EXPECT_FALSE(exits.program->end()->good());
  Started dies("kill -9 $$");
  EXPECT_EQ(dies.EndText(), "was ended by signal 9 (Killed)");
  Started is_none("exec no_such_command_anywhere");
  EXPECT_EQ(is_none.EndText(), "exited with status 127");
}

TEST(Program, ItsLastWordsAreKeptAndNoMore) {
  Started program("head -c 1000000 /dev/zero | tr '\\0' x >&2; printf END >&2");
  program.EndText();
  RunUntil(program.loop, [&] { return program.program->last_words().ends_with("END"); });
  EXPECT_EQ(program.program->last_words().size(), kLastWordsMax);
}

// Who closes its standard error, or its output, goes on.
TEST(Program, MayCloseWhatItDoesNotNeed) {
  Started program("exec 2>&-; read line; exec >&-; read line; exit 5");
  Writer writer(program.program->stdio(), "one\n", false);
  Reader reader(program.program->stdio());
  RunUntil(program.loop, [&] { return reader.over(); });
  EXPECT_FALSE(program.ended);
  program.program->stdio().Finish();
  EXPECT_EQ(program.EndText(), "exited with status 5");
}

TEST(Program, ItsInputBreaksWhenItHasEnded) {
  Started program("exit 0");
  program.EndText();
  Writer writer(program.program->stdio(), "too late");
  RunUntil(program.loop, [&] { return writer.done(); });
  EXPECT_EQ(writer.flow(), Flow::kBroken);
}

TEST(Program, TellsWhatItsWholeGroupHoldsInMemory) {
  Started small("read line");
  Started large("x=$(head -c 20000000 /dev/zero | tr '\\0' x); echo ready; read line");
  Reader reader(large.program->stdio());
  RunUntil(large.loop, [&] { return reader.text() == "ready\n"; });
  EXPECT_GT(large.program->ResidentBytes(), 20'000'000U);
  EXPECT_LT(small.program->ResidentBytes(), 20'000'000U);
  EXPECT_GT(small.program->ResidentBytes(), 0U);
}

TEST(Program, LeavesNoDescriptorBehind) {
  const size_t before = OpenDescriptors();
  for (const char* command : {"cat", "exit 3", "kill -9 $$", "exec >&- 2>&-; read line"}) {
    Started program(command);
    program.loop.RunOnce(Now());
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

}  // namespace
}  // namespace holdfast::net
