#include "net/loop.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <utility>

namespace holdfast::net {

// One thread runs it, and the guard keeps it waiting while there is nothing to wait for.
struct Loop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard = asio::make_work_guard(context);
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::RunOnce(Moment until) {
  if (impl_->context.run_one_until(until) > 0) impl_->context.poll();
}

// --- Descriptors ---------------------------------------------------------------------------------------------------

// What Asio calls holds it weakly: it is gone when the watch is, whatever Asio still has to say.
struct Watch::State {
  using Wait = asio::posix::stream_descriptor::wait_type;
  struct Wish {
    Then then = {};
    bool waits = false;  // Asio was asked.
  };

  explicit State(asio::io_context& context) : descriptor(context) {}

  static void Set(const std::shared_ptr<State>& state, Wish& wish, Wait what, Then then) {
    wish.then = std::move(then);
    if (!wish.then || std::exchange(wish.waits, true)) return;
    const auto come = [weak = std::weak_ptr(state), &wish](const asio::error_code& error) {
      const std::shared_ptr<State> alive = weak.lock();
      if (!alive || error == asio::error::operation_aborted) return;
      wish.waits = false;
      if (const Then now = std::exchange(wish.then, {})) now();
    };
    if (state->descriptor.is_open()) {
      state->descriptor.async_wait(what, come);
    } else {  // It cannot be waited for: then it is always ready.
      asio::post(state->descriptor.get_executor(), [come] { come({}); });
    }
  }

  asio::posix::stream_descriptor descriptor;
  Descriptor unwatched;  // The descriptor, if Asio does not take it.
  Wish readable;
  Wish writable;
};

Watch::Watch(Loop& loop, Descriptor descriptor) : state_(std::make_shared<State>(loop.impl_->context)) {
  asio::error_code error;
  state_->descriptor.assign(descriptor.get(), error);
  if (error) {
    state_->unwatched = std::move(descriptor);
  } else {
    descriptor.Release();
  }
}

Watch::~Watch() = default;

int Watch::get() const {
  if (!state_) return -1;
  return state_->descriptor.is_open() ? state_->descriptor.native_handle() : state_->unwatched.get();
}

void Watch::WhenReadable(Then then) {
  if (state_) State::Set(state_, state_->readable, State::Wait::wait_read, std::move(then));
}

void Watch::WhenWritable(Then then) {
  if (state_) State::Set(state_, state_->writable, State::Wait::wait_write, std::move(then));
}

void Watch::Close() { state_.reset(); }

Descriptor Watch::Take() {
  if (!state_) return {};
  const bool watched = state_->descriptor.is_open();
  Descriptor taken = watched ? Descriptor(state_->descriptor.release()) : std::move(state_->unwatched);
  state_.reset();
  return taken;
}

// --- Times ---------------------------------------------------------------------------------------------------------

struct Timer::State {
  explicit State(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  uint64_t number = 0;  // Of the last wish: what was asked for before is not called any more.
};

Timer::Timer(Loop& loop) : state_(std::make_shared<State>(loop.impl_->context)) {}
Timer::~Timer() = default;

void Timer::At(Moment when, Then then) {
  const uint64_t number = ++state_->number;
  state_->timer.expires_at(when);
  state_->timer.async_wait([weak = std::weak_ptr(state_), number, then = std::move(then)](const asio::error_code&) {
    const std::shared_ptr<State> alive = weak.lock();
    if (alive && alive->number == number) then();
  });
}

void Timer::Cancel() {
  ++state_->number;
  state_->timer.cancel();
}

}  // namespace holdfast::net
