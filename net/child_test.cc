#include "net/child.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "net/test_support.h"

namespace holdfast::net {
namespace {

constexpr std::chrono::milliseconds kSoon(100);

std::unique_ptr<Child> Start(const std::string& command, const ChildOptions& options = {}) {
  auto child = Child::Start(command, options);
  EXPECT_TRUE(child.has_value()) << child.error();
  return std::move(*child);
}

std::string Answer(Child& child, const std::string& line) {
  const auto answer = child.Ask(line);
  return answer ? *answer : "TROUBLE: " + answer.error();
}

TEST(Child, AnswersLineByLine) {
  const auto child = Start("cat");
  EXPECT_EQ(Answer(*child, "one"), "one");
  EXPECT_EQ(Answer(*child, ""), "");
  EXPECT_EQ(Answer(*child, "three"), "three");
}

// Many times what a pipe holds, in either direction, by a child that writes while it reads.
TEST(Child, MayAnswerWithAHugeLine) {
  const auto child = Start("cat");
  const std::string huge(3'000'000, 'x');
  EXPECT_EQ(Answer(*child, huge), huge);
  EXPECT_EQ(Answer(*child, "and on"), "and on");
}

TEST(Child, IsInTroubleIfALineIsLongerThanTheLimit) {
  const auto child = Start("cat", {.line_bytes_max = 1000});
  EXPECT_EQ(Answer(*child, std::string(1000, 'x')).size(), 1000U);
  EXPECT_EQ(Answer(*child, std::string(1001, 'x')), "TROUBLE: says a line of more than 1000 bytes");
}

TEST(Child, IsInTroubleIfItsLineNeverEnds) {
  const auto child = Start("tr '\\n' x < /dev/zero", {.line_bytes_max = 1'000'000});
  EXPECT_EQ(Answer(*child, "?"), "TROUBLE: says a line of more than 1000000 bytes");
}

TEST(Child, TellsTheStatusWithWhichItExited) {
  const auto child = Start("read line; exit 3");
  EXPECT_EQ(Answer(*child, "?"), "TROUBLE: exited with status 3");
  EXPECT_EQ(Answer(*child, "again?"), "TROUBLE: exited with status 3");
}

// The line finds no reader: no signal, and the true reason.
TEST(Child, TellsTheStatusAlsoIfItExitedBeforeItWasAsked) {
  const auto child = Start("exec cat no_such_file 2>&-");
  EXPECT_EQ(Answer(*child, std::string(200'000, 'x')), "TROUBLE: exited with status 1");
}

TEST(Child, MayExitAfterItsLastAnswer) {
  const auto child = Start("read line; echo good; exit 0");
  EXPECT_EQ(Answer(*child, "?"), "good");
  EXPECT_EQ(Answer(*child, "?"), "TROUBLE: exited with status 0");
}

TEST(Child, TellsTheSignalThatEndedIt) {
  const auto child = Start("read line; kill -9 $$");
  EXPECT_EQ(Answer(*child, "?"), "TROUBLE: was ended by signal 9 (Killed)");
}

TEST(Child, IsNotWaitedForLongerThanThePatience) {
  const auto child = Start("read line; read another", {.patience = kSoon});
  EXPECT_EQ(Answer(*child, "?"), "TROUBLE: gave no answer within 100 ms");
  EXPECT_EQ(Answer(*child, "?"), "TROUBLE: gave no answer within 100 ms");
}

TEST(Child, IsNotWaitedForIfItDoesNotListen) {
  const auto child = Start("while true; do :; done", {.patience = kSoon});
  EXPECT_EQ(Answer(*child, std::string(200'000, 'x')), "TROUBLE: gave no answer within 100 ms");
}

// The patience is also with its exit, which often follows; and here with its start.
TEST(Child, ThatClosesItsOutputAndLivesOnIsInTrouble) {
  const auto child = Start("exec >&-; while read line; do :; done", {.patience = std::chrono::seconds(1)});
  EXPECT_EQ(Answer(*child, "?"), "TROUBLE: closed its output");
}

TEST(Child, HasOneAnswerForOneLine) {
  const auto child = Start("while read line; do printf 'one\\ntwo\\n'; done");
  EXPECT_EQ(Answer(*child, "?"), "one");
  EXPECT_EQ(Answer(*child, "?"), "TROUBLE: spoke without being asked");
}

TEST(Child, ThatIsNoCommandExitsAsTheShellDoes) {
  const auto child = Start("no_such_command_anywhere 2>&-");
  EXPECT_EQ(Answer(*child, "?"), "TROUBLE: exited with status 127");
}

// Also what it has started itself: whoever lives holds the pipe that it inherits here.
TEST(Child, IsKilledWithAllThatItStarted) {
  int lives[2];
  ASSERT_EQ(pipe(lives), 0);
  auto child = Start("cat /dev/zero > /dev/null & read line; echo started; wait");
  close(lives[1]);
  EXPECT_EQ(Answer(*child, "?"), "started");
  pollfd ends = {.fd = lives[0], .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&ends, 1, 0), 0);
  child.reset();
  EXPECT_EQ(poll(&ends, 1, 10'000), 1);
  EXPECT_EQ(ends.revents, POLLHUP);
  close(lives[0]);
}

TEST(Child, InheritsNothingOfAnotherOne) {
  const std::string command = "read line; echo /proc/self/fd/*; read line";
  const auto first = Start(command);
  const auto second = Start(command);
  const auto third = Start(command);
  const std::string descriptors = Answer(*first, "?");
  EXPECT_EQ(Answer(*second, "?"), descriptors);
  EXPECT_EQ(Answer(*third, "?"), descriptors);
}

TEST(Child, LeavesNoDescriptorBehind) {
  const size_t before = OpenDescriptors();
  for (const char* command : {"cat", "exit 3", "read line; kill -9 $$", "exec >&-; read line"}) {
    const auto child = Start(command);
    Answer(*child, "?");
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(Child, LeavesTheCallersSignalsAsTheyWere) {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  const auto child = Start("exit 0");
  Answer(*child, std::string(200'000, 'x'));
  sigset_t after;
  sigset_t pending;
  pthread_sigmask(SIG_BLOCK, nullptr, &after);
  sigpending(&pending);
  EXPECT_EQ(sigismember(&after, SIGPIPE), sigismember(&before, SIGPIPE));
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

}  // namespace
}  // namespace holdfast::net
