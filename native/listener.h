// A thread that waits for what the kernel has to tell and hands it to JavaScript: what rings
// and netlink subscriptions have in common.
#ifndef WEIR_NATIVE_LISTENER_H_
#define WEIR_NATIVE_LISTENER_H_

#include <napi.h>

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "fd.h"

namespace weir {

class Listener {
 public:
  using Message = std::vector<uint8_t>;
  using Deliver = std::function<void(Message)>;
  // Called on the thread whenever the descriptor is readable.
  using Read = std::function<void(const Deliver&)>;

  // Calls `callback` on the main thread with each message, as a Uint8Array. Keeps the process
  // alive until it is stopped, as Node's own handles do.
  Listener(Napi::Env env, Napi::Function callback, int fd, Read read);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  static void Call(Napi::Env env, Napi::Function callback, void* context, Message* message);
  static void StopAtExit(void* listener);
  void Run(int fd);
  void Stop();

  Napi::Env env_;
  Napi::TypedThreadSafeFunction<void, Message, Call> callback_;
  Read read_;
  Fd stop_;
  std::thread thread_;
};

}  // namespace weir

#endif  // WEIR_NATIVE_LISTENER_H_
