// Conversations with the kernel's routing side, rtnetlink: messages as bytes.
#ifndef WEIR_NATIVE_NETLINK_H_
#define WEIR_NATIVE_NETLINK_H_

#include <napi.h>

#include <memory>

#include "fd.h"
#include "listener.h"

namespace weir {

class NetlinkSocket : public Napi::ObjectWrap<NetlinkSocket> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NetlinkSocket(const Napi::CallbackInfo& info);

 private:
  Napi::Value Request(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  bool open_ = true;
  // What subscribed groups announce comes here; each request has a socket of its own.
  Fd announcements_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace weir

#endif  // WEIR_NATIVE_NETLINK_H_
