#include "listener.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <memory>
#include <utility>

#include "arguments.h"
#include "result.h"

namespace weir {
namespace {

// How many messages may wait for JavaScript. Then the thread waits too, and what does not fit
// into the kernel's buffer is lost there, where it is noticed.
constexpr size_t kQueue = 1024;

}  // namespace

// Without an environment, the message was still waiting when the listener was stopped.
void Listener::Call(Napi::Env env, Napi::Function callback, void*, Message* message) {
  std::unique_ptr<Message> owned(message);
  if (env != nullptr) callback.Call({FromBytes(env, *owned)});
}

Listener::Listener(Napi::Env env, Napi::Function callback, int fd, Read read)
    : env_(env),
      read_(std::move(read)),
      stop_(Must(env, OrErrno(eventfd(0, EFD_CLOEXEC)), "listen")) {
  callback_ = decltype(callback_)::New(env, callback, "weir", kQueue, 1);
  // Hooks run last in, first out: the thread ends before callback_ does.
  napi_add_env_cleanup_hook(env, StopAtExit, this);
  thread_ = std::thread([this, fd] { Run(fd); });
}

Listener::~Listener() { Stop(); }

void Listener::StopAtExit(void* listener) { static_cast<Listener*>(listener)->Stop(); }

void Listener::Stop() {
  if (!thread_.joinable()) return;
  napi_remove_env_cleanup_hook(env_, StopAtExit, this);
  // First, for it ends a call that waits for room in the queue.
  callback_.Abort();
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void Listener::Run(int fd) {
  Deliver deliver = [this](Message message) {
    auto owned = std::make_unique<Message>(std::move(message));
    if (callback_.BlockingCall(owned.get()) == napi_ok) owned.release();
  };
  pollfd watched[] = {{fd, POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  while (poll(watched, 2, -1) >= 0 || errno == EINTR) {
    if (watched[1].revents) return;
    if (watched[0].revents) read_(deliver);
  }
}

}  // namespace weir
