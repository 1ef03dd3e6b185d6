#pragma once

// Loop: waits for descriptors and for times, and calls who waits for them, on the thread that runs it. Everything that
// is called may start and end watches and timers, its own too. Nothing here is thread-safe.
//
//   Loop loop;
//   Watch watch(loop, std::move(descriptor));
//   watch.WhenReadable([&] { Read(watch.get()); });
//   while (!done) loop.RunOnce(Now() + 1s);

#include <chrono>
#include <functional>
#include <memory>

#include "net/descriptor.h"

namespace holdfast::net {

using Moment = std::chrono::steady_clock::time_point;
inline Moment Now() { return std::chrono::steady_clock::now(); }

// What is called once, later, and never from within the call that asked for it.
using Then = std::function<void()>;

class Loop {
 public:
  // std::system_error if the machine has no descriptors left for it: the only thing in net that throws.
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Waits for something to do, but not beyond `until`, and does all that can be done then.
  void RunOnce(Moment until);

 private:
  friend class Watch;
  friend class Timer;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A descriptor in a loop, which it owns. The loop must outlive it; who waits for it is never called after its end.
class Watch {
 public:
  Watch(Loop& loop, Descriptor descriptor);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  int get() const;  // Negative after Close.

  // Once something may be read (or an end, or an error), or written: also if that is so already. A new wish takes the
  // place of the one before, and one that is empty takes it back.
  void WhenReadable(Then then);
  void WhenWritable(Then then);

  // Nobody is called any more. Take: and the descriptor is the caller's.
  void Close();
  Descriptor Take();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// One time in a loop, likewise.
class Timer {
 public:
  explicit Timer(Loop& loop);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  // At that time, or as soon as possible. It takes the place of the one before.
  void At(Moment when, Then then);
  void Cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace holdfast::net
